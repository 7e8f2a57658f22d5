"""Tells the bus when a call begins and when it is over, streamed replies after their last byte."""

from functools import partial

from fakeai.core.call import Call, Handler, Origin, Reply
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError
from fakeai.core.events import Bus, RequestEnded, RequestStarted
from fakeai.core.generation import Usage


class Journal:
    """The outermost step: sees every reply and every refusal."""

    origins: frozenset[Origin] = frozenset({"http", "batch", "experiment", "direct"})

    def __init__(self, clock: Clock, bus: Bus) -> None:
        self._clock = clock
        self._bus = bus

    async def __call__(self, call: Call, next: Handler) -> Reply:
        """Publishes RequestStarted, and RequestEnded exactly once."""
        self._bus.publish(RequestStarted(call.arrived, call.endpoint.path, call.origin))
        try:
            reply = await next(call)
        except ApiError as error:
            self._ended(call, error.status, error.code or error.type)
            raise
        except BaseException as error:
            left = not isinstance(error, Exception)
            self._ended(call, 499 if left else 500, "cancelled" if left else "server_error", None, False, left)
            raise
        if not reply.lasts:
            self._ended(call, reply.status, "", reply.usage)
            return reply
        reply.on_end(partial(self._over, call, reply))
        return reply

    def _over(self, call: Call, reply: Reply, error: Exception | None, cancelled: bool) -> None:
        word = "" if error is None else getattr(error, "code", None) or "server_error"
        self._ended(call, reply.status, word, reply.usage, True, cancelled)

    def _ended(
        self,
        call: Call,
        status: int,
        error: str,
        usage: Usage | None = None,
        streamed: bool = False,
        cancelled: bool = False,
    ) -> None:
        now = self._clock.now()
        route = call.endpoint.path
        who = call.principal
        event = RequestEnded(
            now,
            call.id,
            route,
            call.origin,
            call.model,
            status,
            error,
            now - call.arrived,
            streamed,
            cancelled,
            usage,
            who.key,
            "" if who.terms is None else who.terms.label,
        )
        self._bus.publish(event)
