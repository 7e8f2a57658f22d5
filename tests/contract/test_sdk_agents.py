"""Agents as the official SDK sees them: sessions with tools, subagents, files and artifacts; automations; whose they are."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from pydantic import BaseModel
from technologies import emptied

from fakeai.testing import FakeAI, run_virtual

NOWHERE: Any = {"type": "none"}
HOSTED: Any = {"type": "openai_hosted"}
MODEL: Any = {"model": "gpt-4o-mini"}
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
OTHER = {"OpenAI-Project": "proj_other"}


@pytest.fixture(scope="module", params=["memory", "postgresql"])
def fake(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeAI]:
    kept: dict[str, Any] = {}
    if request.param == "postgresql":
        kept = {
            "store.database": emptied(request.getfixturevalue("postgresql")),
            "store.blobs": str(tmp_path_factory.mktemp("blobs")),
        }
    with FakeAI(seed=1, **kept) as made:
        yield made


@pytest.fixture(params=["in process", "served"])
def client(fake: FakeAI, request: pytest.FixtureRequest) -> Any:
    strict: Any = {"max_retries": 0, "_strict_response_validation": True}
    if request.param == "served":
        return openai.OpenAI(base_url=fake.base_url, api_key="any", **strict)
    return fake.client(**strict)


def until(look: Callable[[], Any], status: str) -> Any:
    for _ in range(2_000):
        if (found := look()).status == status:
            return found
        time.sleep(0.01)
    raise AssertionError(found)


def test_an_agents_session_is_streamed_and_every_event_is_one_of_the_sdks(client: Any) -> None:
    agents = client.beta.agents
    agent = agents.create(**MODEL, name="writer", instructions="Be brief.")
    seen = list(agents.sessions.create(agent_id=agent.id, environment=NOWHERE, input="Hi there", stream=True))
    assert (seen[0].type, seen[-1].type) == ("agent.session.created", "agent.session.idle")
    assert all(event.obfuscation for event in seen)
    session = agents.sessions.retrieve(seen[0].session.id)
    assert (session.status, session.agent.name, session.agent.instructions) == ("idle", "writer", "Be brief.")
    (turn,) = agents.sessions.turns.list(session.id)
    said = [item.output_text for item in agents.sessions.turns.items.list(turn.id, session_id=session.id, order="asc")]
    assert said[1] == "".join(event.delta for event in seen if event.type == "agent.session.turn.output_text.delta")


def test_handlers_are_called_and_the_result_is_collected(client: Any) -> None:
    sessions = client.beta.agents.sessions
    session = sessions.create(environment=NOWHERE, agent={**MODEL, "tools": [WEATHER]}, input="Hello!")
    until(lambda: sessions.retrieve(session.id), "idle")
    asked: list[Any] = []

    def answer(arguments: dict[str, Any]) -> dict[str, Any]:
        asked.append(arguments)
        return {"temperature": 21}

    handlers = {"get_weather": answer}
    with sessions.stream(session.id, input="What is the weather in Paris?", tool_handlers=handlers) as stream:
        result = stream.get_final_result()
    assert asked == [{"city": "Paris"}]
    assert "21" in result.output_text
    assert result.turn.status == "completed"


def test_a_required_action_is_answered_by_hand(client: Any) -> None:
    sessions = client.beta.agents.sessions
    made = sessions.create(
        environment=NOWHERE, agent={**MODEL, "tools": [WEATHER]}, input="What is the weather in Rome?"
    )
    session = until(lambda: sessions.retrieve(made.id), "requires_action")
    (action,) = session.required_actions
    assert (action.type, action.name, action.arguments) == ("function_call", "get_weather", {"city": "Rome"})
    result: Any = {"type": "agent.session.input.tool_result", "turn_id": action.turn_id, "success": True}
    with pytest.raises(openai.BadRequestError, match="Unknown pending tool call: call_x"):
        sessions.events.create(made.id, events=[{**result, "call_id": "call_x", "output": "sunny"}])
    sessions.events.create(made.id, events=[{**result, "call_id": action.call_id, "output": "sunny"}])
    until(lambda: sessions.retrieve(made.id), "idle")
    kinds = [item.type for item in sessions.items.list(made.id, order="asc")]
    assert kinds == ["message", "function_call", "function_call_output", "message"]


def test_a_typed_answer_is_parsed(client: Any) -> None:
    class Sea(BaseModel):
        name: str
        depth: int

    sessions = client.beta.agents.sessions
    stream = sessions.create(
        environment=NOWHERE, agent=MODEL, input="Name a sea.", stream=True, output_type=Sea
    ).with_result_collection()
    result = stream.get_final_result()
    assert isinstance(result.output_parsed, Sea)


def test_subagents_files_and_artifacts(client: Any, tmp_path: Path) -> None:
    agents = client.beta.agents
    place = agents.environments.create(environment=HOSTED)
    until(lambda: agents.environments.retrieve(place.id), "ready")
    (tmp_path / "in.txt").write_text("from me")
    agents.environments.files.upload(place.id, file=tmp_path / "in.txt", path="/workspace/in.txt")
    stream = agents.sessions.create(
        environment={**HOSTED, "environment_id": place.id},
        agent={**MODEL, "multi_agent": {"enabled": True}, "tools": [{"type": "web_search"}]},
        input="Search for seas, run `cat in.txt`, write report.csv and delegate:\n1. Count whales.\n2. Count seas.",
        stream=True,
    ).with_result_collection()
    result = stream.get_final_result()
    (artifact,) = agents.sessions.artifacts.list(result.session_id)
    assert artifact.path == "/workspace/outputs/report.csv"
    found = agents.sessions.artifacts.for_result(result)
    assert found.content(artifact.path).read().startswith(b"id,region,value")
    found.download(artifact.path, to=tmp_path / "report.csv")
    assert (tmp_path / "report.csv").stat().st_size == artifact.size_bytes
    subagents = list(agents.sessions.subagents.list(result.session_id, order="asc", limit=1))
    assert [one.instructions[0].text for one in subagents] == ["Count whales.", "Count seas."]
    for one in subagents:
        (turn,) = agents.sessions.subagents.turns.list(one.id, session_id=result.session_id)
        items = agents.sessions.subagents.turns.items.list(turn.id, session_id=result.session_id, subagent_id=one.id)
        assert [item.type for item in items] == ["message", "message"]
    outputs = [
        item.output for item in agents.sessions.items.list(result.session_id) if item.type == "command_execution"
    ]
    assert outputs == ["", "from me"]
    files = agents.environments.files.list(place.id, order="asc", limit=1)
    assert [file.path for file in files] == ["/workspace/in.txt", "/workspace/outputs/report.csv"]
    (trace,) = agents.sessions.traces.list(result.session_id)
    assert trace.id == result.turn_id
    assert agents.sessions.artifacts.delete(artifact.id, session_id=result.session_id).deleted
    assert agents.sessions.delete(result.session_id).deleted


def test_what_is_kept_is_made_changed_listed_and_deleted(client: Any) -> None:
    agents = client.beta.agents
    vault = agents.vaults.create(name="v", metadata={"team": "a"})
    assert agents.vaults.update(vault.id, name="w").name == "w"
    auth = {"type": "static_bearer", "token": "secret", "mcp_server_url": "https://m.example"}
    credential = agents.vaults.credentials.create(vault.id, name="c", auth=auth)
    rotated = agents.vaults.credentials.update(
        credential.id, vault_id=vault.id, auth={"type": "static_bearer", "token": "new"}, metadata={"a": "b"}
    )
    assert (rotated.auth.mcp_server_url, rotated.metadata) == ("https://m.example", {"a": "b"})
    assert [found.id for found in agents.vaults.credentials.list(vault.id, status="active")] == [credential.id]
    template = agents.environments.templates.create(name="t", packages={"python": ["numpy"]})
    assert agents.environments.templates.update(template.id, name=None).name is None
    agent = agents.create(**MODEL, tools=[{"type": "web_search"}, {"type": "tool_search"}])
    assert agents.update(agent.id, tools=[]).tools == []
    for many, made in ((agents, agent), (agents.vaults, vault), (agents.environments.templates, template)):
        assert many.retrieve(made.id).id == made.id
        assert made.id in [found.id for found in many.list(limit=1)]
    assert agents.vaults.credentials.delete(credential.id, vault_id=vault.id).deleted
    for many, made in ((agents, agent), (agents.vaults, vault), (agents.environments.templates, template)):
        assert many.delete(made.id).deleted
        with pytest.raises(openai.NotFoundError):
            many.retrieve(made.id)


def test_another_projects_things_are_not_there(client: Any) -> None:
    agents, strangers = client.beta.agents, client.with_options(default_headers=OTHER).beta.agents
    agent = agents.create(**MODEL)
    session = agents.sessions.create(agent_id=agent.id, environment=NOWHERE, input="Hi")
    for ask in (
        lambda: strangers.retrieve(agent.id),
        lambda: strangers.sessions.retrieve(session.id),
        lambda: strangers.sessions.events.stream(session.id),
        lambda: strangers.sessions.events.create(session.id, events=[{"type": "agent.session.input.cancel"}]),
        lambda: strangers.sessions.create(agent_id=agent.id, environment=NOWHERE, input="Hi"),
        lambda: strangers.sessions.delete(session.id),
    ):
        with pytest.raises(openai.NotFoundError):
            ask()
    assert list(strangers.sessions.list()) == []
    until(lambda: agents.sessions.retrieve(session.id), "idle")


def test_an_automation_is_set_off_in_virtual_time() -> None:
    async def main() -> None:
        async with FakeAI(seed=1) as fake:
            client = fake.async_client(max_retries=0, _strict_response_validation=True)
            automations = client.beta.agents.automations
            made: Any = await automations.create(
                type="periodic",
                name="mornings",
                expression="0 9 * * mon-fri",
                timezone="Europe/Berlin",
                target={
                    "type": "new_session",
                    "environment": NOWHERE,
                    "agent": MODEL,
                    "input": [{"role": "user", "content": [{"type": "input_text", "text": "What is new?"}]}],
                },
            )
            await asyncio.sleep(7 * 86_400)
            invocations = [found async for found in automations.invocations.list(made.id)]
            assert [found.status for found in invocations] == ["completed"] * 5
            for found in invocations:
                assert (await client.beta.agents.sessions.retrieve(found.session_id or "")).status == "idle"
            assert (await automations.pause(made.id)).status == "paused"
            assert (await automations.resume(made.id)).status == "active"
            by_hand = await automations.invocations.create(made.id)
            assert by_hand.source.type == "manual"
            assert (await automations.update(made.id, name="n")).name == "n"
            assert (await automations.delete(made.id)).deleted

    run_virtual(main())
