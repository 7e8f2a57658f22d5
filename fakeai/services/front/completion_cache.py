"""Answers that are given again to whoever asks the same: kept in Redis, where there is one, and in the database behind it.

The same is the model, the prompt, what is asked for of the answer, and whose answers are shared. Only whole answers are
kept. A store that is down makes a miss, never an error. Who asks what somebody is being answered already waits for that.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any, Literal, NamedTuple

import orjson

from fakeai.core.call import Principal
from fakeai.core.errors import ApiError
from fakeai.store import completions
from fakeai.store.base import Database, KeyValue, Tx

_log = logging.getLogger("fakeai.cache")

Eligible = Literal["off", "greedy", "all"]
Scope = Literal["key", "project", "shared"]
State = Literal["hit", "miss", "bypass"]


class Rules(NamedTuple):
    """What is kept, for whom, and for how many seconds."""

    eligible: Eligible = "all"
    scope: Scope = "key"
    ttl_s: float = 86_400.0
    redis_ttl_s: float = 3_600.0


class Answer(NamedTuple):
    """An answer as it came, piece by piece; `made` is the epoch second of its end."""

    pieces: tuple[str, ...]
    prompt_tokens: int
    completion_tokens: int
    made: float
    whole: bool = True
    """Whether it ended by itself, or where its question says; others are not kept."""

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pieces)

    @property
    def keepable(self) -> bool:
        """Whether it may be given again."""
        return self.whole and any(self.pieces)


class Place(NamedTuple):
    """Where an answer is kept."""

    key: str
    organization: str
    model: str


class Found(NamedTuple):
    """An answer, and where it came from. `age_s` is that of a hit."""

    answer: Answer
    state: State
    age_s: float = 0.0


class CompletionCache:
    """One App's view of it."""

    def __init__(self, db: Database, redis: KeyValue | None, rules: Rules) -> None:
        self._db = db
        self._redis = redis
        self.rules = rules
        self._working: dict[str, asyncio.Future[Answer | None]] = {}
        self._keeping: set[asyncio.Task[None]] = set()

    def place(self, who: Principal, model: str, prompt: str, params: Mapping[str, Any]) -> Place | None:
        """Where the answer to a question is kept; None if it is not to be. Any: JSON; all params that count, none of them None."""
        rules = self.rules
        if rules.eligible == "off" or (rules.eligible == "greedy" and params["temperature"] > 0):
            return None
        whose = {"key": who.key or who.owner, "project": who.owner, "shared": ""}[rules.scope]
        told = orjson.dumps(params, option=orjson.OPT_SORT_KEYS)
        parts = (model.encode(), sha256(prompt.encode()).digest(), sha256(told).digest(), whose.encode())
        return Place(
            sha256(b"".join(len(part).to_bytes(4) + part for part in parts)).hexdigest(), who.organization, model
        )

    async def answer(self, place: Place | None, make: Callable[[], Awaitable[Answer]]) -> Found:
        """The answer that is kept, or else the one that `make` makes, which is kept then. Raises what `make` does."""
        if place is None:
            return Found(await make(), "bypass")
        working = self._working.get(place.key)
        if working is not None:
            shared = await asyncio.shield(working)
            return Found(await make(), "miss") if shared is None else self._hit(shared)
        mine = self._working[place.key] = asyncio.get_running_loop().create_future()
        shared = None
        try:
            known = await self._look(place)
            if known is not None:
                shared = known
                return self._hit(known)
            made = await make()
            if made.keepable:
                shared = made
                await self._keep(place, made)
            return Found(made, "miss")
        finally:
            self._working.pop(place.key, None)
            mine.set_result(shared)

    async def look(self, place: Place | None) -> Found | None:
        """The answer that is kept, for who makes one otherwise if there is none."""
        if place is None:
            return None
        working = self._working.get(place.key)
        known = working.result() if working is not None and working.done() else await self._look(place)
        return None if known is None else self._hit(known)

    def keep_soon(self, place: Place, answer: Answer) -> None:
        """Keep one that was streamed: its end waits for nobody. Whoever asks from now on is given it."""
        if not answer.keepable or place.key in self._working:
            return
        done = self._working[place.key] = asyncio.get_running_loop().create_future()
        done.set_result(answer)
        task = asyncio.ensure_future(self._keep(place, answer))
        self._keeping.add(task)

        def kept(task: "asyncio.Task[None]") -> None:
            self._keeping.discard(task)
            self._working.pop(place.key, None)

        task.add_done_callback(kept)

    async def clear(self, organization: str | None, model: str | None, older_s: float | None) -> int:
        """Forget those of an organization, a model and an age, None: of any; how many they were. Raises StorageUnavailable."""
        keys = await self._db.run(lambda tx: completions.clear(tx, organization, model, older_s))
        await forget(self._redis, keys)
        return len(keys)

    async def count(self, organization: str) -> dict[str, int]:
        """How many are kept, by model. Raises StorageUnavailable."""
        return await self._db.read(lambda tx: completions.count(tx, organization))

    def _hit(self, answer: Answer) -> Found:
        return Found(answer, "hit", max(self._db.now() - answer.made, 0.0))

    async def _look(self, place: Place) -> Answer | None:
        try:
            data = None if self._redis is None else await self._redis.get(_name(place.key))
        except ApiError as error:
            data = None
            _log.warning("the completion cache goes without Redis: %s", error.message)
        if data is not None and (known := _read(data)) is not None:
            return known
        if self._db.untouched:
            return None
        try:
            row = await self._db.read(lambda tx: completions.get(tx, place.key))
        except ApiError as error:
            _log.warning("the completion cache cannot be looked at: %s", error.message)
            return None
        known = None if row is None else _read(row.data)
        if row is not None and known is not None:
            await self._tell_redis(place, row.data, row.expires - self._db.now())
        return known

    async def _keep(self, place: Place, answer: Answer) -> None:
        data = orjson.dumps((answer.pieces, answer.prompt_tokens, answer.completion_tokens, answer.made))
        ttl = self.rules.ttl_s

        def put(tx: Tx) -> None:
            completions.put(tx, place.key, place.organization, place.model, data, ttl)

        try:
            await self._db.run(put)
        except ApiError as error:
            _log.warning("an answer could not be kept: %s", error.message)
        await self._tell_redis(place, data, ttl)

    async def _tell_redis(self, place: Place, data: bytes, left_s: float) -> None:
        if self._redis is None:
            return
        try:
            await self._redis.set(_name(place.key), data, min(left_s, self.rules.redis_ttl_s))
        except ApiError as error:
            _log.warning("the completion cache goes without Redis: %s", error.message)


async def forget(redis: KeyValue | None, keys: list[str]) -> None:
    """Have Redis forget what the database has forgotten. What it cannot be told ends there by itself, within its lifetime."""
    if redis is None:
        return
    try:
        for key in keys:
            await redis.drop(_name(key))
    except ApiError as error:
        _log.warning("Redis may go on with answers that were cleared: %s", error.message)


def _name(key: str) -> str:
    return f"completion:{key}"


def _read(data: bytes) -> Answer | None:
    """What was kept; None for what cannot have been."""
    try:
        pieces, prompt, completion, made = orjson.loads(data)
    except (ValueError, TypeError):
        return None
    fits = isinstance(pieces, list) and all(type(piece) is str for piece in pieces) and type(made) in (int, float)
    if not fits or type(prompt) is not int or type(completion) is not int:
        return None
    return Answer(tuple(pieces), prompt, completion, made)
