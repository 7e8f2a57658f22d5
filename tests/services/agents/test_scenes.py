"""Sessions, changed by many at the same time; and who is told of what."""

import asyncio
from typing import Any

import httpx

from fakeai.services.agents.log import event_id, number_of
from fakeai.services.agents.scenes import Thread
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.base import Tx
from fakeai.testing import FakeAI, run_virtual
from tests.services.agents.conftest import HOSTED, WEATHER, Door, events_of, opened, rested, said, virtually


def test_a_thread_is_the_roots_or_a_subagents() -> None:
    assert (Thread("s").parent, Thread("s", "a").parent) == ("s", "s/a")


def test_events_have_numbers_without_gaps_whoever_tells() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Hi")
        await asyncio.gather(*(said(ask, at, f"Number {number}") for number in range(8)))
        await rested(ask, at)
        start = event_id(at.rpartition("/")[2], 0)
        found: list[Any] = []
        while len([event for event in found if event["type"].endswith("turn.item.added")]) < 11:
            found += await events_of(ask, at, found[-1]["event_id"] if found else start)
        numbers = [number_of(event["event_id"]) for event in found]
        assert numbers == list(range(1, len(numbers) + 1))
        said_all = {str(event["item"]["content"]) for event in found if event["type"].endswith("item.added")}
        assert all(any(f"Number {number}" in text for text in said_all) for number in range(8))

    virtually(main)


def test_webhooks_are_told_of_sessions() -> None:
    async def main() -> None:
        told: list[str] = []

        class Listening(Webhooks):
            def tell(self, tx: Tx, owner: str, type: Any, data: Any) -> None:
                told.append(type)
                super().tell(tx, owner, type, data)

        async with (
            FakeAI(seed=1) as fake,
            httpx.AsyncClient(transport=fake.async_transport(), base_url="http://fakeai/v1", timeout=1e9) as http,
        ):
            app = fake._app()
            app.gateway.below("agents")
            sessions = app.gateway._handlers["GET", "/agents/sessions"].__self__
            sessions.scenes._webhooks.__class__ = Listening
            at = await opened(Door(http), "What is the weather in Paris?", WEATHER, environment=HOSTED)
            await asyncio.sleep(10_000.0)
            assert (await Door(http)("GET", at))["status"] == "requires_action"
        assert told == [
            "agent.session.created",
            "agent.session.in_progress",
            "agent.session.action_required",
            "agent.environment.suspended",
            "agent.environment.expired",
        ]

    run_virtual(main())
