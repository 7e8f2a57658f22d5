"""A call begins once and ends exactly once, however it ends."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.errors import ApiError, BadRequest, ModelNotFound
from fakeai.core.events import Bus, RequestEnded, RequestStarted
from fakeai.core.feed import Feed
from fakeai.core.generation import Usage
from fakeai.core.socket import ClientLeft
from fakeai.gateway.journal import Journal

ROW = Endpoint("POST", "/chat/completions", "create", "Chat")


class Tape:
    """A source pushed by hand."""

    def begin(self, feed: Feed[Any], /) -> None: ...

    def cancel(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class Bin:
    def take(self, item: Any, /) -> None: ...

    def close(self, error: Exception | None, /) -> None: ...


class Witness:
    """A bus with everything said on it, and the journal that says it."""

    def __init__(self) -> None:
        bus = Bus()
        self.clock = WallClock()
        self.started: list[RequestStarted] = []
        self.ended: list[RequestEnded] = []
        bus.listen(RequestStarted, self.started.append)
        bus.listen(RequestEnded, self.ended.append)
        self.journal = Journal(self.clock, bus)

    async def handle(self, handler) -> Reply:
        return await self.journal(Call("req_1", ROW, "/v1/chat/completions", {}, arrived=self.clock.now()), handler)


def run_virtual(main):
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def test_an_answer_ends_with_its_status_duration_model_and_usage() -> None:
    async def main() -> Witness:
        witness = Witness()

        async def handler(call: Call) -> Reply:
            call.model = "gpt-4o"
            await witness.clock.sleep(2.5)
            return Reply({}, 201, usage=Usage(10, 5))

        await witness.handle(handler)
        return witness

    witness = run_virtual(main())
    assert [(event.route, event.origin) for event in witness.started] == [("/chat/completions", "http")]
    (ended,) = witness.ended
    assert ended.duration_s == pytest.approx(2.5)
    assert ended._replace(at=0.0, duration_s=0.0) == RequestEnded(
        0.0, "req_1", "/chat/completions", "http", "gpt-4o", 201, "", 0.0, False, False, Usage(10, 5)
    )


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [
        (BadRequest("no"), 400, "invalid_request_error"),
        (ModelNotFound("x"), 404, "model_not_found"),
        (ZeroDivisionError(), 500, "server_error"),
    ],
)
async def test_a_refusal_ends_with_its_status_and_code_and_goes_on(error: Exception, status: int, word: str) -> None:
    witness = Witness()

    async def handler(call: Call) -> Reply:
        raise error

    with pytest.raises(type(error)):
        await witness.handle(handler)
    (ended,) = witness.ended
    assert (ended.status, ended.error, ended.cancelled, ended.usage) == (status, word, False, None)


async def test_a_client_that_leaves_while_the_handler_works_is_cancelled() -> None:
    witness = Witness()

    async def handler(call: Call) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError("never")

    task = asyncio.create_task(witness.handle(handler))
    await asyncio.sleep(0)
    assert len(witness.started) == 1 and witness.ended == []
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (ended,) = witness.ended
    assert (ended.status, ended.error, ended.cancelled) == (499, "cancelled", True)


async def streamed(witness: Witness) -> Reply:
    async def handler(call: Call) -> Reply:
        return Reply(events=Feed(Tape()))

    return await witness.handle(handler)


def test_a_stream_ends_after_its_last_byte_with_the_usage_known_by_then() -> None:
    async def main() -> Witness:
        witness = Witness()
        reply = await streamed(witness)
        assert reply.events is not None
        reply.events.start(Bin())
        await witness.clock.sleep(7.0)
        reply.events.push([b"{}"])
        assert witness.ended == []
        reply.usage = Usage(3, 4)
        reply.events.finish()
        return witness

    (ended,) = run_virtual(main()).ended
    assert ended.duration_s == pytest.approx(7.0)
    assert (ended.status, ended.error, ended.streamed, ended.cancelled, ended.usage) == (
        200,
        "",
        True,
        False,
        Usage(3, 4),
    )


async def test_a_client_that_leaves_a_stream_is_cancelled() -> None:
    witness = Witness()
    reply = await streamed(witness)
    assert reply.events is not None
    reply.events.start(Bin())
    reply.events.cancel()
    reply.events.cancel()
    reply.events.finish()
    (ended,) = witness.ended
    assert (ended.streamed, ended.cancelled) == (True, True)


async def test_a_stream_nobody_ever_started_ends_when_it_is_cancelled() -> None:
    witness = Witness()
    reply = await streamed(witness)
    assert reply.events is not None
    reply.events.cancel()
    assert [ended.cancelled for ended in witness.ended] == [True]


@pytest.mark.parametrize(
    ("error", "word"),
    [(ApiError("no", code="overloaded"), "overloaded"), (ApiError("no"), "server_error"), (OSError(), "server_error")],
)
async def test_a_stream_that_fails_ends_with_what_failed_it(error: Exception, word: str) -> None:
    witness = Witness()
    reply = await streamed(witness)
    assert reply.events is not None
    reply.events.start(Bin())
    reply.events.finish(error)
    (ended,) = witness.ended
    assert (ended.error, ended.streamed, ended.cancelled) == (word, True, False)


@pytest.mark.parametrize("error", [None, ClientLeft(), KeyError("a")])
def test_a_conversation_ends_when_it_is_over(error: Exception | None) -> None:
    async def main() -> Witness:
        witness = Witness()

        async def talk(socket: Any) -> None:
            await witness.clock.sleep(3600.0)
            reply.usage = Usage(7, 3)
            if error is not None:
                raise error

        async def handler(call: Call) -> Reply:
            return Reply(status=101, socket=talk)

        reply = await witness.handle(handler)
        assert witness.started and not witness.ended and reply.socket is not None
        with suppress(ClientLeft, KeyError):
            await reply.socket(None)  # type: ignore[arg-type]  # this talk says nothing
        return witness

    (ended,) = run_virtual(main()).ended
    assert ended.duration_s == pytest.approx(3600.0) and ended.usage == Usage(7, 3) and ended.status == 101
    assert ended.cancelled is isinstance(error, ClientLeft)
    assert ended.error == ("server_error" if isinstance(error, KeyError) else "")
