"""What automations have set off."""

import asyncio
from typing import Any

from tests.services.agents.conftest import HOSTED, WEATHER, Door, items_of, opened, virtually
from tests.services.agents.test_automations import AT, DAILY, NEW


async def invoked(ask: Door, target: Any) -> Any:
    one = f"{AT}/{(await ask('POST', AT, {**DAILY, 'target': target}))['id']}"
    made = await ask("POST", f"{one}/invocations")
    assert (made["status"], made["source"], made["scheduled_at"]) == ("queued", {"type": "manual"}, None)
    await asyncio.sleep(5.0)
    return await ask("GET", f"{one}/invocations/{made['id']}")


def test_an_automation_is_set_off_by_hand() -> None:
    async def main(ask: Door) -> None:
        found = await invoked(ask, NEW)
        assert (found["status"], found["error"]) == ("completed", None)
        assert (await ask("GET", f"/agents/sessions/{found['session_id']}"))["status"] == "idle"
        await ask("GET", f"{AT}/{found['automation_id']}/invocations/invocation_x", status=404)

    virtually(main)


def test_what_cannot_be_delivered_is_told() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Hi")
        target = {"type": "existing_session", "instructions": "Go.", "session_id": at.rpartition("/")[2]}
        one = f"{AT}/{(await ask('POST', AT, {**DAILY, 'target': target}))['id']}"
        await ask("DELETE", at)
        made = await ask("POST", f"{one}/invocations")
        await asyncio.sleep(5.0)
        found = await ask("GET", f"{one}/invocations/{made['id']}")
        assert (found["status"], found["error"]["code"]) == ("failed", "session_not_found")

    virtually(main)


def test_an_agent_that_is_gone_meanwhile_fails_the_delivery() -> None:
    async def main(ask: Door) -> None:
        agent = (await ask("POST", "/agents", {"model": "gpt-4o-mini"}))["id"]
        target = {name: NEW[name] for name in NEW if name != "agent"}
        one = f"{AT}/{(await ask('POST', AT, {**DAILY, 'target': {**target, 'agent_id': agent}}))['id']}"
        await ask("DELETE", f"/agents/{agent}")
        made = await ask("POST", f"{one}/invocations")
        await asyncio.sleep(5.0)
        assert (await ask("GET", f"{one}/invocations/{made['id']}"))["status"] == "failed"

    virtually(main)


def test_a_session_that_has_failed_pauses_the_automation() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Hi", environment={**HOSTED, "setup_commands": [{"command": "false"}]})
        target = {"type": "existing_session", "instructions": "Go.", "session_id": at.rpartition("/")[2]}
        found = await invoked(ask, target)
        assert (found["status"], found["error"]["code"]) == ("failed", "target_session_failed")
        automation = await ask("GET", f"{AT}/{found['automation_id']}")
        assert (automation["status"], automation["pause_reason"]) == ("paused", "target_session_failed")
        assert (await ask("POST", f"{AT}/{found['automation_id']}/resume"))["pause_reason"] is None

    virtually(main)


def test_a_session_at_work_is_waited_for_and_what_is_due_meanwhile_is_skipped() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "What is the weather in Paris?", WEATHER)
        target = {"type": "existing_session", "instructions": "Report.", "session_id": at.rpartition("/")[2]}
        one = f"{AT}/{(await ask('POST', AT, {**DAILY, 'expression': '0 * * * *', 'target': target}))['id']}"
        await asyncio.sleep(2 * 3_600)
        second, first = (await ask("GET", f"{one}/invocations"))["data"]
        assert (first["status"], second["status"], second["skip_reason"]) == ("queued", "skipped", "pending_delivery")
        await ask("POST", f"{at}/events", {"events": [{"type": "agent.session.input.cancel"}]}, status=202)
        await asyncio.sleep(5.0)
        assert (await ask("GET", f"{one}/invocations/{first['id']}"))["status"] == "completed"
        assert (await items_of(ask, at))[2]["content"][0]["text"] == "Report."

    virtually(main)
