"""Holds keys of the front door to their limits: requests and tokens a minute and a day, of all models and of each.

A window begins with the first request in it. Counted by all processes that share a Redis; by each for itself while that is
away. What is refused takes nothing. A call's tokens are guessed when it comes, and put right when it ends.
"""

import logging
from collections.abc import Mapping, Sequence
from math import ceil
from typing import NamedTuple

from fakeai.core.call import Call
from fakeai.core.clock import Clock
from fakeai.core.errors import RateLimited, StorageUnavailable
from fakeai.core.events import Bus, RedisMissed
from fakeai.core.memory import Recent
from fakeai.core.roles import Role
from fakeai.core.terms import Terms
from fakeai.gateway.allowance import duration, guessed_tokens
from fakeai.gateway.permissions import named_model
from fakeai.gateway.refusals import ours
from fakeai.services.front.windows import Window, windows
from fakeai.store.base import KeyValue, Left, Take
from fakeai.store.memory import MemoryValues

_log = logging.getLogger("fakeai.limits")


class Taken(NamedTuple):
    """What a call has taken: so many tokens of these windows, as long as nobody knows better. `headers` are told."""

    windows: Sequence[Window]
    tokens: int
    headers: dict[str, str]


class KeyLimits:
    """What each key has left."""

    def __init__(self, clock: Clock, kv: KeyValue, roles: Mapping[str, Role], bus: Bus) -> None:
        self._clock = clock
        self._bus = bus
        self._kv = kv
        self._own = MemoryValues().at(clock)
        self._roles = roles
        self._recent: Recent[tuple[str, Terms, str], tuple[Window, ...]] = Recent(1_024)

    async def take(self, call: Call, terms: Terms) -> Taken | None:
        """What the call may use; None if there is no end of it. Raises RateLimited if that is more than is left."""
        within = self._windows(call, terms)
        if not within:
            return None
        counts_tokens = any(window.of == "tokens" for window in within)
        guess = guessed_tokens(call.raw) if counts_tokens else 0
        wanted = [
            Take(window.key, guess if window.of == "tokens" else 1, window.limit, window.length_s) for window in within
        ]
        short, left = await self._spend(wanted)
        headers = _headers(within, left)
        if short is not None:
            raise _refusal(terms, within[short], left[short], wanted[short].n, headers)
        return Taken([window for window in within if window.of == "tokens"], guess, headers)

    async def settle(self, taken: Taken, tokens: int) -> None:
        """The call has ended, and has used so many tokens."""
        for window in taken.windows:
            used = await self._correct(window.key, tokens - taken.tokens)
            if taken.headers.get("x-ratelimit-limit-tokens") == str(window.limit):
                taken.headers["x-ratelimit-remaining-tokens"] = str(max(window.limit - used, 0))

    async def _spend(self, wanted: Sequence[Take]) -> tuple[int | None, list[Left]]:
        try:
            return await self._kv.spend(wanted)
        except StorageUnavailable:
            self._bus.publish(RedisMissed(self._clock.now(), "keys"))
            _log.warning("what keys use is counted by this process alone: Redis does not answer")
            return await self._own.spend(wanted)

    async def _correct(self, key: str, n: int) -> int:
        try:
            return await self._kv.correct(key, n)
        except StorageUnavailable:
            self._bus.publish(RedisMissed(self._clock.now(), "keys"))
            return await self._own.correct(key, n)

    def _windows(self, call: Call, terms: Terms) -> tuple[Window, ...]:
        """Those that the call has to fit into."""
        role = self._roles.get(terms.role, Role())
        model = named_model(call) if role.models else ""
        asked = call.principal.key, terms, model
        known = self._recent.get(asked)
        if known is None:
            known = windows(call.principal.key, terms, role, model)
            self._recent.put(asked, known)
        return known


def _headers(windows: Sequence[Window], left: Sequence[Left]) -> dict[str, str]:
    """Of requests and of tokens each the window that has the least left."""
    headers: dict[str, str] = {}
    least: dict[str, int] = {}
    for window, (used, over_s) in zip(windows, left, strict=True):
        remaining = max(window.limit - used, 0)
        if remaining <= least.get(window.of, remaining):
            least[window.of] = remaining
            headers[f"x-ratelimit-limit-{window.of}"] = str(window.limit)
            headers[f"x-ratelimit-remaining-{window.of}"] = str(remaining)
            headers[f"x-ratelimit-reset-{window.of}"] = duration(over_s)
    return headers


def _refusal(terms: Terms, window: Window, left: Left, asked: int, headers: dict[str, str]) -> RateLimited:
    after_s = max(ceil(left.over_s), 1)
    of = f" for {window.model}" if window.model else ""
    error = RateLimited(
        f"Rate limit reached for the key '{terms.label}'{of} on {window.words}: Limit {window.limit}, Used {left.used}, "
        f"Requested {asked}. Please try again in {duration(max(left.over_s, 0.001))}.",
        window.of,
        after_s,
    )
    error.more = {"retry_after": after_s}
    error.headers.update(headers)
    return ours(error)
