"""What a run wants, in the words of the generator."""

from typing import Any

import pytest

from fakeai.core.generation import Tool, ToolChoice
from fakeai.services.assistants.shapes import (
    choice,
    form,
    has_program,
    images_of,
    marks_of,
    new_message,
    new_step,
    offered,
)

RUN = {"id": "run_1", "thread_id": "thread_1", "assistant_id": "asst_1"}


def test_own_tools_and_functions_are_offered_alike() -> None:
    hosted = {name: Tool(name, "h") for name in ("file_search", "code_interpreter")}
    function = {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True}
    wanted = [{"type": "file_search"}, {"type": "code_interpreter"}, {"type": "function", "function": function}]
    search, code, own = offered(wanted, hosted)
    assert [search, code] == list(hosted.values())
    assert (own.name, own.description, own.schema, own.strict) == ("f", "d", {"type": "object"}, True)


@pytest.mark.parametrize(
    ("wanted", "used", "found"),
    [
        ("auto", False, ToolChoice()),
        ("required", False, ToolChoice("required")),
        ("required", True, ToolChoice()),
        ("none", True, ToolChoice("none")),
        ({"type": "file_search"}, False, ToolChoice("required", ("file_search",))),
        ({"type": "function", "function": {"name": "f"}}, False, ToolChoice("required", ("f",))),
        ({"type": "function", "function": {"name": "f"}}, True, ToolChoice()),
    ],
)
def test_what_must_be_used_need_be_used_once(wanted: Any, used: bool, found: ToolChoice) -> None:
    assert choice(wanted, used=used) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("auto", (None, False)),
        ({"type": "text"}, (None, False)),
        ({"type": "json_object"}, (None, True)),
        (
            {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "array"}}},
            ({"type": "array"}, False),
        ),
        ({"type": "json_schema", "json_schema": {"name": "a"}}, ({"type": "object"}, False)),
    ],
)
def test_the_form_of_an_answer(wanted: Any, found: Any) -> None:
    assert form(wanted) == found


def test_rows_begin_in_progress() -> None:
    message = new_message("msg_1", RUN, 5)
    step = new_step("step_1", RUN, 5, "tool_calls", {"type": "tool_calls", "tool_calls": []})
    assert message["status"] == step["status"] == "in_progress"
    assert (message["run_id"], step["run_id"], message["content"], step["usage"]) == ("run_1", "run_1", [], None)


def test_what_is_behind_a_run_is_found_in_its_steps() -> None:
    code = {
        "step_details": {"tool_calls": [{"type": "code_interpreter"}]},
        "_calls": {"c": {"told": "a m b", "marks": {"m": {"x": 1}, "n": {}}}},
    }
    written = {"step_details": {"type": "message_creation"}}
    assert marks_of([written, code]) == {"m": {"x": 1}} and marks_of([written]) == {}
    assert has_program([written, code]) and not has_program([written])


def test_images_are_those_since_the_last_message() -> None:
    def ran(*names: str) -> dict[str, Any]:
        outputs = [{"type": "logs", "logs": "a"}, *({"type": "image", "image": {"file_id": name}} for name in names)]
        calls = [{"type": "code_interpreter", "code_interpreter": {"outputs": outputs}}, {"type": "file_search"}]
        return {"step_details": {"type": "tool_calls", "tool_calls": calls}}

    written = {"step_details": {"type": "message_creation"}}
    assert images_of([ran("a"), written, ran("b", "c"), ran("d")]) == ["b", "c", "d"]
    assert images_of([ran("a"), written]) == [] == images_of([])
