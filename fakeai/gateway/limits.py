"""`x-ratelimit-*` headers that are true: requests and tokens left of the model's allowance this minute.

Counts, and refuses nobody: a stand-in has no reason to, unless it is told to.
"""

from dataclasses import dataclass
from functools import partial

from fakeai.core.call import Call, Handler, Origin, Reply
from fakeai.core.catalog import Catalog, ModelCard
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError
from fakeai.core.generation import Usage

_MAX_MODELS = 1_000


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

    def __init__(self, clock: Clock, catalog: Catalog) -> None:
        self._clock = clock
        self._catalog = catalog
        self._buckets: dict[tuple[str, str], tuple[_Bucket, _Bucket]] = {}

    async def __call__(self, call: Call, next: Handler) -> Reply:
        """Adds the six headers to every reply and refusal; a stream's tokens are taken when it ends."""
        try:
            reply = await next(call)
        except ApiError as error:
            error.headers.update(self._headers(call, 0))
            raise
        usage: Usage | None = reply.usage
        headers = self._headers(call, usage.prompt + usage.completion if usage else 0)
        if reply.headers:
            headers.update(reply.headers)
        reply.headers = headers
        if reply.events is not None:
            reply.events.on_end(partial(self._settle, call, reply))
        return reply

    def _settle(self, call: Call, reply: Reply, error: Exception | None, cancelled: bool) -> None:
        usage: Usage | None = reply.usage
        if usage is not None:
            self._pair(call)[1].take(usage.prompt + usage.completion, self._clock.now())

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


def _full(limit: int, now: float) -> _Bucket:
    return _Bucket(limit, limit, now, limit / 60.0, str(limit))


def duration(seconds: float) -> str:
    """A duration as OpenAI writes it: `12ms`, `1.5s`, `6m0s`."""
    if seconds < 1.0:
        return f"{int(seconds * 1000.0 + 0.999)}ms"
    minutes, rest = divmod(seconds, 60.0)
    if minutes:
        return f"{int(minutes)}m{int(rest)}s"
    return f"{rest:.3g}s"
