"""Two servers on one database: what is begun at one goes on, is followed and is told of at the other."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from technologies import emptied

from fakeai.testing import FakeAI

NOWHERE: Any = {"type": "none"}
MODEL: Any = {"model": "gpt-4o-mini"}
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SLOWLY = {"x-fakeai-ttft-ms": "200", "x-fakeai-itl-ms": "10"}


@pytest.fixture(scope="module")
def servers(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeAI, FakeAI]]:
    kept = {"store.database": emptied(postgresql), "store.blobs": str(tmp_path_factory.mktemp("blobs"))}
    with FakeAI(seed=1, **kept) as one, FakeAI(seed=2, **kept) as other:
        yield one, other


def client_of(server: FakeAI) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.base_url, api_key="any", max_retries=0)


@pytest.fixture
def clients(servers: tuple[FakeAI, FakeAI]) -> Iterator[tuple[Any, Any]]:
    """`beta.agents` of each."""
    with client_of(servers[0]) as one, client_of(servers[1]) as other:
        yield one.beta.agents, other.beta.agents


def until(look: Callable[[], Any], done: Callable[[Any], bool]) -> Any:
    end = time.monotonic() + 30
    while not done(found := look()):
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found


def test_a_session_of_one_server_is_carried_on_at_the_other(clients: tuple[Any, Any]) -> None:
    one, other = clients
    made = one.sessions.create(
        environment={"type": "openai_hosted"},
        agent={**MODEL, "tools": [WEATHER]},
        input="Write report.csv and tell me: what is the weather in Rome?",
    )
    session = until(lambda: other.sessions.retrieve(made.id), lambda found: found.status == "requires_action")
    (action,) = session.required_actions
    result: Any = {"type": "agent.session.input.tool_result", "turn_id": action.turn_id, "success": True}
    other.sessions.events.create(made.id, events=[{**result, "call_id": action.call_id, "output": "sunny"}])
    until(lambda: one.sessions.retrieve(made.id), lambda found: found.status == "idle")
    with one.sessions.stream(made.id, input="Thank you.") as stream:
        assert stream.get_final_result().turn.status == "completed"
    kinds = [item.type for item in other.sessions.items.list(made.id, order="asc")]
    assert kinds.count("function_call") == kinds.count("function_call_output") == kinds.count("command_execution") == 1
    (artifact,) = other.sessions.artifacts.list(made.id)
    assert other.sessions.artifacts.content(artifact.id, session_id=made.id).read().startswith(b"id,region,value")
    assert other.sessions.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        one.sessions.retrieve(made.id)


def test_the_events_of_a_session_are_followed_at_the_other_server(clients: tuple[Any, Any]) -> None:
    one, other = clients
    made = one.sessions.create(environment=NOWHERE, agent=MODEL, input="Hi", extra_headers=SLOWLY)
    until(lambda: one.sessions.retrieve(made.id), lambda found: found.status == "idle")
    found: dict[str, list[Any]] = {"one": [], "other": []}
    streams = {"one": one.sessions.events.stream(made.id), "other": other.sessions.events.stream(made.id)}

    def follow(name: str) -> None:
        for event in streams[name]:
            found[name].append(event)
            if event.type == "agent.session.idle":
                return

    followers = [threading.Thread(target=follow, args=(name,)) for name in found]
    for follower in followers:
        follower.start()
    message = {"role": "user", "content": [{"type": "input_text", "text": "Tell me about the sea."}]}
    other.sessions.events.create(made.id, events=[{"type": "agent.session.input.message", "input": [message]}])
    for follower in followers:
        follower.join(30)
    numbers = {name: [int(event.event_id[-10:], 16) for event in events] for name, events in found.items()}
    assert numbers["one"] == numbers["other"] == list(range(numbers["one"][0], numbers["one"][0] + len(numbers["one"])))
    assert [event.to_dict() for event in found["one"]] == [event.to_dict() for event in found["other"]]
    assert sum(event.type == "agent.session.turn.output_text.delta" for event in found["one"]) > 3


def test_a_turn_at_work_is_cancelled_by_the_other_server(clients: tuple[Any, Any]) -> None:
    one, other = clients
    slower = {**SLOWLY, "x-fakeai-itl-ms": "500"}
    made = one.sessions.create(environment=NOWHERE, agent=MODEL, input="Tell me about the sea.", extra_headers=slower)
    until(lambda: other.sessions.turns.list(made.id).data[0], lambda turn: turn.status == "in_progress")
    other.sessions.events.create(made.id, events=[{"type": "agent.session.input.cancel"}])
    assert one.sessions.retrieve(made.id).status == "idle"
    assert one.sessions.turns.list(made.id).data[0].status == "cancelled"


def test_an_automation_goes_off_once_whoever_looks(clients: tuple[Any, Any]) -> None:
    one, other = clients
    said = {"role": "user", "content": [{"type": "input_text", "text": "What is new?"}]}
    target: Any = {"type": "new_session", "environment": NOWHERE, "agent": MODEL, "input": [said]}
    before = len(list(other.sessions.list(limit=100)))
    at = int(time.time()) + 2
    made = [one.automations.create(type="once", name=f"{n}", run_at=at, target=target) for n in range(10)]
    for automation in made:
        until(lambda name=automation.id: other.automations.retrieve(name), lambda found: found.status == "completed")
    for automation in made:
        (invocation,) = until(
            lambda name=automation.id: list(other.automations.invocations.list(name)),
            lambda found: all(each.status != "queued" for each in found),
        )
        assert (invocation.status, invocation.scheduled_at) == ("completed", at)
        until(lambda name=invocation.session_id: one.sessions.retrieve(name), lambda found: found.status == "idle")
        assert len(one.sessions.turns.list(invocation.session_id).data) == 1
    assert len(list(other.sessions.list(limit=100))) == before + len(made)


def test_what_a_server_leaves_at_its_end_is_taken_up_by_the_other(
    clients: tuple[Any, Any], postgresql: str, tmp_path: Path
) -> None:
    _, other = clients
    kept = {"store.database": postgresql, "store.blobs": str(tmp_path)}
    with FakeAI(seed=3, **kept) as leaving, client_of(leaving) as client:
        sessions: Any = client.beta.agents.sessions
        slower = {**SLOWLY, "x-fakeai-itl-ms": "50"}
        made = [
            sessions.create(environment=NOWHERE, agent=MODEL, input="Tell me about the sea.", extra_headers=slower)
            for _ in range(5)
        ]
        until(lambda: sessions.turns.list(made[-1].id).data[0], lambda turn: turn.status == "in_progress")
        at_work = [sessions.turns.list(session.id).data[0].status for session in made]
    assert at_work == ["in_progress"] * 5
    for session in made:
        until(lambda name=session.id: other.sessions.retrieve(name), lambda found: found.status == "idle")
        (turn,) = other.sessions.turns.list(session.id)
        items = list(other.sessions.items.list(session.id, order="asc"))
        assert (turn.status, [item.type for item in items]) == ("completed", ["message", "message"])
        assert items[-1].status == "completed"
