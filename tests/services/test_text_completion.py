"""The two shapes of a legacy answer hold the same; log probabilities, offsets and candidates are as OpenAI tells them."""

from collections.abc import Sequence
from typing import Any

import orjson
from openai.types import Completion

from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, Finish, Stop, Text, TokenLogprob, TopLogprob, Usage
from fakeai.services.chunks import Shape
from fakeai.services.text_completion import Layout, TextChunks, TextWhole, joined


def _shape(*, include_usage: bool = False) -> Shape:
    return Shape("cmpl-1", 1_760_000_000, "gpt-3.5-turbo-instruct", "default", include_usage=include_usage)


def _token(token: str, logprob: float, *others: str) -> TokenLogprob:
    tops = [TopLogprob(token, logprob), *[TopLogprob(other, -9.0) for other in others]]
    return TokenLogprob(token, logprob, tuple(tops) if others else ())


def _chunks(layout: Layout, *bursts: Burst, include_usage: bool = False) -> list[list[Any]]:
    chunks = TextChunks(_shape(include_usage=include_usage), layout)
    return [[orjson.loads(chunk) for chunk in chunks.encode(burst)] for burst in bursts]


def _whole(layout: Layout, *bursts: Burst) -> Any:
    whole = TextWhole(_shape(), layout)
    for burst in bursts:
        whole.take(burst)
    return whole.completion()


_TWO = (
    [Text(0, [" a", "", " é"]), Text(1, [" b"])],
    [Stop(1, "stop"), Text(0, ["!"]), Stop(0, "length")],
    [Finish(Usage(5, 5))],
)


def test_every_token_is_a_chunk_and_half_characters_are_none() -> None:
    first, second, third = _chunks(Layout((4,), 2, 2), *_TWO)
    told = [
        (choice["index"], choice["text"], choice["finish_reason"])
        for row in first + second
        for choice in row["choices"]
    ]
    assert told == [
        (0, " a", None), (0, " é", None), (1, " b", None), (1, "", "stop"), (0, "!", None), (0, "", "length"),
    ]  # fmt: skip
    assert third == []
    assert first[0] == {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 1_760_000_000,
        "model": "gpt-3.5-turbo-instruct",
        "system_fingerprint": first[0]["system_fingerprint"],
        "choices": [{"index": 0, "text": " a", "logprobs": None, "finish_reason": None}],
    }


def test_usage_comes_last_and_alone_where_it_is_asked_for() -> None:
    *before, (last,) = _chunks(Layout((4,), 2, 2), *_TWO, include_usage=True)
    assert all(row["usage"] is None for burst in before for row in burst)
    assert last["choices"] == []
    assert last["usage"] == {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10}
    Completion.model_validate(last, strict=True)


def test_the_usage_is_known_whether_it_is_asked_for_or_not() -> None:
    chunks = TextChunks(_shape(), Layout((4,), 2, 2))
    for burst in _TWO[:2]:
        chunks.encode(burst)
    assert chunks.usage is None
    assert chunks.encode(_TWO[2]) == []
    assert chunks.usage == Usage(5, 5)


def test_the_whole_is_what_the_chunks_add_up_to() -> None:
    whole = _whole(Layout((4,), 2, 2), *_TWO)
    Completion.model_validate(whole, strict=True)
    assert [(row["text"], row["finish_reason"]) for row in whole["choices"]] == [(" a é!", "length"), (" b", "stop")]
    assert whole["usage"] == {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10}


