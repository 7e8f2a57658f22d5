"""Those who are attached to a Live session: what each has still to be told, and who tells it.

A client that does not read costs a bounded number of bytes: sound is not kept for it, and in the end it is let go.
"""

import asyncio
from base64 import b64encode
from collections import deque
from typing import TYPE_CHECKING

import orjson

from fakeai.core.socket import NORMAL, POLICY, ClientLeft, Socket
from fakeai.services.live.wants import Reflected, Sound, Tell
from fakeai.services.live.waves import PCM, Inlet, Outlet, Wave
from fakeai.wire.live.events import Event

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

MOST_BYTES = 8 * 2**20
"""Waiting for a client: it is let go with more."""
ENOUGH_BYTES = 2**20
"""Waiting for a client: sound waits for it, or is left out where it is only reflected, with more."""


class Seat:
    """One client. `primary` is whose sound the session's is; the others see it reflected."""

    def __init__(self, socket: Socket, wave: Wave, *, primary: bool) -> None:
        self.primary = primary
        self.wave = wave
        self.inlet = Inlet(wave)
        self._outlet = Outlet(wave)
        self._socket = socket
        self._queue: deque[str] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._end: tuple[int, str] | None = None
        self._gone = False

    def take(self, out: Tell | Sound | Reflected) -> None:
        """Something the session says, if it is for this client."""
        match out:
            case Tell(event, to):
                if to == "all" or not self.primary:
                    self.tell(event)
            case Sound(samples, start, end):
                if self.primary:
                    delta = b64encode(self._outlet.write(samples)).decode()
                    self.tell({"type": "session.output_audio.delta", "delta": delta})
                elif self._bytes < ENOUGH_BYTES:
                    delta = _base64(samples)
                    self.tell({"type": "session.output_audio.delta", "delta": delta, "start_ms": start, "end_ms": end})
            case Reflected(samples):
                if not self.primary and self._bytes < ENOUGH_BYTES:
                    self.tell({"type": "session.input_audio.append", "audio": _base64(samples)})

    def tell(self, event: Event) -> None:
        """Something that is for this client."""
        if self._end is not None or self._gone:
            return
        text = orjson.dumps(event).decode()
        self._queue.append(text)
        self._bytes += len(text)
        if self._bytes > MOST_BYTES:
            self._queue.clear()
            self.end(POLICY, "You do not read what you are told.")
        if self._bytes > ENOUGH_BYTES:
            self._room.clear()
        self._news.set()

    def end(self, code: int = NORMAL, reason: str = "") -> None:
        """Close when all is told."""
        if self._end is None:
            self._end = code, reason
        self._news.set()

    def leave(self) -> None:
        """The client is gone."""
        self._gone = True
        self._queue.clear()
        self._room.set()
        self._news.set()

    async def room(self) -> None:
        """Wait while much is waiting for the client."""
        await self._room.wait()

    async def write(self) -> None:
        """Tell it all; returns when the client is gone or the session over."""
        try:
            while not self._gone:
                while self._queue:
                    text = self._queue.popleft()
                    await self._socket.send(text)
                    self._bytes -= len(text)
                    if self._bytes <= ENOUGH_BYTES:
                        self._room.set()
                if self._end is not None:
                    await self._socket.close(*self._end)
                    return
                self._news.clear()
                await self._news.wait()
        except ClientLeft:
            self.leave()
        finally:
            self._room.set()


def _base64(samples: "NDArray[int16]") -> str:
    return b64encode(Outlet(PCM).write(samples)).decode()
