"""Sessions with their clients and their backends: tasks, tools, decisions, fixtures, and clients that misbehave."""

import asyncio
from base64 import b64decode, b64encode
from typing import Any

import numpy as np

from fakeai.content.transcript import heard

from .talk import MODEL, Desk, Talker, held

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
RESPONSES = {"type": "responses", "responses": {"model": "gpt-5.4"}}
MONEY = {"type": "predicate", "name": "money", "instructions": "It is about an invoice."}
DECISIONS = {"type": "decisions", "decisions": {"model": "gpt-6-luna", "questions": [MONEY]}}
TRIGGER = {"type": "decisions", "event_type": "session.input_transcript.delta", "decisions": {"questions": [MONEY]}}


def sound_of(talker: Talker) -> bytes:
    return b"".join([b64decode(each["delta"]) for each in talker.told if each["type"] == "session.output_audio.delta"])


def test_what_is_said_is_understood_and_answered_in_words_and_sound() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            await talker.start()
            await talker.say("Hello there!")
            await talker.until("session.usage.updated")
            assert talker.spoken("input") == "Hello there!"
            said = talker.spoken()
            assert said and (heard(sound_of(talker)) or "").split() == said.split()

    held(work)


def test_equal_sessions_are_equal() -> None:
    told: list[list[Any]] = []

    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            await talker.start()
            await talker.say("Hello there!")
            await talker.until("session.usage.updated")
            told.append([{k: v for k, v in each.items() if k != "session"} for each in talker.told])

    held(work)
    held(work)
    assert told[0] == told[1]


def test_speech_without_an_end_is_answered_after_a_while() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            await talker.start()
            await talker.say("Hello there!", pause_s=0)
            await talker.until("session.output_transcript.delta")
            assert talker.spoken("input") == "Hello there!"

    held(work)


def test_tools_of_the_client_are_called_and_their_results_told() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            backend = {"model": "gpt-5.4", "tools": [WEATHER], "tool_choice": "required"}
            await talker.start(**MODEL, delegation={"type": "responses", "responses": backend})
            await talker.say("What is the weather in Paris?")
            events: list[Any] = []
            while not events or events[-1]["type"] != "response.completed":
                events.append((await talker.until("response.event"))["event"])
            delegation = next(each for each in talker.told if each["type"] == "session.delegation.created")[
                "delegation"
            ]
            assert delegation["response_id"] == events[0]["response"]["id"]
            (call,) = [
                each["item"]
                for each in events
                if each["type"] == "response.output_item.done" and each["item"]["type"] == "function_call"
            ]
            assert call["name"] == "get_weather" and "Paris" in call["arguments"]
            change = {"type": "responses", "responses": {"tool_choice": "auto"}}
            await talker.send("session.update", session={"delegation": change})
            output = {"type": "function_call_output", "call_id": call["call_id"], "output": "It rains, 12 degrees."}
            await talker.send("response.item.create", item=output)
            await talker.send("response.create")
            last = await talker.until("response.event")
            while last["event"]["type"] != "response.completed":
                last = await talker.until("response.event")
            assert last["delegation_id"] == delegation["id"]
            talker.told.clear()
            await talker.until("session.output_transcript.delta")

    held(work)


def test_a_backend_that_refuses_is_told_of_and_the_session_goes_on() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            await talker.start(**MODEL, delegation=RESPONSES)
            await talker.send(
                "response.item.create", item={"type": "function_call_output", "call_id": "x", "output": ""}
            )
            await talker.send("response.create")
            assert "x" in (await talker.until("error"))["error"]["message"]
            await talker.send("session.close")
            await talker.until("session.closed")

    held(work)


def test_decisions_are_made_of_what_is_said_and_told() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            await talker.start(**MODEL, delegation=DECISIONS, triggers=[TRIGGER])
            await talker.say("I have a question about my invoice.")
            while True:
                event = await talker.until("decision.event")
                if event["delegation_id"] is not None:
                    break
            (answer,) = event["event"]["decision"]["answers"]
            assert answer["name"] == "money" and answer["probability"] > 0.8
            triggered = [each for each in talker.told if each.get("trigger_id")]
            words = [each for each in talker.told if each["type"] == "session.input_transcript.delta"]
            assert [each["source_event_id"] for each in triggered] == [word["event_id"] for word in words]
            likely = [each["event"]["decision"]["answers"][0]["probability"] for each in triggered]
            assert likely[-1] > 0.8 > 0.5 > likely[0]
            await talker.until("session.usage.updated")
            assert talker.spoken().startswith("I would say yes.")

    held(work)


