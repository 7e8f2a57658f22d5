"""What automations set off, as it is told."""

from base64 import b64encode
from typing import Any

from fakeai.services.agents.targets import opened, request
from fakeai.wire.agents.automations import NewSession
from fakeai.wire.base import parse
from tests.services.agents.conftest import HOSTED, Door, virtually
from tests.services.agents.test_automations import AT, DAILY, NEW


async def told(ask: Door, **more: Any) -> Any:
    return (await ask("POST", AT, {**DAILY, "target": {**NEW, **more}}))["target"]


def test_environments_are_told_without_what_is_confidential() -> None:
    async def main(ask: Door) -> None:
        file = {"type": "inline", "path": "/workspace/a", "data": b64encode(b"four").decode()}
        place = {**HOSTED, "files": [file], "env": {"K": "secret"}, "setup_commands": [{"command": "echo secret"}]}
        target = await told(ask, environment=place)
        assert target["environment"]["files"] == [{"type": "inline", "path": "/workspace/a", "size_bytes": 4}]
        assert target["environment"]["network"] is None
        assert "secret" not in str(target)
        own = {"type": "self_hosted", "workspace_directory": "/srv"}
        assert (await told(ask, environment=own))["environment"] == {
            "type": "self_hosted",
            "environment_id": None,
            "capability_directories": [],
            "workspace_directory": "/srv",
        }

    virtually(main)


def test_a_kept_agent_is_told_by_its_id() -> None:
    async def main(ask: Door) -> None:
        agent = (await ask("POST", "/agents", {"model": "gpt-4o-mini"}))["id"]
        target = {name: NEW[name] for name in NEW if name != "agent"}
        made = (await ask("POST", AT, {**DAILY, "target": {**target, "agent_id": agent}}))["target"]
        assert (made["agent"], made["agent_id"]) == (None, agent)
        refused = await ask("POST", AT, {**DAILY, "target": target}, status=400)
        assert refused["error"]["param"] == "target.agent.model"

    virtually(main)


def test_what_is_not_there_is_not_found() -> None:
    async def main(ask: Door) -> None:
        for more in ({"agent_id": "agent_x"}, {"vault_ids": ["vault_x"]}):
            await ask("POST", AT, {**DAILY, "target": {**NEW, **more}}, status=404)
        target = {"type": "existing_session", "instructions": "Go.", "session_id": "asess_x"}
        await ask("POST", AT, {**DAILY, "target": target}, status=404)

    virtually(main)


def test_what_is_kept_of_a_target_opens_the_same_session() -> None:
    raw = (
        b'{"type": "new_session", "environment": {"type": "openai_hosted", "env": {"K": "v"}}, "vault_ids": ["v"],'
        b' "agent": {"model": "m", "compaction": {"async": true}, "text": {"format": {"type": "json_schema", "schema": {}}}},'
        b' "input": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}]}'
    )
    body = opened(request(parse(NewSession, raw)))
    assert body.agent is not None
    assert body.agent.compaction is not None
    assert (body.agent.compaction.is_async, body.vault_ids, body.environment.type) == (True, ["v"], "openai_hosted")
    assert "metadata" not in body.model_fields_set
