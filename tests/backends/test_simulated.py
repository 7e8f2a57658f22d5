"""A simulated model's tokens leave exactly when the profile says; what is held back, cut off or late is made good."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.backends.engine_room import EngineRoom
from fakeai.backends.reading import Reader, part, weight
from fakeai.backends.simulated import SimulatedModel, _Playback
from fakeai.content.script import write
from fakeai.content.speech import SpeechError
from fakeai.core import catalog
from fakeai.core.chance import Chance, Ids
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.events import Bus, TokensPaced
from fakeai.core.feed import Feed
from fakeai.core.generation import (
    Annotations,
    Audio,
    AudioOut,
    Burst,
    Delta,
    Finish,
    GenerateRequest,
    Message,
    Reasoning,
    Refusal,
    Sampling,
    Stop,
    Text,
    Thinking,
    Timing,
    TokenLogprob,
    Tool,
    ToolChoice,
    ToolInput,
    ToolStart,
)
from fakeai.sim.timing import Distribution, Latency, LatencyProfile
from fakeai.testing import run_virtual

CARDS = catalog.load()
Main = Callable[["Bench"], Awaitable[Any]]


def latency(ttft: str, itl: str) -> Latency:
    return Latency(Distribution.parse(ttft), Distribution.parse(itl))


def ask(model: str = "gpt-4o-mini", *, seed: str = "a", streamed: bool = True, **more: Any) -> GenerateRequest:
    sampling = Sampling(**{name: more.pop(name) for name in Sampling._fields if name in more})
    digest = blake2b(seed.encode()).digest()
    messages = (Message("user", "Tell me about the sea."),)
    return GenerateRequest(CARDS.cards[model], messages, 10, 16_384, digest, sampling, streamed=streamed, **more)


@dataclass
class Taken:
    """What a feed gave, and when."""

    clock: WallClock
    bursts: list[tuple[float, Burst]] = field(default_factory=list)
    ended: list[Exception | None] = field(default_factory=list)
    on_burst: Callable[[int], object] = lambda count: None

    def take(self, item: Burst, /) -> None:
        self.bursts.append((self.clock.now(), item))
        self.on_burst(len(self.bursts))

    def take_all(self, items: Sequence[Burst], /) -> None:
        self.take([delta for burst in items for delta in burst])

    def close(self, error: Exception | None, /) -> None:
        self.ended.append(error)

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.bursts]

    @property
    def deltas(self) -> list[Delta]:
        return [delta for _, burst in self.bursts for delta in burst]

    @property
    def pieces(self) -> list[str]:
        return [piece for delta in self.deltas for piece in getattr(delta, "pieces", ())]


class Bench:
    """A model on a loop in virtual time, that begins at second 0."""

    def __init__(self, ttft: str, itl: str) -> None:
        self.clock = WallClock()
        self.bus = Bus()
        self.paced: list[TokensPaced] = []
        self.bus.listen(TokensPaced, self.paced.append)
        self.model = SimulatedModel(
            self.clock,
            self.bus,
            LatencyProfile(latency(ttft, itl), {}),
            Ids(b"tests"),
            EngineRoom(self.clock, self.bus, {}),
        )

    def start(self, request: GenerateRequest) -> tuple[Feed[Burst], Taken]:
        feed, taken = self.model.generate(request), Taken(self.clock)
        feed.start(taken)
        return feed, taken

    async def run(self, request: GenerateRequest) -> Taken:
        _, taken = self.start(request)
        await self.clock.sleep(100.0)
        assert taken.ended == [None]
        return taken


def bench(main: Main, ttft: str = "500", itl: str = "100") -> Any:
    async def run() -> Any:
        return await main(Bench(ttft, itl))

    return run_virtual(run())


def near(*times: float) -> Any:
    return pytest.approx(list(times), abs=1e-6)


# -- when


def test_token_k_leaves_at_ttft_and_k_gaps() -> None:
    taken: Taken = bench(lambda it: it.run(ask(max_tokens=5)))
    assert taken.times == near(0.5, 0.6, 0.7, 0.8, 0.9)
    assert [[type(delta) for delta in burst] for _, burst in taken.bursts] == [[Text]] * 4 + [[Text, Stop, Finish]]
    assert [sum(len(d.pieces) for d in burst if isinstance(d, Text)) for _, burst in taken.bursts] == [1] * 5
    assert taken.ended == [None]


def test_a_long_answer_is_as_exact_at_its_end() -> None:
    taken: Taken = bench(lambda it: it.run(ask("o3", reasoning_effort="high", max_tokens=600)), "37", "3.7")
    assert taken.times == near(*[0.037 + 0.0037 * k for k in range(600)])


def test_an_answer_in_one_piece_is_due_when_its_stream_would_end() -> None:
    for itl in ("100", "uniform(50,300)", "lognormal(80,40)"):
        stream: Taken = bench(lambda it: it.run(ask()), "500", itl)
        whole: Taken = bench(lambda it: it.run(ask(streamed=False)), "500", itl)
        assert whole.times == near(stream.times[-1])
        assert whole.pieces == stream.pieces
        assert whole.deltas[-2:] == stream.deltas[-2:]


def test_choices_advance_together_and_the_longest_decides() -> None:
    taken: Taken = bench(lambda it: it.run(ask(n=3)))
    lengths = [0, 0, 0]
    for number, (at, burst) in enumerate(taken.bursts):
        assert at == pytest.approx(0.5 + 0.1 * number)
        texts = [delta for delta in burst if isinstance(delta, Text)]
        assert all(len(text.pieces) == 1 for text in texts)
        for text in texts:
            assert lengths[text.choice] == number, "no choice runs ahead"
            lengths[text.choice] += 1
        for delta in burst:
            if isinstance(delta, Stop):
                assert lengths[delta.choice] == number + 1, "a choice stops with its last token"
    assert len(set(lengths)) > 1 and max(lengths) == len(taken.bursts)
    assert isinstance(taken.deltas[-1], Finish)


def test_hidden_thought_takes_its_time() -> None:
    taken: Taken = bench(lambda it: it.run(ask("o4-mini", reasoning_effort="low")), "500", "10")
    thought = sum(delta.tokens for delta in taken.deltas if isinstance(delta, Thinking))
    first = next(at for at, burst in taken.bursts if any(isinstance(delta, Text) for delta in burst))
    assert 64 <= thought <= 128
    assert first == pytest.approx(0.5 + 0.01 * thought)


def test_without_gaps_everything_leaves_at_the_first_token() -> None:
    taken: Taken = bench(lambda it: it.run(ask(n=2)), "250", "0")
    assert taken.times == near(0.25)


def test_without_a_first_wait_gaps_begin_at_once() -> None:
    taken: Taken = bench(lambda it: it.run(ask(max_tokens=3)), "0", "200")
    assert taken.times == near(0.0, 0.2, 0.4)


def test_without_latency_everything_is_there_before_start_returns() -> None:
    async def main(it: Bench) -> None:
        request = ask(n=2)
        _, taken = it.start(request)
        script = write(request, Ids(b"tests"))
        assert taken.ended == [None]
        assert [burst for _, burst in taken.bursts] == [[*script.choices[0], *script.choices[1], Finish(script.usage)]]
        assert it.paced == []

    bench(main, "0", "0")


def test_an_answer_is_timed_from_when_it_was_asked_for() -> None:
    async def main(it: Bench) -> None:
        feed, taken = it.model.generate(ask(max_tokens=2)), Taken(it.clock)
        await it.clock.sleep(0.3)
        assert taken.times == []
        feed.start(taken)
        await it.clock.sleep(5)
        assert taken.times == near(0.5, 0.6)

    bench(main)


def test_a_request_may_bring_its_own_latency() -> None:
    timings = {
        Timing("100", "10"): (0.1, 0.11),
        Timing(ttft_ms="100"): (0.1, 0.2),
        Timing(itl_ms="10"): (0.5, 0.51),
        Timing("0", "0"): (0.0,),
    }
    for timing, times in timings.items():
        taken: Taken = bench(lambda it, timing=timing: it.run(ask(max_tokens=2, timing=timing)))
        assert taken.times == near(*times)


def test_a_latency_that_cannot_be_read_is_refused_before_anything_begins() -> None:
    async def main(it: Bench) -> None:
        with pytest.raises(ValueError, match="'soon' is not a latency"):
            it.model.generate(ask(timing=Timing("soon")))

    bench(main)


def test_drawn_latencies_belong_to_the_request() -> None:
    async def alone(it: Bench) -> list[float]:
        return (await it.run(ask(seed="a", max_tokens=20))).times

    async def in_company(it: Bench) -> list[list[float]]:
        started = [it.start(ask(seed=seed, max_tokens=20))[1] for seed in "bacab"]
        await it.clock.sleep(60)
        return [taken.times for taken in started]

    spread = ("uniform(100,900)", "exponential(70)")
    first, second, third, fourth, fifth = bench(in_company, *spread)
    assert second == fourth == near(*bench(alone, *spread))
    assert first == fifth != second
    assert len({tuple(first), tuple(second), tuple(third)}) == 3
    assert 0.1 <= first[0] < 0.9
    gaps = Chance(blake2b(b"a").digest()).stream("latency")
    due = Distribution.parse(spread[0]).draw(gaps)
    expected = [due := due + Distribution.parse(spread[1]).draw(gaps) for _ in range(19)]
    assert second[1:] == near(*expected)


# -- what the bus is told


def test_a_stream_tells_its_times_once() -> None:
    async def main(it: Bench) -> None:
        await it.run(ask(max_tokens=4))
        (told,) = it.paced
        assert (told.model, told.at) == ("gpt-4o-mini", pytest.approx(0.8))
        assert told.ttft_s == pytest.approx(0.5)
        assert told.gaps_s == pytest.approx((0.1, 0.1, 0.1))
        assert told.lag_s == pytest.approx(0.0, abs=1e-6)

    bench(main)


def test_nobody_saw_the_tokens_of_an_answer_in_one_piece() -> None:
    async def main(it: Bench) -> None:
        await it.run(ask(max_tokens=4, streamed=False))
        (told,) = it.paced
        assert (told.ttft_s, told.gaps_s) == (None, ())
        assert told.at == pytest.approx(0.8)

    bench(main)


# -- late


def stall(seconds: float) -> None:
    """The loop does nothing else for so long."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.elapsed += seconds


