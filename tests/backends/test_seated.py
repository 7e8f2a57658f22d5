"""Answers at an engine, told by hand: what is pushed when, and who is told that nobody listens any more."""

import asyncio
from typing import Any

import pytest

from fakeai.backends.seated import Read, Seat, Seated
from fakeai.content.script import Script
from fakeai.core.clock import WallClock
from fakeai.core.errors import ApiError, Unavailable
from fakeai.core.events import Bus, TokensPaced
from fakeai.core.feed import Feed
from fakeai.core.generation import Delta, Finish, GenerateRequest, Stop, Text, Usage
from fakeai.sim.types import SimRequest
from fakeai.testing import run_virtual
from tests.backends.asking import ask
from tests.backends.served import Served, moments, served, text, usage


class Engine:
    """Implements `Drives`; its tokens come when the test says so."""

    def __init__(self, refuse_from: int = 100) -> None:
        self.clock = WallClock()
        self.bus = Bus()
        self.paced: list[TokensPaced] = []
        self.bus.listen(TokensPaced, self.paced.append)
        self.seats: list[Seat] = []
        self.cancelled: list[str] = []
        self._refuse_from = refuse_from

    def heavy(self, request: GenerateRequest) -> bool:
        return False

    def sequences(self, request: GenerateRequest, script: Script) -> list[SimRequest]:
        lengths = [sum(len(one.pieces) for one in deltas if isinstance(one, Text)) for deltas in script.choices]
        return [SimRequest(str(n), 8, max(1, length)) for n, length in enumerate(lengths)]

    def submit(self, request: SimRequest, seat: Seat) -> None:
        if len(self.seats) >= self._refuse_from:
            raise Unavailable("All workers are busy, please retry later.")
        self.seats.append(seat)

    def cancel(self, id: str) -> None:
        self.cancelled.append(id)

    def make(self, tokens: int, *, choice: int = 0, cached: int = 0, at: float | None = None) -> None:
        """A choice has so many tokens more."""
        seat = self.seats[choice]
        if not seat.made:
            seat.cached = cached
        now = self.clock.now()
        seat.reach(seat.made + tokens, now if at is None else at)
        seat.answer.tell(seat, now)

    def end(self, choice: int = 0, reason: str = "stop") -> None:
        seat = self.seats[choice]
        gaps = tuple(later - earlier for earlier, later in zip(seat.times, seat.times[1:], strict=False))
        seat.answer.leave(seat, self.clock.now(), reason, gaps)


class Says:
    """Writes choices of so many words."""

    def __init__(self, *lengths: int) -> None:
        self._lengths = lengths

    def write(self, request: GenerateRequest) -> Script:
        choices: list[list[Delta]] = [
            [Text(n, [f"{n}.{at} " for at in range(length)]), Stop(n, "stop")] for n, length in enumerate(self._lengths)
        ]
        return Script(choices, Usage(8, sum(self._lengths)))


class Taken:
    """Takes what is pushed."""

    def __init__(self) -> None:
        self.bursts: list[Any] = []
        self.ended: list[Exception | None] = []

    def take(self, item: Any) -> None:
        self.bursts.append(item)

    def take_all(self, items: Any) -> None:
        self.bursts.extend(items)

    def close(self, error: Exception | None) -> None:
        self.ended.append(error)

    @property
    def words(self) -> str:
        return "".join(piece for burst in self.bursts for one in burst if isinstance(one, Text) for piece in one.pieces)


def start(engine: Engine, *lengths: int, streamed: bool = True, **asked: Any) -> tuple[Feed[Any], Taken]:
    feed: Feed[Any] = Feed(Seated(Says(*lengths), ask(streamed=streamed, **asked), engine))
    taken = Taken()
    feed.start(taken)
    return feed, taken


async def test_each_token_is_pushed_when_it_is_made_and_the_end_with_the_last():
    engine = Engine()
    _, taken = start(engine, 3)
    for n in range(1, 4):
        engine.make(1)
        assert len(taken.bursts) == n
    assert taken.ended == []
    engine.end()
    assert taken.ended == [None]
    assert taken.words == "0.0 0.1 0.2 "
    assert [type(one) for one in taken.bursts[-1]] == [Text, Stop, Finish]
    assert taken.bursts[-1][-1].usage == Usage(8, 3)


