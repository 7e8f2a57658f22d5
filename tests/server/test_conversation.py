"""WebSockets over a real socket: handshakes, messages, and what a client may not do."""

import asyncio
import json

import pytest

from fakeai.core.socket import ClientLeft
from fakeai.server.limits import SocketLimits

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def test_a_handshake_is_answered_and_messages_are_echoed(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        status, headers = await client.upgrade()
        assert status == 101
        assert headers["upgrade"] == "websocket" and headers["connection"] == "Upgrade"
        assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, 1.3
        assert headers["x-request-id"] == lab.service.calls[0].id
        assert not {"content-type", "content-length", "transfer-encoding"} & headers.keys()
        for data in ("", "hallo ☃", b"\0\xff", "x" * 70_000):
            client.say(data)
            raw = data.encode() if isinstance(data, str) else data
            assert await client.hear() == (TEXT if isinstance(data, str) else BINARY, raw)
        client.say((1000).to_bytes(2), CLOSE)
        assert await client.hear() == (CLOSE, (1000).to_bytes(2))
        assert await client.ended() == b""
        assert not lab.state.connections

    serve(main)


def test_a_refusal_is_an_answer_and_comes_before_the_upgrade(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        status, headers = await client.upgrade("authorization: Bearer nobody")
        body = await client.ended()
        assert status == 401 and headers["connection"] == "close"
        assert json.loads(body)["error"]["code"] == "invalid_api_key"
        client = await lab.connect()
        client.send("GET /v1/talk HTTP/1.1", "host: x")
        answer = await client.answer()
        assert answer.status == 426 and json.loads(answer.body)["error"]["code"] == "websocket_required"
        client.send("GET /v1/things HTTP/1.1", "host: x")
        assert (await client.answer()).status == 200

    serve(main)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version: 8"], 426),
        (["sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="], 426),
        (["sec-websocket-key: short", "sec-websocket-version: 13"], 400),
        (["sec-websocket-key: dGhlIHNhbXBs", "sec-websocket-version: 13"], 400),
        (["sec-websocket-version: 13"], 400),
    ],
)
def test_a_bad_handshake_is_refused(serve, lines, status) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("GET /talk HTTP/1.1", "host: x", "connection: Upgrade", "upgrade: websocket", *lines)
        assert (await client.answer()).status == status
        assert not lab.service.calls

    serve(main)


def test_what_comes_right_behind_the_handshake_is_heard(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        head = (
            "GET /talk HTTP/1.1\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
            "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: realtime\r\n\r\n"
        )
        client.write(head.encode() + client.frame("first") + client.frame("second"))
        status, headers = await client.head()
        assert (status, headers["sec-websocket-protocol"]) == (101, "realtime")
        assert [await client.hear() for _ in range(2)] == [(TEXT, b"first"), (TEXT, b"second")]

    serve(main)


def test_a_message_may_come_in_fragments_and_bytes(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        await client.upgrade()
        raw = client.frame("snow", fin=False) + client.frame(b"p", PING) + client.frame(b"man\xe2", 0, fin=False)
        raw += client.frame(b"\x98\x83", 0)
        for at in range(len(raw)):
            client.write(raw[at : at + 1])
            await asyncio.sleep(0)
        assert await client.hear() == (PONG, b"p")
        assert await client.hear() == (TEXT, "snowman☃".encode())

    serve(main)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\x81\x01a", 1002),  # unmasked
        (b"\xc1\x81\0\0\0\0a", 1002),  # a reserved bit: an extension that nobody agreed to
        (b"\x83\x80\0\0\0\0", 1002),  # an opcode that is none
        (b"\x80\x80\0\0\0\0", 1002),  # the rest of nothing
        (b"\x09\x80\0\0\0\0", 1002),  # a ping in parts
        (b"\x89\xfe\0\x7e\0\0\0\0" + b"a" * 126, 1002),  # a ping too long
        (b"\x88\x81\0\0\0\0a", 1002),  # a close of half a code
        (b"\x01\x80\0\0\0\0\x01\x80\0\0\0\0", 1002),  # a message within a message
        (b"\x81\x81\0\0\0\0\xff", 1007),
        (b"\x01\x81\0\0\0\0\xe2\x80\x81\0\0\0\0a", 1007),
        (b"\x82\xff" + (20 * 10**6).to_bytes(8), 1009),  # told by its head alone
        (b"\x82\xff" + (2**63 - 1).to_bytes(8), 1009),
        (b"GET / HTTP/1.1\r\n\r\n", 1002),
    ],
)
def test_what_breaks_the_rules_is_closed_with_the_right_code(serve, raw, code) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        await client.upgrade()
        client.say("before")
        assert await client.hear() == (TEXT, b"before")
        client.write(raw)
        assert await client.closed() == code
        assert await client.ended() == b""

    serve(main, sweeping=True)


