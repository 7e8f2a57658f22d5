"""vLLM's endpoints for engines: what they tell the engines, and answer as vLLM 0.33 does."""

import asyncio
from typing import Any

import pytest

from fakeai.core.call import Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import WallClock
from fakeai.core.errors import ModelNotFound
from fakeai.services.directory import ModelDirectory
from fakeai.services.engines import EngineControl
from fakeai.testing import FakeAI, run_virtual
from fakeai.wire.engines import EngineRefusal

from .conftest import MakeCall
from .engines import WORKER, ToldEngines

LOAD = {"lora_name": "rhymes", "lora_path": "/adapters/rhymes"}


@pytest.fixture
def engines() -> ToldEngines:
    return ToldEngines()


@pytest.fixture
def service(engines: ToldEngines, directory: ModelDirectory, clock: WallClock) -> EngineControl:
    real = ModelCard("local", own_tokens=True)
    directory.catalog = directory.catalog.joined([real])
    source: Any = {"endpoint": "tcp://*:5557"}
    return EngineControl(engines, directory, clock, {"far": object(), "gpt-4": object()}, "1.2.3", lambda: {0: source})


@pytest.fixture
def ask(service: EngineControl, make_call: MakeCall) -> Any:
    async def ask(handler: str, body: Any = None, **query: Any) -> Reply:
        lists = {name: value if isinstance(value, list) else [str(value)] for name, value in query.items()}
        call = make_call(service, handler, body, query=lists)
        reply = await getattr(service, handler)(call)
        assert isinstance(reply, Reply) and reply.status == 200
        return reply

    return ask


async def refused(ask: Any, handler: str, body: Any = None, **query: Any) -> tuple[int, str, str | None, str]:
    with pytest.raises(EngineRefusal) as caught:
        await ask(handler, body, **query)
    return caught.value.status, caught.value.type, caught.value.param, caught.value.message


async def test_the_load_is_the_number_of_requests_under_way(ask: Any, engines: ToldEngines) -> None:
    engines.busy = 3
    assert (await ask("load")).body == {"server_load": 3}


async def test_the_version_compares_as_vllms_and_says_whose_it_is(ask: Any) -> None:
    told = {"version": "0.33.0+fakeai.1.2.3", "release": "1.2.3", "api": "2.0.0"}
    assert (await ask("version")).body == told


async def test_the_sources_of_kv_events_are_told_by_number(ask: Any) -> None:
    assert (await ask("kv_event_sources")).body == {"0": {"endpoint": "tcp://*:5557"}}


async def test_sleep_and_waking(ask: Any, engines: ToldEngines) -> None:
    assert (await ask("is_sleeping")).body == {"is_sleeping": False}
    assert (await ask("sleep")).body == {"status": "sleeping", "level": 1}
    assert (await ask("is_sleeping")).body == {"is_sleeping": True}
    assert (await ask("wake_up")).body == {"status": "awake", "tags": None}
    assert (await ask("is_sleeping")).body == {"is_sleeping": False}
    assert (await ask("sleep", level=2, mode="keep")).body == {"status": "sleeping", "level": 2}
    assert engines.told == [("sleep", 1, "abort"), ("wake_up",), ("sleep", 2, "keep")]


async def test_memory_comes_back_by_parts_and_work_goes_on_with_the_last(ask: Any, engines: ToldEngines) -> None:
    await ask("sleep")
    assert (await ask("wake_up", tags=["weights"])).body == {"status": "sleeping", "tags": ["weights"]}
    assert (await ask("is_sleeping")).body == {"is_sleeping": True}
    assert (await ask("wake_up", tags=["weights", "kv_cache"])).body["status"] == "sleeping"  # not both are away
    assert engines.told == [("sleep", 1, "abort")]
    assert (await ask("wake_up", tags=["kv_cache"])).body == {"status": "awake", "tags": ["kv_cache"]}
    assert engines.told[1:] == [("wake_up",)]


async def test_level_0_pauses_and_gives_no_memory_away(ask: Any, engines: ToldEngines) -> None:
    await ask("sleep", level=0)
    assert (await ask("is_sleeping")).body == {"is_sleeping": True}
    assert (await ask("wake_up", tags=["scheduling"])).body == {"status": "awake", "tags": ["scheduling"]}
    assert engines.told == [("sleep", 0, "abort"), ("wake_up",)]


