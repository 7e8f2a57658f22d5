"""Each client is told what is for it; one that does not read costs no more than it may."""

import asyncio
import json
from base64 import b64decode
from typing import Any

import numpy as np

from fakeai.core.socket import NORMAL, POLICY, ClientLeft
from fakeai.services.live.seats import ENOUGH_BYTES, MOST_BYTES, Seat
from fakeai.services.live.wants import Reflected, Sound, Tell
from fakeai.services.live.waves import PCM, Wave

TENTH = np.arange(2_400, dtype=np.int16)
EVENT: Any = {"type": "info", "event_id": "e", "code": "c", "message": "m"}
ULAW = Wave("audio/pcmu", 8_000)


class Client:
    """A Socket that reads only when it is let."""

    def __init__(self, *, reads: bool = True, leaves: bool = False) -> None:
        self.heard: list[Any] = []
        self.closed: tuple[int, str] | None = None
        self.reads = asyncio.Event()
        self.leaves = leaves
        if reads:
            self.reads.set()

    async def receive(self) -> str | bytes | None:
        return None

    async def send(self, message: str | bytes) -> None:
        if self.leaves:
            raise ClientLeft
        await self.reads.wait()
        self.heard.append(json.loads(message))

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        self.closed = code, reason


async def test_whose_session_it_is_hears_it_in_its_format() -> None:
    client = Client()
    seat = Seat(client, ULAW, primary=True)
    for said in (Tell(EVENT), Tell(EVENT, "sideband"), Sound(TENTH, 0, 100), Reflected(TENTH)):
        seat.take(said)
    seat.end()
    await seat.write()
    assert [each["type"] for each in client.heard] == ["info", "session.output_audio.delta"]
    assert set(client.heard[1]) == {"type", "delta"}
    assert len(b64decode(client.heard[1]["delta"])) == 800
    assert client.closed == (NORMAL, "")


async def test_whoever_joined_hears_both_sides_with_their_places() -> None:
    client = Client()
    seat = Seat(client, PCM, primary=False)
    for said in (Tell(EVENT, "sideband"), Sound(TENTH, 0, 100), Reflected(TENTH)):
        seat.take(said)
    seat.end()
    await seat.write()
    event, out, reflected = client.heard
    assert event == EVENT
    assert (out["start_ms"], out["end_ms"]) == (0, 100)
    assert reflected["type"] == "session.input_audio.append"
    assert b64decode(reflected["audio"]) == TENTH.tobytes() == b64decode(out["delta"])


async def test_sound_that_is_reflected_is_left_out_for_who_does_not_read() -> None:
    client = Client(reads=False)
    seat = Seat(client, PCM, primary=False)
    writing = asyncio.ensure_future(seat.write())
    for _ in range(2 * ENOUGH_BYTES // 6_400):
        seat.take(Sound(TENTH, 0, 100))
    seat.take(Tell(EVENT))
    seat.end()
    client.reads.set()
    await writing
    assert len(client.heard) < 2 * ENOUGH_BYTES // 6_400
    assert client.heard[-1] == EVENT and client.closed == (NORMAL, "")


async def test_sound_waits_for_whose_session_it_is() -> None:
    client = Client(reads=False)
    seat = Seat(client, PCM, primary=True)
    writing = asyncio.ensure_future(seat.write())
    await seat.room()
    while seat._bytes <= ENOUGH_BYTES:
        seat.take(Sound(TENTH, 0, 100))
    waiting = asyncio.ensure_future(seat.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    client.reads.set()
    await waiting
    seat.end()
    await writing


async def test_whoever_reads_nothing_at_all_is_let_go() -> None:
    client = Client(reads=False)
    seat = Seat(client, PCM, primary=True)
    large: Any = {**EVENT, "message": "x" * 100_000}
    for _ in range(MOST_BYTES // 100_000 + 1):
        seat.take(Tell(large))
    await seat.write()
    assert client.closed == (POLICY, "You do not read what you are told.") and client.heard == []


async def test_nobody_waits_for_whoever_has_left() -> None:
    client = Client(leaves=True)
    seat = Seat(client, PCM, primary=True)
    seat.take(Tell(EVENT))
    await seat.write()
    await seat.room()
    seat.take(Tell(EVENT))
    assert client.closed is None
