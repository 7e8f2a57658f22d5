"""From tokens to deltas: characters, stop strings, calls, thoughts."""

import json

import pytest
from contract import tiny
from hypothesis import example, given
from hypothesis import strategies as st

from backends.words import Words
from fakeai.backends.wording import Detokenizer, Tags, Wording, open_end, read_call
from fakeai.core.chance import Ids
from fakeai.core.generation import Reasoning, Stop, Text, TokenLogprob, ToolInput, ToolStart

CALL = '<tool_call>\n{"name": "get", "arguments": {"city": "Rome"}}\n</tool_call>'


def said(pieces, stops=(), *, calls=False, begun="", parallel=True, special=(), reason="stop"):
    """The deltas of tokens of these texts."""
    words = Words(*special)
    tags = Tags(0, Ids(b""), calls=calls, begun=begun, parallel=parallel)
    wording = Wording(0, words, [], stops, tags if calls or begun else None)
    deltas = []
    for piece in pieces:
        deltas += wording.add(words.id(piece), TokenLogprob(piece, -1.0, ()))
        if wording.stopped:
            break
    return [*deltas, *wording.end(reason)]


def text(deltas):
    return "".join(piece for delta in deltas if isinstance(delta, Text) for piece in delta.pieces)


def calls(deltas):
    """Name and arguments of each call, its number and id checked."""
    starts = [delta for delta in deltas if isinstance(delta, ToolStart)]
    inputs = [delta for delta in deltas if isinstance(delta, ToolInput)]
    assert [start.call for start in starts] == list(range(len(starts))) == [given.call for given in inputs]
    assert len({start.id for start in starts}) == len(starts)
    return [(start.name, "".join(given.pieces)) for start, given in zip(starts, inputs, strict=True)]


def cuts(whole, at):
    """`whole` in pieces that end at the places `at`."""
    ends = sorted({place % (len(whole) + 1) for place in at} | {len(whole)})
    return [whole[start:end] for start, end in zip([0, *ends], ends, strict=False) if end > start]


@pytest.fixture(scope="module")
def bpe():
    pytest.importorskip("transformers", reason="needs the extra 'transformers'")
    made = tiny.tokenizer()
    made("once")  # the first text loads what the others need, which is no part of a text's time
    return made