def test_sleep_is_answered_when_what_ran_has_ended() -> None:
    async def main() -> tuple[float, float]:
        engines = ToldEngines()
        clock = WallClock()
        directory: Any = None
        service = EngineControl(engines, directory, clock, {}, "1", dict)
        loop = asyncio.get_running_loop()
        engines.workers = [WORKER]
        loop.call_later(2.0, engines.workers.clear)
        took = []
        for mode in ("keep", "wait"):
            started = loop.time()
            call: Any = type("Call", (), {"query": {"mode": [mode]}})
            await service.sleep(call)
            took.append(loop.time() - started)
        return took[0], took[1]

    kept, waited = run_virtual(main())
    assert kept == 0.0
    assert waited == pytest.approx(2.0, abs=0.02)


@pytest.mark.parametrize(
    ("query", "param", "words"),
    [
        ({"level": "3"}, "query.level", "'level' should be one of 0, 1, 2."),
        ({"level": "x"}, "query.level", "'level' should be one of 0, 1, 2."),
        ({"mode": "doze"}, "query.mode", "'mode' should be one of abort, wait, keep."),
    ],
)
async def test_levels_and_modes_are_those_there_are(
    ask: Any, engines: ToldEngines, query: Any, param: str, words: str
) -> None:
    assert await refused(ask, "sleep", **query) == (400, "Bad Request", param, words)
    assert engines.told == []


async def test_an_adapter_becomes_a_model_and_is_one_no_more(
    ask: Any, engines: ToldEngines, directory: ModelDirectory
) -> None:
    reply = await ask("load_lora", LOAD)
    assert (reply.body, reply.media_type) == (
        b"Success: LoRA adapter 'rhymes' added successfully.",
        "text/plain; charset=utf-8",
    )
    card = directory.card("rhymes")
    base = directory.card(None)
    assert (card.parent, card.root, card.context_window) == (base.id, "/adapters/rhymes", base.context_window)
    assert 1_760_000_000 <= card.created < 1_760_000_100
    assert (await ask("unload_lora", {"lora_name": "rhymes"})).body == (
        b"Success: LoRA adapter 'rhymes' removed successfully."
    )
    with pytest.raises(ModelNotFound):
        directory.card("rhymes")
    assert engines.told == [("load", "rhymes", "/adapters/rhymes", "gpt-4o-mini"), ("unload", "rhymes")]


async def test_its_base_is_the_one_named_or_the_first_with_engines(
    ask: Any, engines: ToldEngines, directory: ModelDirectory
) -> None:
    engines.workers = [WORKER]
    await ask("load_lora", LOAD)
    await ask("load_lora", {**LOAD, "lora_name": "prose", "base_model_name": "gpt-4.1"})
    assert [(card.id, card.parent) for card in directory.adapters()] == [("rhymes", "gpt-4o"), ("prose", "gpt-4.1")]


async def test_an_adapter_is_loaded_anew_in_place(ask: Any, engines: ToldEngines, directory: ModelDirectory) -> None:
    await ask("load_lora", LOAD)
    old = directory.card("rhymes")
    await ask("load_lora", {**LOAD, "lora_path": "/newer", "load_inplace": True})
    assert directory.card("rhymes").root == "/newer"
    assert directory.card("rhymes") is not old
    assert [what for what, *_ in engines.told] == ["load", "unload", "load"]


async def test_an_adapter_loaded_through_another_app_is_unloaded_here(ask: Any, engines: ToldEngines) -> None:
    await ask("load_lora", LOAD)
    engines.adapters.clear()  # those of this App know nothing of it
    await ask("unload_lora", {"lora_name": "rhymes"})


