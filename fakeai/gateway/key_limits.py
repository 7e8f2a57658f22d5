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
from fakeai.core.memory import Recent
from fakeai.core.roles import Limits, Role
from fakeai.core.terms import Terms
from fakeai.gateway.allowance import duration, guessed_tokens
from fakeai.gateway.permissions import named_model
from fakeai.gateway.refusals import ours
from fakeai.store.base import KeyValue, Left, Take
from fakeai.store.memory import MemoryValues

_log = logging.getLogger("fakeai.limits")

_MINUTE_S, _DAY_S = 60.0, 86_400.0


class _Window(NamedTuple):
    """A count that may grow to `limit` in `length_s` from its first; `of` is what is counted, `words` are OpenAI's for that."""

    key: str
    of: str
    limit: int
    length_s: float
    words: str
    model: str


class Taken(NamedTuple):
    """What a call has taken: so many tokens of these windows, as long as nobody knows better. `headers` are told."""

    windows: Sequence[_Window]
    tokens: int
    headers: dict[str, str]


class KeyLimits:
    """What each key has left."""

    def __init__(self, clock: Clock, kv: KeyValue, roles: Mapping[str, Role]) -> None:
        self._kv = kv
        self._own = MemoryValues().at(clock)
        self._roles = roles
        self._recent: Recent[tuple[str, Terms, str], tuple[_Window, ...]] = Recent(1_024)

    async def take(self, call: Call, terms: Terms) -> Taken | None:
        """What the call may use; None if there is no end of it. Raises RateLimited if that is more than is left."""
        windows = self._windows(call, terms)
        if not windows:
            return None
        counts_tokens = any(window.of == "tokens" for window in windows)
        guess = guessed_tokens(call.raw) if counts_tokens else 0
        wanted = [
            Take(window.key, guess if window.of == "tokens" else 1, window.limit, window.length_s) for window in windows
        ]
        short, left = await self._spend(wanted)
        headers = _headers(windows, left)
        if short is not None:
            raise _refusal(terms, windows[short], left[short], wanted[short].n, headers)
        return Taken([window for window in windows if window.of == "tokens"], guess, headers)

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
            _log.warning("what keys use is counted by this process alone: Redis does not answer")
            return await self._own.spend(wanted)

    async def _correct(self, key: str, n: int) -> int:
        try:
            return await self._kv.correct(key, n)
        except StorageUnavailable:
            return await self._own.correct(key, n)

    def _windows(self, call: Call, terms: Terms) -> tuple[_Window, ...]:
        """Those that the call has to fit into."""
        role = self._roles.get(terms.role, Role())
        model = named_model(call) if role.models else ""
        known = self._recent.get((call.principal.key, terms, model))
        if known is None:
            known = tuple(_all(call.principal.key, _own(terms, role.limits), ""))
            own = role.of(model)
            if own is not None:
                known += tuple(_all(call.principal.key, own, model))
            self._recent.put((call.principal.key, terms, model), known)
        return known


def _own(terms: Terms, of_role: Limits) -> Limits:
    """A key's limits: its own, or else its role's."""
    given = (terms.rpm, terms.tpm, terms.rpd, terms.tpd)
    return Limits(*(theirs if own is None else own for own, theirs in zip(given, of_role, strict=True)))


def _all(key: str, limits: Limits, model: str) -> list[_Window]:
    place = f"door:{key}:{model}"
    windows = [
        _Window(f"{place}:rpd", "requests", limits.rpd, _DAY_S, "requests per day (RPD)", model),
        _Window(f"{place}:rpm", "requests", limits.rpm, _MINUTE_S, "requests per min (RPM)", model),
        _Window(f"{place}:tpd", "tokens", limits.tpd, _DAY_S, "tokens per day (TPD)", model),
        _Window(f"{place}:tpm", "tokens", limits.tpm, _MINUTE_S, "tokens per min (TPM)", model),
    ]
    return [window for window in windows if window.limit]


def _headers(windows: Sequence[_Window], left: Sequence[Left]) -> dict[str, str]:
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


def _refusal(terms: Terms, window: _Window, left: Left, asked: int, headers: dict[str, str]) -> RateLimited:
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
