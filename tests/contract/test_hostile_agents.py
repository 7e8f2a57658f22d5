"""Hostile requests of agents over real sockets: a clear refusal in good time, and the server goes on."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from contract import hostile_agents as hostile
from contract.hostile_agents import ENVIRONMENTS, MODEL, NOWHERE, SESSIONS
from fakeai.testing import FakeAI

IN_TIME_S = 1.5
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def door() -> Iterator[httpx.Client]:
    with FakeAI(seed=1) as fake, httpx.Client(base_url=fake.url, timeout=30, headers=JSON) as made:
        made.post(SESSIONS, content=hostile.opening()[1])
        yield made


@pytest.fixture(autouse=True)
def _the_server_goes_on(door: httpx.Client) -> Iterator[None]:
    yield
    opened = door.post(SESSIONS, content=hostile.opening()[1])
    assert rested(door, opened.json()["id"])["status"] == "idle"


def in_time(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """What `ask` gives; it may be slow once, since other tests share the machine."""
    for last in (False, True):
        began = time.perf_counter()
        found = ask()
        if (took := time.perf_counter() - began) < IN_TIME_S:
            break
        assert not last, f"took {took:.2f} s twice"
    return found


def rested(door: httpx.Client, name: str) -> Any:
    end = time.monotonic() + 30
    while (session := door.get(f"{SESSIONS}/{name}").json())["status"] == "in_progress":
        assert time.monotonic() < end, session
        time.sleep(0.02)
    return session


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_what_makes_no_sense_is_refused_at_once(door: httpx.Client, name: str) -> None:
    path, body = hostile.REFUSED[name]
    answer = in_time(lambda: door.post(path, content=body))
    assert answer.status_code in (400, 413), answer.text[:300]
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert len(answer.content) < 1_000


@pytest.mark.parametrize("name", hostile.SURVIVED)
def test_what_is_odd_is_survived(door: httpx.Client, name: str) -> None:
    path, body = hostile.SURVIVED[name]
    answer = in_time(lambda: door.post(path, content=body))
    assert answer.status_code == 200, answer.text[:300]
    if path == SESSIONS:
        assert rested(door, answer.json()["id"])["status"] == "idle"


def test_words_do_not_make_files_elsewhere(door: httpx.Client) -> None:
    words = (
        "Write ../../etc/x.txt, /etc/y.txt, a/b/c/d/e.txt, `..`.txt, \u202egnp.txt and "
        + "z" * 300
        + ".txt and ok.txt."
    )
    body = {"agent": MODEL, "environment": {"type": "openai_hosted"}, "input": words}
    name = door.post(SESSIONS, json=body).json()["id"]
    assert rested(door, name)["status"] == "idle"
    paths = [found["path"] for found in door.get(f"{SESSIONS}/{name}/artifacts").json()["data"]]
    assert "/workspace/outputs/ok.txt" in paths
    assert all(path.startswith("/workspace/outputs/") and ".." not in path for path in paths)


def test_a_path_of_odd_characters_is_kept_and_downloaded(door: httpx.Client) -> None:
    path = "/workspace/\u202egnp.\U0001f600 'a\"b;$(reboot)\r\nset-cookie: x"
    place = door.post(ENVIRONMENTS, content=hostile.filed(path)[1]).json()["id"]
    assert [found["path"] for found in door.get(f"{ENVIRONMENTS}/{place}/files").json()["data"]] == [path]
    command = "Run `cat '" + path.split("\r")[0][11:] + "'`"
    body = {"agent": MODEL, "environment": {"type": "openai_hosted", "environment_id": place}, "input": command}
    assert rested(door, door.post(SESSIONS, json=body).json()["id"])["status"] == "idle"


def test_subagents_have_none_of_their_own(door: httpx.Client) -> None:
    agent = {**MODEL, "multi_agent": {"enabled": True}}
    words = "Delegate:\n" + "".join(f"{n}. Delegate this to subagents in parallel.\n" for n in range(1, 60))
    body = {"agent": agent, "environment": NOWHERE, "input": words}
    name = door.post(SESSIONS, json=body).json()["id"]
    assert rested(door, name)["status"] == "idle"
    assert len(door.get(f"{SESSIONS}/{name}/subagents?limit=100").json()["data"]) == 6


def test_a_flood_of_input_is_refused(door: httpx.Client) -> None:
    slowly = {"x-fakeai-ttft-ms": "20000"}
    name = door.post(SESSIONS, content=hostile.opening()[1], headers=slowly).json()["id"]
    said = {"role": "user", "content": [{"type": "input_text", "text": "a"}]}
    message = {"type": "agent.session.input.message", "input": [said] * 100}

    def give(*events: Any) -> httpx.Response:
        return in_time(lambda: door.post(f"{SESSIONS}/{name}/events", json={"events": events}))

    assert give(*[message] * 100).json()["error"]["param"] == "events"
    assert give(*[message] * 101).status_code == 400
    taken = [give(message).status_code for _ in range(12)]
    assert taken == [202] * 9 + [400] * 3
    cancel = {"type": "agent.session.input.cancel"}
    assert give(cancel).status_code == 202
    assert give(cancel).status_code == 400
    (turn,) = door.get(f"{SESSIONS}/{name}/turns").json()["data"]
    assert turn["status"] == "cancelled"


def test_many_who_follow_and_read_nothing_hold_nothing_up(door: httpx.Client) -> None:
    name = door.post(SESSIONS, content=hostile.opening()[1]).json()["id"]
    with httpx.Client(base_url=door.base_url, timeout=30, limits=httpx.Limits(max_connections=None)) as many:
        streams = [many.stream("GET", f"{SESSIONS}/{name}/events") for _ in range(100)]
        assert {stream.__enter__().status_code for stream in streams} == {200}
        said = {"role": "user", "content": [{"type": "input_text", "text": "Go on."}]}
        event = {"type": "agent.session.input.message", "input": [said]}
        rested(door, name)
        assert door.post(f"{SESSIONS}/{name}/events", json={"events": [event]}).status_code == 202
        assert rested(door, name)["status"] == "idle"
        for stream in streams:
            stream.__exit__(None, None, None)
