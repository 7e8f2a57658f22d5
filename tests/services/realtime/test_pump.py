"""Between a socket and a session: order, back-pressure, failures, and an end that leaves nothing running."""

import asyncio
import json
from typing import Any

import pytest

from fakeai.core.chance import Ids
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.errors import ApiError, BadRequest, ContextLengthExceeded
from fakeai.core.feed import Feed
from fakeai.core.generation import AudioOut, Finish, GenerateRequest, Stop, Text, Usage
from fakeai.core.socket import ClientLeft
from fakeai.services.realtime import config
from fakeai.services.realtime.pump import Pump
from fakeai.services.realtime.session import Session
from fakeai.services.turns import Asker
from services.realtime.driver import CARD, base64, kinds, silence, spoken


class Line:
    """A socket made of two queues."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[str | None] = asyncio.Queue()
        self.said: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.left = False

    async def receive(self) -> str | bytes | None:
        return await self.told.get()

    async def send(self, message: str | bytes) -> None:
        if self.left:
            raise ClientLeft
        self.said.put_nowait(json.loads(message))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.told.put_nowait(None)

    def say(self, **event: Any) -> None:
        self.told.put_nowait(json.dumps(event))

    async def until(self, kind: str) -> list[dict[str, Any]]:
        found = []
        while not found or found[-1]["type"] != kind:
            found.append(await self.said.get())
        return found


class Source:
    """A model that says what a test pushes."""

    def __init__(self, turns: "FakeTurns") -> None:
        self.turns = turns

    def begin(self, feed: Feed, /) -> None:
        self.turns.feeds.put_nowait(feed)

    def cancel(self) -> None:
        self.turns.cancelled += 1

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def used_so_far(self) -> Usage:
        return Usage(5, 2)


class FakeTurns:
    """In the place of Turns: requests are kept, and answered by hand."""

    def __init__(self) -> None:
        self.feeds: asyncio.Queue[Feed] = asyncio.Queue()
        self.asked: list[Any] = []
        self.cancelled = 0
        self.most = 100
        self.error: Exception | None = None

    async def request(self, card, asked, who, param) -> GenerateRequest:
        self.asked.append(asked)
        if self.error is not None:
            raise self.error
        if len(asked.messages) > self.most:
            raise ContextLengthExceeded("too long")
        return asked

    def generate(self, request) -> Feed:
        return Feed(Source(self))


class Talk:
    def __init__(self, **settings: Any) -> None:
        view = {**config.fresh("realtime", "sess_1", "gpt-realtime", 1), "output_modalities": ["text"], **settings}
        self.clock = WallClock()
        session = Session(view, CARD, Ids(b""), self.clock.now())
        self.turns, self.line = FakeTurns(), Line()
        self.pump = Pump(session, self.turns, Asker(), CARD, self.clock, b"", program="/bin/speaks")  # type: ignore[arg-type]
        self.task = asyncio.ensure_future(self.pump.reply.socket(self.line))  # type: ignore[misc]

    async def end(self) -> None:
        self.line.told.put_nowait(None)
        await self.task


def run(main: Any) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())


def test_a_response_is_told_as_the_model_says_it_and_is_counted() -> None:
    async def main() -> None:
        talk = Talk()
        talk.line.say(type="response.create")
        feed = await talk.turns.feeds.get()
        feed.push((Text(0, ("a",)),))
        await talk.line.until("response.output_text.delta")
        feed.push((Stop(0, "stop"), Finish(Usage(7, 3))))
        feed.finish()
        await talk.line.until("rate_limits.updated")
        await talk.end()
        assert talk.pump.reply.usage == Usage(7, 3) and talk.turns.cancelled == 0

    run(main)


def test_what_is_cancelled_frees_the_model_and_counts_for_what_was_said() -> None:
    async def main() -> None:
        talk = Talk()
        talk.line.say(type="response.create")
        feed = await talk.turns.feeds.get()
        feed.push((Text(0, ("a",)),))
        await talk.line.until("response.output_text.delta")
        talk.line.say(type="response.cancel")
        done = (await talk.line.until("response.done"))[-1]["response"]
        assert done["usage"]["total_tokens"] == 7 and talk.turns.cancelled == 1
        talk.line.say(type="response.create")
        await talk.turns.feeds.get()
        await talk.end()
        assert talk.turns.cancelled == 2 and not talk.pump._tasks

    run(main)


@pytest.mark.parametrize(
    ("error", "code"),
    [(BadRequest("no", code="nope"), "nope"), (ApiError("no"), "server_error"), (KeyError("secret"), "server_error")],
)
def test_a_model_that_cannot_be_asked_or_fails_is_told(error, code) -> None:
    async def main() -> None:
        talk = Talk()
        talk.turns.error = error
        talk.line.say(type="response.create")
        done = (await talk.line.until("response.done"))[-1]["response"]
        assert (done["status"], done["status_details"]["error"]["code"]) == ("failed", code)
        assert "secret" not in json.dumps(done)
        talk.turns.error = None
        talk.line.say(type="response.create")
        feed = await talk.turns.feeds.get()
        feed.finish(error)
        done = (await talk.line.until("response.done"))[-1]["response"]
        assert done["status"] == "failed"
        await talk.end()

    run(main)


@pytest.mark.parametrize(("truncation", "status"), [("auto", "completed"), ("disabled", "failed")])
def test_a_conversation_that_is_too_long_loses_its_older_half(truncation, status) -> None:
    async def main() -> None:
        talk = Talk(truncation=truncation)
        talk.turns.most = 4
        for at in range(6):
            content = [{"type": "input_text", "text": str(at)}]
            talk.line.say(type="conversation.item.create", item={"type": "message", "role": "user", "content": content})
        talk.line.say(type="response.create")
        if status == "completed":
            feed = await talk.turns.feeds.get()
            assert [message.text for message in talk.turns.asked[-1].messages[1:]] == ["3", "4", "5"]
            feed.push((Text(0, ("a",)), Stop(0, "stop"), Finish(Usage(1, 1))))
            feed.finish()
        assert (await talk.line.until("response.done"))[-1]["response"]["status"] == status
        await talk.end()

    run(main)


def test_an_answer_waits_until_the_question_is_understood() -> None:
    async def main() -> None:
        talk = Talk()
        talk.line.say(type="input_audio_buffer.append", audio=base64(spoken("What is it?") + silence(1)))
        await talk.turns.feeds.get()
        assert talk.turns.asked[-1].messages[-1].text == "What is it?"
        await talk.end()

    run(main)


def test_sound_in_one_large_piece_is_heard_as_in_many() -> None:
    async def main() -> None:
        talk = Talk()
        pcm = silence(20) + spoken("Hello there.") + silence(1)
        talk.line.say(type="input_audio_buffer.append", audio=base64(pcm))
        events = await talk.line.until("input_audio_buffer.speech_stopped")
        assert kinds(events).count("input_audio_buffer.speech_started") == 1
        talk.line.say(type="input_audio_buffer.append", audio="?" * 300_000)
        assert kinds(await talk.line.until("error")).count("error") == 1
        await talk.end()

    run(main)


def test_an_hour_is_enough() -> None:
    async def main() -> None:
        talk = Talk()
        events = await talk.line.until("error")
        assert events[-1]["error"]["code"] == "session_expired"
        await talk.task

    run(main)


def test_who_leaves_while_the_model_speaks_leaves_nothing_running() -> None:
    async def main() -> None:
        talk = Talk()
        talk.line.say(type="response.create")
        feed = await talk.turns.feeds.get()
        talk.line.left = True
        feed.push((Text(0, ("a",)),))
        await talk.clock.sleep(1)
        assert talk.turns.cancelled == 1 and not talk.pump._tasks
        await talk.end()

    run(main)


def test_a_program_speaks_where_there_is_one() -> None:
    async def main() -> None:
        talk = Talk(output_modalities=["audio"])
        talk.line.say(type="response.create")
        await talk.turns.feeds.get()
        assert talk.turns.asked[-1].audio == AudioOut("marin", "pcm16", "/bin/speaks")
        await talk.end()

    run(main)
