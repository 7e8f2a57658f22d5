"""Automations: made, changed, paused, and set off when their time has come."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.services.agents.conftest import MODEL, NOWHERE, Door, items_of, opened, rested, virtually

AT = "/agents/automations"
HELLO = [{"role": "user", "content": [{"type": "input_text", "text": "Good morning"}]}]
NEW: Any = {"type": "new_session", "environment": NOWHERE, "agent": MODEL, "input": HELLO, "metadata": {"by": "cron"}}
DAILY: Any = {"type": "periodic", "name": "daily", "expression": "0 9 * * *", "timezone": "UTC", "target": NEW}


async def now(ask: Door) -> int:
    return int((await ask("POST", "/vaults", {}))["created_at"])


def test_a_periodic_automation_opens_sessions_at_its_times() -> None:
    async def main(ask: Door) -> None:
        made = await ask("POST", AT, DAILY)
        assert (made["status"], made["created_by"], made["target"]["agent"]["model"]) == (
            "active",
            {"type": "developer"},
            "gpt-4o-mini",
        )
        await asyncio.sleep(3 * 86_400)
        invocations = (await ask("GET", f"{AT}/{made['id']}/invocations?order=asc"))["data"]
        assert [found["status"] for found in invocations] == ["completed"] * 3
        assert all(found["source"] == {"type": "automation", "automation": made} for found in invocations)
        for found in invocations:
            at = datetime.fromtimestamp(found["scheduled_at"], UTC)
            assert (at.hour, at.minute, at.second) == (9, 0, 0)
            session = await ask("GET", f"/agents/sessions/{found['session_id']}")
            assert (session["status"], session["metadata"]) == ("idle", {"by": "cron"})
            assert session["created_at"] - found["scheduled_at"] < 5
            items = await items_of(ask, f"/agents/sessions/{found['session_id']}")
            assert items[0]["content"][0]["text"] == "Good morning"
            assert await ask("GET", f"{AT}/{made['id']}/invocations/{found['id']}") == found
        assert len({found["session_id"] for found in invocations}) == 3

    virtually(main)


def test_an_automation_for_one_time_is_over_then() -> None:
    async def main(ask: Door) -> None:
        at = await now(ask) + 100
        made = await ask("POST", AT, {"type": "once", "name": "n", "run_at": at, "target": NEW})
        await asyncio.sleep(200)
        assert (await ask("GET", f"{AT}/{made['id']}"))["status"] == "completed"
        (found,) = (await ask("GET", f"{AT}/{made['id']}/invocations"))["data"]
        assert (found["status"], found["scheduled_at"]) == ("completed", at)
        for change in ("pause", "resume"):
            await ask("POST", f"{AT}/{made['id']}/{change}", status=400)
        await ask("POST", f"{AT}/{made['id']}", {"run_at": at + 900}, status=400)

    virtually(main)


def test_what_is_paused_waits_until_it_is_resumed() -> None:
    async def main(ask: Door) -> None:
        one = f"{AT}/{(await ask('POST', AT, DAILY))['id']}"
        assert (await ask("POST", f"{one}/pause"))["status"] == "paused"
        await asyncio.sleep(3 * 86_400)
        assert (await ask("GET", f"{one}/invocations"))["data"] == []
        assert (await ask("POST", f"{one}/resume"))["status"] == "active"
        await asyncio.sleep(86_400)
        assert len((await ask("GET", f"{one}/invocations"))["data"]) == 1

    virtually(main)


def test_an_automation_for_a_time_that_passed_is_not_resumed() -> None:
    async def main(ask: Door) -> None:
        at = await now(ask) + 100
        one = f"{AT}/{(await ask('POST', AT, {'type': 'once', 'name': 'n', 'run_at': at, 'target': NEW}))['id']}"
        await ask("POST", f"{one}/pause")
        await asyncio.sleep(200)
        assert (await ask("POST", f"{one}/resume", status=400))["error"]["param"] == "run_at"
        await ask("POST", f"{one}/invocations")

    virtually(main)


def test_an_update_replaces_what_it_says_and_the_time() -> None:
    async def main(ask: Door) -> None:
        made = await ask("POST", AT, DAILY)
        one = f"{AT}/{made['id']}"
        changed = await ask("POST", one, {"name": "hourly", "expression": "0 * * * *", "metadata": {"a": "b"}})
        assert changed == {**made, "name": "hourly", "expression": "0 * * * *", "metadata": {"a": "b"}}
        passed = (await now(ask) + 7_300) // 3_600 - await now(ask) // 3_600
        await asyncio.sleep(7_300)
        assert len((await ask("GET", f"{one}/invocations"))["data"]) == passed
        target = {**NEW, "metadata": {"by": "me"}}
        assert (await ask("POST", one, {"target": target}))["target"]["metadata"] == {"by": "me"}
        for body, param in (
            ({"run_at": 5}, "run_at"),
            ({"expression": "x"}, "expression"),
            ({"timezone": "Moon"}, "timezone"),
        ):
            assert (await ask("POST", one, body, status=400))["error"]["param"] == param

    virtually(main)


def test_an_existing_session_is_told_and_found_by() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Hi")
        session_id = at.rpartition("/")[2]
        target = {"type": "existing_session", "instructions": "Report now.", "session_id": session_id}
        made = await ask("POST", AT, {**DAILY, "target": target})
        other = await ask("POST", AT, DAILY)
        assert [found["id"] for found in (await ask("GET", f"{AT}?session_id={session_id}"))["data"]] == [made["id"]]
        assert [found["id"] for found in (await ask("GET", AT))["data"]] == [other["id"], made["id"]]
        await ask("POST", f"{AT}/{made['id']}", {"target": NEW}, status=400)
        await asyncio.sleep(86_400)
        items = await items_of(ask, at)
        assert (items[2]["role"], items[2]["content"][0]["text"]) == ("user", "Report now.")
        assert (await rested(ask, at))["status"] == "idle"

    virtually(main)


def test_a_deleted_automation_sets_nothing_off() -> None:
    async def main(ask: Door) -> None:
        one = f"{AT}/{(await ask('POST', AT, DAILY))['id']}"
        assert (await ask("DELETE", one))["object"] == "agent.automation.deleted"
        await asyncio.sleep(2 * 86_400)
        assert (await ask("GET", "/agents/sessions"))["data"] == []
        for method, path in (("GET", one), ("POST", f"{one}/pause"), ("GET", f"{one}/invocations"), ("DELETE", one)):
            await ask(method, path, status=404)

    virtually(main)


def test_what_never_comes_is_refused() -> None:
    async def main(ask: Door) -> None:
        for more, param in (
            ({"expression": "0 0 31 2 *"}, "expression"),
            ({"expression": "soon"}, "expression"),
            ({"timezone": "Mars/Base"}, "timezone"),
            ({"timezone": None}, "timezone"),
            ({"type": "once"}, "run_at"),
            ({"type": "once", "run_at": 5}, "run_at"),
        ):
            assert (await ask("POST", AT, {**DAILY, **more}, status=400))["error"]["param"] == param
        body = {name: DAILY[name] for name in DAILY if name != "expression"}
        assert (await ask("POST", AT, body, status=400))["error"]["param"] == "expression"

    virtually(main)
