"""Events of sessions: numbered, kept, followed."""

import asyncio
from typing import Any

import orjson
import pytest

from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest, ServerError
from fakeai.services.agents.log import BEGUN, Log, event_id, number_of, told
from fakeai.store.sql import SqlDatabase

OWNER = "o/p"


@pytest.fixture
def log(db: SqlDatabase) -> Log:
    return Log(db)


def numbered(events: list[Any]) -> list[int]:
    return [number_of(event["event_id"]) for event in events]


def test_an_events_id_holds_its_number() -> None:
    assert number_of(event_id("asess_1", 77)) == 77
    assert event_id("asess_1", 1) != event_id("asess_2", 1)
    for text in ("", "evt_1", "77"):
        with pytest.raises(BadRequest):
            number_of(text)


async def test_events_from_a_number_on_are_found_over_many_rows(log: Log, db: SqlDatabase) -> None:
    for first in range(0, 750, 3):
        events = [{"type": "x", "n": first + n} for n in range(3)]
        await db.run(lambda tx, first=first, events=events: log.add(tx, OWNER, "s", first, events))
    for start in (0, 1, 3, 299, 700, 749):
        found = await db.read(lambda tx, start=start: log.since(tx, OWNER, "s", start))
        assert numbered(found) == list(range(start, 750))
    assert await db.read(lambda tx: log.since(tx, OWNER, "s", 750)) == []
    assert await db.read(lambda tx: log.since(tx, "o/q", "s", 0)) == []
    await db.run(lambda tx: log.clear(tx, OWNER, "s"))
    assert await db.read(lambda tx: log.since(tx, OWNER, "s", 0)) == []


async def test_a_follower_gets_what_there_is_and_what_comes(log: Log) -> None:
    kept: list[Any] = [{"type": "a", "event_id": event_id("s", 0)}]

    async def read(number: int) -> tuple[list[Any], bool]:
        return kept[number:], True

    feed = log.follow(read, "s", 0, padded=False, last=lambda event: event["type"] == "end")
    got: list[bytes] = []
    taking = asyncio.ensure_future(feed.drain(lambda burst: got.extend(burst)))
    await asyncio.sleep(0.01)
    assert got[0] == BEGUN
    assert len(got) == 2
    kept += [{"type": kind, "event_id": event_id("s", n)} for n, kind in ((1, "b"), (2, "end"), (3, "c"))]
    log.ring("s")
    await taking
    assert [line.split(b"\n")[0] for line in got[1:]] == [b"event: a", b"event: b", b"event: end"]
    log.ring("s")


async def test_a_followers_error_ends_his_stream(log: Log) -> None:
    async def read(number: int) -> tuple[list[Any], bool]:
        raise ServerError("gone")

    with pytest.raises(ServerError):
        await log.follow(read, "s", 0, padded=True, last=lambda event: False).drain(lambda burst: None)


async def test_padding_makes_sizes_alike(log: Log) -> None:
    kept: list[Any] = [{"type": "a", "event_id": event_id("s", n), "delta": "x" * n} for n in range(20)]

    async def read(number: int) -> tuple[list[Any], bool]:
        return kept[number:], False

    got: list[bytes] = []
    await log.follow(read, "s", 0, padded=True, last=lambda event: False).drain(lambda burst: got.extend(burst))
    data = [line for frame in got for line in frame.split(b"\n") if line.startswith(b"data: ")]
    assert {len(line) % 16 for line in data} == {len(data[0]) % 16}
    assert all(orjson.loads(line[6:])["obfuscation"] for line in data)


def test_an_event_about_a_session_shows_it_as_it_was() -> None:
    session = {"id": "s", "status": "idle", "_turn": "x"}
    event = {"type": "agent.session.in_progress", "_session": {"status": "in_progress"}}
    assert told(event, session) == {
        "type": "agent.session.in_progress",
        "session": {"id": "s", "status": "in_progress"},
    }
    assert told({"type": "x"}, session) == {"type": "x"}


def test_nobody_else_tells_where_all_is_in_memory(log: Log, clock: WallClock) -> None:
    assert log.patience_s is None
