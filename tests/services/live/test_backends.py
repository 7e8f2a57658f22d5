"""What backends of a session are asked with stays bounded and whole."""

from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.services.live.backends import Responding, in_words

CALL = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "x"}


def test_old_items_are_forgotten_and_no_output_is_left_alone() -> None:
    responding = Responding()
    for _ in range(150):
        for item in (CALL, OUTPUT, {"type": "message", "role": "user", "content": "x"}):
            responding.add(item)
    items = responding.begin(None)
    assert items is not None and 100 < len(items) <= 400
    assert items[0]["type"] != "function_call_output"


def test_too_many_waiting_responses_are_refused() -> None:
    responding = Responding()
    responding.begin(None)
    for _ in range(1_000):
        assert responding.begin(None) is None
    with pytest.raises(BadRequest, match="Too many responses"):
        responding.begin(None)


def test_what_was_called_is_remembered_and_what_was_said_is_told() -> None:
    responding = Responding()
    responding.begin("del_1")
    said = {"type": "message", "content": [{"type": "output_text", "text": "One moment."}]}
    for item in (said, CALL):
        responding.look({"type": "response.output_item.done", "item": item})
    responding.look({"type": "response.completed"})
    assert responding.over("del_1") == ("One moment.", [])
    assert responding.resumed() == "del_1" and responding.resumed() is None
    assert responding.begin(None) == [CALL]


def test_only_what_has_no_output_yet_is_waited_for() -> None:
    shell = {"type": "shell_call", "call_id": "s"}
    done = {"type": "shell_call_output", "call_id": "s"}
    for items, waits in (([shell], True), ([shell, done], False), ([{"type": "mcp_approval_request"}], True)):
        responding = Responding()
        responding.begin("del_1")
        for item in items:
            responding.look({"type": "response.output_item.done", "item": item})
        responding.over("del_1")
        assert (responding.resumed() == "del_1") is waits, items


def test_answers_have_words() -> None:
    def share(label: str, probability: float) -> Any:
        return {"value": 0, "label": label, "probability": probability}

    answers: Any = [
        {"type": "predicate", "name": None, "probability": 0.2},
        {"type": "choice", "name": None, "choice": "billing", "confidence": 1, "probabilities": []},
        {
            "type": "score",
            "name": None,
            "score": 1,
            "confidence": 1,
            "probabilities": [share("low", 0.1), share("high", 0.9)],
        },
        {"type": "refusal", "name": None},
    ]
    told: Any = {"model": "m", "answers": answers, "usage": None}
    assert in_words(told) == "I would say no, billing, high, I would rather not say."
