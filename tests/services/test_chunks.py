"""The two shapes of one answer hold the same: a completion is what its chunks add up to."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from fakeai.core.generation import (
    Annotations,
    Audio,
    Burst,
    Delta,
    Finish,
    Reasoning,
    Refusal,
    Run,
    Stop,
    Text,
    Thinking,
    TokenLogprob,
    ToolInput,
    ToolStart,
    TopLogprob,
    Usage,
)
from fakeai.services.chunks import AUDIO_LIFETIME_S, Chunks, Shape, Whole, fingerprint, logprobs_of, usage

CREATED = 1_760_000_000
USED = Usage(9, 5)
CITED = {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 2, "title": "T", "url": "https://a"}}


def shape(model: str = "gpt-4o-mini", **more: Any) -> Shape:
    return Shape("chatcmpl-1", CREATED, model, "default", **more)


def chunked(bursts: Sequence[Burst], **more: Any) -> list[Any]:
    chunks = Chunks(shape(**more))
    found = [orjson.loads(chunk) for burst in bursts for chunk in chunks.encode(burst)]
    for chunk in found:
        if b'"custom"' not in orjson.dumps(chunk):  # the SDK's type knows functions only
            ChatCompletionChunk.model_validate(chunk, strict=True)
        assert chunk["id"] == "chatcmpl-1" and chunk["object"] == "chat.completion.chunk"
        assert (chunk["created"], chunk["model"], chunk["service_tier"]) == (CREATED, "gpt-4o-mini", "default")
    return found


def whole(bursts: Sequence[Burst], **more: Any) -> Any:
    made = Whole(shape(**more))
    for burst in bursts:
        made.take(burst)
    completion = orjson.loads(orjson.dumps(made.completion()))
    ChatCompletion.model_validate(completion, strict=True)
    return completion


def token(text: str, *others: str) -> TokenLogprob:
    return TokenLogprob(text, -0.1, tuple(TopLogprob(other, -2.0) for other in others))


def deltas_of(chunks: Sequence[Any], choice: int = 0) -> list[Any]:
    return [item["delta"] for chunk in chunks for item in chunk["choices"] if item["index"] == choice]


# -- chunks


def test_the_role_comes_first_then_a_chunk_a_token_then_the_reason() -> None:
    chunks = chunked([[Text(0, ["Hi", " there"])], [Text(0, ["!"]), Stop(0, "stop")], [Finish(USED)]])
    assert deltas_of(chunks) == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "Hi"},
        {"content": " there"},
        {"content": "!"},
        {},
    ]
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert reasons == [None, None, None, None, "stop"]
    assert all(chunk["choices"][0]["logprobs"] is None for chunk in chunks)
    assert all("usage" not in chunk and "obfuscation" not in chunk for chunk in chunks)


def test_half_a_character_is_no_chunk() -> None:
    chunks = chunked([[Text(0, ["a", "", "👩"]), Stop(0, "stop"), Finish(USED)]])
    assert [delta.get("content") for delta in deltas_of(chunks)] == ["", "a", "👩", None]


def test_choices_are_told_apart() -> None:
    bursts: list[Burst] = [[Text(0, ["a"]), Text(1, ["x"])], [Stop(1, "length"), Text(0, ["b"]), Stop(0, "stop")]]
    chunks = chunked([*bursts, [Finish(USED)]])
    assert [(item["index"], item["delta"].get("content")) for chunk in chunks for item in chunk["choices"]] == [
        (0, ""), (0, "a"), (1, ""), (1, "x"), (1, None), (0, "b"), (0, None),
    ]  # fmt: skip
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[-3:]] == ["length", None, "stop"]


def test_usage_comes_last_and_alone_where_it_is_asked_for() -> None:
    bursts: list[Burst] = [[Text(0, ["a"]), Stop(0, "stop"), Finish(USED)]]
    *before, last = chunked(bursts, include_usage=True)
    assert all(chunk["usage"] is None for chunk in before)
    assert (last["choices"], last["usage"]) == ([], usage(USED))
    assert len(chunked(bursts)) == len(before)


def test_usage_is_known_after_the_last_burst_whether_asked_for_or_not() -> None:
    chunks = Chunks(shape())
    chunks.encode([Text(0, ["a"])])
    assert chunks.usage is None
    chunks.encode([Stop(0, "stop"), Finish(USED)])
    assert chunks.usage == USED


def test_padding_makes_all_lengths_alike() -> None:
    pieces = ["a" * size for size in range(1, 40)]
    bursts: list[Burst] = [[Text(0, pieces), Stop(0, "stop"), Finish(USED)]]
    padded = Chunks(shape(obfuscate=True, include_usage=True)).encode(bursts[0])
    assert {len(chunk) % 16 for chunk in padded} == {len(padded[0]) % 16}
    told = [orjson.loads(chunk) for chunk in padded]
    assert all(1 <= len(chunk.pop("obfuscation")) <= 16 for chunk in told)
    assert told == chunked(bursts, include_usage=True)


@pytest.mark.parametrize("model", ['we"ird\\model', "модель", "a/b:c"])
def test_names_are_json_whatever_is_in_them(model: str) -> None:
    (first, *_) = Chunks(shape(model)).encode([Text(0, ['"\\\n\u2028']), Stop(0, "stop")])
    assert orjson.loads(first)["model"] == model


def test_the_fingerprint_is_the_models() -> None:
    assert shape().fingerprint == shape().fingerprint == fingerprint("gpt-4o-mini")
    assert shape("gpt-4o").fingerprint != shape().fingerprint
    assert len(fingerprint("gpt-4o")) == 13


def test_tool_calls_begin_with_id_and_name_and_go_on_by_index() -> None:
    bursts: list[Burst] = [
        [ToolStart(0, 0, "call_a", "get", "function"), ToolInput(0, 0, ['{"a":', "1}"])],
        [ToolStart(0, 1, "call_b", "steer", "custom"), ToolInput(0, 1, ["left"]), Stop(0, "tool_calls")],
        [Finish(USED)],
    ]
    calls = [delta.get("tool_calls") for delta in deltas_of(chunked(bursts))]
    assert calls == [
        None,
        [{"index": 0, "id": "call_a", "type": "function", "function": {"name": "get", "arguments": ""}}],
        [{"index": 0, "function": {"arguments": '{"a":'}}],
        [{"index": 0, "function": {"arguments": "1}"}}],
        [{"index": 1, "id": "call_b", "type": "custom", "custom": {"name": "steer", "input": ""}}],
        [{"index": 1, "type": "custom", "custom": {"input": "left"}}],
        None,
    ]
    assert deltas_of(chunked(bursts))[0] == {"role": "assistant", "content": None, "refusal": None}


def test_calls_of_different_choices_have_kinds_of_their_own() -> None:
    bursts: list[Burst] = [
        [ToolStart(0, 0, "call_a", "get", "function"), ToolStart(1, 0, "call_b", "steer", "custom")],
        [ToolInput(0, 0, ["{}"]), ToolInput(1, 0, ["left"]), Stop(0, "tool_calls"), Stop(1, "tool_calls")],
    ]
    chunks = chunked(bursts)
    assert deltas_of(chunks, 0)[2] == {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}
    assert deltas_of(chunks, 1)[2] == {"tool_calls": [{"index": 0, "type": "custom", "custom": {"input": "left"}}]}


LEGACY: list[Burst] = [
    [ToolStart(0, 0, "call_a", "get", "function"), ToolInput(0, 0, ["{", "}"]), Stop(0, "tool_calls"), Finish(USED)]
]


def test_a_legacy_call_has_no_id_and_a_reason_of_its_own() -> None:
    chunks = chunked(LEGACY, functions=True)
    assert [delta.get("function_call") for delta in deltas_of(chunks)] == [
        None, {"name": "get", "arguments": ""}, {"arguments": "{"}, {"arguments": "}"}, None,
    ]  # fmt: skip
    assert chunks[-1]["choices"][0]["finish_reason"] == "function_call"
    (choice,) = whole(LEGACY, functions=True)["choices"]
    assert choice["message"]["function_call"] == {"name": "get", "arguments": "{}"}
    assert "tool_calls" not in choice["message"]
    assert choice["finish_reason"] == "function_call"


def test_a_legacy_call_that_was_cut_says_so() -> None:
    cut: list[Burst] = [[*LEGACY[0][:2], Stop(0, "length"), Finish(USED)]]
    assert chunked(cut, functions=True)[-1]["choices"][0]["finish_reason"] == "length"
    assert whole(cut, functions=True)["choices"][0]["finish_reason"] == "length"


def test_sound_comes_in_parts_under_one_id_and_expires() -> None:
    bursts: list[Burst] = [
        [Audio(0, "audio_1", ["Hi"], b"abc")],
        [Audio(0, "audio_1", [" you"], b"defgh"), Stop(0, "stop"), Finish(USED)],
    ]
    told = [delta["audio"] for delta in deltas_of(chunked(bursts)) if "audio" in delta]
    assert told == [
        {"id": "audio_1", "transcript": "Hi"},
        {"data": b64encode(b"abc").decode()},
        {"transcript": " you"},
        {"data": b64encode(b"defgh").decode()},
        {"expires_at": CREATED + AUDIO_LIFETIME_S},
    ]
    (choice,) = whole(bursts)["choices"]
    assert choice["message"]["content"] is None
    assert choice["message"]["audio"] == {
        "id": "audio_1",
        "data": b64encode(b"abcdefgh").decode(),
        "transcript": "Hi you",
        "expires_at": CREATED + AUDIO_LIFETIME_S,
    }


def test_citations_come_after_the_text_they_are_of() -> None:
    bursts: list[Burst] = [[Text(0, ["Hi"]), Annotations(0, [CITED]), Stop(0, "stop"), Finish(USED)]]
    assert deltas_of(chunked(bursts))[2] == {"annotations": [CITED]}
    assert whole(bursts)["choices"][0]["message"]["annotations"] == [CITED]


def test_an_answer_of_no_words_is_a_text_all_the_same() -> None:
    for logprobs in (None, []):
        bursts: list[Burst] = [[Thinking(0, 3), Text(0, (), logprobs), Stop(0, "length"), Finish(USED)]]
        assert whole(bursts)["choices"][0]["message"]["content"] == ""
        assert fold(chunked(bursts)) == whole(bursts)["choices"]


def test_hidden_thought_shows_in_neither() -> None:
    bursts: list[Burst] = [[Thinking(0, 3)], [Text(0, ["a"]), Stop(0, "stop"), Finish(USED)]]
    assert deltas_of(chunked(bursts)) == [
        {"role": "assistant", "content": None, "refusal": None}, {"content": "a"}, {},
    ]  # fmt: skip
    assert whole(bursts)["choices"][0]["message"] == {
        "role": "assistant", "content": "a", "refusal": None, "annotations": [],
    }  # fmt: skip


def test_log_probabilities_tell_bytes_and_alternatives() -> None:
    listed = logprobs_of([token("é", "e"), token("")])
    assert listed == {
        "content": [
            {
                "token": "é", "logprob": -0.1, "bytes": [0xC3, 0xA9],
                "top_logprobs": [{"token": "e", "logprob": -2.0, "bytes": [0x65]}],
            },
            {"token": "", "logprob": -0.1, "bytes": [], "top_logprobs": []},
        ],
        "refusal": None,
    }  # fmt: skip


def test_usage_tells_details_of_both_sides() -> None:
    assert usage(Usage(10, 20, 1, 2, 3, 4, 5, 6)) == {
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "total_tokens": 30,
        "prompt_tokens_details": {"cached_tokens": 1, "audio_tokens": 2},
        "completion_tokens_details": {
            "reasoning_tokens": 3,
            "audio_tokens": 4,
            "accepted_prediction_tokens": 5,
            "rejected_prediction_tokens": 6,
        },
    }


def test_a_whole_answer_has_its_choices_in_order_and_its_usage() -> None:
    completion = whole([[Text(1, ["x"]), Stop(1, "stop"), Text(0, ["a"]), Stop(0, "length"), Finish(USED)]])
    assert [choice["index"] for choice in completion["choices"]] == [0, 1]
    assert completion["usage"] == usage(USED)
    assert (completion["id"], completion["object"]) == ("chatcmpl-1", "chat.completion")


# -- both


def fold(chunks: Sequence[Any]) -> list[Any]:
    """The choices that chunks add up to, as a client would put them together."""
    choices: dict[int, Any] = {}
    for chunk in chunks:
        for item in chunk["choices"]:
            kept = choices.get(item["index"])
            if kept is None:
                assert item["delta"]["role"] == "assistant", "the role comes first"
                message = {"content": None, "refusal": None, "annotations": []}
                kept = choices[item["index"]] = {"index": item["index"], "message": message, "logprobs": None}
            assert "finish_reason" not in kept, "nothing comes after the reason"
            _add(kept["message"], item["delta"])
            if item["logprobs"] is not None:
                listed = kept["logprobs"] = kept["logprobs"] or {"content": [], "refusal": None}
                listed["content"] += item["logprobs"]["content"]
            if item["finish_reason"] is not None:
                kept["finish_reason"] = item["finish_reason"]
    for kept in choices.values():
        if "audio" in kept["message"]:
            audio = kept["message"]["audio"]
            audio["data"] = b64encode(audio.pop("sound")).decode()
    return [choices[index] for index in sorted(choices)]


def _add(message: dict[str, Any], delta: dict[str, Any]) -> None:
    for name, value in delta.items():
        match name:
            case "role":
                message["role"] = value
            case "content" | "refusal" | "reasoning_content" if value is not None:
                message[name] = (message.get(name) or "") + value
            case "annotations":
                message["annotations"] += value
            case "function_call":
                call = message.setdefault("function_call", {"name": "", "arguments": ""})
                for part, text in value.items():
                    call[part] += text
            case "tool_calls":
                _add_call(message.setdefault("tool_calls", []), value[0])
            case "audio":
                _add_audio(message.setdefault("audio", {"id": "", "transcript": "", "sound": b""}), value)


def _add_call(calls: list[Any], piece: dict[str, Any]) -> None:
    if "id" in piece:
        assert piece["index"] == len(calls)
        calls.append({name: value for name, value in piece.items() if name != "index"})
        return
    call = calls[piece["index"]]
    field = "arguments" if call["type"] == "function" else "input"
    call[call["type"]][field] += piece[call["type"]][field]


def _add_audio(audio: dict[str, Any], piece: dict[str, Any]) -> None:
    audio["id"] += piece.get("id", "")
    audio["transcript"] += piece.get("transcript", "")
    audio["sound"] += b64decode(piece.get("data", ""))
    if "expires_at" in piece:
        audio["expires_at"] = piece["expires_at"]


WORDS = st.lists(st.sampled_from(["a", " b", "", "é", '"', "\\", "\n", "👩"]), min_size=1, max_size=4)
SOME = WORDS.filter(any)


def calls(choice: int) -> st.SearchStrategy[list[Delta]]:
    """Up to three tool calls, each begun before its input comes."""
    one = st.tuples(st.sampled_from(["function", "custom"]), st.lists(WORDS, max_size=2))
    return st.lists(one, min_size=1, max_size=3).map(
        lambda made: [
            delta
            for number, (kind, inputs) in enumerate(made)
            for delta in (
                ToolStart(choice, number, f"call_{choice}{number}", "f", kind),
                *[ToolInput(choice, number, words) for words in inputs],
            )
        ]
    )


def answers(choice: int) -> st.SearchStrategy[list[Delta]]:
    """One choice's deltas, of any kind of answer."""
    thought = st.just([Thinking(choice, 3)]) | st.builds(lambda words: [Reasoning(choice, words)], SOME)
    said = st.one_of(
        st.lists(st.builds(lambda words: Text(choice, words), WORDS), min_size=1, max_size=3),
        st.builds(lambda words: [Text(choice, words), Annotations(choice, [CITED])], WORDS),
        st.builds(lambda words: [Text(choice, words, [token(word, "x") for word in words])], WORDS),
        st.lists(st.builds(lambda words: Refusal(choice, words), SOME), min_size=1, max_size=2),
        st.lists(
            st.builds(lambda words: Audio(choice, f"audio_{choice}", words, b"abcdef"), SOME), min_size=1, max_size=3
        ),
        calls(choice),
    )
    ends = st.sampled_from(["stop", "length", "tool_calls"])
    return st.builds(lambda *parts: [*parts[0], *parts[1], Stop(choice, parts[2])], st.just([]) | thought, said, ends)