async def test_tokens_made_together_come_together_each_in_a_burst_of_its_own():
    engine = Engine()
    _, taken = start(engine, 9)
    engine.make(4)
    assert [len(burst) for burst in taken.bursts] == [1] * 4
    engine.make(5)
    engine.end()
    assert taken.words == "".join(f"0.{n} " for n in range(9))


async def test_what_was_cached_is_known_with_the_first_token_and_charged_in_the_end():
    engine = Engine()
    _, taken = start(engine, 2)
    engine.make(1, cached=16)
    engine.make(1)
    engine.end()
    assert taken.bursts[-1][-1] == Finish(Usage(8, 2, cached=16))
    _, whole = start(engine, 2, streamed=False)
    engine.make(1, choice=1, cached=32)
    engine.make(1, choice=1)
    assert whole.bursts == []
    engine.end(1)
    assert [type(one) for one in whole.bursts[0]] == [Text, Stop, Finish]
    assert whole.bursts[0][-1] == Finish(Usage(8, 2, cached=32))


async def test_choices_are_told_side_by_side_and_the_last_of_them_ends_the_answer():
    engine = Engine()
    _, taken = start(engine, 2, 3)
    engine.make(1, choice=1)
    engine.make(1)
    engine.make(2, choice=1)
    engine.end(1)
    assert taken.ended == []
    engine.make(1)
    engine.end()
    assert taken.words == "1.0 0.0 1.1 1.2 0.1 "
    stops = [one.choice for burst in taken.bursts for one in burst if isinstance(one, Stop)]
    assert stops == [1, 0]
    assert isinstance(taken.bursts[-1][-1], Finish)
    assert taken.ended == [None]


async def test_an_echo_comes_with_the_first_token():
    class Echoes(Engine):
        def sequences(self, request: GenerateRequest, script: Script) -> list[SimRequest]:
            return [one._replace(output_tokens=2) for one in super().sequences(request, script)]

    engine = Echoes()
    feed, taken = start(engine, 6)
    feed.pause()
    feed.resume()  # before anything was made
    await asyncio.sleep(0.001)
    assert taken.bursts == []
    engine.make(1)
    assert len(taken.bursts) == 5
    engine.make(1)
    engine.end()
    assert taken.words == "0.0 0.1 0.2 0.3 0.4 0.5 "


def test_a_full_taker_gets_the_rest_when_it_has_room_and_nobody_was_late():
    async def main() -> None:
        engine = Engine()
        feed, taken = start(engine, 5)
        engine.make(1)
        feed.pause()
        await asyncio.sleep(1.0)
        engine.make(2)
        engine.make(2)
        engine.end()
        assert (len(taken.bursts), taken.ended) == (1, [])
        await asyncio.sleep(9.0)
        feed.resume()
        assert taken.ended == []
        await asyncio.sleep(0.0)
        await asyncio.sleep(0.0)
        assert taken.words == "0.0 0.1 0.2 0.3 0.4 "
        assert taken.ended == [None]
        assert engine.paced[0].lag_s == 0.0

    run_virtual(main())


def test_how_late_the_driver_was_is_told():
    async def main() -> None:
        engine = Engine()
        await asyncio.sleep(1.0)
        start(engine, 3)
        await asyncio.sleep(1.0)
        engine.make(1, at=1.5)
        engine.make(2, at=1.75)
        await asyncio.sleep(1.0)
        engine.end()
        (paced,) = engine.paced
        assert (paced.at, paced.model) == (3.0, "tiny")
        assert paced.ttft_s == 0.5
        assert paced.gaps_s == (0.25,)
        assert paced.lag_s == 0.5

    run_virtual(main())


def test_nobody_watches_the_tokens_of_what_is_not_streamed():
    async def main() -> None:
        engine = Engine()
        start(engine, 3, streamed=False)
        await asyncio.sleep(1.0)
        engine.make(3)
        engine.end()
        (paced,) = engine.paced
        assert (paced.ttft_s, paced.gaps_s, paced.lag_s) == (None, (), 0.0)

    run_virtual(main())


