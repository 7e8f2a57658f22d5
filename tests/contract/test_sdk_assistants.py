"""Assistants as the official SDK sees them: threads, runs with every helper, tools, files, and whose they are."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

OTHER = {"OpenAI-Project": "proj_other"}
SLOW = {"x-fakeai-ttft-ms": "20", "x-fakeai-itl-ms": "20"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
RESULTS: Any = ["step_details.tool_calls[*].file_search.results[*].content"]


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture
def client(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, _strict_response_validation=True)


@pytest.fixture
def beta(client: Any) -> Any:
    return client.beta


def thread_of(beta: Any, *said: str) -> str:
    """A thread in which a user has said that."""
    return str(beta.threads.create(messages=[{"role": "user", "content": text} for text in said]).id)


def answer(beta: Any, run: Any) -> str:
    """What a run has said."""
    messages = beta.threads.messages.list(run.thread_id, run_id=run.id).data
    return "\n".join(part.text.value for message in messages for part in message.content)


def outputs(run: Any, output: str = "sunny") -> list[Any]:
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": output} for call in calls]


def refused(ask: Any, kind: type[openai.APIStatusError] = openai.BadRequestError) -> str:
    with pytest.raises(kind) as caught:
        ask()
    return str(caught.value.body["message"])  # type: ignore[index]


# -- assistants


def test_an_assistant_is_made_changed_listed_and_deleted(beta: Any) -> None:
    made = beta.assistants.create(
        model="gpt-4o", name="A", instructions="Be brief.", tools=[WEATHER], metadata={"a": "b"}, temperature=0.5
    )
    assert made.id.startswith("asst_") and made.object == "assistant"
    assert (made.temperature, made.top_p, made.response_format) == (0.5, 1.0, "auto")
    assert made.tools[0].function.name == "get_weather"
    assert beta.assistants.retrieve(made.id) == made
    changed = beta.assistants.update(made.id, name="B", tools=[], metadata={}, temperature=None)
    assert (changed.name, changed.tools, changed.metadata, changed.temperature) == ("B", [], {}, 1.0)
    assert changed.instructions == "Be brief."
    assert beta.assistants.list(limit=1).data == [changed]
    gone = beta.assistants.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "assistant.deleted", True)
    told = refused(lambda: beta.assistants.retrieve(made.id), openai.NotFoundError)
    assert told == f"No assistant found with id '{made.id}'."


def test_pages_of_assistants_follow_each_other_both_ways(fake: FakeAI) -> None:
    beta = fake.client(default_headers={"OpenAI-Project": "proj_pages"}).beta
    made = [beta.assistants.create(model="gpt-4o", name=str(number)).id for number in range(7)]
    assert [one.id for one in beta.assistants.list(limit=3, order="asc")] == made
    assert [one.id for one in beta.assistants.list(limit=3)] == made[::-1]
    page = beta.assistants.list(limit=2, order="asc", before=made[4])
    assert [one.id for one in page.data] == made[2:4] or [one.id for one in page.data] == made[:2]
    assert refused(lambda: beta.assistants.list(after="asst_none")).startswith("Invalid 'after'")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"model": ""}, "model"),
        ({"model": "text-embedding-3-small"}, "model"),
        ({"model": "gpt-4o", "name": "x" * 257}, "name"),
        ({"model": "gpt-4o", "tools": [WEATHER, WEATHER]}, "tools"),
        ({"model": "gpt-4o", "tools": [{"type": "file_search"}] * 2}, "tools"),
        ({"model": "gpt-4o", "tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
        ({"model": "gpt-4o", "tools": [{"type": "web"}]}, "tools[0]"),
        ({"model": "gpt-4o", "temperature": 3}, "temperature"),
        ({"model": "gpt-4o", "tool_resources": {"file_search": {}}}, "tool_resources.file_search.vector_store_ids"),
        ({"model": "gpt-4o", "response_format": {"type": "json_schema", "json_schema": {"name": "a", "strict": True,
          "schema": {"type": "object", "properties": {"a": {"type": "nope"}}}}}}, "response_format"),
    ],
)  # fmt: skip
def test_a_bad_assistant_is_refused_by_name(beta: Any, body: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        beta.assistants.create(**body)
    assert str(caught.value.param).startswith(param)


def test_files_and_stores_of_nobody_are_not_found(beta: Any) -> None:
    for resources in (
        {"code_interpreter": {"file_ids": ["file-none"]}},
        {"file_search": {"vector_store_ids": ["vs_none"]}},
        {"file_search": {"vector_stores": [{"file_ids": ["file-none"]}]}},
    ):
        refused(lambda r=resources: beta.assistants.create(model="gpt-4o", tool_resources=r), openai.NotFoundError)
        refused(lambda r=resources: beta.threads.create(tool_resources=r), openai.NotFoundError)


# -- threads and messages


def test_a_thread_holds_messages(beta: Any) -> None:
    thread = beta.threads.create(messages=[{"role": "user", "content": "one"}], metadata={"a": "b"})
    two = beta.threads.messages.create(thread.id, role="assistant", content=[{"type": "text", "text": "two"}])
    assert (two.role, two.content[0].text.value, two.status, two.assistant_id) == (
        "assistant",
        "two",
        "completed",
        None,
    )
    listed = beta.threads.messages.list(thread.id, order="asc")
    assert [message.content[0].text.value for message in listed] == ["one", "two"]
    marked = beta.threads.messages.update(two.id, thread_id=thread.id, metadata={"c": "d"})
    assert marked == beta.threads.messages.retrieve(two.id, thread_id=thread.id)
    gone = beta.threads.messages.delete(two.id, thread_id=thread.id)
    assert (gone.object, gone.deleted) == ("thread.message.deleted", True)
    refused(lambda: beta.threads.messages.retrieve(two.id, thread_id=thread.id), openai.NotFoundError)
    assert beta.threads.update(thread.id, metadata={"e": "f"}).metadata == {"e": "f"}
    assert beta.threads.delete(thread.id).object == "thread.deleted"
    told = refused(lambda: beta.threads.messages.list(thread.id), openai.NotFoundError)
    assert told == f"No thread found with id '{thread.id}'."


def test_a_message_is_found_in_its_own_thread_only(beta: Any) -> None:
    first, second = thread_of(beta, "one"), thread_of(beta, "two")
    message = beta.threads.messages.list(first).data[0].id
    for ask in (beta.threads.messages.retrieve, beta.threads.messages.delete):
        refused(lambda ask=ask: ask(message, thread_id=second), openai.NotFoundError)
    assert beta.threads.messages.retrieve(message, thread_id=first).id == message


@pytest.mark.parametrize(
    "body",
    [
        {"role": "user", "content": ""},
        {"role": "user", "content": "  \n"},
        {"role": "user", "content": []},
        {"role": "system", "content": "a"},
        {"role": "user", "content": "x" * 256_001},
        {"role": "assistant", "content": [{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}]},
        {"role": "user", "content": "a", "attachments": [{"file_id": "file-x"}]},
        {"role": "user", "content": "a", "metadata": {str(number): "x" for number in range(17)}},
    ],
)
def test_a_bad_message_is_refused(beta: Any, body: Any) -> None:
    thread = thread_of(beta)
    assert refused(lambda: beta.threads.messages.create(thread, **body))
    assert refused(lambda: beta.threads.create(messages=[body]))
    assert beta.threads.messages.list(thread).data == []


# -- runs


def test_a_run_answers_and_tells_its_step_and_tokens(beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o", instructions="Be brief.")
    thread = thread_of(beta, "What is 2 + 3?")
    run = beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant.id, poll_interval_ms=5)
    assert (run.status, run.model, run.instructions) == ("completed", "gpt-4o", "Be brief.")
    assert "5" in answer(beta, run)
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens > 10
    (step,) = beta.threads.runs.steps.list(run.id, thread_id=thread)
    message = beta.threads.messages.list(thread).data[0]
    assert step.step_details.message_creation.message_id == message.id
    assert (step.status, step.usage.model_dump()) == ("completed", run.usage.model_dump())
    assert (message.run_id, message.assistant_id, message.role) == (run.id, assistant.id, "assistant")
    assert beta.threads.runs.steps.retrieve(step.id, thread_id=thread, run_id=run.id) == step
    assert beta.threads.runs.list(thread).data == [run]
    assert beta.threads.runs.update(run.id, thread_id=thread, metadata={"a": "b"}).metadata == {"a": "b"}


def test_a_run_may_differ_from_its_assistant(beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o", instructions="Be brief.", tools=[WEATHER])
    thread = thread_of(beta, "Hello!")
    run = beta.threads.runs.create_and_poll(
        thread_id=thread,
        assistant_id=assistant.id,
        model="gpt-4o-mini",
        instructions="Be kind.",
        additional_instructions="Be quick.",
        additional_messages=[{"role": "user", "content": "What is 20 + 22?"}],
        tools=[],
        temperature=0.1,
        top_p=0.2,
        metadata={"a": "b"},
        poll_interval_ms=5,
    )
    assert (run.status, run.model, run.instructions) == ("completed", "gpt-4o-mini", "Be kind.\nBe quick.")
    assert (run.tools, run.temperature, run.top_p, run.metadata) == ([], 0.1, 0.2, {"a": "b"})
    assert "42" in answer(beta, run)
    assert len(beta.threads.messages.list(thread).data) == 3


def test_functions_are_called_by_the_caller_and_the_run_goes_on(beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    thread = thread_of(beta, "What is the weather in Paris and in Rome?")
    run = beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant.id, poll_interval_ms=5)
    calls = run.required_action.submit_tool_outputs.tool_calls
    assert run.status == "requires_action" and run.usage is None
    assert [json.loads(call.function.arguments) for call in calls] == [{"city": "Paris"}, {"city": "Rome"}]
    (step,) = beta.threads.runs.steps.list(run.id, thread_id=thread)
    assert (step.type, step.status) == ("tool_calls", "in_progress")
    for bad in ([], outputs(run)[:1], [*outputs(run)[:1], {"tool_call_id": "call_none", "output": "x"}]):
        told = refused(
            lambda bad=bad: beta.threads.runs.submit_tool_outputs(run.id, thread_id=thread, tool_outputs=bad)
        )
        assert told.startswith("Expected tool outputs for call_ids ['call_")
    done = beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=thread, tool_outputs=outputs(run, "sunny and warm"), poll_interval_ms=5
    )
    assert done.status == "completed" and "sunny and warm" in answer(beta, done)
    message, step = beta.threads.runs.steps.list(run.id, thread_id=thread)
    assert (step.status, message.type) == ("completed", "message_creation")
    assert {call.function.output for call in step.step_details.tool_calls} == {"sunny and warm"}
    assert done.usage.completion_tokens == step.usage.completion_tokens + message.usage.completion_tokens
    told = refused(lambda: beta.threads.runs.submit_tool_outputs(run.id, thread_id=thread, tool_outputs=outputs(run)))
    assert told == 'Runs in status "completed" do not accept tool outputs.'


def test_what_the_functions_of_a_run_gave_is_told_in_the_next_one(beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    asked = []
    for output in ("sunny", "sunny " * 500):
        thread = thread_of(beta, "What is the weather in Paris?")
        run = beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant.id, poll_interval_ms=5)
        beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=thread, tool_outputs=outputs(run, output), poll_interval_ms=5
        )
        said = beta.threads.messages.list(thread).data[0].content[0].text.value
        beta.threads.messages.create(thread, role="user", content="Thank you!")
        then = beta.threads.runs.create_and_poll(
            thread_id=thread, assistant_id=assistant.id, tools=[], poll_interval_ms=5
        )
        asked.append(then.usage.prompt_tokens - len(said.split()))
    assert asked[1] - asked[0] > 400, "beyond what the answer itself repeats"


def test_one_call_at_a_time_if_calls_may_not_be_parallel(beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    thread = thread_of(beta, "What is the weather in Paris and in Rome?")
    run = beta.threads.runs.create_and_poll(
        thread_id=thread, assistant_id=assistant.id, parallel_tool_calls=False, poll_interval_ms=5
    )
    assert len(run.required_action.submit_tool_outputs.tool_calls) == 1


def test_tools_are_chosen_as_the_run_says(beta: Any) -> None:
    news = {"type": "function", "function": {"name": "get_news", "parameters": {"type": "object", "properties": {}}}}
    assistant = beta.assistants.create(model="gpt-4o", tools=[WEATHER, news])
    choices: list[tuple[Any, str, list[str]]] = [
        ("none", "completed", []),
        ("required", "requires_action", ["get_weather"]),
        ({"type": "function", "function": {"name": "get_news"}}, "requires_action", ["get_news"]),
    ]
    for choice, status, names in choices:
        thread = thread_of(beta, "What is the weather in Paris?")
        run = beta.threads.runs.create_and_poll(
            thread_id=thread, assistant_id=assistant.id, tool_choice=choice, poll_interval_ms=5
        )
        assert run.status == status
        calls = run.required_action.submit_tool_outputs.tool_calls if run.required_action else []
        assert [call.function.name for call in calls] == names
        if calls:
            done = beta.threads.runs.submit_tool_outputs_and_poll(
                run_id=run.id, thread_id=thread, tool_outputs=outputs(run), poll_interval_ms=5
            )
            assert done.status == "completed"
    nobody = {"type": "function", "function": {"name": "nobody"}}
    for choice in (nobody, {"type": "file_search"}):
        refused(lambda choice=choice: beta.threads.runs.create(thread, assistant_id=assistant.id, tool_choice=choice))


def test_an_answer_has_the_form_that_is_wanted(beta: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"animals": {"type": "array", "items": {"type": "string"}}},
        "required": ["animals"],
        "additionalProperties": False,
    }
    form: Any = {"type": "json_schema", "json_schema": {"name": "animals", "strict": True, "schema": schema}}
    assistant = beta.assistants.create(model="gpt-4o", response_format=form)
    run = beta.threads.create_and_run_poll(
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": "Name animals."}]},
        poll_interval_ms=5,
    )
    assert run.response_format.json_schema.name == "animals"
    assert list(json.loads(answer(beta, run))) == ["animals"]


def test_a_run_that_uses_up_its_tokens_is_incomplete(beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o")
    thread = thread_of(beta, "Write a long essay of 2000 words about whales.")
    run = beta.threads.runs.create_and_poll(
        thread_id=thread, assistant_id=assistant.id, max_completion_tokens=256, poll_interval_ms=5
    )
    assert (run.status, run.incomplete_details.reason) == ("incomplete", "max_completion_tokens")
    assert run.usage.completion_tokens == 256
    message = beta.threads.messages.list(thread).data[0]
    assert (message.status, message.incomplete_details.reason) == ("incomplete", "max_tokens")
    thread = thread_of(beta, "word " * 1_000)
    run = beta.threads.runs.create_and_poll(
        thread_id=thread, assistant_id=assistant.id, max_prompt_tokens=256, poll_interval_ms=5
    )
    assert (run.status, run.incomplete_details.reason) == ("incomplete", "max_prompt_tokens")
    assert len(beta.threads.messages.list(thread).data) == 1


def test_a_long_thread_is_cut_in_its_middle_or_to_its_last_messages(beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o")
    said = ["First.", *["word " * 200] * 20, "What is 2 + 2?"]
    whole, auto, last = (
        beta.threads.runs.create_and_poll(
            thread_id=thread_of(beta, *said), assistant_id=assistant.id, poll_interval_ms=5, **more
        )
        for more in (
            {},
            {"max_prompt_tokens": 1_000},
            {"truncation_strategy": {"type": "last_messages", "last_messages": 2}},
        )
    )
    assert {whole.status, auto.status, last.status} == {"completed"}
    assert whole.usage.prompt_tokens > 4_000
    assert 600 < auto.usage.prompt_tokens <= 1_000
    assert last.usage.prompt_tokens < 300
    assert last.truncation_strategy.last_messages == 2


# -- one run at a time


def test_a_thread_is_answered_once_at_a_time(beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    thread = thread_of(beta, "What is the weather in Paris?")
    run = beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant.id, poll_interval_ms=5)
    assert run.status == "requires_action"
    told = refused(lambda: beta.threads.messages.create(thread, role="user", content="And?"))
    assert told == f"Can't add messages to {thread} while a run {run.id} is active."
    told = refused(lambda: beta.threads.runs.create(thread, assistant_id=assistant.id))
    assert told == f"Thread {thread} already has an active run {run.id}."
    cancelled = beta.threads.runs.cancel(run.id, thread_id=thread)
    assert cancelled.status == "cancelled" and cancelled.cancelled_at and cancelled.required_action is None
    (step,) = beta.threads.runs.steps.list(run.id, thread_id=thread)
    assert step.status == "cancelled"
    assert refused(lambda: beta.threads.runs.cancel(run.id, thread_id=thread)) == (
        "Cannot cancel run with status 'cancelled'."
    )
    beta.threads.messages.create(thread, role="user", content="Hello!")
    again = beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant.id, tools=[], poll_interval_ms=5)
    assert again.status == "completed"


def test_a_run_is_stopped_while_it_writes(client: Any) -> None:
    beta = client.with_options(default_headers=SLOW).beta
    assistant = beta.assistants.create(model="gpt-4o")
    thread = thread_of(beta, "Write a long essay of 2000 words about whales.")
    events: list[str] = []
    cancelled: Any = None
    with beta.threads.runs.stream(thread_id=thread, assistant_id=assistant.id) as stream:
        for event in stream:
            events.append(event.event)
            if event.event == "thread.message.delta" and cancelled is None:
                cancelled = beta.threads.runs.cancel(event_run(stream), thread_id=thread)
    assert cancelled.status == "cancelling"
    assert events[-4:] == [
        "thread.run.cancelling",
        "thread.message.incomplete",
        "thread.run.step.cancelled",
        "thread.run.cancelled",
    ]
    run = beta.threads.runs.retrieve(cancelled.id, thread_id=thread)
    message = beta.threads.messages.list(thread).data[0]
    assert (run.status, message.incomplete_details.reason) == ("cancelled", "run_cancelled")
    assert message.content[0].text.value


def event_run(stream: Any) -> str:
    return str(stream.current_run.id)


# -- streams


class Told(openai.AssistantEventHandler):
    """Notes what the SDK's handler is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.text = ""

    def on_text_created(self, text: Any) -> None:
        self.told.append("text")

    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.text += delta.value or ""

    def on_text_done(self, text: Any) -> None:
        assert text.value == self.text
        self.told.append("done")

    def on_tool_call_created(self, tool_call: Any) -> None:
        self.told.append(f"call {tool_call.type}")

    def on_tool_call_done(self, tool_call: Any) -> None:
        self.told.append(f"called {tool_call.type}")

    def on_message_done(self, message: Any) -> None:
        self.told.append("message")

    def on_end(self) -> None:
        self.told.append("end")