def test_offsets_count_from_the_prompts_beginning_across_bursts() -> None:
    tokens = [_token(" a", -0.1, " the"), _token("", -0.2, "x"), _token(" é", -0.3, " e"), _token("!", -0.4, "?")]
    pieces = [token.token for token in tokens]
    bursts: Sequence[Burst] = (
        [Text(1, pieces[:3], tokens[:3])],
        [Text(1, pieces[3:], tokens[3:]), Stop(0, "stop"), Stop(1, "stop"), Finish(Usage(1, 4))],
    )
    layout = Layout((3, 10), logprobs=True)
    choice = _whole(layout, *bursts)["choices"][1]
    assert choice["logprobs"] == {
        "tokens": [" a", "", " é", "!"],
        "token_logprobs": [-0.1, -0.2, -0.3, -0.4],
        "top_logprobs": [
            {" a": -0.1, " the": -9.0},
            {"": -0.2, "x": -9.0},
            {" é": -0.3, " e": -9.0},
            {"!": -0.4, "?": -9.0},
        ],
        "text_offset": [10, 12, 12, 14],
    }
    listed = [row["choices"][0]["logprobs"] for burst in _chunks(layout, *bursts) for row in burst]
    assert [piece["text_offset"] for piece in listed if piece] == [[10], [12], [12], [14]]
    assert [piece["tokens"] for piece in listed if piece] == [[" a"], [""], [" é"], ["!"]]


def test_an_echo_begins_with_a_token_that_has_no_probability() -> None:
    tokens = [_token("Once", -5.0, "The"), _token(" upon", -0.1, " more")]
    burst: Burst = [Text(0, ["Once", " upon"], tokens), Stop(0, "length"), Finish(Usage(2, 0))]
    layout = Layout((9,), echo=True, logprobs=True)
    listed = _whole(layout, burst)["choices"][0]["logprobs"]
    assert listed["token_logprobs"] == [None, -0.1]
    assert listed["top_logprobs"] == [None, {" upon": -0.1, " more": -9.0}]
    assert listed["text_offset"] == [0, 4]
    (first, second, _) = _chunks(layout, burst)[0]
    assert first["choices"][0]["logprobs"]["token_logprobs"] == [None]
    assert second["choices"][0]["logprobs"]["token_logprobs"] == [-0.1]


def test_no_alternatives_are_null() -> None:
    burst: Burst = [Text(0, ["a"], [_token("a", -0.5)]), Stop(0, "stop"), Finish(Usage(1, 1))]
    listed = _whole(Layout((1,), logprobs=True), burst)["choices"][0]["logprobs"]
    assert listed == {"tokens": ["a"], "token_logprobs": [-0.5], "top_logprobs": None, "text_offset": [1]}


def test_the_likeliest_candidates_of_each_prompt_are_given_back_best_first() -> None:
    chances = [-0.9, -0.1, -0.5, -0.2, -0.8, -0.3]  # of prompt 0 the candidates 0 to 2, of prompt 1 those after
    burst: list[Any] = []
    for candidate, chance in enumerate(chances):
        pieces = [str(candidate)] * (candidate + 1)  # the mean counts, not the sum
        burst += [Text(candidate, pieces, [_token(piece, chance) for piece in pieces]), Stop(candidate, "length")]
    whole = _whole(Layout((1, 1), n=2, candidates=3), [*burst, Finish(Usage(2, 21))])
    assert [(row["index"], row["text"]) for row in whole["choices"]] == [
        (0, "11"),
        (1, "222"),
        (2, "3333"),
        (3, "555555"),
    ]
    assert all(row["logprobs"] is None for row in whole["choices"])
    assert whole["usage"]["completion_tokens"] == 21


class _AtOnce:
    def __init__(self, *bursts: Burst) -> None:
        self.bursts = bursts

    def begin(self, feed: Feed[Any], /) -> None:
        for burst in self.bursts:
            feed.push(burst)
        feed.finish()

    def cancel(self) -> None:
        pass

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass


async def test_joined_answers_are_numbered_through_and_finish_once() -> None:
    answers = [
        Feed(
            _AtOnce([Text(0, ["a"]), Text(1, ["b"])], [Stop(0, "stop"), Stop(1, "stop"), Finish(Usage(1, 2, cached=1))])
        ),
        Feed(_AtOnce([Text(1, ["c"]), Stop(0, "stop"), Stop(1, "length"), Finish(Usage(10, 20))])),
    ]
    deltas = [delta async for burst in joined(answers, 2) for delta in burst]
    assert deltas == [
        Text(0, ["a"]), Text(1, ["b"]), Stop(0, "stop"), Stop(1, "stop"), Text(3, ["c"]), Stop(2, "stop"), Stop(3, "length"),
        Finish(Usage(11, 22, cached=1)),
    ]  # fmt: skip
