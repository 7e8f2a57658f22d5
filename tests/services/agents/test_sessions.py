"""Sessions: opened, followed, changed, deleted."""

import asyncio
import json

from fakeai.services.agents.log import event_id
from tests.services.agents.conftest import (
    HOSTED,
    MODEL,
    NOWHERE,
    WEATHER,
    Door,
    events_of,
    given,
    opened,
    rested,
    said,
    virtually,
)

AT = "/agents/sessions"


def test_a_session_is_streamed_until_its_first_turn_is_over() -> None:
    async def main(ask: Door) -> None:
        body = {"agent": MODEL, "environment": NOWHERE, "input": "Hi there", "stream": True}
        text = (await ask.http.post(AT, json=body)).text
        assert text.startswith(": following\n\n")
        events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
        kinds = [event["type"].removeprefix("agent.session.") for event in events]
        assert [kind for kind in kinds if kind != "turn.output_text.delta"] == [
            "created",
            "turn.created",
            "turn.item.added",
            "in_progress",
            "turn.in_progress",
            "turn.item.added",
            "turn.content_part.added",
            "turn.output_text.done",
            "turn.content_part.done",
            "turn.item.done",
            "turn.completed",
            "idle",
        ]
        session_id = events[0]["session"]["id"]
        assert [event["event_id"] for event in events] == [event_id(session_id, n) for n in range(len(events))]
        assert all(event["obfuscation"] for event in events)
        assert [events[0]["session"]["status"], events[-1]["session"]["status"]] == ["idle", "idle"]
        deltas = "".join(event["delta"] for event in events if event["type"].endswith("text.delta"))
        assert deltas == events[-5]["text"]

    virtually(main)


def test_a_follower_goes_on_behind_the_event_that_he_has_seen() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Hi there")
        session_id = at.rpartition("/")[2]
        all_of = await events_of(ask, at, event_id(session_id, 0))
        rest = await events_of(ask, at, all_of[5]["event_id"])
        assert rest == all_of[6:]
        await ask("GET", f"{at}/events?after=evt_x", status=400)

    virtually(main)


def test_a_live_follower_gets_what_comes() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Hi there")

        async def follow() -> list[str]:
            found = []
            async with ask.http.stream("GET", f"{at}/events") as reply:
                async for line in reply.aiter_lines():
                    if line.startswith("event: "):
                        found.append(line[7:].removeprefix("agent.session."))
                        if found[-1] == "idle":
                            return found
            raise AssertionError(found)

        following = asyncio.ensure_future(follow())
        await asyncio.sleep(1.0)
        await said(ask, at, "And now?")
        found = await following
        assert (found[0], found[-1]) == ("turn.created", "idle")

    virtually(main)


def test_what_was_left_out_and_what_does_not_fit_is_refused() -> None:
    async def main(ask: Door) -> None:
        for body, param in (
            ({"agent": MODEL, "environment": NOWHERE}, "input"),
            ({"agent": MODEL, "environment": HOSTED, "stream": True}, "input"),
            ({"environment": NOWHERE, "input": "x"}, "agent.model"),
            ({"agent": MODEL, "environment": NOWHERE, "input": "x", "stream_options": {}}, "stream_options"),
            ({"agent": MODEL, "environment": {"type": "moon"}, "input": "x"}, "environment.type"),
            ({"agent": MODEL, "environment": NOWHERE, "input": ""}, "input"),
            ({"agent": MODEL, "environment": NOWHERE, "input": []}, "input"),
        ):
            assert (await ask("POST", AT, body, status=400))["error"]["param"] == param, body
        body = {"agent": MODEL, "environment": NOWHERE, "input": "x"}
        for more in ({"agent_id": "agent_x"}, {"vault_ids": ["vault_x"]}):
            await ask("POST", AT, {**body, **more}, status=404)
        assert (await ask("GET", AT))["data"] == []

    virtually(main)


def test_sessions_are_filtered_by_agent_and_metadata() -> None:
    async def main(ask: Door) -> None:
        agent = (await ask("POST", "/agents", MODEL))["id"]
        body = {"environment": NOWHERE, "input": "Hi"}
        one = (await ask("POST", AT, {**body, "agent_id": agent, "metadata": {"k": "a"}}))["id"]
        two = (await ask("POST", AT, {**body, "agent": MODEL, "metadata": {"k": "b"}}))["id"]
        assert [found["id"] for found in (await ask("GET", f"{AT}?agent_id={agent}"))["data"]] == [one]
        assert [found["id"] for found in (await ask("GET", f"{AT}?metadata[k]=b"))["data"]] == [two]

    virtually(main)


def test_an_update_is_for_the_turns_that_follow() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Hi", metadata={"a": "b"}, prompt_cache_options={"ttl": "12h"}, review="auto_review")
        before = await ask("GET", at)
        assert (before["prompt_cache_options"], before["review"]) == ({"ttl": "12h"}, "auto_review")
        body = {"agent": {"model": "gpt-5.4", "reasoning": {"effort": "low"}, "tools": [WEATHER]}, "metadata": None}
        changed = await ask("POST", at, {**body, "prompt_cache_options": None, "review": "none"})
        assert (changed["agent"]["model"], changed["agent"]["reasoning"]["effort"]) == ("gpt-5.4", "low")
        assert [tool["name"] for tool in changed["agent"]["tools"]] == ["get_weather"]
        assert changed["metadata"] == {}
        assert "review" not in changed
        assert "prompt_cache_options" not in changed
        assert (await ask("POST", at, {}))["agent"] == changed["agent"]
        tools = [{**WEATHER, "name": "no name"}]
        assert (await ask("POST", at, {"agent": {"tools": tools}}, status=400))["error"][
            "param"
        ] == "agent.tools[0].name"

    virtually(main)


def test_a_limit_on_spending_is_told() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Hi", spend_control={"limit": 5})
        assert (await ask("GET", at))["spend_control"] == {"limit": 5, "consumed": 0}
        assert "spend_control" not in await ask("POST", at, {"spend_control": None})

    virtually(main)


def test_a_deleted_session_takes_all_with_it_and_ends_its_streams() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Write a.txt", environment=HOSTED)
        place = (await ask("GET", at))["environment"]["id"]
        turn = (await ask("GET", f"{at}/turns"))["data"][0]["id"]

        async def follow() -> str:
            return (await ask.http.get(f"{at}/events")).text

        following = asyncio.ensure_future(follow())
        await asyncio.sleep(1.0)
        assert (await ask("DELETE", at))["object"] == "agent.session.deleted"
        assert await following == ": following\n\n"
        for path in (at, f"{at}/items", f"{at}/turns/{turn}", f"/agents/environments/{place}", f"{at}/events"):
            await ask("GET", path, status=404)
        await ask("DELETE", at, status=404)
        await given(ask, at, {"type": "agent.session.input.cancel"}, status=404)

    virtually(main)


def test_a_session_at_work_is_not_deleted() -> None:
    async def main(ask: Door) -> None:
        made = await ask("POST", AT, {"agent": MODEL, "environment": HOSTED, "input": "Hi"})
        at = f"{AT}/{made['id']}"
        await ask("DELETE", at, status=409)
        await rested(ask, at)
        await ask("DELETE", at)

    virtually(main)
