"""What was used: counted in memory as it passes, kept by the minute.

A count says who (organization, project, user, key), what (`kind`, model, whether in a batch, service tier) and how much.
`amount` is in the unit of the kind: images, characters, seconds, sessions, calls, or bytes that came to or went from vector
stores (which are measured now and then, not counted as they pass). `detail` is an image's size, a search's context level or
a vector store's id; `source` what made an image.
Each count is told to the database once: those that could not be are told the next time.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from fakeai.core.call import Principal
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError
from fakeai.store.base import Tx
from fakeai.store.sql import SqlDatabase

Kind = Literal[
    "completions",
    "embeddings",
    "moderations",
    "images",
    "videos",
    "audio_speeches",
    "audio_transcriptions",
    "vector_stores",
    "code_interpreter_sessions",
    "file_search_calls",
    "web_search_calls",
    "decisions",
]

Key: TypeAlias = tuple[str | int | bool, ...]
"""A `Used` as a plain tuple, which is quicker to make."""
Numbers: TypeAlias = tuple[int, int, int, int, int, int, int]
"""An `Amounts` likewise."""

_log = logging.getLogger("fakeai.usage")

_EVERY_S = 1.0
_MOST = 10_000
"""Counts of different things that are held in memory; beyond it those of an organization and a kind are held together."""
ONE: Numbers = (1, 0, 0, 0, 0, 0, 1)
"""One request for one of the kind's unit."""

_NOTHING: Numbers = (0, 0, 0, 0, 0, 0, 0)
_LONGEST = 128
"""Characters of a name: a model's is anybody's word."""


class Used(NamedTuple):
    """Who used what, when. `minute` is since the epoch."""

    organization: str
    kind: str
    minute: int
    project_id: str
    user_id: str
    api_key_id: str
    model: str
    batch: bool
    service_tier: str
    detail: str
    source: str


class Amounts(NamedTuple):
    """How much of it."""

    requests: int
    input: int = 0
    cached: int = 0
    output: int = 0
    input_audio: int = 0
    output_audio: int = 0
    amount: int = 0


class Asked(NamedTuple):
    """Which sums: from the minute `start` to `end` (excluded), in buckets of `width` minutes, by the names in `by`.

    `only` are the values that columns must have, `kinds` the kinds.
    """

    organization: str
    kinds: Sequence[str]
    start: int
    end: int
    width: int
    by: Sequence[str] = ()
    only: Mapping[str, Sequence[str | bool]] = MappingProxyType({})


class Sum(NamedTuple):
    """One of them. `bucket` is the minute the bucket begins at; `of` has the names of `by`."""

    bucket: int
    of: Mapping[str, Any]
    amounts: Amounts


class Tally:
    """Counts that have not been kept yet. Apps of several threads may share one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[Key, Numbers] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, used: Key, amounts: Numbers) -> None:
        """Count once more."""
        with self._lock:
            counts = self._counts
            before = counts.get(used)
            if before is None:
                if len(counts) >= _MOST:
                    used = _coarse(used)
                    before = counts.get(used, _NOTHING)
                else:
                    counts[used] = amounts
                    return
            a, b, c, d, e, f, g = before
            h, i, j, k, m, n, o = amounts
            counts[used] = (a + h, b + i, c + j, d + k, e + m, f + n, g + o)

    def take(self) -> Mapping[Key, Numbers]:
        """All there is, which is then no longer here."""
        with self._lock:
            taken, self._counts = self._counts, {}
            return taken

    def give_back(self, taken: Mapping[Key, Numbers]) -> None:
        """What could not be kept is counted again."""
        for used, amounts in taken.items():
            self.add(used, amounts)


class Meter:
    """One App's counter. In memory alone nothing is written before somebody asks; else each second, while there is something."""

    def __init__(self, tally: Tally, db: SqlDatabase, clock: Clock) -> None:
        self._tally = tally
        self._db = db
        self._clock = clock
        self._kept = not db.sql.in_memory
        self._epoch: float | None = None
        """Epoch seconds at Clock second 0."""
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    def count(
        self,
        who: Principal,
        kind: Kind,
        model: str = "",
        amounts: Numbers = (1, 0, 0, 0, 0, 0, 0),
        batch: bool = False,
        tier: str = "",
        detail: str = "",
        source: str = "",
        at: float | None = None,
    ) -> None:
        """Count what `who` used at Clock second `at` (None: now); `amounts` are those of `Amounts`, in order."""
        if len(model) > _LONGEST:
            model = model[:_LONGEST]
        if at is None:
            minute = int(self._clock.unix()) // 60
        else:
            if self._epoch is None:
                self._epoch = self._clock.unix() - self._clock.now()
            minute = int(at + self._epoch) // 60
        used = who.organization, kind, minute, who.project, who.user, who.key, model, batch, tier, detail, source
        self._tally.add(used, amounts)
        if self._timer is None and (self._kept or len(self._tally) >= _MOST):
            self._timer = self._clock.call_at(self._clock.now() + _EVERY_S, self._fire)

    async def flush(self) -> None:
        """Keep what was counted. Raises what the database raises; nothing is lost then."""
        async with self._lock:
            taken = self._tally.take()
            if not taken:
                return
            try:
                await self._db.run(lambda tx: write(tx, taken))
            except BaseException:
                self._tally.give_back(taken)
                raise

    def forget(self) -> None:
        """Count from here on: what was not kept yet is not to be."""
        self._tally.take()

    async def close(self) -> None:
        """Keep what is left, if it is kept anywhere."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._kept:
            await self._flush()

    def _fire(self) -> None:
        self._timer = None
        self._task = asyncio.ensure_future(self._flush())

    async def _flush(self) -> None:
        try:
            await self.flush()
        except ApiError as error:
            _log.warning("usage could not be kept yet: %s", error.message)
            if self._timer is None and self._kept:
                self._timer = self._clock.call_at(self._clock.now() + _EVERY_S, self._fire)


def write(tx: Tx, counts: Mapping[Key, Numbers]) -> None:
    """Add the counts to those of the table."""
    from fakeai.store import usage_rows

    usage_rows.add(tx, counts)


def measure_stores(tx: Tx) -> int:
    """Count what has come to vector stores, or gone from them, since this was last done."""
    from fakeai.store import usage_rows

    return usage_rows.measure(tx, "vector_stores", "vector_store.file", "usage_bytes")


def sums(tx: Tx, asked: Asked) -> Iterator[Sum]:
    """The sums in order of their buckets; buckets in which nothing was used are left out."""
    from fakeai.store import usage_rows

    return usage_rows.sums(tx, asked)


def _coarse(used: Key) -> Key:
    """What `used` is counted under where there are too many different ones: its day, organization, project and kind."""
    one = Used._make(used)
    return tuple(
        one._replace(minute=one.minute // 1440 * 1440, user_id="", api_key_id="", model="", detail="", source="")
    )