async def test_who_leaves_frees_all_seats_and_hears_no_more():
    engine = Engine()
    feed, taken = start(engine, 3, 3)
    engine.make(1)
    feed.cancel()
    assert sorted(engine.cancelled) == ["0", "1"]
    engine.make(1)
    engine.end(reason="abort")
    assert (taken.words, taken.ended, engine.paced) == ("0.0 ", [], [])


async def test_a_lost_engine_ends_the_answer_with_an_error_and_the_other_choices():
    engine = Engine()
    _, taken = start(engine, 3, 3)
    engine.make(1)
    engine.end(1, reason="abort")
    (error,) = taken.ended
    assert isinstance(error, Unavailable)
    assert "gone" in str(error)
    assert set(engine.cancelled) >= {"0"}
    engine.make(1)
    assert taken.words == "0.0 "


async def test_a_choice_that_is_refused_ends_the_answer_and_frees_the_others():
    engine = Engine(refuse_from=2)
    _, taken = start(engine, 3, 3, 3)
    (error,) = taken.ended
    assert isinstance(error, ApiError)
    assert error.status == 503
    assert {"0", "1"} <= set(engine.cancelled)
    assert taken.bursts == []


async def test_prompts_that_are_read_are_done_with_the_last_of_them():
    read = Read(2)
    seat = Seat(read, "a")
    read.tell(seat, 0.0)
    read.leave(seat, 1.0, "stop", ())
    assert not read.done.done()
    read.leave(seat, 1.0, "stop", ())
    assert read.done.result() is None
    read.leave(seat, 2.0, "abort", ())


async def test_prompts_that_will_not_be_read_are_an_error():
    read = Read(2)
    seat = Seat(read, "a")
    read.leave(seat, 1.0, "abort", ())
    read.leave(seat, 1.0, "abort", ())
    with pytest.raises(Unavailable, match="gone"):
        await read.done


# -- through the server


@pytest.mark.parametrize("n", [1, 3])
def test_completions_of_several_prompts_with_echo(n):
    async def scenario(made: Served) -> None:
        prompts = ["Once upon a time", "The sea is"]
        asked = {"model": "gpt-3.5-turbo-instruct", "prompt": prompts, "max_tokens": 12, "n": n, "echo": True}
        whole = await made.client.completions.create(**asked)
        stream = await made.client.completions.create(**asked, stream=True)
        said = dict.fromkeys(range(2 * n), "")
        async for chunk in stream:
            for one in chunk.choices:
                said[one.index] += one.text
        assert said == {one.index: one.text for one in whole.choices}
        assert all(one.text.startswith(prompts[one.index // n]) for one in whole.choices)
        assert whole.usage.completion_tokens == 2 * n * 12

    served(scenario)


def test_an_echo_costs_the_engine_nothing():
    async def scenario(made: Served) -> None:
        prompt = "The sea is wide. " * 200
        took = []
        for echo in (False, True):
            began = made.now
            answer = await made.client.completions.create(
                model="gpt-3.5-turbo-instruct",
                prompt=prompt,
                max_tokens=10,
                echo=echo,
                extra_body={"cache_salt": str(echo)},
            )
            took.append(made.now - began)
            assert answer.usage.completion_tokens == 10
        assert took[0] == pytest.approx(took[1], abs=1e-9)

    served(scenario)


def test_a_prompt_of_token_ids_has_the_blocks_that_it_is_charged_for():
    async def scenario(made: Served) -> None:
        ids = [220, 220, 9000, 264, 64] * 40  # not how a text would be cut
        asked = {"model": "gpt-3.5-turbo-instruct", "prompt": ids, "max_tokens": 8}
        first = await made.client.completions.create(**asked)
        again = await made.client.completions.create(**asked)
        assert first.usage.prompt_tokens == again.usage.prompt_tokens == 200
        engine = made.driver("gpt-3.5-turbo-instruct").cluster.workers[0].engine
        assert engine.pool.findable == 200 // 16

    served(scenario)


def test_choices_of_a_stream_are_paced_alike():
    async def scenario(made: Served) -> None:
        arrivals = await made.stream(max_tokens=20, n=3, temperature=1)
        assert len({text(arrivals, choice) for choice in range(3)}) == 3
        assert usage(arrivals).completion_tokens == 60
        assert len(moments(arrivals)) == 60
        assert len({round(at, 9) for at in moments(arrivals)}) == 20

    served(scenario)
