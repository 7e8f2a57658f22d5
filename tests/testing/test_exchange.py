"""Exchanges with small ASGI apps, on one loop."""

import asyncio

import pytest

from fakeai.testing.exchange import Dropped, Exchange

SCOPE = {"type": "http"}


def start(status=200, headers=()):
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(data, more=False):
    return {"type": "http.response.body", "body": data, "more_body": more}


async def test_the_head_is_there_before_the_body_is_made():
    go = asyncio.Event()

    async def app(scope, receive, send):
        await send(start(201, [(b"a", b"1")]))
        await go.wait()
        await send(body(b"late"))

    exchange = Exchange(app, SCOPE, b"")
    assert await exchange.head() == (201, [(b"a", b"1")])
    go.set()
    assert await exchange.chunk() == b"late"
    assert await exchange.chunk() is None
    await exchange.close()


async def test_an_app_that_never_waits_is_still_at_most_a_few_parts_ahead():
    made = []

    async def app(scope, receive, send):
        await send(start())
        for n in range(100):
            made.append(n)
            await send(body(b"%d" % n, more=n < 99))

    exchange = Exchange(app, SCOPE, b"")
    await exchange.head()
    assert await exchange.chunk() == b"0"
    assert len(made) < 20
    rest = [chunk async for chunk in _chunks(exchange)]
    assert rest == [b"%d" % n for n in range(1, 100)]
    await exchange.close()


async def test_closing_tells_the_app_that_the_client_left():
    seen = []

    async def app(scope, receive, send):
        seen.append(await receive())
        await send(start())
        await send(body(b"first", more=True))
        seen.append(await receive())

    exchange = Exchange(app, SCOPE, b"asked")
    await exchange.head()
    await exchange.close()
    assert seen == [{"type": "http.request", "body": b"asked", "more_body": False}, {"type": "http.disconnect"}]
    assert await exchange.chunk() is None


async def test_closing_frees_an_app_that_is_held_back_by_its_reader():
    ended = asyncio.Event()

    async def app(scope, receive, send):
        await send(start())
        for _ in range(100):
            await send(body(b"x", more=True))
        ended.set()

    exchange = Exchange(app, SCOPE, b"")
    await exchange.head()
    await exchange.close()
    assert ended.is_set()


async def test_an_app_that_does_not_listen_is_cancelled(monkeypatch):
    monkeypatch.setattr("fakeai.testing.exchange._GRACE_S", 0.01)
    ended = asyncio.Event()

    async def app(scope, receive, send):
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    exchange = Exchange(app, SCOPE, b"")
    await asyncio.sleep(0)
    await exchange.close()
    await asyncio.wait_for(ended.wait(), 1)


async def test_what_the_app_raises_reaches_the_caller():
    async def app(scope, receive, send):
        await send(start())
        await send(body(b"x", more=True))
        raise LookupError("here")

    exchange = Exchange(app, SCOPE, b"")
    await exchange.head()
    assert await exchange.chunk() == b"x"
    with pytest.raises(LookupError, match="here"):
        await exchange.chunk()
    await exchange.close()


@pytest.mark.parametrize("sent", [[], [start()], [start(), body(b"", more=True)]])
async def test_a_response_that_is_not_finished_is_dropped(sent):
    async def app(scope, receive, send):
        for message in sent:
            await send(message)

    exchange = Exchange(app, SCOPE, b"")
    with pytest.raises(Dropped):
        await exchange.head()
        await exchange.chunk()
    await exchange.close()


async def test_a_read_that_takes_too_long_ends():
    async def app(scope, receive, send):
        await receive()
        await receive()

    exchange = Exchange(app, SCOPE, b"", read_s=0.01)
    with pytest.raises(TimeoutError):
        await exchange.head()
    await exchange.close()


async def _chunks(exchange):
    while (chunk := await exchange.chunk()) is not None:
        yield chunk
