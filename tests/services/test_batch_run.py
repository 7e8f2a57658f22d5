"""Lines are worked on many at once, kept some at a time, and stopped when nobody wants them any more."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pytest

from fakeai.core.call import ANYONE, Call, Endpoint, Reply
from fakeai.core.clock import VirtualLoop, WallClock, stopwatch
from fakeai.core.errors import NotFound
from fakeai.core.generation import Usage
from fakeai.services.batch_checks import Line
from fakeai.services.batch_run import CHUNK, Answer, Caller, Run, unanswered

ROW = Endpoint("POST", "/things", "create", "Make a thing")
LINES = [Line(n, f"r{n}", {"n": n}) for n in range(1, 1_001)]


class World:
    """A door that takes its time, and whoever keeps what comes out of it."""

    def __init__(self, takes_s: float = 0.0, look_s: float | None = None, at_once: int = 50) -> None:
        self.clock = WallClock(epoch=1_760_000_000.0)
        self.takes_s = takes_s
        self.calls: list[Call] = []
        self.now = self.most = 0
        self.kept: list[Answer] = []
        self.flushes: list[int] = []
        self.wanted = True
        self.answer: Any = None
        caller = Caller(self.dispatch, ROW, ANYONE, "batch_1", 1_000, self.clock)
        self.run = Run(caller, self.keep, self.clock, at_once, look_s)

    async def dispatch(self, call: Call) -> Reply:
        self.calls.append(call)
        self.now += 1
        self.most = max(self.most, self.now)
        if self.takes_s:
            await self.clock.sleep(self.takes_s)
        self.now -= 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or Reply({"said": orjson.loads(call.raw)["n"]}, usage=Usage(3, 2, cached=1))

    async def keep(self, answers: Sequence[Answer]) -> bool:
        assert len(self.calls) - len(self.kept) <= CHUNK, "no more is lost by a crash"
        self.kept += answers
        self.flushes.append(len(answers))
        return self.wanted

    async def all(self, lines: Sequence[Line] = LINES, for_s: float = 1e6) -> None:
        await self.run.all(iter(lines), self.clock.unix() + for_s)


@pytest.fixture
def run() -> Iterator[Any]:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        yield runner.run


@pytest.mark.parametrize("takes_s", [0.0, 1.0, 100.0])
def test_every_line_is_answered_once_with_as_many_under_way_as_may_be(run, takes_s: float) -> None:
    async def scenario() -> None:
        world = World(takes_s)
        await world.all()
        assert sorted(answer[0] for answer in world.kept) == list(range(1, 1_001))
        assert len(world.calls) == 1_000
        assert world.most == (50 if takes_s else 1)
        assert max(world.flushes) <= CHUNK

    run(scenario())


def test_an_answer_is_a_line_of_a_file_and_always_the_same(run) -> None:
    async def scenario() -> None:
        first, again = World(), World()
        await first.all(LINES[:3])
        await again.all(LINES[2:3])
        assert again.kept == first.kept[2:]
        line, failed, *tokens, text = first.kept[0]
        assert (line, failed, tokens) == (1, False, [3, 1, 2, 0])
        told = orjson.loads(text)
        assert told == {
            "id": told["id"],
            "custom_id": "r1",
            "response": {"status_code": 200, "request_id": first.calls[0].id, "body": {"said": 1}},
            "error": None,
        }
        assert told["id"].startswith("batch_req_") and told["id"] != orjson.loads(first.kept[1][-1])["id"]
        assert (first.calls[0].origin, first.calls[0].created) == ("batch", 1_000)

    run(scenario())


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (NotFound("No such thing.", param="id"), 404, "No such thing."),
        (ZeroDivisionError("secret"), 500, "The server had an error while processing this request."),
    ],
)
def test_a_refusal_is_an_answer_too(run, answer: Exception, status: int, message: str) -> None:
    async def scenario() -> None:
        world = World()
        world.answer = answer
        await world.all(LINES[:1])
        ((_, failed, *_, text),) = world.kept
        response = orjson.loads(text)["response"]
        assert failed
        assert (response["status_code"], response["body"]["error"]["message"]) == (status, message)

    run(scenario())


def test_bytes_are_json_already(run) -> None:
    async def scenario() -> None:
        world = World()
        world.answer = Reply(b'{"a":1.50}')
        await world.all(LINES[:1])
        assert '"body":{"a":1.50}' in world.kept[0][-1]

    run(scenario())


def test_it_ends_when_nobody_wants_it_when_it_is_stopped_and_when_its_time_is_up(run) -> None:
    async def scenario() -> None:
        unwanted = World(1.0)
        unwanted.wanted = False
        await unwanted.all()
        assert len(unwanted.flushes) == 1
        stopped = World(1.0)
        unwatched = asyncio.ensure_future(stopped.all())
        await asyncio.sleep(5.5)
        stopped.run.stop()
        await unwatched
        assert len(stopped.kept) == 250
        late = World(100.0)
        await late.all(for_s=250)
        assert (len(late.kept), late.clock.now() % 1_000 < 300) == (100, True)
        assert late.now == 50, "those under way are let go"

    run(scenario())


def test_where_others_may_cancel_it_looks_every_second(run) -> None:
    async def scenario() -> None:
        world = World(1_000.0, look_s=1.0)
        going = asyncio.ensure_future(world.all())
        await asyncio.sleep(3.5)
        assert world.flushes == [0, 0, 0]
        world.wanted = False
        await asyncio.sleep(1)
        assert going.done()

    run(scenario())


def test_a_line_that_was_never_worked_on_says_why() -> None:
    number, failed, *tokens, text = unanswered("batch_1", LINES[0], "batch_expired", "Too late.")
    assert (number, failed, tokens) == (1, True, [0, 0, 0, 0])
    told = orjson.loads(text)
    assert (told["custom_id"], told["response"], told["error"]) == (
        "r1",
        None,
        {"code": "batch_expired", "message": "Too late."},
    )


async def test_lines_do_not_have_the_loop_for_long_at_a_time() -> None:
    world = World(at_once=50)
    begun: list[int] = []
    goes = 0

    async def dispatch(call: Call) -> Reply:
        begun.append(goes)
        until = stopwatch() + 0.002
        while stopwatch() < until:
            pass
        return Reply({})

    def count() -> None:
        nonlocal goes
        goes += 1
        if len(begun) < 100:
            asyncio.get_running_loop().call_soon(count)

    world.run = Run(Caller(dispatch, ROW, ANYONE, "batch_1", 1_000, world.clock), world.keep, world.clock, 50, None)
    count()
    await world.run.all(iter(LINES[:100]), world.clock.unix() + 1e6)
    assert len(world.kept) == 100
    assert max(begun.count(go) for go in begun) <= 3