def test_a_streamed_run_is_told_to_the_sdks_handler(beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    thread = thread_of(beta, "What is the weather in Paris?")
    handler: Any = Told()
    with beta.threads.runs.stream(thread_id=thread, assistant_id=assistant.id, event_handler=handler) as stream:
        stream.until_done()
    assert handler.told == ["call function", "called function", "end"]
    run = handler.current_run
    assert run.status == "requires_action"
    arguments = run.required_action.submit_tool_outputs.tool_calls[0].function.arguments
    assert handler.current_run_step_snapshot.step_details.tool_calls[0].function.arguments == arguments
    handler = Told()
    with beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=thread, tool_outputs=outputs(run), event_handler=handler
    ) as stream:
        stream.until_done()
    assert handler.told == ["text", "done", "message", "end"]
    assert handler.get_final_run().status == "completed"
    assert "sunny" in handler.text
    (message,) = handler.get_final_messages()
    assert message == beta.threads.messages.retrieve(message.id, thread_id=thread)


def test_the_events_of_a_run_come_in_order(beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o")
    stream = beta.threads.create_and_run(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Hello!"}]}, stream=True
    )
    names = [event.event for event in stream]
    deltas = names.count("thread.message.delta")
    assert deltas > 1
    assert names == [
        "thread.created",
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.message.created",
        "thread.message.in_progress",
        *["thread.message.delta"] * deltas,
        "thread.message.completed",
        "thread.run.step.completed",
        "thread.run.completed",
    ]


def test_the_stream_on_the_wire_has_names_and_ends_with_done(beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o")
    reply = beta.threads.runs.with_raw_response.create(
        thread_of(beta, "Hello!"), assistant_id=assistant.id, stream=True
    )
    text = reply.http_response.read().decode()
    assert text.startswith("event: thread.run.created\ndata: {")
    assert text.endswith("}\n\nevent: done\ndata: [DONE]\n\n")


def test_whether_it_is_streamed_does_not_change_what_is_said(beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o")
    said = "Tell me something about whales."
    polled = beta.threads.runs.create_and_poll(
        thread_id=thread_of(beta, said), assistant_id=assistant.id, poll_interval_ms=5
    )
    with beta.threads.runs.stream(thread_id=thread_of(beta, said), assistant_id=assistant.id) as stream:
        (message,) = stream.get_final_messages()
    assert message.content[0].text.value == answer(beta, polled)


# -- the assistant's own tools


def test_files_are_searched_and_cited(client: Any, beta: Any) -> None:
    text = b"The Acme company sold 1234 anvils in 2023.\n\nIts founder is called Wile."
    file = client.files.create(file=("acme.txt", text), purpose="assistants")
    assistant = beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_stores": [{"file_ids": [file.id]}]}},
    )
    (store,) = assistant.tool_resources.file_search.vector_store_ids
    assert client.vector_stores.retrieve(store).file_counts.total == 1
    thread = thread_of(beta, "How many anvils did Acme sell in 2023?")
    run = beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant.id, poll_interval_ms=5)
    assert run.status == "completed"
    told = beta.threads.messages.list(thread).data[0].content[0].text
    assert "1234 anvils" in told.value
    cited = told.annotations[0]
    assert (cited.type, cited.file_citation.file_id, cited.text) == ("file_citation", file.id, "【4:0†source】")
    assert told.value[cited.start_index : cited.end_index] == cited.text
    _, search = beta.threads.runs.steps.list(run.id, thread_id=thread)
    (result,) = search.step_details.tool_calls[0].file_search.results
    assert (result.file_id, result.file_name, result.content) == (file.id, "acme.txt", None)
    more = beta.threads.runs.steps.retrieve(search.id, thread_id=thread, run_id=run.id, include=RESULTS)
    assert "anvils" in more.step_details.tool_calls[0].file_search.results[0].content[0].text
    with pytest.raises(openai.BadRequestError):
        beta.threads.runs.steps.list(run.id, thread_id=thread, include=["x"])


def test_an_attachment_is_searched_and_cited_in_a_stream(client: Any, beta: Any) -> None:
    file = client.files.create(file=("zebra.txt", b"A zebra named Zoe has 52 stripes."), purpose="assistants")
    assistant = beta.assistants.create(model="gpt-4o", tools=[{"type": "file_search"}])
    thread = beta.threads.create(
        messages=[
            {
                "role": "user",
                "content": "How many stripes has Zoe?",
                "attachments": [{"file_id": file.id, "tools": [{"type": "file_search"}]}],
            }
        ]
    )
    (store,) = thread.tool_resources.file_search.vector_store_ids
    assert client.vector_stores.retrieve(store).expires_after.days == 7
    annotated = []
    text = ""
    with beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id, include=RESULTS) as stream:
        for event in stream:
            if event.event == "thread.message.delta":
                block = event.data.delta.content[0].text
                text += block.value
                annotated += [(block.value, one) for one in block.annotations or ()]
            if event.event == "thread.run.step.completed" and event.data.type == "tool_calls":
                assert event.data.step_details.tool_calls[0].file_search.results[0].content
    ((value, annotation),) = annotated
    assert value == annotation.text == text[annotation.start_index : annotation.end_index]
    assert (annotation.index, annotation.file_citation.file_id) == (0, file.id)
    message = stream.get_final_messages()[0]
    assert message.content[0].text.value == text and "52 stripes" in text
    other = client.files.create(file=("yak.txt", b"A yak named Yan has 2 horns."), purpose="assistants")
    attachment: Any = {"file_id": other.id, "tools": [{"type": "file_search"}, {"type": "code_interpreter"}]}
    beta.threads.messages.create(thread.id, role="user", content="How many horns has Yan?", attachments=[attachment])
    resources = beta.threads.retrieve(thread.id).tool_resources
    assert resources.file_search.vector_store_ids == [store]
    assert resources.code_interpreter.file_ids == [other.id]
    run = beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=5)
    assert "2 horns" in answer(beta, run)


