"""The server's own journal: a line of JSON for each request that was answered, to be read by `fakeai simulate --trace`.

Of what simulated engines answer, they tell themselves: a line a sequence, with its times and the keys of its prompt's
blocks. Of what anybody else answers (latency profiles, real models, other servers) the request's end tells how much it
was. Never a word of a prompt. The event loop only collects: lines and the file are a thread's, so that no disk is in an
answer's way, and a full one costs lines, not answers.
"""

import logging
import os
import threading
from collections import deque
from contextlib import suppress
from typing import Any, TypeAlias

import orjson

from fakeai.core.clock import Clock, off_loop
from fakeai.core.events import Bus, RequestEnded, SequenceEnded

_log = logging.getLogger("fakeai.journal")

MAX_QUEUE = 50_000
"""Events that may wait to be written; beyond it they are lost."""
_FLUSH_S = 0.25
"""Real seconds between two writes."""
_CHUNK = 2**20
"""Bytes of lines that are written at once, about."""
_CLOSE_S = 3.0

Fields: TypeAlias = dict[str, Any]
"""A line. Any: JSON."""


class JournalFile:
    """Listens to the bus from `open` to `close`. One server to a file."""

    def __init__(self, path: str, max_bytes: int | None, bus: Bus, clock: Clock) -> None:
        """A file that would grow beyond `max_bytes` is put aside as `path`.1, in the place of the one before."""
        self._path = path
        self._max_bytes = max_bytes
        self._bus = bus
        self._clock = clock
        self._file = -1
        self._offset: float | None = None
        """Epoch seconds at Clock second 0."""
        self._simulated: set[str] = set()
        """Models that simulated engines have answered for."""
        self._queue: deque[SequenceEnded | RequestEnded] = deque()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._dropped = 0
        """Lines lost because too many waited: the event loop's count."""
        self._unwritten = 0
        """Lines lost because they could not be written: the thread's count."""
        self._failing = False

    def open(self) -> None:
        """Begin. Raises ValueError for a file that cannot be written."""
        try:
            self._file = self._opened()
            if _ends_within_a_line(self._path):
                os.write(self._file, b"\n")
        except OSError as error:
            raise ValueError(f"journal.path: cannot write {self._path}: {error.strerror or error}") from error
        self._thread = threading.Thread(target=self._serve, name="fakeai-journal", daemon=True)
        self._thread.start()
        self._bus.listen(SequenceEnded, self._hear_engine)
        self._bus.listen(RequestEnded, self._hear_request)

    async def close(self) -> None:
        """Write what waits, for a moment, and let go of the file. Harmless when closed."""
        if self._thread is None:
            return
        self._bus.forget(SequenceEnded, self._hear_engine)
        self._bus.forget(RequestEnded, self._hear_request)
        self._ending.set()
        await off_loop(self._thread.join, _CLOSE_S)
        self._thread = None
        if self.lost:
            _log.warning("%d lines of the journal were lost", self.lost)

    @property
    def lost(self) -> int:
        """Lines that were not written."""
        return self._dropped + self._unwritten

    # -- on the event loop

    def _hear_engine(self, event: SequenceEnded) -> None:
        self._simulated.add(event.lora or event.model)
        self._put(event)

    def _hear_request(self, event: RequestEnded) -> None:
        """What simulated engines answered for is in the journal already."""
        usage = event.usage
        if usage is not None and usage.completion and event.model not in self._simulated:
            self._put(event)

    def _put(self, event: SequenceEnded | RequestEnded) -> None:
        if self._offset is None:
            self._offset = self._clock.unix() - self._clock.now()
        if len(self._queue) < MAX_QUEUE:
            self._queue.append(event)
        else:
            self._dropped += 1

    # -- in the thread

    def _serve(self) -> None:
        while not self._ending.wait(_FLUSH_S):
            self._drain()
        self._drain()
        with suppress(OSError):
            os.close(self._file)

    def _drain(self) -> None:
        """Write all that waits."""
        queue = self._queue
        while queue:
            lines, size = [], 0
            while queue and size < _CHUNK:
                line = self._line(queue.popleft())
                lines.append(line)
                size += len(line)
            self._write(b"".join(lines))

    def _line(self, event: SequenceEnded | RequestEnded) -> bytes:
        fields = _of_engine(event) if isinstance(event, SequenceEnded) else _of_request(event)
        assert self._offset is not None, "known with the first event"
        fields["unix"] = fields["arrived"] + self._offset
        try:
            return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)
        except TypeError:
            _log.exception("a line of the journal cannot be written as JSON")
            self._unwritten += 1
            return b""

    def _write(self, data: bytes) -> None:
        """Add whole lines; those that do not fit on the disk any more are lost."""
        start, done, rest = 0, 0, memoryview(data)
        try:
            self._make_room(len(data))
            start = os.fstat(self._file).st_size
            while done < len(data):
                done += os.write(self._file, rest[done:])
        except OSError as error:
            whole = data.rfind(b"\n", 0, done) + 1
            if whole < done:
                with suppress(OSError):  # a pipe cannot take back
                    os.ftruncate(self._file, start + whole)
            self._unwritten += data.count(b"\n", whole)
            if not self._failing:
                _log.warning("cannot write to the journal %s: lines are lost: %s", self._path, error.strerror or error)
            self._failing = True
        else:
            if self._failing:
                _log.warning("the journal is written again; %d lines were lost", self._unwritten)
            self._failing = False

    def _make_room(self, size: int) -> None:
        """Begin a new file where this one would become too long."""
        held = os.fstat(self._file).st_size
        if self._max_bytes is None or not held or held + size <= self._max_bytes:
            return
        with suppress(FileNotFoundError):  # somebody has taken it away
            os.replace(self._path, f"{self._path}.1")
        fresh = self._opened()
        os.close(self._file)
        self._file = fresh

    def _opened(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)


def _of_engine(of: SequenceEnded) -> Fields:
    fields = of._asdict()
    del fields["gaps_s"]  # as long as the answer
    if not of.blocks:
        del fields["blocks"], fields["block_size"]
    return fields


def _of_request(of: RequestEnded) -> Fields:
    """In the words of SequenceEnded, as far as they are known."""
    usage = of.usage
    assert usage is not None, "only those are heard"
    return {
        "at": of.at,
        "model": of.model,
        "prompt": usage.prompt,
        "cached": usage.cached,
        "completion": usage.completion,
        "streamed": of.streamed,
        "arrived": of.at - of.duration_s,
        "id": of.request_id,
    }


def _ends_within_a_line(path: str) -> bool:
    """Whether a writer before us was stopped amid a line."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return bool(file.seek(0, os.SEEK_END)) and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n"
