"""Deltas of a model → what happens in a turn: items that are added, grow and are done, and the events about that.

What happens follows from the deltas alone, one happening for each piece: who carries a turn on after a crash asks the
model again, and leaves out what was told already.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from fakeai.core.chance import Ids
from fakeai.core.generation import (
    Burst,
    Finish,
    Reasoning,
    Refusal,
    Text,
    Thinking,
    ToolInput,
    ToolStart,
    Usage,
)
from fakeai.services.agents.scenes import Scene, Thread
from fakeai.store.base import Object

_TURN = "agent.session.turn."


class Happening(NamedTuple):
    """Something that happens: an item is added or done, or something else is told."""

    what: str
    item: Object
    data: Object


class Narrator:
    """One answer of a model, from its first delta to its last. `index` is that of its first item in the turn's output."""

    def __init__(
        self,
        turn_id: str,
        step: int,
        index: int,
        ids: Ids,
        summary: Callable[[], Sequence[str]] | None,
        *,
        thinks: bool,
    ) -> None:
        self.happened: list[Happening] = []
        self.calls: list[Object] = []
        """Items of functions that are called."""
        self.usage: Usage | None = None
        self.index = index
        """That of the next item."""
        self._turn_id = turn_id
        self._step = step
        self._ids = ids
        self._summary = summary
        self._thinks = thinks
        self._open: Object | None = None
        self._text: list[str] = []
        self._call: ToolStart | None = None

    def take(self, burst: Burst) -> None:
        """Deltas that are due at the same instant."""
        for delta in burst:
            self._take(delta)

    def close(self) -> None:
        """Nothing follows."""
        self._end()

    def growing(self) -> Object | None:
        """The item that is not done, as far as it has come."""
        if self._open is None:
            return None
        return self._filled(self._open, "".join(self._text))

    def _take(self, delta: Any) -> None:
        match delta:
            case Text() | Refusal():
                self._say(delta.pieces)
            case Reasoning():
                self._think(delta.pieces)
            case Thinking() if self._thinks and self._open is None:
                self._think(() if self._summary is None else self._summary())
            case ToolStart():
                self._end()
                self._call = delta
            case ToolInput():
                self._text += delta.pieces
            case Finish():
                self._end()
                self.usage = delta.usage

    def _say(self, pieces: Sequence[str]) -> None:
        if self._open is None or self._open["type"] != "message":
            self._end()
            item = self._begin({"type": "message", "role": "assistant", "content": [], "phase": "final_answer"})
            self._tell("content_part.added", item, content_index=0, part={"type": "output_text", "text": ""})
        assert self._open is not None, "a message is open"
        for piece in pieces:
            if piece:
                self._text.append(piece)
                self._tell("output_text.delta", self._open, content_index=0, delta=piece)

    def _think(self, pieces: Sequence[str]) -> None:
        """Reasoning: its words are told as a summary where one is wanted."""
        if self._open is None or self._open["type"] != "reasoning":
            self._end()
            self._begin({"type": "reasoning", "summary": []})
        item = self._open
        assert item is not None, "reasoning is open"
        for piece in pieces if self._summary is not None else ():
            if not self._text:
                part = {"type": "summary_text", "text": ""}
                self._tell("reasoning_summary_part.added", item, summary_index=0, part=part)
            self._text.append(piece)
            self._tell("reasoning_summary_text.delta", item, summary_index=0, delta=piece)

    def _begin(self, item: Object) -> Object:
        made = {
            "id": self._ids.make("aitem_"),
            **item,
            "status": "in_progress",
            "turn_id": self._turn_id,
            "_index": self.index,
            "_step": self._step,
        }
        self.index += 1
        self._open, self._text = made, []
        self.happened.append(Happening("added", made, {}))
        return made

    def _end(self) -> None:
        """Whatever is open is done."""
        text = "".join(self._text)
        if self._call is not None:
            self._end_call(self._call, text)
        elif self._open is not None:
            self._end_item(self._open, text)
        self._open, self._call, self._text = None, None, []

    def _end_item(self, item: Object, text: str) -> None:
        if item["type"] == "message":
            part = {"type": "output_text", "text": text}
            self._tell("output_text.done", item, content_index=0, text=text)
            self._tell("content_part.done", item, content_index=0, part=part)
        elif text:
            part = {"type": "summary_text", "text": text}
            self._tell("reasoning_summary_text.done", item, summary_index=0, text=text)
            self._tell("reasoning_summary_part.done", item, summary_index=0, part=part)
        self.happened.append(Happening("done", {**self._filled(item, text), "status": "completed"}, {}))

    def _filled(self, item: Object, text: str) -> Object:
        if item["type"] == "message":
            return {**item, "content": [{"type": "output_text", "text": text}]}
        return {**item, "summary": [{"type": "summary_text", "text": text}] if text else []}

    def _end_call(self, call: ToolStart, text: str) -> None:
        """A call is an item once its arguments are known; it is done once somebody has said what it came to."""
        item = self._begin({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": _parsed(text)})
        self.calls.append(item)

    def _tell(self, what: str, item: Object, **data: Any) -> None:
        self.happened.append(Happening(what, item, data))


def perform(scene: Scene, thread: Thread, turn: Object, happened: Sequence[Happening]) -> None:
    """Let it happen in a session."""
    for what, item, data in happened:
        if what == "added":
            scene.add_item(item, thread, item["_index"])
        elif what == "done":
            scene.end_item(item, thread, item["_index"])
        else:
            place = {"item_id": item["id"], "output_index": item["_index"]}
            scene.tell(_TURN + what, turn_id=turn["id"], **place, **data)


def _parsed(text: str) -> Any:
    """Arguments as JSON; as text if they are none. Any: JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text
