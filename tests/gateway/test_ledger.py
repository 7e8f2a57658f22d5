"""What was used is counted once, when it is known, and only where a model was used."""

from contextlib import suppress
from typing import Any

import pytest

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.errors import BadRequest
from fakeai.core.feed import Feed
from fakeai.core.generation import Usage
from fakeai.gateway.ledger import Ledger
from fakeai.gateway.pipeline import Gateway
from fakeai.store.usage import Amounts, Tally, Used

CHAT = Endpoint("POST", "/chat/completions", "create", "Chat", usage="completions")
LIST = Endpoint("GET", "/chat/completions", "list", "List")
USED = Usage(10, 5, cached=4, prompt_audio=2, completion_audio=1, amount=7, detail="256x256", source="image.edit")


class Meter:
    """What was counted."""

    def __init__(self) -> None:
        self.counted: list[tuple[Any, ...]] = []

    def count(self, *what: Any, at: float | None) -> None:
        self.counted.append((*what, at))


class Body:
    service_tier = "flex"


class Source:
    def begin(self, feed: Feed[Any], /) -> None: ...

    def cancel(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class Service:
    ENDPOINTS = (CHAT, LIST)

    def __init__(self, reply: Reply | Exception) -> None:
        self.reply = reply

    async def create(self, call: Call) -> Reply:
        call.model, call.body = "m", Body()
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply

    list = create


async def asked(reply: Reply | Exception, row: Endpoint = CHAT, origin: Any = "http") -> Meter:
    meter = Meter()
    gateway = Gateway([Service(reply)], [Ledger(meter)])  # type: ignore[arg-type]
    call = Call("req_1", row, row.path, {}, principal=Principal("o", "p", "k", "u"), origin=origin, arrived=3.0)
    with suppress(BadRequest):
        await gateway.handle(call)
    return meter


async def test_a_reply_counts_with_all_its_numbers() -> None:
    (counted,) = (await asked(Reply({}, usage=USED))).counted
    assert counted == (
        Principal("o", "p", "k", "u"),
        "completions",
        "m",
        (1, 10, 4, 5, 2, 1, 7),
        False,
        "flex",
        "256x256",
        "image.edit",
        3.0,
    )
    assert Amounts(*counted[3]) == Amounts(1, input=10, cached=4, output=5, input_audio=2, output_audio=1, amount=7)


async def test_lines_of_a_batch_count_as_such() -> None:
    (counted,) = (await asked(Reply({}, usage=USED), origin="batch")).counted
    assert counted[4] is True
    assert counted[-1] is None, "what is dispatched here has no arrival"


@pytest.mark.parametrize("cancelled", [True, False])
async def test_a_stream_counts_at_its_end_for_what_it_has_used(cancelled: bool) -> None:
    reply = Reply(events=Feed(Source()))
    meter = await asked(reply)
    assert meter.counted == []
    reply.usage = USED._replace(completion=1)
    assert reply.events is not None
    reply.events.cancel() if cancelled else reply.events.finish()
    assert [counted[3] for counted in meter.counted] == [(1, 10, 4, 1, 2, 1, 7)]


async def test_what_was_refused_or_uses_no_model_counts_for_nothing() -> None:
    assert (await asked(BadRequest("no"))).counted == []
    assert (await asked(Reply({}))).counted == []
    assert (await asked(Reply({}, usage=USED), LIST)).counted == []
    reply = Reply(events=Feed(Source()))
    meter = await asked(reply)
    assert reply.events is not None
    reply.events.cancel()
    assert meter.counted == []


def test_the_tuples_of_the_hot_path_are_those_of_the_store() -> None:
    assert len(Used._fields) == 11 and len(Amounts._fields) == 7
    assert len(Tally()) == 0
