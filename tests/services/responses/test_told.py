"""Events that are kept are told from any number on, and the end of a response ends its streams."""

import asyncio

import orjson
import pytest

from fakeai.core.clock import WallClock
from fakeai.services.responses.rows import ResponseRows
from fakeai.services.responses.told import Told, framed
from fakeai.store.sql import SqlDatabase

OWNER = "o/p"


@pytest.fixture
def told(db: SqlDatabase, clock: WallClock) -> Told:
    return Told(db, clock, ResponseRows(db, clock, 10, lambda name: {}, synthesize=False))


def document(number):
    return orjson.dumps({"type": "response.output_text.delta", "sequence_number": number})


async def keep(told, db, status, *numbers):
    def work(tx):
        rows = told.rows.responses.rows
        if rows.known(tx, OWNER, "resp_1"):
            rows.replace(tx, OWNER, {"id": "resp_1", "status": status})
        else:
            rows.add(tx, OWNER, {"id": "resp_1", "status": status})
        if numbers:
            told.add(tx, OWNER, "resp_1", numbers[0], [document(number) for number in numbers])

    await db.run(work)
    told.ring("resp_1")


async def numbers(told, after):
    taken = []
    await told.follow(OWNER, "resp_1", after).drain(taken.extend)
    return [orjson.loads(event.split(b"\ndata: ")[1])["sequence_number"] for event in taken]


@pytest.mark.parametrize(("after", "first"), [(-1, 0), (0, 1), (2, 3), (5, 6), (9, 10)])
async def test_events_are_told_from_any_number_on(told, db, after, first):
    await keep(told, db, "in_progress", 0, 1, 2)
    await keep(told, db, "completed", 3, 4, 5, 6)
    assert await numbers(told, after) == list(range(first, 7))


async def test_who_follows_waits_for_what_is_to_come(told, db):
    await keep(told, db, "in_progress", 0)
    following = asyncio.ensure_future(numbers(told, -1))
    await asyncio.sleep(0)
    await keep(told, db, "in_progress", 1, 2)
    await keep(told, db, "completed", 3)
    assert await following == [0, 1, 2, 3]


async def test_more_events_than_are_read_at_once_are_all_told(told, db):
    for number in range(250):
        await keep(told, db, "in_progress", number)
    await keep(told, db, "completed")
    assert await numbers(told, -1) == list(range(250))


async def test_a_response_that_is_gone_ends_its_streams(told):
    assert await numbers(told, -1) == []


async def test_who_leaves_is_rung_for_no_more(told, db):
    await keep(told, db, "in_progress", 0)
    feed = told.follow(OWNER, "resp_1", -1)
    stream = aiter(feed)
    await anext(stream)
    await stream.aclose()
    await asyncio.sleep(0)
    assert told._bells == {}


def test_an_event_s_name_is_the_first_thing_that_it_says():
    assert framed(document(3)).startswith(b"event: response.output_text.delta\ndata: {")