def test_what_fell_due_while_the_loop_was_busy_leaves_in_one_burst() -> None:
    async def main(it: Bench) -> None:
        it.clock.call_at(0.65, stall, 0.3)
        taken = await it.run(ask(max_tokens=8))
        assert taken.times == near(0.5, 0.6, 0.95, 1.0, 1.1, 1.2)
        assert [sum(len(d.pieces) for d in burst if isinstance(d, Text)) for _, burst in taken.bursts] == [
            1,
            1,
            3,
            1,
            1,
            1,
        ]
        assert taken.pieces == (await it.run(ask(max_tokens=8))).pieces
        assert it.paced[0].lag_s == pytest.approx(0.25)
        assert it.paced[0].gaps_s == pytest.approx((0.1, 0.35, 0.05, 0.1, 0.1))

    bench(main)


# -- held back


def test_a_taker_that_pauses_gets_what_it_missed_and_then_goes_on_in_step() -> None:
    async def main(it: Bench) -> None:
        feed, taken = it.start(ask(max_tokens=10))
        await it.clock.sleep_until(0.65)
        feed.pause()
        await it.clock.sleep_until(1.05)
        assert len(taken.times) == 2
        feed.resume()
        feed.resume()
        await it.clock.sleep_until(9.0)
        assert taken.times == near(0.5, 0.6, 1.05, 1.1, 1.2, 1.3, 1.4)
        assert [sum(len(d.pieces) for d in burst if isinstance(d, Text)) for _, burst in taken.bursts] == [
            1,
            1,
            4,
            1,
            1,
            1,
            1,
        ]
        assert taken.ended == [None]
        assert it.paced[0].lag_s == pytest.approx(0.0, abs=1e-6), "what the taker held back is not our lateness"

    bench(main)


