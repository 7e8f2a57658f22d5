"""An answer's events come in order, what they tell is kept before its end, and what is broken off is kept too."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from fakeai.core.chance import Ids
from fakeai.core.errors import StorageUnavailable
from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, Finish, Reasoning, Refusal, Stop, Text, ToolInput, ToolStart, Usage
from fakeai.services.chatkit.answer import Answer, Draft

USAGE = Usage(3, 2)
WORDS: list[Burst] = [(Text(0, ("Hel", "")),), (Text(0, ("lo",)), Stop(0, "stop"), Finish(USAGE))]


class Model:
    """A source that gives what it is told to, and then hangs or ends."""

    def __init__(self, bursts: Sequence[Burst], *, ends: bool = True, error: Exception | None = None) -> None:
        self.bursts, self.ends, self.error, self.calls = bursts, ends, error, []  # type: ignore[var-annotated]

    def begin(self, feed: Feed[Any], /) -> None:
        for burst in self.bursts:
            feed.push(burst)
        if self.ends:
            feed.finish(self.error)

    def cancel(self) -> None:
        self.calls.append("cancel")

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")


class Kept:
    def __init__(self, *, fails: bool = False) -> None:
        self.items: list[Any] = []
        self.fails = fails

    async def __call__(self, items: Any) -> Any:
        if self.fails:
            raise StorageUnavailable
        self.items += items
        return [{"type": "thread.updated", "thread": {}}]


def answer(model: Model, kept: Kept) -> tuple[Answer, Feed[list[bytes]]]:
    source = Answer([{"type": "first"}], lambda: Feed(model), Draft("cthr_1", 1.0, Ids(b"x")), kept)
    return source, Feed(source)


async def told(model: Model, kept: Kept) -> list[Any]:
    _, feed = answer(model, kept)
    return [json.loads(event.removeprefix(b"data: ")) async for burst in feed for event in burst]


async def test_its_usage_is_the_model_s() -> None:
    source, feed = answer(Model(WORDS), Kept())
    await feed.drain(lambda _: None)
    assert source.usage == USAGE


async def test_words_are_told_as_they_come_and_kept_as_they_are() -> None:
    kept = Kept()
    events = await told(Model(WORDS), kept)
    assert [event["type"] for event in events] == [
        "first",
        "thread.item.added",
        *["thread.item.updated"] * 4,
        "thread.item.done",
        "thread.updated",
    ]
    updates = [event["update"] for event in events if event["type"] == "thread.item.updated"]
    assert [update["type"].rpartition(".")[2] for update in updates] == ["added", "text_delta", "text_delta", "done"]
    assert [update.get("delta") for update in updates] == [None, "Hel", "lo", None]
    (item,) = kept.items
    assert item["content"] == [{"type": "output_text", "text": "Hello", "annotations": []}]
    assert events[-2]["item"]["content"] == item["content"] == [updates[-1]["content"]]
    assert len({event["item"]["id"] for event in events if "item" in event} | {item["id"]}) == 1


async def test_a_call_is_told_whole_and_waits() -> None:
    kept = Kept()
    bursts: list[Burst] = [(ToolStart(0, 0, "call_1", "map", "function"),), (ToolInput(0, 0, ('{"a"', ":1}")),)]
    events = await told(Model([*bursts, (Stop(0, "tool_calls"), Finish(USAGE))]), kept)
    assert [event["type"] for event in events] == ["first", "thread.item.added", "thread.item.done", "thread.updated"]
    assert events[2]["item"]["status"] == "pending" and events[2]["item"]["arguments"] == {"a": 1}
    assert kept.items[0]["arguments"] == '{"a":1}' and kept.items[0]["status"] == "in_progress"


async def test_thoughts_are_a_group_of_one_task_before_the_words() -> None:
    kept = Kept()
    thoughts: list[Burst] = [(Reasoning(0, ("I ",)),), (Reasoning(0, ("think.",)),)]
    events = await told(Model([*thoughts, *WORDS]), kept)
    group, message = kept.items
    assert group["type"] == "chatkit.task_group"
    assert group["tasks"] == [{"type": "thought", "heading": None, "summary": "I think."}]
    added, update, done = [
        event for event in events if event.get("item_id", event.get("item", {}).get("id")) == group["id"]
    ]
    assert added["item"]["workflow"] == {"type": "reasoning", "tasks": [], "expanded": False}
    task = {"type": "thought", "content": "I think."}
    assert update["update"] == {"type": "workflow.task.added", "task_index": 0, "task": task}
    assert done["item"]["workflow"]["tasks"] == [task]
    assert message["content"][0]["text"] == "Hello"


async def test_a_widget_is_made_of_what_was_said_and_of_nothing_none() -> None:
    for words, shown in ((WORDS, ['"Hello"']), ([(Finish(USAGE),)], [])):
        kept = Kept()
        source = Answer([], lambda w=words: Feed(Model(w)), Draft("cthr_1", 1.0, Ids(b"x"), lambda text: text), kept)
        events = [json.loads(event.removeprefix(b"data: ")) async for burst in Feed(source) for event in burst]
        assert [item["widget"] for item in kept.items if item["type"] == "chatkit.widget"] == shown
        told = [event["type"] for event in events if event.get("item", {}).get("type") == "widget"]
        assert told == ["thread.item.added", "thread.item.done"] * len(shown)


async def test_a_refusal_is_said() -> None:
    kept = Kept()
    await told(Model([(Refusal(0, ("No.",)), Finish(USAGE))]), kept)
    assert kept.items[0]["content"][0]["text"] == "No."


async def test_an_answer_that_fails_or_cannot_be_kept_ends_with_an_error() -> None:
    for model, kept in (
        (Model([], error=StorageUnavailable()), Kept()),
        (Model([], error=RuntimeError("secret")), Kept()),
        (Model(WORDS), Kept(fails=True)),
    ):
        events = await told(model, kept)
        assert events[-1]["type"] == "error" and events[-1]["code"] == "stream.error" and events[-1]["allow_retry"]
        assert "secret" not in str(events) and kept.items == []


async def test_what_was_said_before_the_chat_left_is_kept() -> None:
    kept, model = Kept(), Model(WORDS[:1], ends=False)
    source, feed = answer(model, kept)
    seen: list[Any] = []
    drained = asyncio.ensure_future(feed.drain(seen.append))
    while len(seen) < 2:
        await asyncio.sleep(0)
    feed.pause()
    feed.resume()
    drained.cancel()
    await asyncio.gather(drained, return_exceptions=True)
    assert source._task is not None
    await asyncio.gather(source._task, return_exceptions=True)
    assert kept.items[0]["content"][0]["text"] == "Hel"
    assert model.calls == ["pause", "resume", "cancel"]
