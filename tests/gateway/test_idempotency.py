"""One key, one request: worked on once, answered to all, and free again when it came to nothing."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from openai import BadRequestError
from openai.types import FileObject

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.errors import BadRequest, NotFound
from fakeai.core.feed import Feed
from fakeai.gateway.idempotency import Idempotency
from fakeai.gateway.pipeline import Gateway
from fakeai.store.sql import Sql, SqlDatabase
from fakeai.testing import FakeAI

ROW = Endpoint("POST", "/things", "create", "Make a thing")
READ = Endpoint("GET", "/things", "list", "List things")


class Things:
    """Makes things, slowly, and counts them."""

    ENDPOINTS = (ROW, READ)

    def __init__(self, clock: WallClock) -> None:
        self.made = 0
        self.takes_s = 1.0
        self.answer: Any = None
        self._clock = clock

    async def create(self, call: Call) -> Reply:
        self.made += 1
        number = self.made
        await self._clock.sleep(self.takes_s)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or Reply({"id": f"thing_{number}", "said": call.raw.decode()}, 201)

    async def list(self, call: Call) -> Reply:
        self.made += 1
        return Reply({"made": self.made})


@pytest.fixture
def run() -> Iterator[Any]:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        yield runner.run


@pytest.fixture
def sql() -> Iterator[Sql]:
    made = Sql()
    yield made
    made.close()


def world(sql: Sql) -> tuple[Things, Gateway]:
    clock = WallClock(epoch=1_760_000_000.0)
    things = Things(clock)
    return things, Gateway([things], [Idempotency(SqlDatabase(sql, clock), clock)])


def call(key: str | None = "k", raw: bytes = b"a", row: Endpoint = ROW, project: str = "p") -> Call:
    headers = {} if key is None else {"idempotency-key": key}
    return Call("req_1", row, row.path, headers, raw, principal=Principal(project=project))


def test_fifty_at_once_over_two_replicas_make_one_thing(run, sql: Sql) -> None:
    async def scenario() -> None:
        (one, first), (two, second) = world(sql), world(sql)
        replies = await asyncio.gather(*((first, second)[n % 2].handle(call()) for n in range(50)))
        assert one.made + two.made == 1
        assert {(reply.status, reply.body["id"], reply.body["said"]) for reply in replies} == {(201, "thing_1", "a")}
        assert sum(reply.headers.get("idempotent-replayed") == "true" for reply in replies) == 49

    run(scenario())


def test_keys_are_of_one_project_and_one_path_and_calls_without_one_are_all_worked_on(run, sql: Sql) -> None:
    async def scenario() -> None:
        things, gateway = world(sql)
        for each in (call(), call("other"), call(project="q"), call(None), call(None), call(row=READ), call(row=READ)):
            await gateway.handle(each)
        assert things.made == 7

    run(scenario())


def form(boundary: str, *parts: str, header: str = "boundary={}") -> Call:
    between = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    made = call(raw=f"{between}--{boundary}--\r\n".encode())
    return replace(made, headers={**made.headers, "content-type": f"multipart/form-data; {header.format(boundary)}"})


def file(said: str, name: str = "a.txt") -> str:
    return f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n{said}'


def test_a_form_is_the_same_whatever_its_boundary(run, sql: Sql) -> None:
    things, gateway = world(sql)

    async def scenario() -> None:
        first = await gateway.handle(form("abc", file("hello")))
        again = await gateway.handle(form("xyz-1", file("hello"), header='charset=utf-8; boundary="{}"'))
        assert again.body == first.body
        assert again.headers == {"idempotent-replayed": "true"}

    run(scenario())
    assert things.made == 1


@pytest.mark.parametrize(
    "parts",
    [
        (file("bye"),),
        (file("hello", "b.txt"),),
        (file("hello"), file("hello")),
        (file("hel"), file("lo")),
        (file(f"hello\r\n\r\n{file('more')}"),),
        (),
    ],
)
def test_a_form_of_other_parts_is_refused(run, sql: Sql, parts: tuple[str, ...]) -> None:
    async def scenario() -> None:
        things, gateway = world(sql)
        await gateway.handle(form("abc", file("hello"), file("more")))
        for boundary in ("abc", "xyz-1"):
            with pytest.raises(BadRequest, match="other parameters"):
                await gateway.handle(form(boundary, *parts))
        assert things.made == 1

    run(scenario())


def test_the_end_of_a_form_of_very_many_parts_counts_too(run, sql: Sql) -> None:
    async def scenario() -> None:
        things, gateway = world(sql)
        many = [file("x")] * 3_000
        first = await gateway.handle(form("a", *many, file("hello")))
        assert (await gateway.handle(form("a", *many, file("hello")))).body == first.body
        with pytest.raises(BadRequest, match="other parameters"):
            await gateway.handle(form("a", *many, file("other")))
        assert things.made == 1

    run(scenario())


def test_fifty_forms_at_once_with_a_boundary_each_make_one_thing(run, sql: Sql) -> None:
    async def scenario() -> None:
        (one, first), (two, second) = world(sql), world(sql)
        large = "x" * 2**18  # one that is not hashed on the loop
        replies = await asyncio.gather(*((first, second)[n % 2].handle(form(f"b{n}", file(large))) for n in range(50)))
        assert one.made + two.made == 1
        assert {reply.body["id"] for reply in replies} == {"thing_1"}

    run(scenario())


async def test_fifty_uploads_at_once_make_one_file_and_another_content_is_refused() -> None:
    with FakeAI(seed=1) as fake:
        async with fake.async_client(max_retries=0) as client:

            async def upload(content: bytes) -> FileObject:
                headers = {"Idempotency-Key": "k"}
                return await client.files.create(file=("a.txt", content), purpose="user_data", extra_headers=headers)

            made = await asyncio.gather(*(upload(b"hello") for _ in range(50)))
            with pytest.raises(BadRequestError, match="other parameters"):
                await upload(b"bye")
            assert [file async for file in client.files.list()] == [made[0]]
            assert made == [made[0]] * 50


def test_a_key_for_something_else_is_refused_even_while_the_first_is_at_work(run, sql: Sql) -> None:
    async def scenario() -> None:
        things, gateway = world(sql)
        first = asyncio.ensure_future(gateway.handle(call()))
        await asyncio.sleep(0.1)
        for _ in range(2):
            with pytest.raises(BadRequest, match="other parameters"):
                await gateway.handle(call(raw=b"b"))
            await first
        assert things.made == 1

    run(scenario())


@pytest.mark.parametrize("answer", [NotFound("no"), Reply(b"bytes"), "stream"])
def test_what_was_refused_or_is_no_json_may_be_tried_again(run, sql: Sql, answer: Any) -> None:
    async def scenario() -> None:
        things, gateway = world(sql)
        things.answer = Reply(events=Feed(None)) if answer == "stream" else answer  # type: ignore[arg-type]
        for _ in range(2):
            if isinstance(answer, Exception):
                with pytest.raises(NotFound):
                    await gateway.handle(call())
            else:
                await gateway.handle(call())
        assert things.made == 2

    run(scenario())


def test_an_answer_is_forgotten_after_a_day(run, sql: Sql) -> None:
    async def scenario() -> None:
        things, gateway = world(sql)
        await gateway.handle(call())
        await asyncio.sleep(86_000)
        await gateway.handle(call())
        assert things.made == 1
        await asyncio.sleep(1_000)
        await gateway.handle(call())
        assert things.made == 2

    run(scenario())


def test_a_first_request_that_never_ends_is_not_waited_for_for_ever(run, sql: Sql) -> None:
    async def scenario() -> None:
        things, gateway = world(sql)
        things.takes_s = 1e6
        first = asyncio.ensure_future(gateway.handle(call()))
        await asyncio.sleep(1)
        second = asyncio.ensure_future(gateway.handle(call()))
        await asyncio.sleep(590)
        assert things.made == 1
        await asyncio.sleep(20)
        assert things.made == 2
        for task in (first, second):
            task.cancel()
        await asyncio.gather(first, second, return_exceptions=True)

    run(scenario())


@pytest.mark.parametrize("key", ["", "  ", "x" * 256])
def test_a_key_must_be_one(run, sql: Sql, key: str) -> None:
    async def scenario() -> None:
        with pytest.raises(BadRequest, match="1 to 255"):
            await world(sql)[1].handle(call(key))

    run(scenario())