def test_a_pause_between_two_tokens_changes_nothing() -> None:
    async def main(it: Bench) -> None:
        feed, taken = it.start(ask(max_tokens=4))
        for at in (0.1, 0.52, 0.63):
            it.clock.call_at(at, feed.pause)
            it.clock.call_at(at + 0.03, feed.resume)
        await it.clock.sleep_until(9.0)
        assert taken.times == near(0.5, 0.6, 0.7, 0.8)

    bench(main)


def test_a_taker_may_pause_while_it_takes() -> None:
    async def main(it: Bench) -> None:
        feed, taken = it.start(ask(max_tokens=4))
        taken.on_burst = lambda count: feed.pause() if count == 2 else None
        await it.clock.sleep_until(2.0)
        assert taken.times == near(0.5, 0.6)
        feed.resume()
        await it.clock.sleep_until(2.1)
        assert taken.times == near(0.5, 0.6, 2.0)
        assert taken.ended == [None]

    bench(main)


def test_an_answer_in_one_piece_waits_for_its_taker_too() -> None:
    async def main(it: Bench) -> None:
        feed, taken = it.start(ask(max_tokens=4, streamed=False))
        feed.pause()
        await it.clock.sleep_until(3.0)
        assert taken.times == []
        feed.resume()
        await it.clock.sleep_until(4.0)
        assert (taken.times, len(taken.pieces)) == (near(3.0), 4)

    bench(main)