def test_programs_are_run(client: Any, beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o", tools=[{"type": "code_interpreter"}])
    thread = thread_of(beta, "Use Python to calculate 123 * 45.")
    code = ""
    with beta.threads.runs.stream(thread_id=thread, assistant_id=assistant.id) as stream:
        for event in stream:
            if event.event == "thread.run.step.delta":
                code += event.data.delta.step_details.tool_calls[0].code_interpreter.input or ""
    run = stream.get_final_run()
    assert run.status == "completed" and "5535" in answer(beta, run)
    _, step = beta.threads.runs.steps.list(run.id, thread_id=thread)
    program = step.step_details.tool_calls[0].code_interpreter
    assert program.input == code and "123" in code
    assert program.outputs[0].logs.strip() == "5535"


def test_charts_of_programs_are_images_of_the_message(client: Any, beta: Any) -> None:
    class Looker(openai.AssistantEventHandler):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[str] = []

        def on_image_file_done(self, image_file: Any) -> None:
            self.seen.append(image_file.file_id)

        def on_text_done(self, text: Any) -> None:
            self.seen.append("text")

    assistant = beta.assistants.create(model="gpt-4o", tools=[{"type": "code_interpreter"}])
    thread, looker = thread_of(beta, "Plot 3, 5 and 2 as a chart."), Looker()
    with beta.threads.runs.stream(thread_id=thread, assistant_id=assistant.id, event_handler=looker) as stream:
        stream.until_done()
    image, text = beta.threads.messages.list(thread).data[0].content
    assert looker.seen == [image.image_file.file_id, "text"] and text.text.annotations[0].type == "file_path"
    assert client.files.content(image.image_file.file_id).read().startswith(b"\x89PNG")
    beta.threads.messages.create(thread, role="user", content="Thank you!")
    again = beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant.id, poll_interval_ms=5)
    assert again.status == "completed"


