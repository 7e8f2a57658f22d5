"""Refusals as the official SDK raises them: class, status, code, parameter and the request's id."""

import openai
import pytest

from fakeai.testing import FakeAI

MODEL = "gpt-4o-mini"
SEA = [{"role": "user", "content": "Tell me about the sea."}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
CALLED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}

REFUSED = {
    "no messages": ({"messages": []}, "empty_array", "messages"),
    "messages of the wrong type": ({"messages": "hi"}, "invalid_type", "messages"),
    "a message of the wrong type": ({"messages": ["hi"]}, "invalid_type", "messages[0]"),
    "an unknown role": ({"messages": [{"role": "robot", "content": "x"}]}, "invalid_value", "messages[0].role"),
    "no content": ({"messages": [{"role": "user"}]}, None, "messages.[0].content"),
    "a number for text": ({"messages": [{"role": "user", "content": 5}]}, "invalid_type", "messages[0].content"),
    "an unknown part": (
        {"messages": [{"role": "user", "content": [{"type": "smell"}]}]},
        "invalid_value",
        "messages[0].content[0].type",
    ),
    "a tool message without a call": (
        {"messages": [*SEA, {"role": "tool", "tool_call_id": "call_1", "content": "x"}]},
        None,
        "messages.[1].role",
    ),
    "a tool message for another call": (
        {"messages": [*SEA, CALLED, {"role": "tool", "tool_call_id": "call_2", "content": "x"}]},
        None,
        "messages.[2].tool_call_id",
    ),
    "a call without its result": ({"messages": [*SEA, CALLED, *SEA]}, None, "messages.[2].role"),
    "hot": ({"temperature": 2.1}, "decimal_above_max_value", "temperature"),
    "cold": ({"temperature": -0.1}, "decimal_below_min_value", "temperature"),
    "a temperature in words": ({"temperature": "hot"}, "invalid_type", "temperature"),
    "top_p over 1": ({"top_p": 1.5}, "decimal_above_max_value", "top_p"),
    "no choices": ({"n": 0}, "integer_below_min_value", "n"),
    "too many choices": ({"n": 129}, "integer_above_max_value", "n"),
    "no tokens": ({"max_tokens": 0}, "integer_below_min_value", "max_tokens"),
    "half a token": ({"max_tokens": 1.5}, "invalid_type", "max_tokens"),
    "both limits": ({"max_tokens": 5, "max_completion_tokens": 5}, "invalid_parameter_combination", "max_tokens"),
    "a limit above the model's": ({"max_tokens": 1_000_000}, "invalid_value", "max_tokens"),
    "too many stops": ({"stop": ["a", "b", "c", "d", "e"]}, "array_above_max_length", "stop"),
    "a bias beyond 100": ({"logit_bias": {"5": 101}}, "integer_above_max_value", "logit_bias.5"),
    "a bias of a word": ({"logit_bias": {"word": 1}}, None, "logit_bias"),
    "alternatives without logprobs": ({"top_logprobs": 2}, None, "top_logprobs"),
    "too many alternatives": ({"logprobs": True, "top_logprobs": 21}, "integer_above_max_value", "top_logprobs"),
    "stream options without a stream": ({"stream_options": {"include_usage": True}}, None, "stream_options"),
    "a choice without tools": ({"tool_choice": "auto"}, None, "tool_choice"),
    "parallel calls without tools": ({"parallel_tool_calls": True}, None, "parallel_tool_calls"),
    "a choice of a tool that is not there": (
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}},
        None,
        "tool_choice",
    ),
    "no tools in the list": ({"tools": []}, "empty_array", "tools"),
    "a tool's bad name": (
        {"tools": [{"type": "function", "function": {"name": "a b"}}]},
        "invalid_value",
        "tools[0].function.name",
    ),
    "a tool's bad schema": (
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "objekt"}}}]},
        "invalid_function_parameters",
        "tools[0].function.parameters",
    ),
    "a grammar that is none": (
        {
            "tools": [
                {
                    "type": "custom",
                    "custom": {
                        "name": "c",
                        "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: ("}},
                    },
                }
            ]
        },
        "invalid_grammar",
        "tools[0].custom.format.grammar.definition",
    ),
    "a regex that is none": (
        {
            "tools": [
                {
                    "type": "custom",
                    "custom": {
                        "name": "c",
                        "format": {"type": "grammar", "grammar": {"syntax": "regex", "definition": "(["}},
                    },
                }
            ]
        },
        "invalid_grammar",
        "tools[0].custom.format.grammar.definition",
    ),
    "JSON nobody speaks of": ({"response_format": {"type": "json_object"}}, None, "messages"),
    "an unknown format": ({"response_format": {"type": "xml"}}, "invalid_value", "response_format.type"),
    "a format without a schema": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
        "missing_required_parameter",
        "response_format.json_schema.schema",
    ),
    "metadata without store": ({"metadata": {"a": "b"}}, None, "metadata"),
    "sound from a mute model": (
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}},
        "unsupported_value",
        "modalities",
    ),
    "a tier nobody offers": ({"service_tier": "gold"}, "invalid_value", "service_tier"),
    "max_tokens of a reasoning model": ({"model": "o3", "max_tokens": 5}, "unsupported_parameter", "max_tokens"),
    "temperature of a reasoning model": ({"model": "gpt-5", "temperature": 0.5}, "unsupported_value", "temperature"),
    "a prompt beyond the window": (
        {"model": "gpt-4", "messages": [{"role": "user", "content": "sea " * 9000}]},
        "context_length_exceeded",
        "messages",
    ),
    "prompt and answer beyond the window": (
        {"model": "gpt-4", "max_tokens": 8000, "messages": [{"role": "user", "content": "sea " * 500}]},
        "context_length_exceeded",
        "messages",
    ),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_request_is_refused_before_anything_is_said(refused, name, streamed):
    asked, code, param = REFUSED[name]
    error = refused(**asked, **({"stream": True} if streamed and "stream_options" not in asked else {}))
    assert type(error) is openai.BadRequestError
    assert (error.status_code, error.code, error.param, error.type) == (400, code, param, "invalid_request_error")
    assert error.message
    assert error.request_id.startswith("req_")


