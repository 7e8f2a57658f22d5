"""The lives of environments, in virtual time."""

import asyncio

from tests.services.agents.conftest import Door, virtually

AT = "/agents/environments"


def test_an_environment_is_ready_then_suspended_then_expired() -> None:
    async def main(ask: Door) -> None:
        made = f"{AT}/{(await ask('POST', AT, {'environment': {'type': 'openai_hosted'}}))['id']}"
        seen = []
        for seconds in (0.0, 0.6, 601.0, 3_600.0):
            await asyncio.sleep(seconds)
            seen.append((await ask("GET", made))["status"])
        assert seen == ["pending", "ready", "suspended", "expired"]
        listed = await ask("GET", AT)
        assert listed["data"][0]["status"] == "expired"

    virtually(main)


def test_a_setup_command_that_fails_fails_the_environment() -> None:
    async def main(ask: Door) -> None:
        wanted = {"type": "openai_hosted", "setup_commands": [{"command": "echo a"}, {"command": "exit 3"}]}
        made = await ask("POST", AT, {"environment": wanted})
        await asyncio.sleep(1.0)
        assert (await ask("GET", f"{AT}/{made['id']}"))["status"] == "failed"

    virtually(main)


def test_a_file_keeps_an_environment_awake() -> None:
    async def main(ask: Door) -> None:
        made = f"{AT}/{(await ask('POST', AT, {'environment': {'type': 'openai_hosted'}}))['id']}"
        file = {"type": "inline", "path": "/workspace/a", "data": ""}
        await ask("POST", f"{made}/files", file, status=409)
        await asyncio.sleep(500.0)
        await ask("POST", f"{made}/files", file)
        await asyncio.sleep(500.0)
        assert (await ask("GET", made))["status"] == "ready"
        await asyncio.sleep(101.0)
        assert (await ask("GET", made))["status"] == "suspended"
        await ask("POST", f"{made}/files", file)
        assert (await ask("GET", made))["status"] == "ready"
        await asyncio.sleep(3_601.0)
        await ask("POST", f"{made}/files", file, status=409)
        assert (await ask("GET", f"{made}/files"))["data"] == []

    virtually(main)
