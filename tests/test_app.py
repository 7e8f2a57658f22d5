"""An App is a whole: made of its settings alone, ready when it says so, and of no concern to any other."""

import asyncio
import json
import re
import socket
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from fakeai import Settings, __version__, build
from fakeai.app import App, clusters
from fakeai.core.clock import WallClock
from fakeai.core.events import RequestEnded
from fakeai.settings.tree import Cluster, Latency, ModelCluster, ModelLatency, Server
from fakeai.testing import run_virtual

SEA = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Tell me about the sea."}]}
CHAT = "/v1/chat/completions"


def client(app: App) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://fakeai")


def made(**settings: Any) -> App:
    return build(Settings(**settings))


async def said(app: App, **more: Any) -> str:
    async with client(app) as http:
        reply = await http.post(CHAT, json={**SEA, **more})
    text: str = reply.raise_for_status().json()["choices"][0]["message"]["content"]
    return text


def sample(exposition: str, name: str, **labels: str) -> float:
    return sum(
        found.value
        for family in text_string_to_metric_families(exposition)
        for found in family.samples
        if found.name == name and labels.items() <= found.labels.items()
    )


# -- readiness


async def test_an_app_is_ready_once_it_is_warm() -> None:
    app = made()
    async with client(app) as http:
        assert (await http.get("/healthz")).status_code == 200
        cold = await http.get("/readyz")
        assert (cold.status_code, cold.json()["llm"]) == (503, "loading the vocabulary")  # gateway 70
        assert (await http.get("/health")).json()["status"] == "not ready"
        app.warm_up()
        warm = await http.get("/readyz")
        ready = {"status": "ready", "db": "ok", "llm": "ok", "redis": "disabled"}
        assert (warm.status_code, warm.json()) == (200, ready)  # gateway 67
        assert (await http.get("/health")).json() == {"status": "ok", "version": __version__, "reason": None}


async def test_an_app_that_is_not_warm_answers_all_the_same() -> None:
    assert "sea" in await said(made())


# -- settings


async def test_equal_seeds_make_equal_apps_and_ids() -> None:
    replies = []
    for seed in (7, 7, 8):
        async with client(made(seed=seed)) as http:
            replies.append((await http.post(CHAT, json=SEA)).json())
    first, second, other = replies
    assert (first["id"], first["choices"]) == (second["id"], second["choices"])
    assert first["id"] != other["id"] and first["choices"] != other["choices"]


async def test_without_a_seed_ids_differ_and_answers_do_not() -> None:
    replies = []
    for _ in range(2):
        async with client(made()) as http:
            replies.append((await http.post(CHAT, json=SEA)).json())
    assert replies[0]["id"] != replies[1]["id"]
    assert replies[0]["choices"] == replies[1]["choices"]


@pytest.mark.parametrize(
    ("settings", "body", "status"),
    [
        ({}, {"max_tokens": 0}, 400),
        ({"validation": "schema"}, {"max_tokens": 0}, 200),
        ({"conformance": True}, {"max_tokens": 0}, 200),
        ({}, {"model": "nobody-knows"}, 200),
        ({"strict_models": True}, {"model": "nobody-knows"}, 404),
    ],
)
async def test_settings_say_how_strict_it_is(settings: dict[str, Any], body: dict[str, Any], status: int) -> None:
    async with client(made(**settings)) as http:
        assert (await http.post(CHAT, json={**SEA, **body})).status_code == status


@pytest.mark.parametrize(
    ("settings", "status"), [({}, 404), ({"unknown_ids": "synthesize"}, 200), ({"conformance": True}, 200)]
)
async def test_settings_say_what_becomes_of_unknown_ids(settings: dict[str, Any], status: int) -> None:
    async with client(made(**settings)) as http:
        assert (await http.get(f"{CHAT}/chatcmpl-nobody-knows")).status_code == status


async def test_the_default_model_answers_for_none() -> None:
    async with client(made(validation="schema", default_model="gpt-4.1")) as http:
        assert (await http.post(CHAT, json={"messages": SEA["messages"]})).json()["model"] == "gpt-4.1"


async def test_as_many_completions_are_stored_as_wanted() -> None:
    for limit in (0, 2):
        async with client(made(stored_completions=limit)) as http:
            for _ in range(3):
                assert (await http.post(CHAT, json={**SEA, "store": True, "max_tokens": 1})).status_code == 200
            assert len((await http.get(CHAT)).json()["data"]) == limit


async def test_bodies_over_the_limit_are_refused() -> None:
    async with client(made(server=Server.model_validate({"max_body_bytes": 100}))) as http:
        assert (await http.post(CHAT, json={**SEA, "user": "x" * 100})).status_code == 413


async def test_whose_call_it_was_is_told() -> None:
    async with client(made(organization="org-mine")) as http:
        for headers, told in (
            ({}, ("org-mine", "proj_fakeai")),
            ({"openai-project": "proj_b"}, ("org-mine", "proj_b")),
            ({"openai-organization": "org-a"}, ("org-a", "proj_fakeai")),
        ):
            for path in ("/v1/models", "/v1/models/none", "/v1/files/file-none"):
                found = (await http.get(path, headers=headers)).headers
                assert found.get_list("openai-organization") == [told[0]]
                assert found.get_list("openai-project") == [told[1]]


def test_latencies_are_the_servers_or_the_models_own() -> None:
    models = {"gpt-4o": ModelLatency(ttft="3000"), "gpt-4.1": ModelLatency(ttft="0", itl="0")}
    latency = Latency(ttft="1000", itl="100", models=models)

    async def took(model: str) -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await said(made(latency=latency), model=model, max_tokens=3)
        return loop.time() - began

    assert run_virtual(took("gpt-4o-mini")) == pytest.approx(1.2)
    assert run_virtual(took("gpt-4o")) == pytest.approx(3.2)
    assert run_virtual(took("gpt-4.1")) == pytest.approx(0.0)


