"""How sessions are opened."""

import asyncio
from base64 import b64encode
from typing import Any

from fakeai.services.agents.opening import said_first
from fakeai.wire.agents.inputs import InputMessage
from tests.services.agents.conftest import HOSTED, MODEL, NOWHERE, Door, rested, virtually

AT = "/agents/sessions"
HEADERS = {
    "type": "mcp",
    "server_label": "s",
    "transport": {"type": "http", "server_url": "https://m", "headers": {"a": "b"}},
}


def test_a_session_has_a_copy_of_the_agent_with_what_was_said_beside_it() -> None:
    async def main(ask: Door) -> None:
        kept = {"model": "gpt-4o-mini", "name": "n", "instructions": "a", "tools": [HEADERS, {"type": "tool_search"}]}
        agent = (await ask("POST", "/agents", kept))["id"]
        body = {"agent_id": agent, "agent": {"instructions": "b"}, "environment": NOWHERE, "input": "Hi"}
        session = await ask("POST", AT, body)
        told = session["agent"]
        assert (told["id"], told["name"], told["instructions"], told["model"]) == (agent, "n", "b", "gpt-4o-mini")
        assert [tool["type"] for tool in told["tools"]] == ["mcp"]
        assert "headers" not in told["tools"][0]["transport"]
        await ask("POST", f"/agents/{agent}", {"name": "other"})
        assert (await ask("GET", f"{AT}/{session['id']}"))["agent"]["name"] == "n"

    virtually(main)


def test_a_session_takes_an_environment_that_was_made_ahead() -> None:
    async def main(ask: Door) -> None:
        file = {"type": "inline", "path": "/workspace/a.txt", "data": b64encode(b"words").decode()}
        place = (await ask("POST", "/agents/environments", {"environment": {**HOSTED, "files": [file]}}))["id"]
        await asyncio.sleep(1.0)
        wanted = {**HOSTED, "environment_id": place}
        body: Any = {"agent": MODEL, "environment": wanted, "input": "Run `cat a.txt`"}
        await ask("POST", AT, {**body, "environment": {**wanted, "desktop": {"enabled": True}}}, status=400)
        made = await ask("POST", AT, body)
        assert (made["environment"]["id"], made["environment"]["files"][0]["path"]) == (place, "/workspace/a.txt")
        assert (await ask("GET", f"/agents/environments/{place}"))["status"] == "connected"
        await rested(ask, f"{AT}/{made['id']}")
        items = (await ask("GET", f"{AT}/{made['id']}/items?order=asc"))["data"]
        assert items[1]["output"] == "words"
        await ask("POST", AT, body, status=409)
        await ask("POST", AT, {**body, "environment": {**HOSTED, "environment_id": "env_x"}}, status=404)

    virtually(main)


def test_nothing_is_there_of_a_session_that_was_refused() -> None:
    async def main(ask: Door) -> None:
        file = {"type": "file_id", "path": "/workspace/a", "file_id": "file-x"}
        body = {"agent": MODEL, "environment": {**HOSTED, "files": [file]}, "input": "Hi"}
        await ask("POST", AT, body, status=404)
        assert (await ask("GET", AT))["data"] == (await ask("GET", "/agents/environments"))["data"] == []

    virtually(main)


def test_a_text_is_a_message() -> None:
    message = InputMessage.model_validate({"role": "user", "content": [{"type": "input_text", "text": "x"}]})
    assert said_first("x") == said_first([message])
    assert said_first(None) == []


def test_only_models_that_chat_and_that_the_project_may_use_are_agents() -> None:
    async def main(ask: Door) -> None:
        body = {"environment": NOWHERE, "input": "Hi"}
        refused = await ask("POST", AT, {**body, "agent": {"model": "text-embedding-3-small"}}, status=400)
        assert refused["error"]["param"] == "agent.model"
        made = await ask("POST", AT, {**body, "agent": MODEL})
        permitted = {"mode": "deny_list", "model_ids": ["gpt-4o-mini", "gpt-5.4"]}
        await ask("POST", "/organization/projects/proj_fakeai/model_permissions", permitted)
        denied = await ask("POST", AT, {**body, "agent": MODEL}, status=403)
        assert denied["error"]["code"] == "model_not_found"
        await ask("POST", f"{AT}/{made['id']}", {"agent": {"model": "gpt-5.4"}}, status=403)
        await ask("POST", AT, {**body, "agent": {"model": "gpt-4o"}})

    virtually(main)


def test_a_session_has_the_latency_that_was_asked_for() -> None:
    async def main(ask: Door) -> None:
        body = {"agent": MODEL, "environment": NOWHERE, "input": "Hi"}
        made = await ask("POST", AT, body, headers={"x-fakeai-ttft-ms": "5000"})
        await asyncio.sleep(4.9)
        assert (await ask("GET", f"{AT}/{made['id']}"))["status"] == "in_progress"
        await asyncio.sleep(0.3)
        assert (await ask("GET", f"{AT}/{made['id']}"))["status"] == "idle"

    virtually(main)
