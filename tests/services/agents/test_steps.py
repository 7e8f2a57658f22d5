"""What the model is asked in a step, and what follows."""

from typing import Any

import pytest

from fakeai.core.errors import BadRequest, ContextLengthExceeded, ModelNotFound, ServerError, Unavailable
from fakeai.services.agents.steps import View, heard, ids_of, told_error, wanted


def item(text: str, turn: str = "t", role: str = "user", **more: Any) -> Any:
    return {"id": text, "turn_id": turn, "type": "message", "role": role, **more}


def names(turn: Any, *items: Any) -> list[str]:
    return [found["id"] for found in heard(View({}, turn, items))]


def test_a_step_hears_what_was_said_until_it_began_and_nothing_of_its_own() -> None:
    turn = {"id": "t", "_step": 1, "_heard": 1}
    before, first = item("before", "s"), item("first")
    answer, own = item("answer", role="assistant", _step=0), item("own", role="assistant", _step=1)
    later = item("later")
    assert names(turn, before, first, answer, own, later) == ["before", "first", "answer"]


def test_a_step_has_the_same_ids_whenever_it_is_done() -> None:
    one, two = {"id": "t", "_step": 0}, {"id": "t", "_step": 1}
    assert ids_of(one).make("a_") == ids_of(one).make("a_") != ids_of(two).make("a_")


def test_a_call_wants_somebody_to_run_it() -> None:
    call = {
        "id": "i",
        "type": "function_call",
        "turn_id": "t",
        "call_id": "c",
        "name": "f",
        "arguments": {},
        "_index": 0,
    }
    assert wanted(call) == {"type": "function_call", "turn_id": "t", "call_id": "c", "name": "f", "arguments": {}}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ContextLengthExceeded("long"), "context_length_exceeded"),
        (ModelNotFound("m"), "resource_not_found"),
        (BadRequest("no"), "invalid_request"),
        (Unavailable("later"), "server_overloaded"),
        (ServerError("broken"), "server_error"),
    ],
)
def test_errors_are_told_in_the_words_of_turns(error: Any, code: str) -> None:
    assert told_error(error) == {"code": code, "message": error.message}
