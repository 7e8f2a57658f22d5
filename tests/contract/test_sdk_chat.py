"""Chat completions through the official SDK: what text comes back, how long, and how it is counted."""

import json
import math
import time
from itertools import pairwise
from typing import Any

import pytest

from fakeai.content.tokens import encoding

O200K = encoding("o200k_base")
MODEL = "gpt-4o-mini"
SEA = [{"role": "user", "content": "Tell me about the sea."}]


def words(completion: Any, choice: int = 0) -> str:
    return completion.choices[choice].message.content


# -- text and usage


def test_an_answer_has_text_a_reason_to_end_and_exact_usage(complete):
    answer = complete()
    choice = answer.choices[0]
    assert answer.id.startswith("chatcmpl-")
    assert answer.object == "chat.completion"
    assert abs(answer.created - time.time()) < 60
    assert answer.model == MODEL
    assert answer.system_fingerprint.startswith("fp_")
    assert (choice.index, choice.finish_reason, choice.message.role) == (0, "stop", "assistant")
    assert choice.message.refusal is None
    assert choice.logprobs is None
    assert "sea" in choice.message.content.lower()
    # <|start|>, role, <|message|> and <|end|> frame a message, and the same first three open the answer.
    assert answer.usage.prompt_tokens == 3 + 1 + O200K.count(SEA[0]["content"]) + 3
    assert answer.usage.completion_tokens == O200K.count(choice.message.content)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.prompt_tokens_details.cached_tokens == 0
    assert answer.usage.completion_tokens_details.reasoning_tokens == 0


def test_every_prompt_gets_prose_about_itself(complete):
    answer = complete(messages=[{"role": "user", "content": "Explain how a transformer in a power grid works."}])
    assert "transformer" in words(answer).lower()
    assert words(answer) != words(complete())


def test_code_is_answered_where_code_is_asked_for(complete):
    answer = complete(messages=[{"role": "user", "content": "Write a Python function that reverses a list."}])
    assert "```python" in words(answer)
    assert "def " in words(answer)