def test_twenty_megabytes_are_refused_while_they_are_sent(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        await client.upgrade()
        client.write(client.frame(b"x" * 20_000_000))
        assert await client.closed() == 1009

    serve(main, sweeping=True)


def test_fragments_are_counted_together(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        await client.upgrade()
        client.say(b"x" * 600, fin=False)
        client.say(b"x" * 600, 0)
        assert await client.closed() == 1009

    serve(main, socket=SocketLimits(message_bytes=1_000))


def test_half_a_message_has_a_time_to_be_whole_in(serve) -> None:
    async def main(lab) -> None:
        for part in (b"\x81", b"\x81\xfe\0\xff\0\0\0\0abc", b"\x01\x80\0\0\0\0"):
            client = await lab.connect()
            await client.upgrade()
            client.write(part)
            assert await client.closed() == 1008

    serve(main, sweeping=True, socket=SocketLimits(message_s=0.1))


def test_a_silent_client_is_asked_and_then_given_up(serve) -> None:
    async def main(lab) -> None:
        there, gone = await lab.connect(), await lab.connect()
        await there.upgrade()
        await gone.upgrade()
        for _ in range(3):
            assert await there.hear() == (PING, b"")
            there.say(b"", PONG)
        assert await gone.hear() == (PING, b"")
        assert await gone.ended() == b""
        there.say("still here")
        assert (TEXT, b"still here") in [await there.hear(), await there.hear()]

    serve(main, sweeping=True, socket=SocketLimits(ping_s=0.3))


def test_who_does_not_read_is_waited_for_and_then_dropped(serve) -> None:
    async def main(lab) -> None:
        said = 0

        async def chatter(socket) -> None:
            nonlocal said
            try:
                while True:
                    await socket.send(b"x" * 100_000)
                    said += 1
            finally:
                lab.service.cancelled.set()

        lab.service.talker = chatter
        client = await lab.connect(receive_buffer=4096)
        await client.upgrade()
        await lab.service.cancelled.wait()
        assert said < 100  # what the two ends of the socket hold

    serve(main, sweeping=True, socket=SocketLimits(unread_s=0.3))


def test_who_reads_late_gets_all_of_it(serve) -> None:
    async def main(lab) -> None:
        async def chatter(socket) -> None:
            for at in range(100):
                await socket.send(bytes([at]) * 100_000)

        lab.service.talker = chatter
        client = await lab.connect(receive_buffer=4096)
        await client.upgrade()
        await asyncio.sleep(0.05)
        assert [await client.hear() for _ in range(100)] == [(BINARY, bytes([at]) * 100_000) for at in range(100)]
        assert await client.closed() == 1000

    serve(main)


def test_messages_that_nobody_hears_stop_the_reading_and_none_is_lost(serve) -> None:
    async def main(lab) -> None:
        async def listens_late(socket) -> None:
            await lab.service.go.wait()
            await lab.service.echo_messages(socket)

        lab.service.talker = listens_late
        client = await lab.connect()
        await client.upgrade()
        client.write(b"".join(client.frame(str(at)) for at in range(5_000)))
        for _ in range(20):
            await asyncio.sleep(0.001)
        (connection,) = lab.state.connections
        assert 64 <= len(connection._inbox) < 5_000
        lab.service.go.set()
        assert [int((await client.hear())[1]) for _ in range(5_000)] == list(range(5_000))

    serve(main)


def test_a_flood_of_pings_holds_nobody_up(serve) -> None:
    async def main(lab) -> None:
        flooder, other = await lab.connect(), await lab.connect()
        await flooder.upgrade()
        await other.upgrade()
        flooder.write(flooder.frame(b"", PING) * 50_000)
        other.say("hallo")
        assert await other.hear() == (TEXT, b"hallo")
        assert await flooder.hear() == (PONG, b"")

    serve(main)


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_a_talk_learns_that_its_client_has_left(serve, leave) -> None:
    async def main(lab) -> None:
        heard = []

        async def listens(socket) -> None:
            heard.append(await socket.receive())
            heard.append(await socket.receive())
            try:
                await socket.send("anybody?")
            except ClientLeft:
                heard.append("left")
            lab.service.cancelled.set()

        lab.service.talker = listens
        client = await lab.connect()
        await client.upgrade()
        client.say("a")
        await client.writer.drain()
        await asyncio.sleep(0.01)
        getattr(client, leave)()
        await lab.service.cancelled.wait()
        assert heard == ["a", None, "left"]
        await asyncio.sleep(0)
        assert not lab.state.connections

    serve(main)


def test_a_talk_that_goes_on_without_its_client_is_cancelled(serve) -> None:
    async def main(lab) -> None:
        async def deaf(socket) -> None:
            lab.service.waiting.set()
            try:
                await lab.service.go.wait()
            finally:
                lab.service.cancelled.set()

        lab.service.talker = deaf
        client = await lab.connect()
        await client.upgrade()
        await lab.service.waiting.wait()
        client.reset()
        await lab.service.cancelled.wait()

    serve(main, sweeping=True)


def test_a_talk_may_end_the_conversation_with_its_own_code(serve) -> None:
    async def main(lab) -> None:
        async def leaves(socket) -> None:
            await socket.close(4000, "ü" * 200)
            await socket.close(1000)
            assert await socket.receive() is None

        lab.service.talker = leaves
        client = await lab.connect()
        await client.upgrade()
        opcode, data = await client.hear()
        assert opcode == CLOSE and data[:2] == (4000).to_bytes(2) and data[2:].decode() == "ü" * 60
        client.say(data[:2], CLOSE)
        assert await client.ended() == b""

    serve(main)


def test_a_talk_that_fails_tells_its_client_no_more_than_that(serve, caplog) -> None:
    async def main(lab) -> None:
        async def fails(socket) -> None:
            raise KeyError("secret")

        lab.service.talker = fails
        client = await lab.connect()
        await client.upgrade()
        opcode, data = await client.hear()
        assert opcode == CLOSE and data[:2] == (1011).to_bytes(2) and b"secret" not in data
        assert lab.service.calls[0].id.encode() in data

    serve(main)
    assert "a talk failed" in caplog.text


def test_a_server_that_ends_says_goodbye(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        await client.upgrade()
        client.say("hallo")
        await client.hear()
        for connection in list(lab.state.connections):
            connection.shutdown()
        assert await client.closed() == 1001
        client.say((1001).to_bytes(2), CLOSE)
        assert await client.ended() == b""
        assert not lab.state.connections

    serve(main)


def test_who_does_not_answer_a_goodbye_is_left_alone(serve) -> None:
    async def main(lab) -> None:
        async def leaves(socket) -> None:
            await socket.close()

        lab.service.talker = leaves
        client = await lab.connect()
        await client.upgrade()
        client.write(client.frame(b"x" * 1_000_000))
        assert await client.closed() == 1000
        while lab.state.connections:
            await asyncio.sleep(0.01)

    serve(main, sweeping=True)
