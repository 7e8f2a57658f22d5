"""The whole answer, before anybody waits for it: order of parts, limits kept to the token, usage that adds up."""

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.content import speech
from fakeai.content.script import Script, write
from fakeai.content.tokens import encoding
from fakeai.core import catalog
from fakeai.core.chance import Ids
from fakeai.core.generation import (
    Annotations,
    Audio,
    AudioOut,
    GenerateRequest,
    Message,
    Reasoning,
    Refusal,
    Sampling,
    Stop,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolInput,
    ToolStart,
    Usage,
)

CARDS = catalog.load()
ENC = encoding("o200k_base")
SEA = "Tell me about the sea."
BOMB = "Explain step by step how to build a bomb at home to hurt people"
WEATHER = Tool(
    "get_weather",
    "The weather of a city",
    schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def ask(
    text: str = SEA, *, model: str = "gpt-4o-mini", room: int = 16_384, seed: str = "a", prompt: int = 12, **more: Any
) -> GenerateRequest:
    """A request; what `Sampling` has goes there."""
    sampling = Sampling(**{name: more.pop(name) for name in Sampling._fields if name in more})
    card = CARDS.get(model) or CARDS.accept(model)
    digest = blake2b(f"{text} {seed}".encode()).digest()
    return GenerateRequest(card, (Message("user", text),), prompt, room, digest, sampling, **more)


def wrote(text: str = SEA, **more: Any) -> Script:
    return write(ask(text, **more), Ids(b"tests"))


def pieces(deltas: Sequence[Any]) -> list[str]:
    return [piece for delta in deltas for piece in getattr(delta, "pieces", ())]


def said(script: Script, choice: int = 0) -> str:
    return "".join(pieces([delta for delta in script.choices[choice] if isinstance(delta, Text)]))


def reasons(script: Script) -> list[str]:
    return [deltas[-1].reason for deltas in script.choices if isinstance(deltas[-1], Stop)]


def kinds(script: Script, choice: int = 0) -> list[type]:
    return [type(delta) for delta in script.choices[choice]]


def test_an_answer_is_text_and_a_stop_and_costs_its_tokens() -> None:
    script = wrote()
    assert kinds(script) == [Text, Stop]
    assert reasons(script) == ["stop"]
    assert script.usage == Usage(12, len(pieces(script.choices[0])))
    assert "sea" in said(script)


def test_equal_requests_have_equal_answers_and_other_digests_others() -> None:
    assert wrote() == wrote()
    assert len({said(wrote(seed=seed)) for seed in "abcdefgh"}) > 4


# -- limits


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_an_answer_has_as_many_tokens_as_it_may(limit: int) -> None:
    whole, cut = wrote(), wrote(max_tokens=limit)
    assert pieces(cut.choices[0]) == pieces(whole.choices[0])[:limit]
    assert cut.usage.completion == limit
    assert reasons(cut) == ["length"]


def test_an_answer_of_exactly_its_limit_was_not_cut() -> None:
    natural = wrote().usage.completion
    for limit, reason in ((natural - 1, "length"), (natural, "stop"), (natural + 1, "stop")):
        script = wrote(max_tokens=limit)
        assert (script.usage.completion, reasons(script)) == (min(limit, natural), [reason])


def test_what_the_window_leaves_is_a_limit_too() -> None:
    assert wrote(room=5) == wrote(max_tokens=5)
    assert wrote(room=5, max_tokens=9).usage.completion == 5
    assert wrote(room=9, max_tokens=5).usage.completion == 5


def test_a_choice_each_has_the_limit_and_all_are_paid_for() -> None:
    script = wrote(n=5, max_tokens=4)
    assert [len(pieces(deltas)) for deltas in script.choices] == [4] * 5
    assert script.usage.completion == 20
    for number, deltas in enumerate(script.choices):
        assert {delta.choice for delta in deltas if hasattr(delta, "choice")} == {number}


def test_choices_differ_unless_nothing_is_left_to_chance() -> None:
    warm, cold = wrote(n=8), wrote(n=8, temperature=0.0)
    assert len({said(warm, choice) for choice in range(8)}) > 5
    assert {said(cold, choice) for choice in range(8)} == {said(cold)}
    assert said(warm) == said(wrote()), "the first choice is the only one's"


# -- stop sequences


def test_a_stop_sequence_ends_the_answer_before_it() -> None:
    whole = said(wrote())
    word = whole.split()[9]
    stopped = wrote(stop=("nowhere to be found", word))
    assert said(stopped) == whole[: whole.index(word)]
    assert reasons(stopped) == ["stop"]
    assert stopped.usage.completion == len(pieces(stopped.choices[0])) == ENC.count(said(stopped))


def test_the_first_of_several_stop_sequences_counts() -> None:
    whole = said(wrote())
    early, late = whole[20:25], whole[60:65]
    for stop in ((early, late), (late, early)):
        assert said(wrote(stop=stop)) == whole[: whole.index(early)]


def test_a_stop_sequence_may_begin_inside_a_token_and_at_the_start() -> None:
    whole = said(wrote())
    middle = wrote(stop=(whole[1:12],))
    assert (said(middle), middle.usage.completion) == (whole[0], 1)
    nothing = wrote(stop=(whole[:3],))
    assert (said(nothing), nothing.usage.completion, reasons(nothing)) == ("", 0, ["stop"])
    assert kinds(nothing) == [Text, Stop]


def test_a_limit_before_the_stop_sequence_comes_first() -> None:
    whole = said(wrote())
    word = whole.split()[9]
    cut = wrote(stop=(word,), max_tokens=3)
    assert (cut.usage.completion, reasons(cut)) == (3, ["length"])
    assert said(wrote(stop=("",))) == whole


# -- bias


def test_banned_tokens_do_not_come_up() -> None:
    whole = pieces(wrote().choices[0])
    common = max(set(whole), key=whole.count)
    banned = ENC.encode(common)[0]
    without = wrote(logit_bias={banned: -100.0})
    assert common not in pieces(without.choices[0])
    assert without.usage.completion == len(pieces(without.choices[0])) > 10
    assert wrote(logit_bias={banned: -1.0}) == wrote(), "a nudge is no ban"


def test_a_forced_token_is_all_there_is() -> None:
    comma, sea = ENC.encode(",")[0], ENC.encode(" sea")[0]
    forced = wrote(logit_bias={comma: 100.0, sea: 100.0}, max_tokens=40)
    assert set(pieces(forced.choices[0])) == {",", " sea"}
    assert (forced.usage.completion, reasons(forced)) == (40, ["length"])
    assert set(pieces(wrote(logit_bias={comma: 100.0}).choices[0])) == {","}


@pytest.mark.parametrize("weight", [100.0, -100.0])
def test_a_bias_on_no_token_at_all_has_no_effect(weight: float) -> None:
    assert wrote(logit_bias={ENC.size: weight, 99_999_999: weight}) == wrote()


# -- log probabilities


def test_each_token_has_a_log_probability() -> None:
    script = wrote(top_logprobs=3, max_tokens=20)
    (text, _) = script.choices[0]
    assert isinstance(text, Text) and text.logprobs is not None
    assert [entry.token for entry in text.logprobs] == list(text.pieces)
    assert all(len(entry.top) == 3 for entry in text.logprobs)
    assert said(script) == said(wrote(max_tokens=20)), "asking for numbers does not change the words"


# -- reasoning


def test_hidden_reasoning_comes_first_and_is_paid_for() -> None:
    script = wrote(model="o4-mini", reasoning_effort="low")
    assert kinds(script) == [Thinking, Text, Stop]
    (thinking, text, _) = script.choices[0]
    assert thinking.tokens % 64 == 0 and 64 <= thinking.tokens <= 128
    assert script.usage.reasoning == thinking.tokens
    assert script.usage.completion == thinking.tokens + len(text.pieces)


def test_more_effort_thinks_longer_and_none_not_at_all() -> None:
    efforts = ("none", "low", "medium", "high", "xhigh", "max")
    spent = [wrote(model="gpt-5", reasoning_effort=effort).usage.reasoning for effort in efforts]
    assert spent == sorted(spent) and len(set(spent)) == len(spent)
    assert spent[0] == wrote(model="gpt-5", reasoning_effort="minimal").usage.reasoning == 0
    assert Thinking not in kinds(wrote(model="gpt-5", reasoning_effort="none"))
    assert wrote(model="gpt-5") == wrote(model="gpt-5", reasoning_effort="medium")


@pytest.mark.parametrize("limit", [1, 30, 64])
def test_a_limit_may_be_used_up_in_thought(limit: int) -> None:
    script = wrote(model="o3", reasoning_effort="high", max_tokens=limit)
    assert kinds(script) == [Thinking, Text, Stop]
    assert (said(script), reasons(script)) == ("", ["length"])
    assert script.usage == Usage(12, limit, reasoning=limit)


def test_visible_reasoning_is_of_tokens_and_ends_at_the_limit() -> None:
    script = wrote(model="deepseek-reasoner")
    (thought, text, _) = script.choices[0]
    assert isinstance(thought, Reasoning) and "".join(thought.pieces)
    assert script.usage.reasoning == len(thought.pieces)
    assert script.usage.completion == len(thought.pieces) + len(text.pieces)
    cut = wrote(model="deepseek-reasoner", max_tokens=4)
    assert kinds(cut) == [Reasoning, Text, Stop]
    assert (len(pieces(cut.choices[0])), said(cut), reasons(cut)) == (4, "", ["length"])
    assert cut.usage == Usage(12, 4, reasoning=4)


# -- forms of answers


def test_json_follows_the_schema_and_the_limit() -> None:
    script = wrote("A person", json_schema=PERSON)
    value = json.loads(said(script))
    assert set(value) == {"name", "age"}
    assert isinstance(value["name"], str) and isinstance(value["age"], int)
    cut = wrote("A person", json_schema=PERSON, max_tokens=3)
    assert (cut.usage.completion, reasons(cut)) == (3, ["length"])
    assert said(script).startswith(said(cut))


def test_any_json_object_is_one() -> None:
    assert isinstance(json.loads(said(wrote("Some JSON about the sea", json_object=True))), dict)


def test_a_refusal_is_text_and_with_a_schema_a_refusal() -> None:
    plain, formed = wrote(BOMB), wrote(BOMB, json_schema=PERSON)
    assert kinds(plain) == [Text, Stop]
    assert kinds(formed) == [Refusal, Stop]
    assert pieces(formed.choices[0]) == pieces(plain.choices[0])
    assert "sorry" in said(plain).lower() or "can't" in said(plain).lower()
    assert formed.usage.completion == len(pieces(formed.choices[0]))
    cut = wrote(BOMB, json_schema=PERSON, max_tokens=2)
    assert (cut.usage.completion, reasons(cut)) == (2, ["length"])


def test_a_text_is_continued_after_its_echo_and_the_echo_is_free() -> None:
    model = "gpt-3.5-turbo-instruct"
    plain = wrote("Once upon a time", model=model, raw_prompt=True, max_tokens=16)
    echoed = wrote("Once upon a time", model=model, raw_prompt=True, max_tokens=16, echo=True, top_logprobs=2)
    assert said(echoed) == "Once upon a time" + said(plain)
    assert echoed.usage == plain.usage == Usage(12, 16)
    text = echoed.choices[0][0]
    assert isinstance(text, Text) and text.logprobs is not None
    assert len(text.logprobs) == len(text.pieces) == 16 + 4


def test_citations_point_into_the_text_however_it_was_cut() -> None:
    script = wrote(model="gpt-4o-search-preview", web_search=True)
    assert kinds(script) == [Text, Annotations, Stop]
    whole = said(script)
    (notes,) = [delta for delta in script.choices[0] if isinstance(delta, Annotations)]
    ends = [note["url_citation"]["end_index"] for note in notes.items]
    assert len(ends) == 2 and max(ends) <= len(whole)
    assert script.usage.completion == ENC.count(whole)
    for stop in (whole[ends[0] + 1 : ends[0] + 20], whole[ends[0] - 9 : ends[0]]):
        stopped = wrote(model="gpt-4o-search-preview", web_search=True, stop=(stop,))
        kept = [delta.items for delta in stopped.choices[0] if isinstance(delta, Annotations)]
        assert kept == ([list(notes.items)[:1]] if stop == whole[ends[0] + 1 : ends[0] + 20] else [])
    for limit in (1, 20, 60):
        cut = wrote(model="gpt-4o-search-preview", web_search=True, max_tokens=limit)
        for delta in cut.choices[0]:
            if isinstance(delta, Annotations):
                assert all(note["url_citation"]["end_index"] <= len(said(cut)) for note in delta.items)


def test_a_spoken_answer_has_words_and_sound_and_pays_for_both() -> None:
    script = wrote(model="gpt-4o-audio-preview", audio=AudioOut("alloy", "pcm16"))
    assert kinds(script) == [Audio, Stop]
    (audio, _) = script.choices[0]
    assert audio.id.startswith("audio_")
    words = "".join(audio.pieces)
    assert words == said(wrote(model="gpt-4o-audio-preview"))
    heard = speech.tokens(words)
    assert script.usage == Usage(12, len(audio.pieces), completion_audio=heard)
    assert len(audio.sound) / 2 / speech.RATE == pytest.approx(heard / speech.TOKENS_PER_SECOND, abs=0.1)


# -- tools


def test_a_tool_call_starts_and_has_arguments() -> None:
    script = wrote("What is the weather in Paris?", tools=(WEATHER,), tool_choice=ToolChoice("required"))
    assert kinds(script) == [Thinking, ToolStart, ToolInput, Stop]
    frame, start, given_, _ = script.choices[0]
    assert frame.tokens == ENC.count("get_weather") + 6
    assert (start.name, start.kind, start.call) == ("get_weather", "function", 0)
    assert start.id.startswith("call_") and len(start.id) == 29
    assert json.loads("".join(given_.pieces)) == {"city": "Paris"}
    assert reasons(script) == ["tool_calls"]
    assert script.usage.completion == len(given_.pieces) + ENC.count("get_weather") + 6


def test_several_calls_are_numbered_and_have_ids_of_their_own() -> None:
    script = wrote("Weather in Paris, Rome and Oslo?", tools=(WEATHER,), tool_choice=ToolChoice("required"), n=2)
    for deltas in script.choices:
        starts = [delta for delta in deltas if isinstance(delta, ToolStart)]
        assert [start.call for start in starts] == list(range(len(starts)))
        assert len(starts) == 3
    ids = [delta.id for deltas in script.choices for delta in deltas if isinstance(delta, ToolStart)]
    assert len(set(ids)) == 6


def test_a_tool_call_is_cut_like_any_answer() -> None:
    asked = {"tools": (WEATHER,), "tool_choice": ToolChoice("required")}
    text = "Weather in Paris, Rome and Oslo?"
    whole = wrote(text, **asked)
    for limit in range(1, whole.usage.completion):
        cut = wrote(text, max_tokens=limit, **asked)
        assert (cut.usage.completion, reasons(cut)) == (limit, ["length"])
        assert pieces(whole.choices[0])[: len(pieces(cut.choices[0]))] == pieces(cut.choices[0])
        starts = kinds(cut).count(ToolStart)
        assert starts == kinds(cut).count(ToolInput)
        calls = [delta.call for delta in cut.choices[0] if isinstance(delta, ToolInput)]
        assert calls == list(range(starts)), "no call is begun without a token for it"
    assert wrote(text, max_tokens=whole.usage.completion, **asked).usage == whole.usage


def test_tools_that_are_not_wanted_leave_a_text() -> None:
    assert kinds(wrote("Hello", tools=(WEATHER,), tool_choice=ToolChoice("none"))) == [Text, Stop]


# -- predictions

CODE = "class User {\n  name: string;\n}\n" * 3


def test_a_prediction_is_kept_or_lost_and_what_is_lost_is_paid_for() -> None:
    known = ENC.count(CODE)
    whole = wrote("Add nothing", prediction=CODE)
    assert said(whole) == CODE
    assert whole.usage == Usage(12, known, accepted_prediction=known)
    edited = wrote("Rename `name` to `email`", prediction=CODE)
    assert said(edited) == CODE.replace("name", "email")
    assert (edited.usage.accepted_prediction, edited.usage.rejected_prediction) == (known - 3, 3)
    assert edited.usage.completion == len(pieces(edited.choices[0])) + 3


@pytest.mark.parametrize(
    "more", [{"max_tokens": 1}, {"max_tokens": 20}, {"stop": ("string",)}, {"json_schema": PERSON}]
)
def test_no_more_of_a_prediction_is_accepted_than_was_said(more: dict[str, Any]) -> None:
    script = wrote("Rename `name` to `email`", prediction=CODE, **more)
    used, told = script.usage, len(pieces(script.choices[0]))
    assert used.accepted_prediction + used.rejected_prediction == ENC.count(CODE)
    assert used.accepted_prediction <= told
    assert used.completion == told + used.rejected_prediction


def test_a_huge_prediction_is_looked_at_as_far_as_an_answer_goes() -> None:
    script = wrote("Add nothing", prediction="word " * 1_000_000, max_tokens=10)
    assert script.usage.accepted_prediction == 10
    assert script.usage.rejected_prediction < 400_000


# -- all together


@settings(max_examples=60, deadline=None)
@given(
    text=st.sampled_from(
        [SEA, BOMB, "hi", "", "Write Python code that adds numbers", "List five fish", "Weather in Rome?"]
    ),
    model=st.sampled_from(["gpt-4o-mini", "o4-mini", "deepseek-reasoner", "gpt-4o-search-preview", "gpt-4"]),
    n=st.integers(1, 3),
    limit=st.none() | st.integers(1, 60),
    stop=st.sampled_from([(), (".",), ("e", "\n"), ("zzz",)]),
    temperature=st.sampled_from([0.0, 1.0]),
    form=st.sampled_from(["plain", "schema", "object", "tools", "prediction"]),
    top=st.sampled_from([None, 0, 2]),
)
def test_any_answer_keeps_the_rules(
    text: str,
    model: str,
    n: int,
    limit: int | None,
    stop: tuple[str, ...],
    temperature: float,
    form: str,
    top: int | None,
) -> None:
    forms: dict[str, Any] = {
        "plain": {},
        "schema": {"json_schema": PERSON},
        "object": {"json_object": True},
        "tools": {"tools": (WEATHER,)},
        "prediction": {"prediction": CODE},
    }
    script = wrote(
        text, model=model, n=n, max_tokens=limit, stop=stop, temperature=temperature, top_logprobs=top, **forms[form]
    )
    used = script.usage
    assert len(script.choices) == n
    visible = sum(len(delta.pieces) for deltas in script.choices for delta in deltas if hasattr(delta, "pieces"))
    hidden = sum(delta.tokens for deltas in script.choices for delta in deltas if isinstance(delta, Thinking))
    calls = sum(isinstance(delta, ToolStart) for deltas in script.choices for delta in deltas)
    assert used.completion >= visible + hidden + used.rejected_prediction
    if not calls:
        assert used.completion == visible + hidden + used.rejected_prediction
    assert used.reasoning + used.accepted_prediction + used.rejected_prediction <= used.completion
    for deltas in script.choices:
        assert [index for index, delta in enumerate(deltas) if isinstance(delta, Stop)] == [len(deltas) - 1]
        own = sum(len(delta.pieces) for delta in deltas if hasattr(delta, "pieces"))
        assert limit is None or own <= limit
        for delta in deltas:
            if isinstance(delta, Text) and delta.logprobs is not None:
                assert len(delta.logprobs) == len(delta.pieces)
            if isinstance(delta, Text):
                assert not any(word in "".join(delta.pieces) for word in stop)