@given(whole=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"), max_size=30))
@example("naïve 🙂🙃 北京")
def test_characters_come_whole_and_none_is_lost(bpe, whole):
    ids = bpe(whole)["input_ids"]
    words = Detokenizer(bpe, [])
    pieces = [words.add(token) for token in ids]
    assert "".join(pieces) == bpe.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    assert all("\ufffd" not in piece for piece in pieces)


def test_a_token_inside_a_character_says_nothing_and_the_last_one_all_of_it(bpe):
    ids = bpe.convert_tokens_to_ids(["ð", "Ł", "Ķ", "Ĳ"])
    words = Detokenizer(bpe, [])
    assert [words.add(token) for token in ids] == ["", "", "", "\U0001f510"]


def test_special_tokens_say_nothing_but_for_tags():
    words = Words("<|end|>", "<tool_call>")
    told = Detokenizer(words, [])
    assert [told.add(words.id(token)) for token in ("a", "<|end|>", "<tool_call>", "b")] == [
        "a",
        "",
        "<tool_call>",
        "b",
    ]


@given(
    st.text("ab", max_size=12),
    st.lists(st.text("ab", min_size=1, max_size=4), max_size=3),
    st.lists(st.integers(0, 20)),
)
@example("babaaa", ["a", "bab"], [2])
def test_text_ends_before_the_first_stop_string_however_it_is_cut_into_tokens(whole, stops, at):
    deltas = said(cuts(whole, at), stops)
    assert text(deltas) == by_character(whole, stops)


def by_character(whole, stops):
    """What is left when each character is looked at as it comes."""
    for end in range(1, len(whole) + 1):
        complete = [stop for stop in stops if whole[:end].endswith(stop)]
        if complete:
            return whole[: end - max(map(len, complete))]
    return whole


def test_a_token_cut_by_a_stop_string_keeps_its_log_probability_and_later_ones_are_not_listed():
    deltas = said(["one ", "two thr", "ee"], ["three"])
    assert deltas[:-1] == [
        Text(0, ["one "], [TokenLogprob("one ", -1.0, ())]),
        Text(0, ["two "], [TokenLogprob("two thr", -1.0, ())]),
    ]


def test_what_might_have_become_a_stop_string_is_told_at_the_end():
    assert text(said(["no", "t", " y"], ["yes"])) == "not y"


@given(st.text("ab", max_size=9), st.lists(st.text("ab", min_size=1, max_size=4), max_size=3))
def test_an_open_end_is_where_a_mark_may_have_begun(whole, marks):
    ends = [at for at in range(len(whole)) if any(mark.startswith(whole[at:]) and mark != whole[at:] for mark in marks)]
    complete = any(mark in whole for mark in marks)
    if not complete:
        assert open_end(whole, marks) == min(ends, default=len(whole))


@given(st.lists(st.integers(0, 200)))
@example([])
@example(list(range(200)))
def test_calls_are_found_however_they_are_cut_into_tokens(at):
    whole = f"Let me look.\n{CALL}\n{CALL}"
    deltas = said(cuts(whole, at), calls=True)
    assert text(deltas) == "Let me look.\n"
    assert calls(deltas) == [("get", '{"city": "Rome"}')] * 2
    assert deltas[-1] == Stop(0, "tool_calls")


def test_one_call_is_enough_where_no_more_are_wanted():
    deltas = said([CALL, CALL], calls=True, parallel=False)
    assert len(calls(deltas)) == 1
    assert deltas[-1] == Stop(0, "tool_calls")


@pytest.mark.parametrize(
    "spoilt", [CALL.replace('"name"', '"nome"'), CALL.replace("}}", "}"), "<tool_call>[]</tool_call>"]
)
def test_what_is_no_call_is_text(spoilt):
    deltas = said(cuts(spoilt, [3, 17]), calls=True)
    assert calls(deltas) == []
    assert text(deltas) == spoilt
    assert deltas[-1] == Stop(0, "stop")


def test_a_call_without_its_end_counts_if_it_is_whole():
    assert calls(said([CALL.removesuffix("</tool_call>")], calls=True)) == [("get", '{"city": "Rome"}')]
    deltas = said([CALL[:20]], calls=True, reason="length")
    assert (calls(deltas), text(deltas), deltas[-1]) == ([], CALL[:20], Stop(0, "length"))


def test_an_answer_that_begins_inside_a_call_needs_no_tag():
    assert calls(said(['{"name": "get", ', '"arguments": {}}'], calls=True, begun="call")) == [("get", "{}")]


@given(st.lists(st.integers(0, 60)))
@pytest.mark.parametrize("begun", ["", "thought"])
def test_thoughts_are_told_apart_however_they_are_cut_into_tokens(begun, at):
    whole = ("" if begun else "\n<think>") + "First a < b.\n</think>\n\nSo it is."
    deltas = said(cuts(whole, at), calls=True, begun=begun)
    thought = "".join(piece for delta in deltas if isinstance(delta, Reasoning) for piece in delta.pieces)
    assert (thought, text(deltas)) == ("First a < b.\n", "So it is.")


def test_a_tag_of_thought_later_in_the_text_is_text():
    assert text(said(["Write <think>", " first."], calls=True)) == "Write <think> first."


@given(st.text('<>toi_cal/{}" \n', max_size=40), st.lists(st.integers(0, 60)))
def test_text_without_tags_goes_through_unchanged(whole, at):
    if any(tag in whole for tag in ("<tool_call>", "<think>")):
        return
    assert text(said(cuts(whole, at), calls=True)) == whole


FRAGMENTS = ["<tool_call>", "</tool_call>", "<think>", "</think>", "\n", " ", "a", "<", "}", CALL, "<tool", "_call>"]


@given(
    st.lists(st.sampled_from(FRAGMENTS), max_size=8), st.lists(st.integers(0, 200)), st.sampled_from(["", "thought"])
)
@example(["<think>", "<tool_call>", CALL], [9], "")
def test_tags_in_any_order_mean_the_same_however_they_are_cut_into_tokens(parts, at, begun):
    def told(pieces):
        deltas = said(pieces, calls=True, begun=begun)
        thought = "".join(piece for delta in deltas if isinstance(delta, Reasoning) for piece in delta.pieces)
        return text(deltas), calls(deltas), thought, deltas[-1]

    whole = "".join(parts)
    assert told(cuts(whole, at)) == told(list(whole))


def test_a_call_is_read_with_its_arguments_as_json_text():
    assert read_call('{"name": "f", "arguments": {"ä": 1}}') == ("f", '{"ä": 1}')
    assert read_call('{"name": "f", "arguments": "{\\"a\\": 1}"}') == ("f", '{"a": 1}')
    assert read_call('{"name": "f", "parameters": {"a": 1}}') == ("f", '{"a": 1}')
    assert read_call('{"name": "f"}') == ("f", "{}")
    assert read_call(json.dumps(["f"])) is None
    assert read_call("") is None
