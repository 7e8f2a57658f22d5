"""Tokens of an input are those that answering it counts."""

import openai
import pytest

from .test_stored import make

TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize(
    "asked",
    [
        {"input": "hi"},
        {"input": [{"role": "user", "content": "hi"}], "instructions": "be kind"},
        {"input": "hi", "tools": [TOOL]},
        {"input": "hi", "tools": [{"type": "web_search"}]},
    ],
)
def test_an_input_has_as_many_tokens_as_its_answer_says(client: openai.OpenAI, asked):
    counted = client.responses.input_tokens.count(model="gpt-4o-mini", **asked)
    assert counted.input_tokens == make(client, **asked, tool_choice="none").usage.input_tokens


def test_what_was_said_before_counts(client: openai.OpenAI):
    first = make(client)
    counted = client.responses.input_tokens.count(model="gpt-4o-mini", input="on", previous_response_id=first.id)
    assert counted.input_tokens == make(client, input="on", previous_response_id=first.id).usage.input_tokens


def test_what_cannot_be_answered_cannot_be_counted(client: openai.OpenAI):
    with pytest.raises(openai.BadRequestError, match="No tool call found"):
        client.responses.input_tokens.count(
            model="gpt-4o-mini", input=[{"type": "function_call_output", "call_id": "c", "output": "o"}]
        )
    with pytest.raises(openai.BadRequestError, match="must provide a model"):
        client.post("/responses/compact", body={"input": "hi"}, cast_to=object)


@pytest.mark.parametrize("path", ["/responses/input_tokens", "/responses/compact"])
@pytest.mark.parametrize(
    "other",
    [
        {"stream_options": {"include_obfuscation": False}},
        {"context_management": [{"type": "compaction", "compact_threshold": 5}]},
        {"prompt": {"id": "none"}, "moderation": {"model": "omni-moderation-latest"}},
        {"temperature": "hot", "max_output_tokens": "many", "include": 5},
    ],
)
def test_fields_of_responses_that_are_not_theirs_have_no_effect(client: openai.OpenAI, path: str, other: dict):
    body = {"model": "gpt-4o-mini", "input": "hi"}
    counted, same = (client.post(path, body=sent, cast_to=dict[str, object]) for sent in (body, body | other))
    assert counted.get("input_tokens", counted.get("usage")) == same.get("input_tokens", same.get("usage"))


def test_what_was_counted_is_answered_as_it_asks(client: openai.OpenAI):
    body = {"model": "gpt-4o-mini", "input": "hi", "metadata": {"a": "b"}, "max_output_tokens": 16, "store": False}
    client.post("/responses/input_tokens", body=body, cast_to=object)
    answer = client.post("/responses", body=body, cast_to=dict[str, object])
    assert {name: answer[name] for name in ("metadata", "max_output_tokens", "store")} == {
        "metadata": {"a": "b"},
        "max_output_tokens": 16,
        "store": False,
    }