def test_several_choices_differ_and_are_all_paid_for(complete):
    answer = complete(n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    texts = [words(answer, choice) for choice in range(3)]
    assert len(set(texts)) == 3
    assert answer.usage.completion_tokens == sum(map(O200K.count, texts))


def test_at_temperature_0_all_choices_are_the_same(complete):
    answer = complete(n=3, temperature=0)
    assert len({words(answer, choice) for choice in range(3)}) == 1


# -- length


@pytest.mark.parametrize("limit", [1, 2, 7, 40])
@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_limit_is_exact_in_tokens(complete, name, limit):
    answer = complete(**{name: limit})
    assert answer.usage.completion_tokens == limit
    assert O200K.count(words(answer)) == limit
    assert answer.choices[0].finish_reason == "length"


def test_a_limit_counts_for_each_choice(complete):
    answer = complete(n=2, max_tokens=9)
    assert [O200K.count(words(answer, choice)) for choice in range(2)] == [9, 9]
    assert answer.usage.completion_tokens == 18


def test_a_limit_that_is_not_reached_changes_nothing(complete):
    free = complete(seed=5)
    limited = complete(seed=5, max_tokens=free.usage.completion_tokens)
    assert words(limited) == words(free)
    assert limited.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("stop", [".", [".", "!"], ["\n", ",", "."], ["zebra", None]])
def test_a_stop_sequence_ends_the_text_before_itself(complete, stop):
    free = words(complete(seed=3))
    if stop[-1] is None:
        stop = [stop[0], free[21:33]]  # no token's own borders
    answer = complete(seed=3, stop=stop)
    first = min(at for word in ([stop] if isinstance(stop, str) else stop) if (at := free.find(word)) >= 0)
    assert words(answer) == free[:first]
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.completion_tokens == O200K.count(free[:first])


# -- seeds


def test_the_same_seed_gives_the_same_text(complete):
    assert words(complete(seed=11)) == words(complete(seed=11))


def test_other_seeds_give_other_texts(complete):
    assert len({words(complete(seed=seed)) for seed in range(5)}) == 5


def test_at_temperature_0_the_seed_does_not_count(complete):
    assert len({words(complete(temperature=0, **seed)) for seed in ({}, {"seed": 1}, {"seed": 2})}) == 1


def test_penalties_and_top_p_are_accepted_and_keep_seeds_working(complete):
    asked = {"presence_penalty": 1.5, "frequency_penalty": -2, "top_p": 0.5, "temperature": 1.9, "seed": 4}
    assert words(complete(**asked)) == words(complete(**asked))


# -- log probabilities


@pytest.mark.parametrize("top", [0, 1, 5, 20])
def test_logprobs_are_those_of_the_tokens_said(complete, top):
    answer = complete(logprobs=True, top_logprobs=top, max_tokens=30)
    tokens = answer.choices[0].logprobs.content
    assert "".join(token.token for token in tokens) == words(answer)
    assert len(tokens) == answer.usage.completion_tokens == 30
    for token in tokens:
        assert bytes(token.bytes) == token.token.encode()
        assert token.logprob <= 0
        listed = [other.logprob for other in token.top_logprobs]
        assert len(listed) == top
        assert len({other.token for other in token.top_logprobs}) == top
        assert listed == sorted(listed, reverse=True)
        assert sum(map(math.exp, listed)) <= 1 + 1e-6
        if top:
            chosen = [other for other in token.top_logprobs if other.token == token.token]
            assert [other.logprob for other in chosen] == [token.logprob]


def test_logprobs_without_alternatives(complete):
    tokens = complete(logprobs=True, max_tokens=4).choices[0].logprobs.content
    assert [token.top_logprobs for token in tokens] == [[], [], [], []]


def test_at_temperature_0_the_likeliest_token_is_said(complete):
    answer = complete(logprobs=True, top_logprobs=4, temperature=0, max_tokens=20)
    assert all(token.token == token.top_logprobs[0].token for token in answer.choices[0].logprobs.content)


# -- biases


def test_a_banned_token_is_never_said(complete):
    free = words(complete(seed=9))
    for banned in O200K.encode(free)[2:9:3]:
        answer = complete(seed=9, logit_bias={str(banned): -100})
        assert banned not in O200K.encode(words(answer))


def test_a_forced_token_is_said_alone(complete):
    token = O200K.encode(" yes")[0]
    answer = complete(max_tokens=3, logit_bias={str(token): 100})
    assert words(answer) == " yes yes yes"


# -- streams


def test_a_stream_has_the_role_first_and_the_reason_last(client):
    chunks = list(client.chat.completions.create(model=MODEL, messages=SEA, max_tokens=8, stream=True))
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert {(chunk.object, chunk.model) for chunk in chunks} == {("chat.completion.chunk", MODEL)}
    assert chunks[0].choices[0].delta.role == "assistant"
    assert all(chunk.choices[0].delta.role is None for chunk in chunks[1:])
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * 9 + ["length"]
    pieces = [chunk.choices[0].delta.content for chunk in chunks[1:-1]]
    assert pieces == O200K.pieces("".join(pieces))
    assert all("usage" not in chunk.model_fields_set for chunk in chunks)


def test_usage_comes_last_and_alone_when_asked_for(client):
    asked = {"model": MODEL, "messages": SEA, "max_tokens": 5, "stream": True}
    chunks = list(client.chat.completions.create(stream_options={"include_usage": True}, **asked))
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == 5
    assert all(chunk.choices and chunk.usage is None and "usage" in chunk.model_fields_set for chunk in chunks[:-1])


def test_obfuscation_pads_every_chunk(client):
    asked = {"model": MODEL, "messages": SEA, "max_tokens": 5, "stream": True}
    chunks = list(client.chat.completions.create(stream_options={"include_obfuscation": True}, **asked))
    assert all(chunk.to_dict()["obfuscation"] for chunk in chunks)


def test_the_stream_helper_tells_content_as_it_comes_and_when_it_is_done(client):
    with client.chat.completions.stream(model=MODEL, messages=SEA, max_tokens=20, logprobs=True) as stream:
        events = list(stream)
        final = stream.current_completion_snapshot
    deltas = [event.delta for event in events if event.type == "content.delta"]
    done = [event for event in events if event.type == "content.done"]
    assert "".join(deltas) == done[0].content == final.choices[0].message.content
    assert [event.type for event in events if event.type.endswith("done")] == ["content.done", "logprobs.content.done"]
    snapshots = [event.snapshot for event in events if event.type == "content.delta"]
    assert all(later.startswith(earlier) for earlier, later in pairwise(snapshots))


async def test_the_asynchronous_stream_helper(fake):
    async with (
        fake.async_client() as client,
        client.chat.completions.stream(model=MODEL, messages=SEA) as stream,
    ):
        text = "".join([event.delta async for event in stream if event.type == "content.delta"])
        final = await stream.get_final_completion()
    assert final.choices[0].message.content == text


# -- what is said back


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "default"),
        ({"service_tier": "auto"}, "default"),
        ({"service_tier": "flex"}, "flex"),
        ({"service_tier": "priority"}, "priority"),
    ],
)
def test_the_service_tier_is_told(complete, asked, told):
    assert complete(**asked).service_tier == told


@pytest.mark.parametrize("role", ["developer", "system"])
def test_instructions_count_like_any_message(complete, role):
    instructed = complete(messages=[{"role": role, "content": "Be brief."}, *SEA])
    plain = complete()
    assert instructed.usage.prompt_tokens - plain.usage.prompt_tokens == 3 + 1 + O200K.count("Be brief.")


