"""Holds projects to the rate limits that were set for them: so many requests and tokens of a model in a minute or a day.

Counted in windows that begin with the minute and the day (UTC), by all processes that share a Redis; by each for itself
while that is away. A call's tokens are guessed when it comes, and put right when it ends.
"""

import logging
import re
from math import ceil
from typing import NamedTuple

import orjson

from fakeai.core.call import Call
from fakeai.core.clock import Clock
from fakeai.core.errors import RateLimited, StorageUnavailable
from fakeai.core.events import Bus, RedisMissed
from fakeai.store.base import KeyValue, Object
from fakeai.store.memory import MemoryValues

_log = logging.getLogger("fakeai.limits")

_MINUTE = 60
_DAY = 86_400
_BYTES_A_TOKEN = 4
_DATA = re.compile(rb"[\w+/=-]{1024,}", re.ASCII)
"""Images, sounds and files within a body."""
_OUTPUT = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_MORE = "Visit https://platform.openai.com/account/rate-limits to learn more."


class _Window(NamedTuple):
    """A count that may grow to `limit` in `length` seconds; `of` is what is counted, `words` are OpenAI's for that."""

    of: str
    limit: int
    length: int
    words: str


class Taken:
    """What a call has taken. `tokens` were guessed, until they are put right."""

    def __init__(self, key: str, tokens: int, headers: dict[str, str]) -> None:
        self.key = key
        self.tokens = tokens
        self.headers = headers


class Allowance:
    """What each project has left."""

    def __init__(self, clock: Clock, kv: KeyValue, bus: Bus) -> None:
        self._bus = bus
        self._clock = clock
        self._kv = kv
        self._own = MemoryValues().at(clock)

    async def take(self, call: Call, limit: Object) -> Taken:
        """What the call may use. Raises RateLimited if that is more than is left of `limit`, a row of the wire."""
        now = self._clock.unix()
        model = limit["model"]
        headers: dict[str, str] = {}
        for window in _requests(limit):
            used = await self._add(self._key(call, model, window, now), 1, window.length)
            _tell(headers, window, used, now)
            if used > window.limit:
                raise _refusal(call, model, window, window.limit, 1, now, headers)
        window = _Window("tokens", limit["max_tokens_per_1_minute"], _MINUTE, "tokens per min (TPM)")
        key, guess = self._key(call, model, window, now), guessed_tokens(call.raw)
        used = await self._add(key, guess, _MINUTE)
        _tell(headers, window, used, now)
        if used > window.limit:
            await self._add(key, -guess, _MINUTE)
            _tell(headers, window, used - guess, now)
            raise _refusal(call, model, window, used - guess, guess, now, headers)
        return Taken(key, guess, headers)

    async def settle(self, taken: Taken, tokens: int) -> None:
        """The call has ended, and has used so many tokens."""
        used = await self._add(taken.key, tokens - taken.tokens, _MINUTE)
        taken.tokens = tokens
        limit = int(taken.headers["x-ratelimit-limit-tokens"])
        taken.headers["x-ratelimit-remaining-tokens"] = str(max(limit - used, 0))

    def _key(self, call: Call, model: str, window: _Window, now: float) -> str:
        return f"limit:{call.principal.owner}:{model}:{window.of}:{window.length}:{int(now) // window.length}"

    async def _add(self, key: str, n: int, length: int) -> int:
        """Counters outlast their window a little: processes' clocks differ."""
        try:
            return await self._kv.add(key, n, length + _MINUTE)
        except StorageUnavailable:
            self._bus.publish(RedisMissed(self._clock.now(), "projects"))
            _log.warning("what projects use is counted by this process alone: Redis does not answer")
            return await self._own.add(key, n, length + _MINUTE)


def _requests(limit: Object) -> list[_Window]:
    """The windows that requests are counted in; that of the day only where somebody has set one."""
    minute = _Window("requests", limit["max_requests_per_1_minute"], _MINUTE, "requests per min (RPM)")
    daily = limit.get("max_requests_per_1_day")
    return [minute] if daily is None else [_Window("requests", daily, _DAY, "requests per day (RPD)"), minute]


def guessed_tokens(raw: bytes) -> int:
    """Tokens that a body will use at most, roughly: those of its text, and those that it asks for."""
    try:
        body = orjson.loads(raw)
    except ValueError:
        return 0
    wishes = [body.get(name) for name in _OUTPUT] if isinstance(body, dict) else []
    asked = max((wish for wish in wishes if isinstance(wish, int) and 0 < wish < 2**31), default=0)
    text = len(raw) - sum(len(match) for match in _DATA.findall(raw))
    return text // _BYTES_A_TOKEN + asked


def _left_s(window: _Window, now: float) -> float:
    return window.length - now % window.length


def _tell(headers: dict[str, str], window: _Window, used: int, now: float) -> None:
    headers[f"x-ratelimit-limit-{window.of}"] = str(window.limit)
    headers[f"x-ratelimit-remaining-{window.of}"] = str(max(window.limit - used, 0))
    headers[f"x-ratelimit-reset-{window.of}"] = duration(_left_s(window, now) if used else 0.0)


def _refusal(
    call: Call, model: str, window: _Window, used: int, asked: int, now: float, headers: dict[str, str]
) -> RateLimited:
    left = _left_s(window, now)
    error = RateLimited(
        f"Rate limit reached for {model} in organization {call.principal.organization} on {window.words}: "
        f"Limit {window.limit}, Used {used}, Requested {asked}. Please try again in {duration(left)}. {_MORE}",
        window.of,
        ceil(left),
    )
    error.headers.update(headers)
    return error


def duration(seconds: float) -> str:
    """A duration as OpenAI writes it: `12ms`, `1.5s`, `6m0s`."""
    if seconds < 1.0:
        return f"{int(seconds * 1000.0 + 0.999)}ms"
    minutes, rest = divmod(seconds, 60.0)
    if minutes:
        return f"{int(minutes)}m{int(rest)}s"
    return f"{rest:.3g}s"