# -- whose they are


def test_another_project_sees_nothing_of_it(fake: FakeAI, beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4o")
    thread = thread_of(beta, "Hello!")
    run = beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant.id, poll_interval_ms=5)
    step = beta.threads.runs.steps.list(run.id, thread_id=thread).data[0]
    theirs = fake.client(default_headers=OTHER, max_retries=0).beta
    mine = thread_of(theirs, "Hi!")
    for ask in (
        lambda: theirs.assistants.retrieve(assistant.id),
        lambda: theirs.threads.retrieve(thread),
        lambda: theirs.threads.runs.retrieve(run.id, thread_id=thread),
        lambda: theirs.threads.runs.retrieve(run.id, thread_id=mine),
        lambda: theirs.threads.runs.steps.retrieve(step.id, thread_id=thread, run_id=run.id),
        lambda: theirs.threads.runs.create(mine, assistant_id=assistant.id),
    ):
        refused(ask, openai.NotFoundError)
    assert theirs.assistants.list().data == []
    refused(lambda: theirs.assistants.list(after=assistant.id))


def test_a_run_counts_in_the_organizations_usage(client: Any, beta: Any) -> None:
    assistant = beta.assistants.create(model="gpt-4.1-nano")
    run = beta.threads.runs.create_and_poll(
        thread_id=thread_of(beta, "Hello!"), assistant_id=assistant.id, poll_interval_ms=5
    )
    buckets = client.admin.organization.usage.completions(start_time=run.created_at - 60, group_by=["model"]).data
    (found,) = [one for bucket in buckets for one in bucket.results if one.model == "gpt-4.1-nano"]
    assert (found.input_tokens, found.output_tokens) == (run.usage.prompt_tokens, run.usage.completion_tokens)
