"""Counts what each call has used of a model, once it is known: with the reply, or at the end of a stream.

A stream that was broken off counts for what was delivered; what was refused has used nothing.
"""

from functools import partial

from fakeai.core.call import Call, Endpoint, Handler, Origin, Reply
from fakeai.core.generation import Usage
from fakeai.store.usage import Kind, Meter, Numbers


class Ledger:
    """In the way of calls that use a model, whoever they are from."""

    origins: frozenset[Origin] = frozenset({"http", "batch", "experiment", "direct"})

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def applies(self, endpoint: Endpoint) -> bool:
        """Whether calls of this endpoint use a model."""
        return bool(endpoint.usage)

    async def __call__(self, call: Call, next: Handler) -> Reply:
        """The reply as it is."""
        reply = await next(call)
        if reply.lasts:
            reply.on_end(partial(self._over, call, reply))
        elif reply.usage is not None:
            self._count(call, reply.usage, call.arrived if call.origin == "http" else None)
        return reply

    def _over(self, call: Call, reply: Reply, error: Exception | None, cancelled: bool) -> None:
        if reply.usage is not None:
            self._count(call, reply.usage, None)

    def _count(self, call: Call, usage: Usage, at: float | None) -> None:
        kind, numbers, tier = used_of(call, usage)
        batch, detail, source = call.origin == "batch", usage.detail, usage.source
        self._meter.count(call.principal, kind, call.model, numbers, batch, tier, detail, source, at=at)


def used_of(call: Call, usage: Usage) -> tuple[Kind, Numbers, str]:
    """What a call has used: of what kind, how much, in which service tier."""
    kind: Kind = call.endpoint.usage  # type: ignore[assignment]  # `core` knows the word, not the list of them
    numbers = (
        1,
        usage.prompt,
        usage.cached,
        usage.completion,
        usage.prompt_audio,
        usage.completion_audio,
        usage.amount,
    )
    asked = getattr(call.body, "service_tier", None)
    return kind, numbers, "default" if asked is None or asked == "auto" else asked
