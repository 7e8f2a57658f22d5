"""`x-ratelimit-*` headers that are true: requests and tokens left of the model's allowance this minute.

Counts, and refuses nobody: a stand-in has no reason to, unless it is told to. It is told so by the rate limits that were set
for a project, which count for it instead of the model's.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from fakeai.core.call import Call, Handler, Origin, Reply
from fakeai.core.catalog import Catalog, ModelCard
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError
from fakeai.core.events import Bus
from fakeai.core.generation import Usage
from fakeai.core.roles import Role
from fakeai.gateway.allowance import Allowance, duration
from fakeai.gateway.key_limits import KeyLimits
from fakeai.gateway.permissions import named_model
from fakeai.services.policies import Policies
from fakeai.store.base import KeyValue

_MAX_MODELS = 1_000


class _Told(Protocol):
    """What a call has taken, and what is told of it."""

    @property
    def headers(self) -> dict[str, str]: ...


T = TypeVar("T", bound=_Told)
_S = TypeVar("_S", contravariant=True)


class _Settles(Protocol[_S]):
    """Puts right what was taken once it is known what was used."""

    async def settle(self, taken: _S, tokens: int, /) -> None: ...


@dataclass(slots=True)
class _Bucket:
    """Allowance that refills evenly: `left` at Clock second `at`, `rate` a second."""

    limit: int
    left: float
    at: float
    rate: float
    text: str
    """`limit` as it is told."""

    def take(self, amount: float, now: float) -> None:
        left = self.left + (now - self.at) * self.rate
        if left > self.limit:
            left = self.limit
        self.at = now
        self.left = left - amount if left > amount else 0.0

    def reset(self) -> str:
        """How long until it is full again."""
        return duration((self.limit - self.left) / self.rate)


class Limits:
    """One pair of buckets per organization and model."""

    origins: frozenset[Origin] = frozenset({"http"})

    def __init__(
        self,
        clock: Clock,
        catalog: Catalog,
        kv: KeyValue,
        policies: Policies,
        door_roles: Mapping[str, Role],
        bus: Bus,
    ) -> None:
        self._clock = clock
        self._catalog = catalog
        self._buckets: dict[tuple[str, str], tuple[_Bucket, _Bucket]] = {}
        self._policies = policies
        self._allowance = Allowance(clock, kv, bus)
        self._keys = KeyLimits(clock, kv, door_roles, bus)
        self._settling: set[asyncio.Task[None]] = set()

    async def __call__(self, call: Call, next: Handler) -> Reply:
        """Adds the six headers to every reply and refusal; a stream's tokens are taken when it ends. Raises RateLimited."""
        terms = call.principal.terms
        if terms is not None and call.endpoint.usage:
            taken = await self._keys.take(call, terms)
            if taken is not None:
                return await self._within(taken, self._keys, partial(self._by_project, next), call)
        policy = self._policies.recent(call.principal) or await self._policies.get(call.principal)
        if policy.limits and call.endpoint.usage and named_model(call) in policy.limits:
            return await self._by_project(next, call)
        try:
            reply = await next(call)
        except ApiError as error:
            error.headers.update(self._headers(call, 0))
            raise
        headers = self._headers(call, _tokens(reply))
        if reply.headers:
            headers.update(reply.headers)
        reply.headers = headers
        if reply.lasts:
            reply.on_end(partial(self._settle, call, reply))
        return reply

    async def _by_project(self, next: Handler, call: Call) -> Reply:
        """Within the limit that was set for the project, if there is one."""
        policy = await self._policies.get(call.principal)
        limit = policy.limits.get(named_model(call)) if policy.limits else None
        if limit is None:
            return await next(call)
        return await self._within(await self._allowance.take(call, limit), self._allowance, next, call)

    async def _within(self, taken: T, of: "_Settles[T]", next: Handler, call: Call) -> Reply:
        """The same for who has taken some of an allowance: its headers are told, and it is put right at the end."""
        try:
            reply = await next(call)
        except BaseException as error:
            self._settle_aside(taken, of, 0)
            if isinstance(error, ApiError):
                error.headers.update(taken.headers)
            raise
        if reply.lasts:
            reply.on_end(partial(self._settle_stream, taken, of, reply))
        else:
            await of.settle(taken, _tokens(reply))
        reply.headers = {**reply.headers, **taken.headers}
        return reply

    def _settle_stream(
        self, taken: T, of: "_Settles[T]", reply: Reply, error: Exception | None, cancelled: bool
    ) -> None:
        self._settle_aside(taken, of, _tokens(reply))

    def _settle_aside(self, taken: T, of: "_Settles[T]", tokens: int) -> None:
        """For a stream, which waits for nobody when it ends."""
        task = asyncio.ensure_future(of.settle(taken, tokens))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    def _settle(self, call: Call, reply: Reply, error: Exception | None, cancelled: bool) -> None:
        self._pair(call)[1].take(_tokens(reply), self._clock.now())

    def _pair(self, call: Call) -> tuple[_Bucket, _Bucket]:
        key = call.principal.organization, call.model
        pair = self._buckets.get(key)
        if pair is None:
            if len(self._buckets) >= _MAX_MODELS:
                self._buckets.clear()
            card = self._catalog.get(call.model) or ModelCard(call.model)
            now = self._clock.now()
            pair = self._buckets[key] = _full(card.requests_per_minute, now), _full(card.tokens_per_minute, now)
        return pair

    def _headers(self, call: Call, tokens: int) -> dict[str, str]:
        requests, budget = self._pair(call)
        now = self._clock.now()
        requests.take(1, now)
        budget.take(tokens, now)
        return {
            "x-ratelimit-limit-requests": requests.text,
            "x-ratelimit-limit-tokens": budget.text,
            "x-ratelimit-remaining-requests": str(int(requests.left)),
            "x-ratelimit-remaining-tokens": str(int(budget.left)),
            "x-ratelimit-reset-requests": requests.reset(),
            "x-ratelimit-reset-tokens": budget.reset(),
        }


def _tokens(reply: Reply) -> int:
    usage: Usage | None = reply.usage
    return 0 if usage is None else usage.prompt + usage.completion


def _full(limit: int, now: float) -> _Bucket:
    return _Bucket(limit, limit, now, limit / 60.0, str(limit))
