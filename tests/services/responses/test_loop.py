"""Turns with work between them are one stream, with one Finish that has counted all of them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fakeai.core.feed import Feed
from fakeai.core.generation import Finish, Message, Stop, Text, ToolInput, ToolStart, Usage
from fakeai.services.responses.calls import Event, HostedCall, function_item
from fakeai.services.responses.loop import Loop, added
from fakeai.services.responses.replay import Once

from .conftest import MakeOutput

CALLS = (
    ToolStart(0, 0, "call_0", "look", "function"),
    ToolInput(0, 0, ("sea",)),
    Stop(0, "tool_calls"),
    Finish(Usage(10, 4)),
)
WORDS = (Text(0, ("It is blue.",)), Stop(0, "stop"), Finish(Usage(20, 3)))


class Look(HostedCall):
    """Gives back what it was asked."""

    async def work(self) -> AsyncIterator[list[Event]]:
        """One event."""
        self.result = f"seen {self.arguments}"
        yield [{"type": "response.looking"}]


class Broken(HostedCall):
    """Cannot be carried out."""

    async def work(self) -> AsyncIterator[list[Event]]:
        """Raises."""
        yield []
        raise RuntimeError("no")


def turn(*bursts: Any) -> Feed[Any]:
    return Feed(Once(bursts))


def hosted(kind: type[HostedCall] = Look) -> Any:
    def opens(start: ToolStart) -> Any:
        if start.name == "look":
            return kind({"id": "lk_1", "type": "look_call", "status": "in_progress"}, start.id)
        return function_item("fc_1", start)

    return opens


async def run(output: Any, first: Feed[Any], *more: Feed[Any], due: Any = ()) -> tuple[list[Any], list[Message]]:
    turns, heard = list(more), []

    async def onward(said: Any) -> Any:
        heard.extend(said)
        return turns.pop(0) if turns else None

    feed: Feed[Any] = Feed(Loop(first, output, onward, due))
    taken: list[Any] = []
    feed.tap(lambda burst: taken.extend(burst))
    await feed.map_all(output.encode_all).drain(lambda _: None)
    return taken, heard


async def test_what_a_tool_gave_goes_into_the_next_turn(make_output: MakeOutput) -> None:
    output = make_output(hosted())
    taken, heard = await run(output, turn(CALLS), turn(WORDS))
    assert [item["type"] for item in output.items] == ["look_call", "message"]
    assert [delta for delta in taken if isinstance(delta, Finish)] == [Finish(Usage(30, 7))]
    spoken, result = heard
    assert spoken.tool_calls[0].arguments == "sea"
    assert (result.role, result.text, result.tool_call_id) == ("tool", "seen sea", "call_0")


async def test_it_ends_where_the_caller_has_to_act(make_output: MakeOutput) -> None:
    output = make_output(hosted())
    both = (*CALLS[:2], ToolStart(0, 1, "call_1", "f", "function"), ToolInput(0, 1, ("{}",)), *CALLS[2:])
    _, heard = await run(output, turn(both), turn(WORDS))
    assert [item["type"] for item in output.items] == ["look_call", "function_call"]
    assert heard == []
    assert output.response["status"] == "completed"


async def test_without_calls_there_is_one_turn(make_output: MakeOutput) -> None:
    output = make_output(hosted())
    await run(output, turn(WORDS))
    assert output.usage == Usage(20, 3)


async def test_calls_that_are_due_come_first(make_output: MakeOutput) -> None:
    output = make_output(hosted())
    due = Look({"id": "lk_0", "type": "look_call", "name": "look", "status": "in_progress"}, "call_d")
    due.closed("land", complete=True)
    _, heard = await run(output, turn(CALLS), turn(WORDS), due=[due])
    assert [item["type"] for item in output.items] == ["look_call", "message"]
    assert heard[1].text == "seen land"


async def test_what_a_tool_raises_ends_the_stream(make_output: MakeOutput) -> None:
    with pytest.raises(RuntimeError, match="no"):
        await run(make_output(hosted(Broken)), turn(CALLS), turn(WORDS))


async def test_it_is_cancelled_while_it_works(make_output: MakeOutput) -> None:
    output = make_output(hosted())
    feed: Feed[Any] = Feed(Loop(turn(CALLS), output, lambda said: None))  # type: ignore[arg-type, return-value]  # never called
    feed.map_all(output.encode_all)
    drain = feed.drain(lambda _: feed.cancel())
    feed_over = []
    feed.on_end(lambda error, cancelled: feed_over.append(cancelled))
    coroutine = drain.__await__()
    next(coroutine, None)
    coroutine.close()
    assert feed_over == [True]


def test_usages_are_added() -> None:
    assert added(Usage(1, 2, cached=3, reasoning=4), Usage(10, 20, 30)) == Usage(11, 22, 33, reasoning=4)