def test_a_model_that_does_not_exist_is_refused_when_told_to_be_strict():
    with FakeAI(strict_models=True) as strict, strict.client(max_retries=0) as client:
        for call in (
            lambda: client.chat.completions.create(model="gpt-nobody", messages=SEA),
            lambda: client.embeddings.create(model="gpt-nobody", input="x"),
        ):
            with pytest.raises(openai.NotFoundError) as caught:
                call()
            assert (caught.value.code, caught.value.type) == ("model_not_found", "invalid_request_error")
            assert "gpt-nobody" in caught.value.message


def test_a_model_that_does_not_exist_is_accepted_otherwise(client):
    answer = client.chat.completions.create(model="llama-of-mine", messages=SEA)
    assert answer.model == "llama-of-mine"
    assert answer.choices[0].message.content


def test_a_missing_model_is_told_so(client):
    with pytest.raises(openai.BadRequestError, match="model parameter"):
        client.post("/chat/completions", body={"messages": SEA}, cast_to=object)


def test_a_route_that_does_not_exist_has_an_envelope(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.get("/nowhere", cast_to=object)
    assert caught.value.type == "invalid_request_error"
    assert "/v1/nowhere" in caught.value.message
    assert caught.value.request_id


def test_a_method_that_is_not_allowed_has_an_envelope(client):
    with pytest.raises(openai.APIStatusError) as caught:
        client.get("/embeddings", cast_to=object)
    assert caught.value.status_code == 405
    assert caught.value.type == "invalid_request_error"


def test_a_body_over_the_limit_is_refused():
    with FakeAI({"server.max_body_bytes": 2000}) as small, small.client(max_retries=0) as client:
        with pytest.raises(openai.APIStatusError) as caught:
            client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "x" * 3000}])
        assert caught.value.status_code == 413
        assert client.chat.completions.create(model=MODEL, messages=SEA).choices


def test_a_body_that_is_not_json_is_refused(client):
    with pytest.raises(openai.APIStatusError) as caught:
        client.post(
            "/chat/completions",
            content=b"x=1",
            cast_to=object,
            options={"headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        )
    assert caught.value.status_code == 415


def test_every_reply_tells_its_id_its_version_its_time_and_what_is_left(client):
    answers = [
        client.chat.completions.with_raw_response.create(model=MODEL, messages=SEA),
        client.chat.completions.with_raw_response.create(model=MODEL, messages=SEA, stream=True),
        client.embeddings.with_raw_response.create(model="text-embedding-3-small", input="x"),
        client.models.with_raw_response.list(),
    ]
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=MODEL, messages=[])
    for headers in [*(answer.headers for answer in answers), caught.value.response.headers]:
        assert headers["x-request-id"].startswith("req_")
        assert headers["openai-processing-ms"].isdigit()
        assert headers["openai-version"] == "2020-10-01"
        assert headers["openai-organization"]
        for kind in ("requests", "tokens"):
            assert int(headers[f"x-ratelimit-remaining-{kind}"]) <= int(headers[f"x-ratelimit-limit-{kind}"])
            assert headers[f"x-ratelimit-reset-{kind}"].endswith("s")
    assert answers[0].parse()._request_id == answers[0].headers["x-request-id"]
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)
