"""The transports alone, under both HTTP libraries, with small ASGI apps."""

import asyncio
import threading

import httpx
import httpx2
import pytest

from fakeai.testing.loops import LoopThread, run_virtual
from fakeai.testing.transports import async_transport_class, transport_class

pytestmark = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])

URL = "http://fake/a%20b/c?x=1&y=%2F"


class Echo:
    """Answers with what it was asked; counts the parts it has made of its reply, one for each `go`."""

    def __init__(self, parts=1):
        self.parts = parts
        self.made = 0
        self.left = threading.Event()
        self.go = threading.Semaphore(0)
        self.scope = None

    async def __call__(self, scope, receive, send):
        self.scope = scope
        asked = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"1"), (b"x-a", b"2")]})
        watch = asyncio.ensure_future(receive())
        for n in range(self.parts):
            while n and not self.go.acquire(blocking=False):
                await asyncio.sleep(0.001)
                if watch.done():
                    self.left.set()
                    return
            self.made += 1
            more = n < self.parts - 1
            await send({"type": "http.response.body", "body": asked["body"] + b"%d" % n, "more_body": more})
        watch.cancel()


def test_a_request_arrives_whole_and_the_response_too(library):
    app = Echo()
    with library.Client(transport=transport_class(library)(app)) as client:
        response = client.post(URL, content=b"body", headers={"X-Mixed": "Case"})
    assert (response.status_code, response.content, response.http_version) == (200, b"body0", "HTTP/1.1")
    assert response.headers.get_list("x-a") == ["1", "2"]
    scope = app.scope
    assert (scope["method"], scope["path"], scope["raw_path"]) == ("POST", "/a b/c", b"/a%20b/c")
    assert scope["query_string"] == b"x=1&y=%2F"
    assert (b"x-mixed", b"Case") in scope["headers"]


async def test_asynchronously_too(library):
    app = Echo()
    async with library.AsyncClient(transport=async_transport_class(library)(app)) as client:
        response = await client.post(URL, content=b"body")
    assert (response.status_code, response.content) == (200, b"body0")
    assert (app.scope["path"], app.scope["query_string"]) == ("/a b/c", b"x=1&y=%2F")


def test_a_part_is_read_before_the_next_is_made(library):
    app = Echo(3)
    with library.Client(transport=transport_class(library)(app)) as client, client.stream("GET", URL) as response:
        parts = response.iter_raw()
        for n in range(3):
            assert next(parts) == b"%d" % n
            assert app.made == n + 1
            app.go.release()
        assert list(parts) == []


async def test_a_part_is_read_before_the_next_is_made_asynchronously(library):
    app = Echo(3)
    async with (
        library.AsyncClient(transport=async_transport_class(library)(app)) as client,
        client.stream("GET", URL) as response,
    ):
        seen = 0
        async for part in response.aiter_raw():
            assert part == b"%d" % seen
            seen += 1
            assert app.made == seen
            app.go.release()
    assert seen == 3


def test_closing_a_response_early_tells_the_app(library):
    app = Echo(3)
    with library.Client(transport=transport_class(library)(app)) as client:
        with client.stream("GET", URL) as response:
            assert next(response.iter_raw()) == b"0"
        assert app.left.is_set()
    assert app.made == 1


async def test_closing_a_response_early_tells_the_app_asynchronously(library):
    app = Echo(3)
    async with library.AsyncClient(transport=async_transport_class(library)(app)) as client:
        async with client.stream("GET", URL) as response:
            async for part in response.aiter_raw():
                assert part == b"0"
                break
        assert app.left.is_set()
    assert app.made == 1


def test_closing_the_client_closes_its_responses(library):
    app = Echo(3)
    client = library.Client(transport=transport_class(library)(app))
    client.send(client.build_request("GET", URL), stream=True)
    client.close()
    assert app.left.is_set()


async def test_a_cancelled_request_tells_the_app(library):
    left = asyncio.Event()

    async def app(scope, receive, send):
        await receive()
        assert await receive() == {"type": "http.disconnect"}
        left.set()

    async with library.AsyncClient(transport=async_transport_class(library)(app)) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await client.get(URL)
        assert left.is_set()


async def _silent(scope, receive, send):
    await receive()
    await receive()


def test_a_read_timeout_is_the_librarys(library):
    with library.Client(transport=transport_class(library)(_silent)) as client:
        with pytest.raises(library.ReadTimeout) as caught:
            client.get(URL, timeout=0.01)
        assert caught.value.request.url == URL


def test_a_read_timeout_is_kept_in_virtual_time(library):
    async def main():
        async with library.AsyncClient(transport=async_transport_class(library)(_silent)) as client:
            with pytest.raises(library.ReadTimeout):
                await client.get(URL, timeout=3600)
            return asyncio.get_running_loop().time()

    assert run_virtual(main()) == 3600


def test_a_dropped_connection_is_the_librarys(library):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})

    closed = pytest.raises(library.RemoteProtocolError, match="before its response was complete")
    with library.Client(transport=transport_class(library)(app)) as client, closed:
        client.get(URL)


def test_many_threads_share_one_transport(library):
    app = Echo()
    wrong = []
    with library.Client(transport=transport_class(library)(app)) as client:

        def ask(n):
            bodies = [b"%d.%d." % (n, k) for k in range(20)]
            wrong.extend(body for body in bodies if client.post(URL, content=body).content != body + b"0")

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert app.made == 160


def test_transports_may_share_a_thread_and_one_that_has_its_own_ends_it(library):
    before = threads()
    shared = LoopThread()
    first, second = (transport_class(library)(Echo(), shared) for _ in range(2))
    with library.Client(transport=first) as client:
        assert client.get(URL).content == b"0"
    with library.Client(transport=second) as client:
        assert client.get(URL).content == b"0"
    assert not shared.stopped
    shared.stop()
    with library.Client(transport=first) as client, pytest.raises(library.ConnectError, match="closed"):
        client.get(URL)

    own = transport_class(library)(Echo())
    with library.Client(transport=own) as client:
        client.get(URL)
    assert own.thread.stopped
    assert threads() == before


def threads():
    return sorted(thread.name for thread in threading.enumerate() if thread.name == "fakeai")
