"""A reply that is a conversation tells once how it ended."""

import asyncio

import pytest

from fakeai.core.call import Reply
from fakeai.core.socket import ClientLeft, Socket


class Nobody:
    async def receive(self) -> str | bytes | None:
        return None

    async def send(self, message: str | bytes) -> None:
        raise ClientLeft

    async def close(self, code: int = 1000, reason: str = "") -> None:
        pass


async def nothing(socket: Socket) -> None:
    assert await socket.receive() is None


async def left(socket: Socket) -> None:
    await socket.send("a")


async def fails(socket: Socket) -> None:
    raise KeyError("a")


async def cancelled(socket: Socket) -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("talk", "raised", "told"),
    [
        (nothing, None, (None, False)),
        (left, ClientLeft, (None, True)),
        (cancelled, asyncio.CancelledError, (None, True)),
        (fails, KeyError, (KeyError, False)),
    ],
)
async def test_the_end_of_a_talk_is_told_once(talk, raised, told) -> None:
    ends: list[tuple[object, bool]] = []
    reply = Reply(socket=talk)
    assert reply.lasts and not Reply({}).lasts
    reply.on_end(lambda error, cancelled: ends.append((None if error is None else type(error), cancelled)))
    assert reply.socket is not None
    if raised is None:
        await reply.socket(Nobody())
    else:
        with pytest.raises(raised):
            await reply.socket(Nobody())
    assert ends == [told]