@st.composite
def streams(draw: st.DrawFn) -> list[Burst]:
    """Bursts in which the choices' deltas take turns."""
    waiting = [draw(answers(choice)) for choice in range(draw(st.integers(1, 3)))]
    bursts: list[Burst] = []
    while any(waiting):
        burst: list[Delta] = []
        for deltas in waiting:
            taken = draw(st.integers(1, 3))
            burst += deltas[:taken]
            del deltas[:taken]
        bursts.append(burst)
    return [*bursts, [Finish(USED)]]


@given(bursts=streams())
def test_a_completion_is_what_its_chunks_add_up_to(bursts: list[Burst]) -> None:
    assert fold(chunked(bursts)) == whole(bursts)["choices"]


@given(pieces=st.lists(st.text('ab"é ', max_size=3), max_size=5), obfuscate=st.booleans())
def test_a_run_of_tokens_is_told_as_its_bursts_are(pieces: list[str], obfuscate: bool) -> None:
    one, other = (Chunks(Shape("chatcmpl-1", 1, "gpt-4o", "default", obfuscate=obfuscate)) for _ in range(2))
    first: Burst = (Text(0, ("He",)),)
    assert one.encode_all([first]) == [other.encode(first)]
    for choice in (0, 1):
        apart = [other.encode((Text(choice, (piece,)),)) for piece in pieces]
        assert one.encode_all(Run(choice, pieces)) == apart


@given(bursts=streams(), include_usage=st.booleans(), obfuscate=st.booleans())
def test_how_bursts_fall_changes_no_chunk(bursts: list[Burst], include_usage: bool, obfuscate: bool) -> None:
    more = {"include_usage": include_usage, "obfuscate": obfuscate}
    at_once = [[delta for burst in bursts for delta in burst]]
    assert chunked(bursts, **more) == chunked(at_once, **more)
    assert whole(bursts) == whole(at_once)