def test_speed_shortens_every_wait() -> None:
    async def took() -> float:
        await said(made(latency=Latency(ttft="1000", itl="100", speed=10)), max_tokens=3)
        return asyncio.get_running_loop().time()

    assert run_virtual(took()) == pytest.approx(0.12)


async def test_a_clock_may_be_given() -> None:
    app = build(Settings(), WallClock(epoch=1_000_000_000.0))
    async with client(app) as http:
        assert abs((await http.post(CHAT, json=SEA)).json()["created"] - 1_000_000_000) < 60


@pytest.mark.parametrize(
    ("latency", "where"),
    [
        (Latency(ttft="soon"), "latency: 'soon'"),
        (Latency(itl="uniform(3)"), "latency: 'uniform"),
        (Latency(models={"gpt-4o": ModelLatency(itl="never")}), "latency.models.gpt-4o: 'never'"),
    ],
)
def test_a_latency_that_cannot_be_read_stops_the_start_and_is_named(latency: Latency, where: str) -> None:
    with pytest.raises(ValueError) as caught:
        build(Settings(latency=latency))
    assert str(caught.value).startswith(where)


def test_clusters_have_stragglers_of_their_own() -> None:
    own = {"other": ModelCluster(workers=2, stragglers="1=2"), "even": ModelCluster(stragglers="")}
    found = clusters(Settings(cluster=Cluster(gpu="h100", workers=4, stragglers="0=0.5,3=0.8", models=own)))
    assert {model: spec.stragglers for model, spec in found.items()} == {
        "": {0: 0.5, 3: 0.8}, "other": {1: 2.0}, "even": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("stragglers", "message"),
    [
        ("4=0.5", "cluster: stragglers: there is no worker 4: there are 0 to 3"),
        ("0=0", "cluster: stragglers: a speed is a number from 0.001 to 100, not 0"),
        ("0:1", "cluster: stragglers takes WORKER=SPEED, as 0=0.5,3=0.8, not '0:1'"),
    ],
)
def test_stragglers_that_cannot_be_stop_the_start(stragglers: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        build(Settings(cluster=Cluster(gpu="h100", workers=4, stragglers=stragglers)))


# -- side by side


async def test_two_apps_share_neither_objects_nor_counters_nor_events() -> None:
    one, other = made(seed=1), made(seed=1)
    heard: list[RequestEnded] = []
    one.bus.listen(RequestEnded, heard.append)
    async with client(one) as here, client(other) as there:
        kept = (await here.post(CHAT, json={**SEA, "store": True})).json()["id"]
        assert [row["id"] for row in (await here.get(CHAT)).json()["data"]] == [kept]
        assert (await there.get(CHAT)).json()["data"] == []
        await here.post(CHAT, json={**SEA, "model": "ft:gpt-4o:mine::1"})
        ids = [{model["id"] for model in (await http.get("/v1/models")).json()["data"]} for http in (here, there)]
        assert "ft:gpt-4o:mine::1" in ids[0] - ids[1]
        assert len(heard) == 4
        texts = [(await http.get("/metrics")).text for http in (here, there)]
    route = {"route": "/chat/completions"}
    assert [sample(text, "fakeai_requests_total", **route) for text in texts] == [3, 1]


async def test_many_answers_at_a_time_are_each_as_if_alone() -> None:
    app = made(seed=1)
    prompts = [f"Tell me about number {number}." for number in range(20)]
    bodies = [{"messages": [{"role": "user", "content": prompt}]} for prompt in prompts]
    together = await asyncio.gather(*(said(app, **body) for body in bodies))
    alone = [await said(made(seed=1), **body) for body in reversed(bodies)]
    assert together == alone[::-1]
    assert len(set(together)) > 15


# -- exposition


async def test_metrics_are_text_that_parses_and_counts() -> None:
    app = made()
    async with client(app) as http:
        await http.post(CHAT, json={**SEA, "max_tokens": 5})
        await http.post(CHAT, json={**SEA, "n": 0})
        text = (await http.get("/metrics")).text
    assert app.exposition().decode() == text
    route = {"route": "/chat/completions"}
    assert sample(text, "fakeai_requests_total", **route) == 2
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families) > 3
    assert all(family.documentation and family.type != "unknown" for family in families)


async def test_metrics_count_requests_that_come_to_no_endpoint() -> None:
    app = made()
    async with client(app) as http:
        for path in ("/v1/nowhere", "/v1/nothing"):
            await http.get(path)
        text = (await http.get("/metrics")).text
    assert sample(text, "fakeai_requests_total", route="unmatched", status="404", model="") == 2
    assert sample(text, "fakeai_errors_total", route="unmatched", code="invalid_request_error") == 2
    assert sample(text, "fakeai_requests_in_flight") == 0
    assert "nowhere" not in text


def test_an_app_that_nobody_asked_anything_has_metrics_too() -> None:
    families = {family.name for family in text_string_to_metric_families(made().exposition().decode())}
    assert any(name.startswith("fakeai_") for name in families)


# -- sockets


def test_an_address_that_somebody_else_has_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError):
        made(server=Server(port=taken.getsockname()[1])).server()


async def test_an_app_is_an_asgi_app() -> None:
    sent: list[dict[str, Any]] = []

    waiting = [{"type": "http.request", "body": json.dumps(SEA).encode(), "more_body": False}]

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": "http", "method": "POST", "path": CHAT, "raw_path": CHAT.encode(), "query_string": b"", "headers": [],
    }  # fmt: skip
    await made()(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 200