@pytest.mark.parametrize(
    ("body", "status", "kind", "param", "words"),
    [
        ({"lora_name": "", "lora_path": "/x"}, 400, "InvalidUserInput", None,
         "Both 'lora_name' and 'lora_path' must be provided."),
        ({"lora_name": "x", "lora_path": ""}, 400, "InvalidUserInput", None,
         "Both 'lora_name' and 'lora_path' must be provided."),
        ({"lora_name": "gpt-4o", "lora_path": "/x"}, 400, "InvalidUserInput", None,
         "The lora adapter 'gpt-4o' conflicts with a served base model."),
        ({"lora_name": "first", "lora_path": "/x"}, 400, "InvalidUserInput", None,
         "The lora adapter 'first' has already been loaded. If you want to load the adapter in place, set "
         "'load_inplace' to True."),
        ({**LOAD, "base_model_name": "nobody"}, 404, "NotFoundError", "base_model_name",
         "The model `nobody` does not exist."),
        ({**LOAD, "base_model_name": "first"}, 400, "InvalidUserInput", None, "The model `first` is an adapter itself."),
        ({**LOAD, "base_model_name": "local"}, 400, "InvalidUserInput", None,
         "The model `local` is a real one: adapters can be loaded for simulated models."),
        ({**LOAD, "base_model_name": "gpt-4"}, 400, "InvalidUserInput", None,
         "The model `gpt-4` is a real one: adapters can be loaded for simulated models."),
        ({"lora_name": "x", "lora_path": "/broken"}, 400, "InvalidUserInput", None, "the adapter is broken"),
        ({"lora_name": "x"}, 400, "Bad Request", "body.lora_path", "Missing required parameter: 'lora_path'."),
    ],
)  # fmt: skip
async def test_adapters_that_cannot_be_loaded_change_nothing(
    ask: Any, directory: ModelDirectory, body: Any, status: int, kind: str, param: str | None, words: str
) -> None:
    await ask("load_lora", {"lora_name": "first", "lora_path": "/first"})
    assert await refused(ask, "load_lora", body) == (status, kind, param, words)
    assert [card.root for card in directory.adapters()] == ["/first"]


async def test_what_is_not_loaded_cannot_be_unloaded(ask: Any, directory: ModelDirectory) -> None:
    directory.card("guest")
    for name in ("nobody", "gpt-4o", "guest"):
        assert await refused(ask, "unload_lora", {"lora_name": name}) == (
            404, "NotFoundError", None, f"The lora adapter '{name}' cannot be found.",
        )  # fmt: skip
    assert (await refused(ask, "unload_lora", {"lora_name": ""}))[1] == "InvalidUserInput"
    assert directory.find("guest") is not None


def test_over_http_paths_bodies_and_errors_are_vllms() -> None:
    with FakeAI(strict_models=True) as fake, fake.client() as client:
        http = client._client
        ask: Any = {"model": "rhymes", "messages": [{"role": "user", "content": "Hello"}]}
        assert http.post("http://fakeai/v1/chat/completions", json=ask).status_code == 404
        loaded = http.post("http://fakeai/v1/load_lora_adapter", json=LOAD)
        assert (loaded.status_code, loaded.text) == (200, "Success: LoRA adapter 'rhymes' added successfully.")
        again = http.post("http://fakeai/v1/load_lora_adapter", json=LOAD)
        assert (again.status_code, again.json()["error"]["type"], again.json()["error"]["code"]) == (
            400, "InvalidUserInput", 400,
        )  # fmt: skip
        assert client.models.retrieve("rhymes").to_dict()["parent"] == "gpt-4o-mini"
        assert client.chat.completions.create(**ask).model == "rhymes"
        assert http.post("http://fakeai/v1/unload_lora_adapter", json={"lora_name": "rhymes"}).status_code == 200
        assert http.post("http://fakeai/v1/chat/completions", json=ask).status_code == 404
        assert http.post("http://fakeai/sleep?level=0").json() == {"status": "sleeping", "level": 0}
        assert http.get("http://fakeai/is_sleeping").json() == {"is_sleeping": True}
        assert http.post("http://fakeai/wake_up").json() == {"status": "awake", "tags": None}
        assert http.get("http://fakeai/load").json() == {"server_load": 0}
        assert http.get("http://fakeai/version").json()["version"].startswith("0.33.0+fakeai.")
        assert http.get("http://fakeai/kv_event_sources").json() == {}
        wrong = http.post("http://fakeai/v1/load_lora_adapter", json={})
        assert wrong.json()["error"]["param"] == "body.lora_name"
