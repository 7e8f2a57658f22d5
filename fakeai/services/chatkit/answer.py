"""One answer in a ChatKit thread as its chat is told of it: events in order, and the items that are kept of it.

The model's deltas become events as they come. What was made is kept before it is said to be done; of an answer that was
broken off, what was made so far is kept.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from orjson import dumps

from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError
from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, Finish, Reasoning, Refusal, Text, ToolInput, ToolStart, Usage
from fakeai.services.chatkit.views import AT, frame, item_of
from fakeai.store.base import Object

_log = logging.getLogger("fakeai.chatkit")

Keep = Callable[[Sequence[Object]], Awaitable[Sequence[Object]]]
"""Keeps items; the events that tell of what else has changed."""


class Draft:
    """The items that an answer is made of, and their events. `widget` makes a widget of what is said, if one is wanted."""

    def __init__(self, thread: str, now: float, ids: Ids, widget: Callable[[str], Object] | None = None) -> None:
        self.usage: Usage | None = None
        self._base: Object = {"object": "chatkit.thread_item", "thread_id": thread, "created_at": int(now), AT: now}
        self._ids = ids
        self._widget = widget
        self._widget_id = "" if widget is None else ids.hex("cti_")
        self._thought: list[str] = []
        self._group: Object | None = None
        self._pieces: list[str] = []
        self._message: Object | None = None
        self._calls: dict[int, tuple[Object, list[str]]] = {}

    def take(self, burst: Burst) -> list[Object]:
        """The events of a burst."""
        events: list[Object] = []
        for delta in burst:
            match delta:
                case Reasoning():
                    self._think(delta.pieces, events)
                case Text() | Refusal():
                    self._say("".join(delta.pieces), events)
                case ToolStart():
                    call = {**self._base, "id": self._ids.hex("cti_"), "type": "chatkit.client_tool_call"}
                    told = {"status": "in_progress", "call_id": delta.id, "name": delta.name, "output": None}
                    self._calls[delta.call] = {**call, **told}, []
                case ToolInput():
                    self._calls[delta.call][1].extend(delta.pieces)
                case Finish():
                    self.usage = delta.usage
        return events

    def items(self) -> list[Object]:
        """What has been made so far: thoughts, words, a widget, and calls."""
        said = "".join(self._pieces)
        group = [] if self._group is None else [{**self._group, "tasks": [self._task()]}]
        message = [] if self._message is None or not said.strip() else [{**self._message, "content": [_text(said)]}]
        return [*group, *message, *(self._shown(said) if message else [])] + [
            {**call, "arguments": "".join(pieces) or "{}"} for call, pieces in self._calls.values()
        ]

    def last(self) -> list[Object]:
        """The events that say that all is done, once it is kept."""
        events: list[Object] = []
        for item in self.items():
            if item["type"] == "chatkit.assistant_message":
                part = {"content_index": 0, "content": item["content"][0]}
                events.append(_update(item["id"], {"type": "assistant_message.content_part.done", **part}))
            elif item["type"] == "chatkit.task_group":
                task = {"task_index": 0, "task": item_of(item)["workflow"]["tasks"][0]}
                events.append(_update(item["id"], {"type": "workflow.task.added", **task}))
            else:
                events.append({"type": "thread.item.added", "item": item_of(item)})
            events.append({"type": "thread.item.done", "item": item_of(item)})
        return events

    def _think(self, pieces: Sequence[str], events: list[Object]) -> None:
        """What the model thinks is one task, that is told when it is over."""
        self._thought += pieces
        if self._group is None:
            self._group = {**self._base, "id": self._ids.hex("cti_"), "type": "chatkit.task_group", "tasks": []}
            events.append({"type": "thread.item.added", "item": item_of(self._group)})

    def _task(self) -> Object:
        return {"type": "thought", "heading": None, "summary": "".join(self._thought)}

    def _shown(self, said: str) -> list[Object]:
        if self._widget is None:
            return []
        widget = dumps(self._widget(said)).decode()
        return [{**self._base, "id": self._widget_id, "type": "chatkit.widget", "widget": widget}]

    def _say(self, text: str, events: list[Object]) -> None:
        if not text:
            return
        if self._message is None:
            message: Object = {
                **self._base,
                "id": self._ids.hex("cti_"),
                "type": "chatkit.assistant_message",
                "content": [],
            }
            self._message = message
            part = {"content_index": 0, "content": _text("")}
            events.append({"type": "thread.item.added", "item": item_of(message)})
            events.append(_update(message["id"], {"type": "assistant_message.content_part.added", **part}))
        self._pieces.append(text)
        delta = {"type": "assistant_message.content_part.text_delta", "content_index": 0, "delta": text}
        events.append(_update(self._message["id"], delta))


class Answer:
    """A feed's source: `first`, the events of what `generate` gives, and the end. `keep` is what keeps the items."""

    def __init__(self, first: Sequence[Object], generate: Callable[[], Feed[Burst]], draft: Draft, keep: Keep) -> None:
        self.usage: Usage | None = None
        self._first = first
        self._generate = generate
        self._draft = draft
        self._keep = keep
        self._inner: Feed[Burst] | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self, feed: Feed[list[bytes]], /) -> None:
        """Tell of it."""
        self._task = asyncio.ensure_future(self._tell(feed))

    def cancel(self) -> None:
        """Stop, and keep what there is."""
        if self._task is not None and not self._task.done():
            self._task.cancel()

    def pause(self) -> None:
        """Make no more for now."""
        if self._inner is not None:
            self._inner.pause()

    def resume(self) -> None:
        """Go on."""
        if self._inner is not None:
            self._inner.resume()

    def used_so_far(self) -> Usage | None:
        """What was used by now."""
        return self._draft.usage or (None if self._inner is None else self._inner.so_far())

    async def _tell(self, feed: Feed[list[bytes]]) -> None:
        def push(events: Sequence[Object]) -> None:
            if events:
                feed.push([frame(event) for event in events])

        push(self._first)
        try:
            self._inner = self._generate()
            await self._inner.drain(lambda burst: push(self._draft.take(burst)))
            self.usage = self._draft.usage
            more = await self._keep(self._draft.items())
            push([*self._draft.last(), *more])
        except asyncio.CancelledError:
            await self._keep([item for item in self._draft.items() if item["type"] == "chatkit.assistant_message"])
            raise
        except ApiError as error:
            push([failed(error.message)])
        except Exception:  # noqa: BLE001  # the chat is told, whatever it is
            _log.exception("an answer in a ChatKit thread failed")
            push([failed("The server had an error while answering.")])
        feed.finish()


def failed(message: str) -> Object:
    """The event of an answer that cannot be given."""
    return {"type": "error", "code": "stream.error", "message": message, "allow_retry": True}


def _text(text: str) -> Object:
    return {"type": "output_text", "text": text, "annotations": []}


def _update(item: str, update: Object) -> Object:
    return {"type": "thread.item.updated", "item_id": item, "update": update}
