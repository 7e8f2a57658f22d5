"""Conversations in this process are those of a WebSocket, without one."""

import pytest

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest
from fakeai.core.events import Bus
from fakeai.gateway.pipeline import Gateway
from fakeai.server.asgi import AsgiApp
from fakeai.server.codec import Codec
from fakeai.server.routes import Routes
from fakeai.testing.sockets import InProcessSocket, Refused


class Echo:
    ENDPOINTS = (Endpoint("GET", "/talk", "talk", "Talk", reply="socket"),)

    async def talk(self, call: Call) -> Reply:
        if "no" in call.query:
            raise BadRequest("no")
        return Reply(socket=self._echo)

    async def _echo(self, socket) -> None:
        while (message := await socket.receive()) not in (None, "fail", "bye"):
            await socket.send(message)
        if message == "fail":
            raise KeyError
        await socket.close(4000, "bye")


@pytest.fixture
def app() -> AsgiApp:
    gateway = Gateway([Echo()], [])
    codec = Codec(gateway, Routes(gateway.below), WallClock(), Bus(), Ids(b""), Principal(), 1000, lambda: False)
    return AsgiApp(codec, lambda: gateway.endpoints, "1")


async def test_what_is_said_is_heard(app) -> None:
    async with InProcessSocket(app, "/talk", {"sec-websocket-protocol": "realtime"}) as socket:
        assert socket.subprotocol == "realtime"
        await socket.send("a")
        await socket.send(b"b")
        assert [await socket.receive() for _ in range(2)] == ["a", b"b"]
        await socket.send({"a": [1]})
        assert await socket.event() == {"a": [1]}
        await socket.send("bye")
        assert [await socket.event() for _ in range(2)] == [None, None]
        assert (socket.code, socket.reason) == (4000, "bye")


async def test_a_talk_that_fails_is_seen_as_closed(app) -> None:
    async with InProcessSocket(app, "/talk", {}) as socket:
        await socket.send("fail")
        assert await socket.receive() is None
        assert socket.code == 1011


async def test_a_refusal_is_raised_with_its_words(app) -> None:
    with pytest.raises(Refused, match="no") as refused:
        async with InProcessSocket(app, "/talk?no=1", {}):
            pass
    assert refused.value.status == 400
    with pytest.raises(Refused) as refused:
        async with InProcessSocket(app, "/nowhere", {}):
            pass
    assert refused.value.status == 404
