"""Turns begin, wait, and end."""

from fakeai.services.agents.progress import NOTHING, usage_of, words
from tests.services.agents.conftest import Door, events_of, opened, rested, said, virtually


def test_usage_adds_up() -> None:
    told = usage_of({"input": 10, "cached": 4, "output": 5, "reasoning": 2})
    assert (told["total_tokens"], told["input_tokens_details"], told["output_tokens_details"]) == (
        15,
        {"cached_tokens": 4},
        {"reasoning_tokens": 2},
    )
    assert usage_of(NOTHING)["total_tokens"] == 0


def test_a_text_is_one_message() -> None:
    assert words("x") == [{"content": [{"type": "input_text", "text": "x"}]}]


def test_each_turn_begins_with_what_was_said_and_ends_with_the_session_at_rest() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "One")
        last = (await events_of(ask, at, f"evt_{'0' * 16}{0:010x}"))[-1]["event_id"]
        await said(ask, at, "Two")
        await rested(ask, at)
        kinds = [event["type"].removeprefix("agent.session.") for event in await events_of(ask, at, last)]
        assert kinds[:4] == ["turn.created", "turn.item.added", "in_progress", "turn.in_progress"]
        assert kinds[-2:] == ["turn.completed", "idle"]

    virtually(main)