# -- cut off


def alive(kind: type) -> int:
    gc.collect()
    return sum(type(thing) is kind for thing in gc.get_objects())


@pytest.mark.parametrize("at", [0.1, 0.5, 0.75])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_cancelled_answer_says_nothing_more_and_is_let_go(at: float, streamed: bool) -> None:
    async def main(it: Bench) -> None:
        others = alive(Reader), alive(_Playback)
        feed, taken = it.start(ask(max_tokens=50, streamed=streamed))
        await it.clock.sleep_until(at)
        feed.cancel()
        before = len(taken.bursts)
        assert alive(Reader) <= others[0], "its words are let go at once"
        await it.clock.sleep_until(30.0)
        assert len(taken.bursts) == before == ((at >= 0.5) + (at >= 0.6) + (at >= 0.7)) * streamed
        assert (taken.ended, it.paced) == ([], [])
        del feed
        assert alive(_Playback) <= others[1], "the pacer holds it no longer"
        assert it.model._pacer._due == {}

    bench(main)


def test_a_taker_may_cancel_while_it_takes() -> None:
    async def main(it: Bench) -> None:
        for last in (2, 4):  # on the way; at the very end
            feed, taken = it.start(ask(max_tokens=4))
            taken.on_burst = lambda count, feed=feed, last=last: feed.cancel() if count == last else None
            await it.clock.sleep(5.0)
            assert len(taken.times) == last
            assert taken.ended == []

    bench(main)


def test_a_cancelled_answer_that_was_paused_stays_silent() -> None:
    async def main(it: Bench) -> None:
        feed, taken = it.start(ask(max_tokens=4))
        feed.pause()
        await it.clock.sleep_until(2.0)
        feed.cancel()
        feed.resume()
        await it.clock.sleep_until(4.0)
        assert (taken.bursts, it.paced) == ([], [])

    bench(main)


