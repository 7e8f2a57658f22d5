"""An answer read token by token: whatever sizes it is read in, the same is said in the same order."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.backends.reading import Answer, Reader, Shaped, part, takes_long, weight
from fakeai.content.tokens import INLINE_LIMIT
from fakeai.core.feed import Feed
from fakeai.core.generation import (
    Annotations,
    Audio,
    AudioOut,
    Delta,
    Finish,
    Reasoning,
    Refusal,
    Stop,
    Text,
    Thinking,
    TokenLogprob,
    ToolInput,
    ToolStart,
    Usage,
)
from tests.backends.asking import ask

WORDS = st.lists(st.sampled_from(["a", "be", "", " sea"]), max_size=9)
DELTAS = st.lists(
    st.one_of(
        st.builds(Text, st.just(0), WORDS),
        st.builds(Reasoning, st.just(0), WORDS),
        st.builds(Refusal, st.just(0), WORDS),
        st.builds(ToolInput, st.just(0), st.integers(0, 1), WORDS),
        st.builds(Thinking, st.just(0), st.integers(0, 9)),
        st.builds(ToolStart, st.just(0), st.integers(0, 1), st.just("call_1"), st.just("f"), st.just("function")),
        st.builds(Annotations, st.just(0), st.just(())),
    ),
    max_size=6,
).map(lambda deltas: [*deltas, Stop(0, "stop")])


def joined(deltas: list[Delta]) -> list[tuple[Any, ...]]:
    """What is said, neighbours of one kind together, without what says nothing."""
    found: list[tuple[Any, ...]] = []
    for delta in deltas:
        said: Any = list(getattr(delta, "pieces", ())) or getattr(delta, "tokens", None)
        key = type(delta), getattr(delta, "call", None)
        if isinstance(delta, Thinking | Text | Reasoning | Refusal | ToolInput):
            if not weight(delta):
                continue
            if found and found[-1][0] == key:
                found[-1] = key, found[-1][1] + said
                continue
        found.append((key, said))
    return found


@given(DELTAS, st.lists(st.integers(1, 5), min_size=50, max_size=50))
def test_parts_of_any_sizes_join_to_the_whole(deltas, sizes):
    reader = Reader(deltas)
    read: list[Delta] = []
    left = reader.tokens
    for size in sizes:
        burst: list[Delta] = []
        reader.read(min(size, left), burst)
        assert sum(map(weight, burst)) == min(size, left)
        left -= min(size, left)
        read += burst
        if not left:
            break
    assert left == 0
    reader.read(0, read)
    assert joined(read) == joined(deltas)
    assert isinstance(read[-1], Stop)


@given(DELTAS, st.integers(1, 16))
def test_runs_say_what_reading_one_by_one_does(deltas, most):
    plain, fast = Reader(deltas), Reader(deltas)
    slow: list[list[Delta]] = []
    for _ in range(plain.tokens):
        slow.append([])
        plain.read(1, slow[-1])
    quick: list[Any] = []
    while len(quick) < fast.tokens:
        run = fast.run(most)
        if run:
            assert len(run) <= most
            quick += run
        else:
            quick.append([])
            fast.read(1, quick[-1])
    assert [joined(list(burst)) for burst in quick] == [joined(burst) for burst in slow]


def test_the_last_token_of_a_text_is_not_part_of_a_run_since_more_may_come_with_it():
    reader = Reader([Text(0, ["a", "b", "c"]), Stop(0, "stop")])
    run = reader.run(10)
    assert run is not None
    assert [burst[0].pieces for burst in run] == [("a",), ("b",)]
    assert reader.run(10) is None
    burst: list[Delta] = []
    reader.read(1, burst)
    assert burst == [Text(0, ["c"]), Stop(0, "stop")]
    assert Reader([Reasoning(0, ["a", "b"])]).run(10) is None
    told = [TokenLogprob("a", -0.1, ())] * 2
    assert Reader([Text(0, ["a", "b"], told)]).run(10) is None


def test_what_weighs_nothing_goes_with_the_token_before_and_the_start_of_a_call_with_the_one_after():
    start = ToolStart(0, 0, "call_1", "f", "function")
    deltas: list[Delta] = [
        Text(0, ["a"]),
        Annotations(0, ()),
        start,
        ToolInput(0, 0, ["{", "}"]),
        Stop(0, "tool_calls"),
    ]
    reader = Reader(deltas)
    bursts: list[list[Delta]] = [[], [], []]
    for burst in bursts:
        reader.read(1, burst)
    assert bursts == [[deltas[0], deltas[1]], [start, ToolInput(0, 0, ["{"])], [ToolInput(0, 0, ["}"]), deltas[-1]]]


def test_the_start_of_a_call_without_arguments_comes_with_the_last_token():
    start = ToolStart(0, 0, "call_1", "f", "function")
    burst: list[Delta] = []
    Reader([Thinking(0, 1), start, ToolInput(0, 0, []), Stop(0, "length")]).read(1, burst)
    assert burst == [Thinking(0, 1), start, ToolInput(0, 0, []), Stop(0, "length")]


def test_an_answer_of_nothing_is_told_with_no_token():
    reader = Reader([Text(0, []), Stop(0, "length")])
    burst: list[Delta] = []
    reader.read(1, burst)
    assert reader.tokens == 0
    assert burst == [Text(0, []), Stop(0, "length")]


@given(st.lists(st.integers(1, 4), min_size=1), st.integers(0, 5000))
def test_sound_is_cut_where_samples_and_base64_are_whole_and_nothing_is_lost(sizes, length):
    tokens = sum(sizes)
    sound = bytes(n % 251 for n in range(length))
    audio = Audio(0, "audio_1", ["w"] * tokens, sound)
    at, cut = 0, []
    for size in sizes:
        cut.append(part(audio, at, at + size))
        at += size
    assert b"".join(one.sound for one in cut) == sound
    assert [len(one.pieces) for one in cut] == sizes
    assert all(len(one.sound) % 6 == 0 for one in cut[:-1])


def test_log_probabilities_stay_with_their_tokens():
    told = [TokenLogprob(word, -0.1, ()) for word in "abcd"]
    assert part(Text(0, list("abcd"), told), 1, 3) == Text(0, ["b", "c"], told[1:3])


def test_what_has_no_tokens_cannot_be_cut():
    with pytest.raises(AssertionError, match="Stop cannot be cut"):
        part(Stop(0, "stop"), 0, 1)


def test_sound_and_long_repetitions_are_written_aside():
    assert not takes_long(ask("Hi"))
    assert takes_long(ask("Hi", audio=AudioOut("alloy", "pcm16")))
    assert takes_long(ask("Hi", prediction="x" * (INLINE_LIMIT + 1)))
    assert takes_long(ask("x" * (INLINE_LIMIT + 1), echo=True))
    assert not takes_long(ask("x" * (INLINE_LIMIT + 1)))


class Playing(Answer):
    """Says what it was asked, once it is written."""

    def play(self, feed: Feed[Any], composed: Any) -> None:
        feed.push(composed)
        feed.finish()


class Writer:
    """Writes a word, or fails."""

    def write(self, request: Any) -> Any:
        if request.echo and "fail" in request.messages[0].text:
            raise ValueError("it cannot be written")
        return ["written"]


async def test_an_answer_is_played_when_it_is_written_here_or_aside():
    for request in (ask("Hi"), ask("x" * (INLINE_LIMIT + 1), echo=True)):
        assert [burst async for burst in Feed(Playing(Writer(), request))] == [["written"]]  # type: ignore[arg-type]


async def test_what_goes_wrong_aside_ends_the_answer_with_it():
    feed: Feed[Any] = Feed(Playing(Writer(), ask("fail " * INLINE_LIMIT, echo=True)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cannot be written"):
        async for _ in feed:
            pass


async def test_an_answer_that_is_cancelled_while_it_is_written_is_not_played():
    answer = Playing(Writer(), ask("x" * (INLINE_LIMIT + 1), echo=True))  # type: ignore[arg-type]
    feed: Feed[Any] = Feed(answer)
    taken: list[Any] = []

    class Taker:
        take = staticmethod(taken.append)

        def take_all(self, items: Any) -> None:
            taken.extend(items)

        def close(self, error: Exception | None) -> None:
            taken.append(error)

    feed.start(Taker())
    feed.cancel()
    await asyncio.sleep(0.05)
    assert taken == []


class Waiting(Shaped):
    """Delivers when it is told to."""

    def begin(self, feed: Feed[Any], /) -> None:
        self._feed = feed


def steps_of(deltas: list[list[Delta]], sizes: list[int]) -> list[list[Any]]:
    """What a Shaped answer delivers when so many steps are due at a time."""
    made = Waiting(Writer(), ask("Hi"))  # type: ignore[arg-type]
    made._readers = [Reader(one) for one in deltas]
    made._steps = made._readers[0].tokens
    made._usage = Usage(1, made._steps)
    taken: list[list[Any]] = []

    class Taker:
        def take(self, item: Any) -> None:
            taken[-1].append(item)

        def take_all(self, items: Any) -> None:
            taken[-1].extend(items)

        def close(self, error: Exception | None) -> None:
            """There is none."""

    feed: Feed[Any] = Feed(made)
    feed.start(Taker())
    for size in sizes:
        taken.append([])
        made._deliver(made._prepare(size), size)
    return taken


def test_steps_are_delivered_as_many_as_are_due_and_shaped_ahead():
    words = [str(n) for n in range(40)]
    sizes = [1, 1, 5, 20, 12, 1]
    taken = steps_of([[Text(0, words), Stop(0, "stop")]], sizes)
    assert [len(one) for one in taken] == sizes
    bursts = [burst for one in taken for burst in one]
    assert [burst[0].pieces[0] for burst in bursts] == words
    assert bursts[-1][1:] == [Stop(0, "stop"), Finish(Usage(1, 40))]
    assert all(len(burst) == 1 for burst in bursts[:-1])
