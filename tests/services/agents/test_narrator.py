"""Deltas as what happens in a turn."""

from typing import Any

from fakeai.core.chance import Ids
from fakeai.core.generation import Finish, Reasoning, Stop, Text, Thinking, ToolInput, ToolStart, Usage
from fakeai.services.agents.narrator import Narrator


def narrated(*deltas: Any, thinks: bool = True, summary: Any = None) -> Narrator:
    narrator = Narrator("aturn_1", 0, 2, Ids(b"x" * 32), summary, thinks=thinks)
    for delta in deltas:
        narrator.take([delta])
    narrator.close()
    return narrator


def told(narrator: Narrator) -> list[str]:
    return [f"{what} {item['type']}" for what, item, _ in narrator.happened]


FINISH = Finish(Usage(3, 4))


def test_a_message_grows_by_a_delta_for_each_piece_and_is_done() -> None:
    made = narrated(Text(0, ("Hel", "", "lo")), Stop(0, "stop"), FINISH)
    assert told(made) == [
        "added message",
        "content_part.added message",
        "output_text.delta message",
        "output_text.delta message",
        "output_text.done message",
        "content_part.done message",
        "done message",
    ]
    last = made.happened[-1].item
    assert (last["content"], last["status"], last["_index"]) == (
        [{"type": "output_text", "text": "Hello"}],
        "completed",
        2,
    )
    assert (made.index, made.usage) == (3, Usage(3, 4))


def test_hidden_thoughts_are_an_item_of_models_that_think() -> None:
    assert told(narrated(Thinking(0, 9), Text(0, ("a",)), FINISH))[:2] == ["added reasoning", "done reasoning"]
    assert told(narrated(Thinking(0, 9), Text(0, ("a",)), FINISH, thinks=False))[0] == "added message"


def test_a_summary_of_thoughts_is_told_where_one_is_wanted() -> None:
    made = narrated(Thinking(0, 9), FINISH, summary=lambda: ["so ", "so"])
    assert told(made) == [
        "added reasoning",
        "reasoning_summary_part.added reasoning",
        "reasoning_summary_text.delta reasoning",
        "reasoning_summary_text.delta reasoning",
        "reasoning_summary_text.done reasoning",
        "reasoning_summary_part.done reasoning",
        "done reasoning",
    ]
    assert made.happened[-1].item["summary"] == [{"type": "summary_text", "text": "so so"}]
    aloud = narrated(Reasoning(0, ("hm",)), FINISH)
    assert told(aloud) == ["added reasoning", "done reasoning"]


def test_a_call_is_an_item_once_its_arguments_are_known() -> None:
    made = narrated(
        ToolStart(0, 0, "call_1", "f", "function"),
        ToolInput(0, 0, ('{"a":',)),
        ToolInput(0, 0, ("1}",)),
        ToolStart(0, 1, "call_2", "g", "function"),
        ToolInput(0, 1, ("broken",)),
        FINISH,
    )
    assert told(made) == ["added function_call"] * 2
    assert [(call["call_id"], call["arguments"]) for call in made.calls] == [("call_1", {"a": 1}), ("call_2", "broken")]


def test_what_grows_is_known_as_far_as_it_has_come() -> None:
    narrator = Narrator("aturn_1", 0, 0, Ids(b"x" * 32), None, thinks=False)
    assert narrator.growing() is None
    narrator.take([Text(0, ("Hel",))])
    growing = narrator.growing()
    assert growing is not None
    assert (growing["content"][0]["text"], growing["status"]) == ("Hel", "in_progress")


def test_equal_deltas_make_the_same_happen() -> None:
    deltas = Thinking(0, 1), Text(0, ("a", "b")), FINISH
    assert narrated(*deltas).happened == narrated(*deltas).happened
