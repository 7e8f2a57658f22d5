"""A two-way conversation in messages, without WebSocket: what a handler that talks is given.

A handler checks what it can (model, parameters) and answers with `Reply(socket=talk)`; whoever holds the door then calls
`talk(socket)` exactly once, and closes the socket when it returns. A talk that raises is closed as a defect of ours.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

NORMAL, GOING_AWAY, POLICY, TOO_BIG, DEFECT = 1000, 1001, 1008, 1009, 1011
"""Why a socket is closed, in WebSocket's codes."""


class ClientLeft(Exception):
    """Nobody is there to be told. A talk need not catch it: it is over."""


class Socket(Protocol):
    """One client. Text is `str`, anything else `bytes`."""

    async def receive(self) -> str | bytes | None:
        """The next message; None, again and again, once the client has left or the socket is closed."""

    async def send(self, message: str | bytes) -> None:
        """Tell the client; waits while it does not read. Raises ClientLeft."""

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """End the conversation. Harmless when it is over."""


Talk: TypeAlias = Callable[[Socket], Awaitable[None]]
