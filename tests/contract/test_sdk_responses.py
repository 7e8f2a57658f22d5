"""Responses and conversations through the official SDK: text, tools, reasoning, state, streams, and what is refused."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from contract.document import DOCUMENT, faults
from fakeai.testing import FakeAI

_EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
_SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=5, prompts={"pmpt_1": "Answer about {{place}} only."}) as made:
        yield made


@pytest.fixture(scope="module")
def client(fake: FakeAI) -> openai.OpenAI:
    return fake.client(_strict_response_validation=True)


def ask(client: openai.OpenAI, prompt: Any, **more: Any) -> Response:
    return client.responses.create(**{"model": "gpt-4o-mini", "input": prompt, **more})


def stream(client: openai.OpenAI, prompt: Any, **more: Any) -> list[Any]:
    """The events, each checked by the SDK's types and by OpenAI's document."""
    events = []
    for event in client.responses.create(**{"model": "gpt-4o-mini", "input": prompt, "stream": True, **more}):
        told = event.to_dict()
        _EVENTS.validate_python(told)
        if DOCUMENT.is_file():
            assert faults("#/components/schemas/ResponseStreamEvent", told, f"event {told['type']}") == [], told
        events.append(event)
    return events


def kinds(events: list[Any]) -> list[str]:
    """The types of events, those that repeat once."""
    names: list[str] = []
    for event in events:
        name = event.type.removeprefix("response.")
        if not names or names[-1] != name:
            names.append(name)
    return names


def test_a_text_is_answered_and_counted(client: openai.OpenAI) -> None:
    answer = ask(client, "What is the capital of France?")
    assert answer.output_text == "Paris is the capital of France."
    assert answer.status == "completed"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


def test_events_come_in_order_and_their_numbers_have_no_gaps(client: openai.OpenAI) -> None:
    events = stream(client, "What is the capital of France?")
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert said == events[-1].response.output_text == "Paris is the capital of France."


@pytest.mark.parametrize(
    "asked",
    [
        {"tools": [WEATHER], "input": "What is the weather in Rome?"},
        {"tools": [{"type": "custom", "name": "note"}], "input": "Note this."},
        {"tools": [{"type": "web_search"}], "include": ["web_search_call.action.sources"]},
        {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}], "input": "What is 6*7?"},
        {"tools": [{"type": "image_generation", "size": "256x256", "partial_images": 1}], "input": "Draw a cat."},
        {
            "tools": [
                {"type": "mcp", "server_label": "d", "server_url": "https://d.example", "require_approval": "never"}
            ]
        },
        {"tools": [{"type": "mcp", "server_label": "d", "server_url": "https://d.example"}]},
        {"tools": [{"type": "shell", "environment": {"type": "container_auto"}}], "input": "List the files."},
        {"tools": [{"type": "shell", "environment": {"type": "local"}}], "input": "List the files."},
        {"tools": [{"type": "local_shell"}], "input": "List the files."},
        {"tools": [{"type": "apply_patch"}], "input": "Fix main.py."},
        {"tools": [{"type": "computer"}], "input": "Open the page."},
        {"model": "gpt-5", "reasoning": {"effort": "low", "summary": "auto"}},
        {"model": "deepseek-r1"},
        {"text": {"format": {"type": "json_schema", "name": "p", "schema": _SCHEMA, "strict": True}}},
        {"max_output_tokens": 16, "input": "Write a long story."},
        {"include": ["message.output_text.logprobs"], "top_logprobs": 2},
        {"stream_options": {"include_obfuscation": False}},
    ],
    ids=lambda asked: json.dumps(asked)[:40],
)
def test_a_stream_ends_with_what_is_answered_in_one_piece(asked: dict[str, Any]) -> None:
    """Whatever is asked: the same request to a server of the same seed gives the same output, streamed or not."""
    asked = {"input": "What is the capital of France?", "model": "gpt-4o", **asked}
    with FakeAI(seed=9) as one, FakeAI(seed=9) as other:
        events = stream(one.client(), asked["input"], **asked)
        whole = ask(other.client(_strict_response_validation=True), asked["input"], **asked)
    last = events[-1].response
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert last.to_dict()["output"] == whole.to_dict()["output"]
    assert last.usage == whole.usage
    done = [event.item.to_dict() for event in events if event.type == "response.output_item.done"]
    assert done == last.to_dict()["output"]
    assert whole.status == ("incomplete" if "max_output_tokens" in asked else "completed")


def test_a_tool_loop_ends_with_words_about_the_result(client: openai.OpenAI) -> None:
    first = ask(client, "What is the weather in Rome?", tools=[WEATHER])
    call = first.output[-1]
    assert call.type == "function_call"
    assert json.loads(call.arguments) == {"city": "Rome"}
    result = {"type": "function_call_output", "call_id": call.call_id, "output": '{"degrees": 31}'}
    then = ask(client, [result], tools=[WEATHER], previous_response_id=first.id)
    assert "31" in then.output_text
    by_hand = ask(
        client,
        [{"role": "user", "content": "What is the weather in Rome?"}, call.to_dict(), result],
        tools=[WEATHER],
    )
    assert "31" in by_hand.output_text


def test_structured_text_is_parsed_by_the_sdk(client: openai.OpenAI) -> None:
    from pydantic import BaseModel

    class Person(BaseModel):
        name: str
        age: int

    parsed = client.responses.parse(model="gpt-4o-mini", input="Bob is 31 years old.", text_format=Person)
    assert parsed.output_parsed == Person(name="Bob", age=31)


def test_reasoning_is_counted_summarized_and_sealed(client: openai.OpenAI) -> None:
    answer = ask(
        client,
        "Why is the sky blue?",
        model="gpt-5",
        reasoning={"effort": "low", "summary": "auto"},
        include=["reasoning.encrypted_content"],
        store=False,
    )
    thought, said = answer.output
    assert thought.type == "reasoning"
    assert thought.summary[0].text
    assert thought.encrypted_content
    assert answer.usage is not None
    assert answer.usage.output_tokens_details.reasoning_tokens > 0
    again = ask(
        client,
        [{"role": "user", "content": "Why?"}, thought.to_dict(), said.to_dict(), {"role": "user", "content": "And?"}],
    )
    assert again.status == "completed"


def test_a_file_search_quotes_and_cites_the_file(client: openai.OpenAI) -> None:
    store = client.vector_stores.create(name="house")
    text = b"Every employee has thirty days of paid vacation. The canteen opens at noon."
    file = client.files.create(file=("handbook.txt", text), purpose="assistants")
    client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id)
    answer = ask(
        client,
        "How many days of vacation has an employee?",
        tools=[{"type": "file_search", "vector_store_ids": [store.id]}],
        include=["file_search_call.results"],
    )
    call, said = answer.output
    assert call.type == "file_search_call"
    assert call.results is not None
    assert call.results[0].filename == "handbook.txt"
    assert "thirty days of paid vacation" in answer.output_text
    assert said.content[0].annotations[0].file_id == file.id


def test_pictures_on_chart_paper_are_files_of_the_container(client: openai.OpenAI) -> None:
    answer = ask(
        client,
        "Plot 3, 4 and 5 as a chart.",
        tools=[{"type": "code_interpreter", "container": {"type": "auto"}}],
        include=["code_interpreter_call.outputs"],
    )
    call, said = answer.output
    assert call.type == "code_interpreter_call"
    cited = said.content[0].annotations[0]
    assert cited.container_id == call.container_id
    data = client.containers.files.content.retrieve(cited.file_id, container_id=cited.container_id).read()
    assert data.startswith(b"\x89PNG")
    assert call.outputs[0].logs == "saved chart.png\n"
    again = ask(
        client,
        "What is 6*7?",
        previous_response_id=answer.id,
        tools=[{"type": "code_interpreter", "container": {"type": "auto"}}],
    )
    assert again.output[0].container_id == call.container_id


def test_a_server_is_called_when_that_is_allowed(client: openai.OpenAI) -> None:
    tools = [{"type": "mcp", "server_label": "docs", "server_url": "https://docs.example"}]
    first = ask(client, "What is the capital of France?", tools=tools)
    assert [item.type for item in first.output] == ["mcp_list_tools", "mcp_approval_request"]
    wanted = first.output[1].id
    yes = [{"type": "mcp_approval_response", "approval_request_id": wanted, "approve": True}]
    then = ask(client, yes, tools=tools, previous_response_id=first.id)
    assert [item.type for item in then.output] == ["mcp_call", "message"]
    assert "Paris" in then.output_text
    no = [{"type": "mcp_approval_response", "approval_request_id": wanted, "approve": False}]
    refused = ask(client, no, tools=tools, previous_response_id=first.id)
    assert "mcp_call" not in [item.type for item in refused.output]


def test_no_more_hosted_calls_are_made_than_wanted(client: openai.OpenAI) -> None:
    answer = ask(client, "What is the capital of France?", tools=[{"type": "web_search"}], max_tool_calls=1)
    assert [item.type for item in answer.output] == ["web_search_call", "message"]


def test_responses_are_kept_listed_and_deleted(client: openai.OpenAI) -> None:
    made = ask(
        client,
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}],
    )
    assert client.responses.retrieve(made.id) == made
    items = list(client.responses.input_items.list(made.id, limit=1, order="asc"))
    assert [item.content[0].text for item in items] == ["a", "b", "c"]
    client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError, match="not found"):
        client.responses.retrieve(made.id)


def test_a_response_that_is_not_kept_cannot_be_gone_on_from(client: openai.OpenAI) -> None:
    made = ask(client, "a", store=False)
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, "b", previous_response_id=made.id)
    assert caught.value.code == "previous_response_not_found"


def test_a_conversation_remembers_what_is_said_in_it(client: openai.OpenAI) -> None:
    talk = client.conversations.create(items=[{"role": "user", "content": "I live in Rome."}], metadata={"a": "b"})
    answer = ask(client, "What is the capital of France?", conversation=talk.id)
    assert answer.conversation is not None
    assert answer.conversation.id == talk.id
    said = [item.content[0].text for item in client.conversations.items.list(talk.id, order="asc")]
    assert said == ["I live in Rome.", "What is the capital of France?", answer.output_text]
    longer = ask(client, "And of Spain?", conversation=talk.id)
    assert longer.usage.input_tokens > answer.usage.input_tokens  # type: ignore[union-attr]
    item = next(iter(client.conversations.items.list(talk.id, order="asc")))
    client.conversations.items.delete(item.id, conversation_id=talk.id)
    with pytest.raises(openai.NotFoundError):
        client.conversations.items.retrieve(item.id, conversation_id=talk.id)
    client.conversations.delete(talk.id)
    with pytest.raises(openai.NotFoundError):
        ask(client, "a", conversation=talk.id)


def test_work_in_the_background_is_polled_and_told_again_from_any_event_on(client: openai.OpenAI) -> None:
    made = ask(client, "What is the capital of France?", background=True)
    assert made.status in ("queued", "completed")
    while made.status in ("queued", "in_progress"):
        made = client.responses.retrieve(made.id)
    assert made.output_text == "Paris is the capital of France."
    events = list(client.responses.retrieve(made.id, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    later = list(client.responses.retrieve(made.id, stream=True, starting_after=4))
    assert [event.to_dict() for event in later] == [event.to_dict() for event in events[5:]]


def test_work_in_the_background_can_be_stopped(client: openai.OpenAI) -> None:
    slow = {"x-fakeai-itl-ms": "60000"}
    made = ask(client, "Tell a story.", background=True, stream=False, extra_headers=slow)
    assert client.responses.cancel(made.id).status == "cancelled"
    assert client.responses.retrieve(made.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="synchronous"):
        client.responses.cancel(ask(client, "a").id)


def test_a_conversation_made_short_can_be_gone_on_from(client: openai.OpenAI) -> None:
    said = [{"role": "user", "content": f"Fact {n}: " + "word " * 200} for n in range(24)]
    short = client.responses.compact(model="gpt-4o-mini", input=said)  # type: ignore[arg-type]
    assert [item.type for item in short.output] == ["compaction"]
    counted = client.responses.input_tokens.count(model="gpt-4o-mini", input=said)  # type: ignore[arg-type]
    assert short.usage.output_tokens < counted.input_tokens / 2
    answer = ask(client, [*[item.to_dict() for item in short.output], {"role": "user", "content": "Capital of Spain?"}])
    assert "Madrid" in answer.output_text
    assert answer.usage.input_tokens < counted.input_tokens  # type: ignore[union-attr]
    with pytest.raises(openai.BadRequestError, match="could not be verified"):
        ask(client, [{"type": "compaction", "encrypted_content": "c3Bvb2Y="}])


def test_a_long_conversation_is_made_short_by_itself(client: openai.OpenAI) -> None:
    said = [{"role": "user", "content": "word " * 400} for _ in range(6)]
    answer = ask(client, said, context_management=[{"type": "compaction", "compact_threshold": 1000}])
    assert [item.type for item in answer.output] == ["compaction", "message"]
    then = ask(client, "And?", previous_response_id=answer.id)
    assert then.usage.input_tokens < 2400  # type: ignore[union-attr]


def test_a_named_prompt_is_filled_in(client: openai.OpenAI) -> None:
    answer = client.responses.create(
        model="gpt-4o-mini", prompt={"id": "pmpt_1", "variables": {"place": "Rome"}}, input="Where am I?"
    )
    items = list(client.responses.input_items.list(answer.id, order="asc"))
    assert items[0].content[0].text == "Answer about Rome only."
    with pytest.raises(openai.NotFoundError, match="pmpt_none"):
        client.responses.create(model="gpt-4o-mini", prompt={"id": "pmpt_none"})


def test_moderation_judges_and_blocks(client: openai.OpenAI) -> None:
    judged = ask(client, "I will kill you.", moderation={"model": "omni-moderation-latest"})
    assert judged.moderation is not None
    assert judged.moderation.input.flagged
    assert not judged.moderation.output.flagged
    block = {"model": "omni-moderation-latest", "policy": {"input": {"mode": "block"}}}
    with pytest.raises(openai.BadRequestError, match="blocked"):
        ask(client, "I will kill you.", moderation=block)


def test_a_conversation_too_long_is_cut_only_where_that_is_allowed(client: openai.OpenAI) -> None:
    said = [{"role": "user", "content": "word " * 3000} for _ in range(5)]
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, said, model="gpt-4")
    assert caught.value.code == "context_length_exceeded"
    cut = ask(client, said, model="gpt-4", truncation="auto")
    assert 3000 < cut.usage.input_tokens < 8192  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("asked", "param", "told"),
    [
        ({"input": "a", "model": None}, "model", "Missing required parameter: 'model'"),
        ({}, "input", "must be provided"),
        ({"input": [{"type": "function_call_output", "call_id": "c", "output": "o"}]}, "input", "No tool call found"),
        (
            {"input": [{"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"}]},
            "input",
            "No tool output found for function call c",
        ),
        ({"input": [{"type": "item_reference", "id": "msg_none"}]}, "input", "msg_none"),
        ({"input": [{"type": "nonsense"}]}, "input[0].type", "Invalid value: 'nonsense'"),
        ({"input": [{"role": "user", "content": [{"type": "text"}]}]}, "input[0].content[0].text", "Missing required"),
        ({"input": "a", "reasoning": {"effort": "low"}}, "reasoning.effort", "Unsupported parameter"),
        ({"input": "a", "model": "gpt-5", "temperature": 0.5}, "temperature", "Unsupported parameter"),
        ({"input": "a", "tool_choice": "required"}, "tool_choice", "must be specified with 'tools'"),
        (
            {"input": "a", "tools": [WEATHER], "tool_choice": {"type": "function", "name": "x"}},
            "tool_choice",
            "not found",
        ),
        ({"input": "a", "text": {"format": {"type": "json_object"}}}, "input", "must contain the word 'json'"),
        ({"input": "a", "conversation": "conv_x", "previous_response_id": "resp_x"}, None, "Mutually exclusive"),
        ({"input": "a", "background": True, "store": False}, "background", "store"),
        ({"input": "a", "max_output_tokens": 3}, "max_output_tokens", "integer below minimum value"),
        ({"input": "a", "tools": [WEATHER, WEATHER]}, "tools", "Duplicate tool name"),
        ({"input": "a", "tools": [{"type": "mcp", "server_label": "d"}]}, "tools[0]", "server_url"),
        ({"input": "a", "model": "text-embedding-3-small"}, "model", "not supported with the Responses API"),
        ({"input": "a", "tools": [{"type": "code_interpreter", "container": "cntr_none"}]}, None, "cntr_none"),
    ],
)
def test_what_cannot_be_is_refused_in_openai_s_words(
    client: openai.OpenAI, asked: dict[str, Any], param: str | None, told: str
) -> None:
    body = {"model": "gpt-4o-mini", **asked}
    body = {name: value for name, value in body.items() if value is not None}
    with pytest.raises(openai.APIStatusError) as caught:
        client.post("/responses", body=body, cast_to=object)
    assert caught.value.status_code in (400, 404)
    assert told in caught.value.message
    assert caught.value.param == param


def test_one_project_finds_nothing_of_another(fake: FakeAI, client: openai.OpenAI) -> None:
    made, talk = ask(client, "a"), client.conversations.create()
    stranger = fake.client(project="proj_other")
    for look in (
        lambda: stranger.responses.retrieve(made.id),
        lambda: stranger.responses.create(model="gpt-4o-mini", input="b", previous_response_id=made.id),
        lambda: stranger.responses.create(model="gpt-4o-mini", input="b", conversation=talk.id),
        lambda: stranger.responses.create(
            model="gpt-4o-mini", input=[{"type": "item_reference", "id": made.output[0].id}]
        ),
    ):
        with pytest.raises(openai.APIStatusError, match="not found"):
            look()