def test_usage_of_backends_is_counted_as_anybodys() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            await talker.start(**MODEL, delegation=DECISIONS)
            await talker.send("decision.item.create", item={"role": "user", "content": "An invoice."})
            await talker.send("decision.create", event_id="d")
            decision = (await talker.until("decision.event"))["event"]["decision"]
        day = int(desk.fake._app().clock.unix()) // 86_400 * 86_400
        report = await desk.http.get(f"/organization/usage/decisions?start_time={day}")
        (result,) = report.json()["data"][0]["results"]
        assert result["input_tokens"] == decision["usage"]["input_tokens"]
        assert result["num_model_requests"] == 1

    held(work)


def test_fixtures_are_played_for_as_long_as_they_last() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            await talker.start(**MODEL, audio={"format": {"type": "audio/pcm", "rate": 16000}})
            now = asyncio.get_running_loop().time()
            audio = b64encode(np.ones(48_000, "<i2").tobytes()).decode()
            await talker.send("session.output_audio.fixture.play", audio=audio, event_id="f")
            assert (await talker.until("session.output_audio.fixture.playing"))["client_event_id"] == "f"
            await talker.send("session.output_audio.fixture.play", audio=audio)
            assert (await talker.until("error"))["error"]["code"] == "fixture_active"
            await talker.until("session.output_audio.fixture.played")
            assert asyncio.get_running_loop().time() - now >= 2
            assert len(sound_of(talker)) == 2 * 16_000 * 2

    held(work)


def test_everybody_attached_sees_the_same_session() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            name = (await talker.start())["id"]
            sides = [desk.socket(f"/live/sessions/{name}/attach") for _ in range(3)]
            joined = [Talker(await each.__aenter__()) for each in sides]
            await joined[0].send("session.input_audio.mute", event_id="m")
            await talker.until("session.input_audio.muted")
            await talker.send("session.input_audio.unmute")
            await talker.say("Hello there!")
            await talker.until("session.usage.updated")
            seen = [each for each in talker.told if "event_id" in each and each["type"] != "session.started"]
            for side in joined:
                await side.until("session.usage.updated")
                assert [each for each in side.told if "event_id" in each] == seen
                assert {"session.input_audio.append", "session.output_audio.delta"} <= side.types()
            await joined[1].send("session.close")
            for each in (talker, *joined):
                await each.until("session.closed")
            for side in sides:
                await side.__aexit__(None, None, None)

    held(work)


def test_messages_that_are_none_are_answered_one_by_one_and_cost_nothing() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            await talker.start()
            wrong: tuple[str | bytes, ...] = (
                "",
                "{",
                "[]",
                '"x"',
                "null",
                b"\xff\xfe\x00",
                '{"type": 1}',
                "[" * 100_000,
            )
            for message in wrong:
                await socket.send(message)
                told = (await talker.until("error"))["error"]
                assert told["type"] == "invalid_request_error" and told["message"], message
            for _ in range(2_000):
                await talker.send("session.input_audio.append", audio="?")
            await talker.send("session.close")
            await talker.until("session.closed", faults=True)
            assert sum(each["type"] == "error" for each in talker.told) == 2_000 + len(wrong)

    held(work)


def test_nothing_is_left_of_sessions_whose_clients_left_in_the_middle() -> None:
    async def work(desk: Desk) -> None:
        for _ in range(20):
            async with desk.socket() as socket:
                talker = Talker(socket)
                await talker.start(**MODEL, delegation=DECISIONS, triggers=[TRIGGER])
                await talker.say("I have a question about my invoice.")
                await talker.until("session.input_transcript.delta")
        await asyncio.sleep(1)
        others = [task for task in asyncio.all_tasks() if "room" in repr(task) or "seat" in repr(task)]
        assert others == []

    held(work)
