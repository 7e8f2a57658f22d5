"""Turns at work."""

import asyncio

import httpx

from fakeai.services.agents.log import event_id, number_of
from fakeai.testing import FakeAI, run_virtual
from tests.services.agents.conftest import (
    HOSTED,
    MODEL,
    NOWHERE,
    Door,
    events_of,
    given,
    items_of,
    opened,
    rested,
    said,
    virtually,
)

AT = "/agents/sessions"


def test_a_turn_tells_when_it_began_and_what_it_used() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Tell me about the sea.")
        (turn,) = (await ask("GET", f"{at}/turns"))["data"]
        assert (turn["status"], turn["error"], turn["subagent_id"]) == ("completed", None, None)
        assert turn["created_at"] <= turn["started_at"] <= turn["completed_at"]
        used = turn["usage"]
        assert used["total_tokens"] == used["input_tokens"] + used["output_tokens"] > 20
        assert (await ask("GET", at))["usage"] == used
        await said(ask, at, "And the sky?")
        await rested(ask, at)
        assert (await ask("GET", at))["usage"]["total_tokens"] > used["total_tokens"]
        since = turn["created_at"] - 3_600
        counted = (await ask.http.get(f"/organization/usage/completions?start_time={since}")).json()
        assert sum(one["num_model_requests"] for day in counted["data"] for one in day["results"]) == 2

    virtually(main)


def test_equal_sessions_have_equal_answers() -> None:
    async def main(ask: Door) -> None:
        one, two = [await items_of(ask, await opened(ask, "Tell me about the sea.")) for _ in range(2)]
        assert one[-1]["content"] == two[-1]["content"]

    virtually(main)


def test_the_answer_has_the_form_that_was_asked_for() -> None:
    async def main(ask: Door) -> None:
        schema = {"type": "object", "properties": {"sea": {"type": "integer"}}, "required": ["sea"]}
        form = {"text": {"format": {"type": "json_schema", "schema": schema}}}
        at = await opened(ask, "How many?", agent=form)
        assert (await items_of(ask, at))[-1]["content"][0]["text"].startswith('{"sea":')

    virtually(main)


def test_a_turn_waits_for_its_environment() -> None:
    async def main(ask: Door) -> None:
        made = await ask("POST", AT, {"agent": MODEL, "environment": HOSTED, "input": "Hi"})
        at = f"{AT}/{made['id']}"
        assert (await ask("GET", f"{at}/turns"))["data"][0]["status"] == "queued"
        await rested(ask, at)
        place = await ask("GET", f"/agents/environments/{made['environment']['id']}")
        assert place["status"] == "connected"

    virtually(main)


def test_an_environment_that_fails_fails_the_session() -> None:
    async def main(ask: Door) -> None:
        broken = {**HOSTED, "setup_commands": [{"command": "false"}]}
        at = await opened(ask, "Hi", environment=broken)
        session = await ask("GET", at)
        assert (session["status"], session["error"]) == ("failed", "A setup command has failed.")
        (turn,) = (await ask("GET", f"{at}/turns"))["data"]
        assert (turn["status"], turn["error"]["code"]) == ("failed", "sandbox_error")
        message = {"role": "user", "content": [{"type": "input_text", "text": "x"}]}
        event = {"type": "agent.session.input.message", "input": [message]}
        await ask("POST", f"{at}/events", {"events": [event]}, status=400)

    virtually(main)


def test_an_environment_that_was_suspended_is_resumed_and_one_that_expired_is_a_new_one() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Write a.txt", environment=HOSTED)
        place = f"/agents/environments/{(await ask('GET', at))['environment']['id']}"
        for seconds, status, told in (
            (700.0, "suspended", ["suspended", "connected"]),
            (4_300.0, "expired", ["suspended", "expired", "reset", "pending", "ready", "connected"]),
        ):
            last = (await events_of(ask, at, f"evt_{'0' * 16}{0:010x}"))[-1]["event_id"]
            await asyncio.sleep(seconds)
            assert (await ask("GET", place))["status"] == status
            await said(ask, at, "Run `ls outputs`")
            await rested(ask, at)
            events = await events_of(ask, at, last)
            kinds = [event["type"] for event in events if ".environment." in event["type"]]
            assert [kind.rpartition(".")[2] for kind in kinds] == told
        ran = [item["output"] for item in await items_of(ask, at) if item["type"] == "command_execution"]
        assert ran == ["", "a.txt\n", "ls: cannot access '/workspace/outputs': No such file or directory\n"]

    virtually(main)


