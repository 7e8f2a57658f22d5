"""`POST /decisions`: an answer to each question in its shape, and what is refused."""

from typing import Any

import pytest
from openai.types import Decision

from fakeai.backends.decision import SimulatedDecision
from fakeai.core.clock import WallClock
from fakeai.core.errors import ApiError, BadRequest, ContextLengthExceeded, NotFound
from fakeai.services.decisions import Decisions
from fakeai.services.directory import ModelDirectory
from fakeai.sim.timing import LatencyProfile

from .conftest import MakeCall

TICKET = "I was charged twice. This is urgent!"
TRUE = {"type": "predicate", "instructions": "The customer was charged."}
DESK = {
    "type": "choice",
    "name": "desk",
    "instructions": "Which desk?",
    "choices": [{"value": "technical", "description": "Errors"}, {"value": "billing"}],
}
URGENCY = {
    "type": "score",
    "name": "urgency",
    "instructions": [{"type": "input_text", "text": "How urgent is it?"}],
    "levels": [{"label": "low"}, {"label": "medium"}, {"label": "high", "description": "Now"}],
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
IMAGE = f"data:image/png;base64,{PIXEL}"


@pytest.fixture
def service(directory: ModelDirectory, clock: WallClock, no_latency: LatencyProfile) -> Decisions:
    return Decisions(SimulatedDecision(clock, no_latency, b"seed"), directory, lenient=False)


@pytest.fixture
def ask(service: Decisions, make_call: MakeCall) -> Any:
    async def ask(input: Any, *questions: Any, model: str = "gpt-6-luna", **headers: str) -> Any:
        body = {"model": model, "input": input, "questions": questions}
        return (await service.create(make_call(service, "create", body, headers=headers))).body

    return ask


async def test_every_question_has_its_answer_in_order(ask: Any) -> None:
    reply = await ask(TICKET, TRUE, DESK, URGENCY)
    Decision.model_validate(reply, strict=True)
    true, desk, urgency = reply["answers"]
    assert (true["type"], true["name"]) == ("predicate", None) and true["probability"] > 0.8
    assert (desk["name"], desk["choice"]) == ("desk", "billing")
    assert desk["confidence"] == max(each["probability"] for each in desk["probabilities"])
    assert [each["value"] for each in desk["probabilities"]] == ["technical", "billing"]
    assert [(each["value"], each["label"]) for each in urgency["probabilities"]] == [
        (0, "low"),
        (1, "medium"),
        (2, "high"),
    ]
    assert urgency["score"] == pytest.approx(
        sum(each["value"] * each["probability"] for each in urgency["probabilities"])
    )
    assert urgency["score"] > 1.5


async def test_equal_requests_have_equal_answers(ask: Any) -> None:
    assert await ask(TICKET, TRUE, DESK) == await ask(TICKET, TRUE, DESK)


async def test_input_and_questions_are_counted(ask: Any) -> None:
    one, two = await ask(TICKET, TRUE), await ask(TICKET, TRUE, DESK)
    assert 0 < one["usage"]["input_tokens"] < two["usage"]["input_tokens"]
    assert (one["usage"]["output_tokens"], two["usage"]["output_tokens"]) == (1, 2)
    assert two["usage"]["total_tokens"] == two["usage"]["input_tokens"] + 2


async def test_choices_may_be_booleans_beside_their_names(ask: Any) -> None:
    both = {"type": "choice", "instructions": "Was it charged?", "choices": [{"value": True}, {"value": "True"}]}
    (answer,) = (await ask(TICKET, both))["answers"]
    assert [each["value"] for each in answer["probabilities"]] == [True, "True"]


async def test_conversations_calls_and_images_are_read(ask: Any) -> None:
    said = [
        {"role": "system", "content": "Be kind about giraffes."},
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "hi"}, {"type": "input_image", "image_url": IMAGE}],
        },
        {
            "role": "assistant",
            "content": [{"type": "output_text", "text": "hello"}, {"type": "refusal", "refusal": "no"}],
        },
        {"type": "function_call", "call_id": "c1", "name": "lookup", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "The parcel is lost."},
        {"type": "custom_tool_call", "call_id": "c2", "name": "run", "input": "x"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "done"}]},
        {"role": "user", "content": [{"type": "input_json", "data": {"weight": [1, {"unit": "kilogram"}]}}]},
    ]
    for word in ("parcel", "kilogram", "hello"):
        statement = {"type": "predicate", "instructions": f"It says {word}."}
        assert (await ask(said, statement))["answers"][0]["probability"] > 0.8, word
    instructed = {"type": "predicate", "instructions": "It says giraffes."}
    assert (await ask(said, instructed))["answers"][0]["probability"] < 0.3


async def test_what_nobody_should_be_asked_is_declined(ask: Any) -> None:
    threat = {"type": "predicate", "name": "t", "instructions": "I will kill you and your family."}
    reply = await ask(TICKET, threat, TRUE)
    Decision.model_validate(reply, strict=True)
    assert reply["answers"][0] == {"type": "refusal", "name": "t"}
    assert reply["answers"][1]["type"] == "predicate"


async def test_models_that_are_known_not_to_decide_are_refused(ask: Any) -> None:
    with pytest.raises(NotFound, match="not supported in the v1/decisions endpoint"):
        await ask(TICKET, TRUE, model="gpt-4o")
    headers = {"x-fakeai-validation": "schema"}
    assert (await ask(TICKET, TRUE, model="gpt-4o", **headers))["model"] == "gpt-4o"
    assert (await ask(TICKET, TRUE, model="my-decider"))["model"] == "my-decider"


DEEP: Any = {}
for _ in range(40):
    DEEP = {"in": DEEP}


@pytest.mark.parametrize(
    ("input", "question", "message"),
    [
        (
            [{"type": "function_call_output", "call_id": "c", "output": "x"}],
            TRUE,
            "No tool call found for function call",
        ),
        (
            [
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": ""},
                {"type": "custom_tool_call_output", "call_id": "c", "output": "x"},
            ],
            TRUE,
            "No tool call found for custom tool call output with call_id c",
        ),
        ([{"role": "user", "content": [{"type": "input_json", "data": DEEP}]}], TRUE, "32 levels"),
        ([{"role": "user", "content": [{"type": "input_json", "data": {"a": [0] * 10_001}}]}], TRUE, "10000 values"),
        ([{"role": "user", "content": [{"type": "input_json", "data": {"a": "x" * 300_000}}]}], TRUE, "256 KiB"),
        ([{"role": "user", "content": [{"type": "input_image", "image_url": "file-1"}]}], TRUE, "image_url"),
        (
            [{"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}]}],
            TRUE,
            "unsupported image",
        ),
        ("x", {**DESK, "choices": [{"value": "a"}, {"value": "a"}]}, "each choice must be unique"),
    ],
)
async def test_what_cannot_be_read_is_refused(ask: Any, input: Any, question: Any, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        await ask(input, question)


async def test_an_input_longer_than_the_window_is_refused(ask: Any) -> None:
    with pytest.raises(ContextLengthExceeded):
        await ask("word " * 1_100_000, TRUE)


async def test_unreadable_latencies_are_refused(ask: Any) -> None:
    with pytest.raises(ApiError):
        await ask(TICKET, TRUE, **{"x-fakeai-ttft-ms": "soon"})