def test_others_go_on_when_one_is_cancelled_or_fails() -> None:
    async def main(it: Bench) -> None:
        kept = [it.start(ask(seed=seed, max_tokens=3))[1] for seed in "ab"]
        left, _ = it.start(ask(seed="c", max_tokens=3))
        broken = it.model.generate(ask(seed="d", max_tokens=3)).map(lambda burst: 1 // 0)
        fate = Taken(it.clock)
        broken.start(fate)
        it.clock.call_at(0.55, left.cancel)
        await it.clock.sleep_until(5.0)
        assert [taken.times for taken in kept] == [near(0.5, 0.6, 0.7)] * 2
        assert isinstance(fate.ended[0], ZeroDivisionError)
        assert len(it.paced) == 2

    bench(main)


# -- written aside


def test_what_takes_long_to_write_does_not_hold_the_loop() -> None:
    async def main(it: Bench) -> None:
        spoken = ask("gpt-4o-audio-preview", audio=AudioOut("alloy", "pcm16"), max_tokens=60)
        predicted = ask(prediction="word " * 8_000, max_tokens=6)
        for request in (spoken, predicted):
            _, taken = it.start(request)
            began = it.clock.now()
            assert it.model._pacer._due == {}, "the script is being written elsewhere"
            await it.clock.sleep(10.0)
            assert len(taken.pieces) >= 6
            assert taken.times == near(*[began + 0.5 + 0.1 * k for k in range(len(taken.pieces))])

    bench(main)


def test_what_takes_long_may_be_cancelled_meanwhile() -> None:
    async def main(it: Bench) -> None:
        for timing in (Timing(), Timing("0", "0")):
            feed, taken = it.start(ask(prediction="word " * 8_000, timing=timing))
            feed.cancel()
            await it.clock.sleep(60.0)
            assert (taken.bursts, taken.ended, it.paced) == ([], [], [])

    bench(main)


def test_sound_that_cannot_be_made_ends_the_feed_with_the_reason() -> None:
    async def main(it: Bench) -> None:
        for timing in (Timing(), Timing("0", "0")):
            feed = it.model.generate(ask("gpt-4o-audio-preview", audio=AudioOut("alloy", "ogg"), timing=timing))  # type: ignore[arg-type]
            with pytest.raises(SpeechError, match="ogg"):
                await feed.drain(lambda burst: pytest.fail("nothing was made"))

    bench(main)


# -- cutting an answer into tokens


def atoms(deltas: list[Delta]) -> list[Any]:
    """Tokens, and what weighs nothing, one by one; sound apart."""
    found: list[Any] = []
    for delta in deltas:
        match delta:
            case Text(choice, [_, *_] as pieces, logprobs):
                found += [("text", choice, piece, logprobs and logprobs[at]) for at, piece in enumerate(pieces)]
            case Reasoning(choice, [_, *_] as pieces) | Refusal(choice, [_, *_] as pieces):
                found += [(type(delta).__name__, choice, piece) for piece in pieces]
            case ToolInput(choice, call, [_, *_] as pieces):
                found += [("input", choice, call, piece) for piece in pieces]
            case Thinking(choice, tokens) if tokens:
                found += [("thinking", choice)] * tokens
            case Audio(choice, id, [_, *_] as pieces):
                found += [("audio", choice, id, piece) for piece in pieces]
            case _:
                found.append(delta)
    return found


def sound(deltas: list[Delta]) -> bytes:
    return b"".join(delta.sound for delta in deltas if isinstance(delta, Audio))


PIECES = st.lists(st.text("abé ", max_size=3), max_size=6)
CALLS = st.integers(0, 2)
DELTAS = st.one_of(
    st.builds(lambda pieces: Text(0, pieces), PIECES),
    st.builds(lambda pieces: Text(0, pieces, [TokenLogprob(piece, -0.5, ()) for piece in pieces]), PIECES),
    st.builds(lambda pieces: Reasoning(0, pieces), PIECES),
    st.builds(lambda pieces: Refusal(0, pieces), PIECES),
    st.builds(lambda tokens: Thinking(0, tokens), st.integers(1, 9)),
    st.builds(lambda call: ToolStart(0, call, f"call_{call}", "f", "function"), CALLS),
    st.builds(lambda call, pieces: ToolInput(0, call, pieces), CALLS, PIECES),
    st.builds(lambda pieces, sound: Audio(0, "audio_1", pieces, sound), PIECES, st.binary(max_size=99)),
    st.builds(lambda: Annotations(0, [{"type": "url_citation"}])),
)


@given(
    deltas=st.lists(DELTAS, max_size=8),
    steps=st.lists(st.integers(1, 5), min_size=60, max_size=60),
    runs=st.lists(st.booleans(), min_size=60, max_size=60),
)
def test_an_answer_cut_into_steps_is_the_whole_answer(deltas: list[Delta], steps: list[int], runs: list[bool]) -> None:
    deltas = [*deltas, Stop(0, "stop")]
    reader = Reader(deltas)
    assert reader.tokens == sum(map(weight, deltas))
    read: list[Delta] = []
    left = max(1, reader.tokens)
    for step, together in zip(steps, runs, strict=True):
        if not left:
            break
        if together and (run := reader.run(step)):
            assert len(run) <= step
            read += [delta for burst in run for delta in burst]
            left -= len(run)
            assert left, "the last token comes with what follows it"
            continue
        got: list[Delta] = []
        reader.read(step, got)
        assert sum(map(weight, got)) == min(step, left if reader.tokens else 0)
        if got and isinstance(got[-1], ToolStart):
            assert left <= step, "a tool call begins with its first token"
        read += got
        left -= min(step, left)
    assert left == 0
    assert atoms(read) == atoms(deltas)
    assert sound(read) == sound(deltas)
    leftover: list[Delta] = []
    reader.read(1, leftover)
    assert leftover == []


def test_everything_is_out_with_the_last_token() -> None:
    """A tool call that was cut before its first argument still begins, and the choice still stops."""
    started = ToolStart(0, 0, "call_1", "f", "function")
    deltas: list[Delta] = [Thinking(0, 3), started, ToolInput(0, 0, []), Stop(0, "length")]
    reader = Reader(deltas)
    read: list[Delta] = []
    for _ in range(reader.tokens):
        reader.read(1, read)
    assert read[-3:] == deltas[1:]


@given(
    pieces=st.lists(st.just("a"), min_size=1, max_size=20),
    data=st.binary(max_size=400),
    cuts=st.sets(st.integers(1, 19)),
)
def test_sound_is_cut_at_whole_samples_and_whole_base64_groups(pieces: list[str], data: bytes, cuts: set[int]) -> None:
    whole = Audio(0, "audio_1", pieces, data)
    ends = [0, *sorted(cut for cut in cuts if cut < len(pieces)), len(pieces)]
    parts = [part(whole, start, end) for start, end in pairwise(ends)]
    assert b"".join(each.sound for each in parts) == data
    assert [piece for each in parts for piece in each.pieces] == pieces
    assert all(len(each.sound) % 6 == 0 for each in parts[:-1])


@pytest.mark.parametrize("delta", [Stop(0, "stop"), ToolStart(0, 0, "call_1", "f", "function"), Annotations(0, [])])
def test_what_weighs_nothing_is_never_cut(delta: Delta) -> None:
    assert weight(delta) == 0
    with pytest.raises(AssertionError, match=f"{type(delta).__name__} cannot be cut"):
        part(delta, 0, 1)


def test_the_very_same_request_is_written_once_and_calls_of_tools_each_time() -> None:
    async def main(it: Bench) -> None:
        called = {"tools": (Tool("f", schema={"type": "object"}),), "tool_choice": ToolChoice("required")}
        plain, passing, tools = ask(kept=True), ask(), ask(kept=True, **called)
        assert it.model.write(plain) is it.model.write(plain)
        assert it.model.write(passing) is not it.model.write(passing), "nobody will ask it again"
        assert it.model.write(ask()) is not it.model.write(plain)
        assert it.model.write(ask()).choices == it.model.write(plain).choices
        first, again = it.model.write(tools).choices[0], it.model.write(tools).choices[0]
        assert first[1] != again[1] and first[::2] == again[::2], "a call has an id of its own"

    bench(main)
