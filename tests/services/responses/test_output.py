"""Deltas become items and events: one builder, so both say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.chance import Ids
from fakeai.core.generation import (
    Annotations,
    Finish,
    Reasoning,
    Refusal,
    Run,
    Stop,
    Text,
    Thinking,
    ToolInput,
    ToolStart,
    Usage,
)
from fakeai.services.responses.calls import function_item
from fakeai.services.responses.output import Output
from fakeai.services.responses.telling import Begin, Style

from .conftest import MakeOutput, told

END = (Stop(0, "stop"), Finish(Usage(3, 2)))


def feed(output, *bursts):
    return told([document for burst in bursts for document in output.encode(burst)])


def kinds(events):
    return [event["type"].removeprefix("response.") for event in events]


def test_text_is_a_message_of_one_part(make_output: MakeOutput):
    output = make_output()
    events = feed(output, (Begin(),), (Text(0, ("Hel", "lo")),), END)
    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(10))
    (message,) = output.response["output"]
    assert message["content"] == [{"type": "output_text", "annotations": [], "logprobs": [], "text": "Hello"}]
    assert output.response["status"] == "completed"
    assert output.response["completed_at"] == 7
    assert output.response["usage"]["total_tokens"] == 5


def test_events_are_snapshots(make_output: MakeOutput):
    events = feed(make_output(), (Begin(),), (Text(0, ("a",)),), END)
    assert events[0]["response"]["output"] == []
    assert events[0]["response"]["status"] == "in_progress"
    assert events[2]["item"]["content"] == []


def test_refusals_are_parts_of_their_own(make_output: MakeOutput):
    output = make_output()
    events = feed(output, (Text(0, ("I",)), Refusal(0, ("No", ".")), *END))
    assert "refusal.delta" in kinds(events)
    assert [part["type"] for part in output.items[0]["content"]] == ["output_text", "refusal"]
    assert output.items[0]["content"][1]["refusal"] == "No."


def test_thought_that_is_not_shown_is_an_item_with_a_summary_if_wanted(make_output: MakeOutput):
    output = make_output(thinks=True, summary=lambda: ("So", " so"), sealed=lambda: "xyz")
    feed(output, (Thinking(0, 5),), (Thinking(0, 5),), (Text(0, ("a",)),), END)
    thought, message = output.items
    assert thought["summary"] == [{"type": "summary_text", "text": "So so"}]
    assert thought["encrypted_content"] == "xyz"
    assert message["type"] == "message"


def test_models_that_do_not_think_have_no_such_item(make_output: MakeOutput):
    output = make_output()
    feed(output, (Thinking(0, 5), ToolStart(0, 0, "c", "f", "function"), ToolInput(0, 0, ("{}",))), END)
    assert [item["type"] for item in output.items] == ["function_call"]


def test_thought_that_is_shown_is_told_as_it_comes(make_output: MakeOutput):
    output = make_output()
    events = feed(output, (Reasoning(0, ("Let", " me")),), (Text(0, ("a",)),), END)
    assert kinds(events).count("reasoning_text.delta") == 2
    assert output.items[0]["content"] == [{"type": "reasoning_text", "text": "Let me"}]


def test_calls_are_items_one_after_the_other(make_output: MakeOutput):
    output = make_output()
    burst = (
        Text(0, ("Well",)),
        ToolStart(0, 0, "c0", "f", "function"),
        ToolInput(0, 0, ('{"a"', ":1}")),
        ToolStart(0, 1, "c1", "g", "custom"),
        ToolInput(0, 1, ("hi",)),
        Stop(0, "tool_calls"),
        Finish(Usage(1, 1)),
    )
    events = feed(output, burst)
    _, first, second = output.items
    assert (first["arguments"], first["status"]) == ('{"a":1}', "completed")
    assert (second["type"], second["input"]) == ("custom_tool_call", "hi")
    assert output.own_calls == 2
    assert [event["output_index"] for event in events if event["type"].endswith("item.done")] == [0, 1, 2]


@pytest.mark.parametrize(
    ("reason", "told_reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
def test_what_is_cut_off_is_incomplete(make_output: MakeOutput, reason, told_reason):
    output = make_output()
    events = feed(output, (Text(0, ("a",)), Stop(0, reason), Finish(Usage(1, 1))))
    assert output.response["status"] == "incomplete"
    assert output.response["incomplete_details"] == {"reason": told_reason}
    assert events[-1]["type"] == "response.incomplete"
    assert output.items[0]["status"] == ("incomplete" if reason == "length" else "completed")


def test_links_are_told_where_they_are(make_output: MakeOutput):
    output = make_output()
    citation = {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 1, "url": "u", "title": "t"}}
    events = feed(output, (Text(0, ("a",)), Annotations(0, [citation]), *END))
    told_one = {"type": "url_citation", "start_index": 0, "end_index": 1, "url": "u", "title": "t"}
    assert output.items[0]["content"][0]["annotations"] == [told_one]
    assert next(event for event in events if "annotation" in event)["annotation_index"] == 0


def test_a_response_that_is_cut_ends_there(make_output: MakeOutput):
    output = make_output()
    feed(output, (Begin(),), (Text(0, ("a",)),))
    last = told(output.cut("steered", Usage(2, 1)))
    assert kinds(last)[-1] == "incomplete"
    assert output.items[0]["status"] == "incomplete"
    assert output.response["incomplete_details"] == {"reason": "steered"}


def test_nothing_is_told_where_nobody_listens(make_output: MakeOutput):
    quiet, loud = make_output(events=False), make_output()
    for output in (quiet, loud):
        feed(output, (Begin(),), (Text(0, ("a", "b")),), END)
    assert quiet.sequence == 0
    assert quiet.response == loud.response


@given(st.lists(st.text(max_size=5), min_size=1, max_size=30), st.booleans(), st.booleans())
def test_runs_are_told_as_single_pieces_are(pieces, framed, obfuscate):
    def made():
        response = {"id": "resp_1", "status": "in_progress", "output": []}
        style = Style(framed=framed, obfuscate=obfuscate)
        output = Output(response, Ids(b"1"), lambda start: function_item("fc", start), style, lambda: 7)
        output.encode((Text(0, ("start",)),))
        return output

    together, apart = made(), made()
    in_runs = together.encode_all(Run(0, pieces))
    one_by_one = [apart.encode((Text(0, (piece,)),)) for piece in pieces]
    assert list(in_runs) == one_by_one
    together.encode(END)
    assert together.items[0]["content"][0]["text"] == "start" + "".join(pieces)
