"""Lets so many generations in at a time, and the others wait for their turn: for those who try what a queue does to them."""

import asyncio

from fakeai.core.call import Call, Endpoint, Handler, Origin, Reply


class Gate:
    """In the way of calls that use a model, where there is an end of how many may at a time. A stream is in until it ends."""

    origins: frozenset[Origin] = frozenset({"http"})

    def __init__(self, max_concurrent: int) -> None:
        self._places = max_concurrent
        self._free = asyncio.Semaphore(max_concurrent)

    def applies(self, endpoint: Endpoint) -> bool:
        """Whether calls of this endpoint are generations; conversations last too long for others to wait for them."""
        return bool(self._places and endpoint.usage) and endpoint.reply != "socket"

    async def __call__(self, call: Call, next: Handler) -> Reply:
        """The reply, when there is a place for the call. Who leaves meanwhile gives up his."""
        await self._free.acquire()
        try:
            reply = await next(call)
        except BaseException:
            self._free.release()
            raise
        if reply.lasts:
            reply.on_end(self._over)
        else:
            self._free.release()
        return reply

    def _over(self, error: Exception | None, cancelled: bool) -> None:
        self._free.release()