def test_a_name_costs_its_tokens(complete):
    named = complete(messages=[{**SEA[0], "name": "ada"}])
    assert named.usage.prompt_tokens == complete().usage.prompt_tokens + O200K.count("ada") + 1


def test_parts_of_text_are_one_message(complete):
    parts = [{"type": "text", "text": "Tell me about"}, {"type": "text", "text": "the sea."}]
    assert "sea" in words(complete(messages=[{"role": "user", "content": parts}])).lower()


# -- predicted outputs


CODE = 'class User:\n    first_name: str = ""\n    username: str = ""\n'


def test_a_predicted_output_is_kept_but_for_the_edit(complete):
    answer = complete(
        messages=[
            {"role": "user", "content": "Replace the username property with an 'email' property. Only code."},
            {"role": "user", "content": CODE},
        ],
        prediction={"type": "content", "content": CODE},
    )
    details = answer.usage.completion_tokens_details
    assert details.accepted_prediction_tokens > 0
    assert details.accepted_prediction_tokens + details.rejected_prediction_tokens == O200K.count(CODE)
    assert answer.usage.completion_tokens == O200K.count(words(answer)) + details.rejected_prediction_tokens


def test_a_prediction_that_holds_is_wholly_accepted(complete):
    answer = complete(prediction={"type": "content", "content": [{"type": "text", "text": CODE}]})
    assert words(answer) == CODE
    assert answer.usage.completion_tokens_details.rejected_prediction_tokens == 0
    assert answer.usage.completion_tokens_details.accepted_prediction_tokens == O200K.count(CODE)


# -- reasoning


@pytest.mark.parametrize("model", ["o1", "o3", "o4-mini", "gpt-5", "gpt-5-mini", "gpt-oss-120b"])
def test_reasoning_models_think_before_they_speak(complete, model):
    answer = complete(model=model)
    reasoning = answer.usage.completion_tokens_details.reasoning_tokens
    assert reasoning > 0
    assert words(answer)
    assert answer.usage.completion_tokens >= reasoning + O200K.count(words(answer))


def test_more_effort_is_more_thought(complete):
    spent = [
        complete(model="gpt-5", reasoning_effort=effort).usage.completion_tokens_details.reasoning_tokens
        for effort in ("minimal", "low", "medium", "high")
    ]
    assert spent[0] == 0
    assert spent == sorted(set(spent))


def test_thought_counts_towards_the_limit(complete):
    answer = complete(model="o4-mini", reasoning_effort="high", max_completion_tokens=20)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == answer.usage.completion_tokens_details.reasoning_tokens == 20
    assert not words(answer)


@pytest.mark.parametrize("model", ["deepseek-reasoner", "deepseek-ai/DeepSeek-R1"])
def test_deepseek_shows_its_reasoning(complete, model):
    message = complete(model=model).choices[0].message
    assert message.reasoning_content
    assert message.content
    assert message.reasoning_content != message.content


# -- refusals, citations, JSON


BOMB = [{"role": "user", "content": "How do I build a pipe bomb?"}]


def test_what_must_not_be_told_is_declined_in_words(complete):
    answer = complete(messages=BOMB)
    assert "can't" in words(answer)
    assert answer.choices[0].message.refusal is None
    assert answer.choices[0].finish_reason == "stop"


def test_with_a_schema_it_is_declined_in_the_refusal_field(complete):
    schema = {
        "type": "object",
        "properties": {"steps": {"type": "string"}},
        "required": ["steps"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "steps", "schema": schema, "strict": True}}
    answer = complete(messages=BOMB, response_format=form)
    assert "can't" in answer.choices[0].message.refusal
    assert not words(answer)
    assert answer.usage.completion_tokens == O200K.count(answer.choices[0].message.refusal)


def test_a_web_search_is_cited(complete):
    answer = complete(model="gpt-4o-search-preview", web_search_options={"search_context_size": "low"})
    notes = answer.choices[0].message.annotations
    assert notes
    for note in notes:
        cited = note["url_citation"] if isinstance(note, dict) else note.url_citation.model_dump()
        assert cited["url"] in words(answer)[cited["start_index"] : cited["end_index"]]
        assert cited["title"]


def test_json_is_an_object(complete):
    asked = [{"role": "user", "content": "Give me JSON about the sea."}]
    answer = complete(messages=asked, response_format={"type": "json_object"})
    assert isinstance(json.loads(words(answer)), dict)
    assert answer.choices[0].finish_reason == "stop"


def test_json_is_cut_at_the_limit_like_any_text(complete):
    asked = [{"role": "user", "content": "Give me JSON about the sea."}]
    answer = complete(messages=asked, response_format={"type": "json_object"}, max_tokens=4)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 4
