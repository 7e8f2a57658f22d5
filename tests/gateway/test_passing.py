"""Usage read in passing, and a body on its way through."""

import asyncio
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.clock import WallClock
from fakeai.core.errors import BadGateway
from fakeai.core.feed import Feed
from fakeai.core.generation import Usage
from fakeai.gateway.passing import Passing, UsageWatch, usage_of

TOLD = {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}
EVENTS = (
    b'data: {"choices":[{"delta":{"content":"\\"usage\\": 1"}}],"usage":null}\n\n'
    b'data: {"choices":[],"usage":%b}\r\n\r\ndata: [DONE]\n\n' % json.dumps(TOLD).encode()
)


@given(st.lists(st.integers(0, len(EVENTS))))
def test_usage_is_found_however_the_stream_is_cut(at):
    watch = UsageWatch()
    ends = sorted({*at, len(EVENTS)})
    for start, end in zip([0, *ends], ends, strict=False):
        watch.look(EVENTS[start:end])
    assert watch.usage == Usage(7, 3, cached=4)


def test_usage_of_the_responses_api_counts_too():
    watch = UsageWatch()
    inner = {"input_tokens": 5, "output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 1}}
    watch.look(b"event: response.completed\ndata: " + json.dumps({"response": {"usage": inner}}).encode() + b"\n\n")
    assert watch.usage == Usage(5, 2, reasoning=1)


@pytest.mark.parametrize(
    "line",
    [
        b'data: {"usage"',
        b'data: ["usage"]',
        b'data: {"usage": 3}',
        b'data: "usage"',
        b": comment with usage",
        b"x" * 2**21,
    ],
)
def test_what_tells_no_usage_is_passed_over(line):
    watch = UsageWatch()
    watch.look(line + b"\n")
    assert watch.usage is None


def test_numbers_that_are_none_count_as_nothing():
    assert usage_of({"usage": {"prompt_tokens": "7", "completion_tokens": -1, "total_tokens": True}}) == Usage(0, 0)
    assert usage_of({}) is None


class Body(httpx.AsyncByteStream):
    def __init__(self, parts, error=None):
        self.parts, self.error, self.closed, self.given = parts, error, False, 0

    async def __aiter__(self):
        for part in self.parts:
            await asyncio.sleep(0)
            self.given += 1
            yield part
        if self.error is not None:
            raise self.error

    async def aclose(self):
        self.closed = True


def passing(body):
    source = Passing(httpx.Response(200, stream=body), WallClock(), UsageWatch(), lambda error: BadGateway(str(error)))
    feed = Feed(source)
    feed.on_end(lambda error, cancelled: source.ended())
    return feed


async def test_each_part_is_passed_on_as_it_is_and_the_connection_let_go():
    body, found = Body([b"a", b"bc"]), []
    await passing(body).drain(found.append)
    assert found == [[b"a"], [b"bc"]]
    assert body.closed


async def test_a_stream_that_breaks_off_ends_so():
    body, found = Body([b"a"], httpx.ReadError("gone")), []
    with pytest.raises(BadGateway, match="gone"):
        await passing(body).drain(found.append)
    assert found == [[b"a"]]
    assert body.closed


async def test_a_full_taker_stops_the_reading_and_a_leaver_the_connection():
    body = Body([b"x"] * 1000)
    feed = passing(body)
    feed.start(Nowhere())
    await asyncio.sleep(0.005)
    feed.pause()
    await asyncio.sleep(0.005)
    given = body.given
    await asyncio.sleep(0.01)
    assert body.given <= given + 1
    feed.cancel()
    await asyncio.sleep(0.005)
    assert body.closed


async def test_a_feed_that_never_began_keeps_no_connection():
    body = Body([b"x"])
    passing(body).cancel()
    await asyncio.sleep(0.005)
    assert body.closed


class Nowhere:
    def take(self, item):
        pass

    def close(self, error):
        pass