def test_an_environment_of_the_applications_own_connects_again() -> None:
    async def main(ask: Door) -> None:
        own = {"type": "self_hosted", "workspace_directory": "/srv/app"}
        at = await opened(ask, "Hi", environment=own)
        place = (await ask("GET", at))["environment"]
        assert place["remote_url"].startswith("wss://")
        await asyncio.sleep(700.0)
        await said(ask, at, "Run `pwd`")
        await asyncio.sleep(0.1)
        session = await ask("GET", at)
        assert session["required_actions"] == [{"type": "environment_connection", "environment_id": place["id"]}]
        await asyncio.sleep(2.0)
        session = await ask("GET", at)
        assert (session["status"], session["required_actions"]) == ("idle", [])
        ran = [item for item in await items_of(ask, at) if item["type"] == "command_execution"]
        assert (ran[0]["output"], ran[0]["cwd"]) == ("/srv/app\n", "/srv/app")

    virtually(main)


def test_a_prompt_that_is_too_long_fails_the_turn_and_not_the_session() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "word " * 140_000)
        (turn,) = (await ask("GET", f"{at}/turns"))["data"]
        assert (turn["status"], turn["error"]["code"]) == ("failed", "context_length_exceeded")
        last = await events_of(ask, at, f"evt_{'0' * 16}{0:010x}")
        assert [event["type"] for event in last][-3:] == ["error", "agent.session.turn.failed", "agent.session.idle"]
        assert (await ask("GET", at))["status"] == "idle"

    virtually(main)


def test_who_carries_a_turn_on_loses_and_doubles_nothing() -> None:
    """The work is broken off in the middle of an answer, again and again, and carried on by the next who comes."""

    async def main() -> None:
        async with (
            FakeAI(seed=1, ttft="100", itl="30") as fake,
            httpx.AsyncClient(transport=fake.async_transport(), base_url="http://fakeai/v1", timeout=1e9) as http,
        ):
            ask = Door(http)
            calm = await opened(ask, "Tell me about the sea.", environment=HOSTED)
            made = await ask("POST", AT, {"agent": MODEL, "environment": HOSTED, "input": "Tell me about the sea."})
            at = f"{AT}/{made['id']}"
            for _ in range(6):
                await asyncio.sleep(0.45)
                jobs = fake._app()._jobs
                await jobs.stop()
                jobs.wake()
            await rested(ask, at)
            items, told = await items_of(ask, at), await events_of(ask, at, event_id(made["id"], 0))
            assert [item["content"] for item in items] == [item["content"] for item in await items_of(ask, calm)]
            numbers = [number_of(event["event_id"]) for event in told]
            assert numbers == list(range(1, len(told) + 1))
            whole = await events_of(ask, calm, event_id(calm.rpartition("/")[2], 0))
            assert [event["type"] for event in told] == [event["type"] for event in whole]
            deltas = "".join(event["delta"] for event in told if event["type"].endswith("output_text.delta"))
            assert deltas == items[-1]["content"][0]["text"]

    run_virtual(main())


def test_an_answer_that_is_cancelled_ends_at_once() -> None:
    async def main(ask: Door) -> None:
        made = await ask("POST", AT, {"agent": MODEL, "environment": NOWHERE, "input": "Tell me about the sea."})
        at = f"{AT}/{made['id']}"
        await asyncio.sleep(1.0)
        await given(ask, at, {"type": "agent.session.input.cancel"})
        assert (await ask("GET", at))["status"] == "idle"
        await asyncio.sleep(10.0)
        user, answer = await items_of(ask, at)
        assert (user["status"], answer["status"]) == ("completed", "incomplete")
        assert 0 < len(answer["content"][0]["text"]) < 200
        told = await events_of(ask, at, event_id(made["id"], 0))
        assert [event["type"].rpartition(".")[2] for event in told][-3:] == ["done", "cancelled", "idle"]

    virtually(main, ttft="100", itl="100")


def test_what_is_said_while_the_model_answers_is_answered_too() -> None:
    async def main(ask: Door) -> None:
        made = await ask("POST", AT, {"agent": MODEL, "environment": NOWHERE, "input": "Tell me about the sea."})
        at = f"{AT}/{made['id']}"
        await asyncio.sleep(1.0)
        await said(ask, at, "And about mountains?")
        await rested(ask, at)
        kinds = [(item["role"], "mountain" in str(item["content"]).lower()) for item in await items_of(ask, at)]
        assert [role for role, _ in kinds] == ["user", "assistant", "user", "assistant"]
        assert kinds[-1] == ("assistant", True)
        assert len((await ask("GET", f"{at}/turns"))["data"]) == 1

    virtually(main, ttft="100", itl="50")
