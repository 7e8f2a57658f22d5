"""One answer of the model in a run: a message, calls of tools, or both; as events while it comes, and as a whole."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from fakeai.core.generation import Burst, Finish, Refusal, Stop, Text, ToolInput, ToolStart, Usage
from fakeai.services.assistants.events import Stream, event
from fakeai.services.assistants.hosted import CODE, SEARCH
from fakeai.services.assistants.marks import Marks, Piece
from fakeai.store.base import Object

_dumps = orjson.dumps


class Call:
    """A call of a tool as it comes."""

    def __init__(self, start: ToolStart) -> None:
        self.id = start.id
        self.name = start.name
        self.pieces: list[str] = []

    @property
    def text(self) -> str:
        """Its arguments, or its input."""
        return "".join(self.pieces)

    def told(self) -> Object:
        """As a step tells it, before anybody knows what it comes to."""
        if self.name == SEARCH:
            return {"id": self.id, "type": SEARCH, SEARCH: {}}
        if self.name == CODE:
            return {"id": self.id, "type": CODE, CODE: {"input": self.text, "outputs": []}}
        return {
            "id": self.id,
            "type": "function",
            "function": {"name": self.name, "arguments": self.text, "output": None},
        }

    def begun(self, index: int) -> Object:
        """The delta that begins it."""
        return {"index": index, **self.told()}


class Turn:
    """Bursts of deltas → events, a message and calls.

    `open_step` makes a step of a kind that begins, with its message if it is one; `opened` is told of both. `marks` are
    what places in the text may stand for, and `images` are files that its message shows before the text.
    """

    def __init__(
        self,
        stream: Stream,
        open_step: Callable[[str], tuple[Object, Object | None]],
        opened: Callable[[Object, Object | None], object],
        marks: Mapping[str, Object],
        images: Sequence[str] = (),
    ) -> None:
        self._stream = stream
        self._open_step = open_step
        self._opened = opened
        self._marks = Marks(marks)
        self._images = [_image(name) for name in images]
        self._refused: list[str] = []
        self._frames: list[bytes] = []
        self._head = b""
        self._begun = False
        self.step: Object | None = None
        self.message: Object | None = None
        self.call_step: Object | None = None
        self.calls: list[Call] = []
        self.reason = "stop"
        self.usage = Usage(0, 0)
        self.over = False

    def take(self, burst: Burst) -> None:
        """Deltas that are due at the same instant."""
        for delta in burst:
            self._one(delta)
        if self._frames:
            frames, self._frames = self._frames, []
            self._stream.put(frames)

    def content(self) -> list[Object]:
        """The message's content so far."""
        if self.message is None:
            return []
        if self._refused:
            return [*self._images, {"type": "refusal", "refusal": "".join(self._refused)}]
        text = {"value": self._marks.text, "annotations": self._marks.annotations}
        return [*self._images, {"type": "text", "text": text}]

    def flush(self) -> None:
        """The text is over, whatever it might have gone on with."""
        self._pieces(list(self._marks.end()))
        if self._frames:
            frames, self._frames = self._frames, []
            self._stream.put(frames)

    def _one(self, delta: Any) -> None:
        match delta:
            case Text():
                self._open_message()
                for piece in delta.pieces:
                    self._pieces(list(self._marks.take(piece)))
            case Refusal():
                self._open_message()
                self._refuse(delta.pieces)
            case ToolStart():
                self._start(delta)
            case ToolInput():
                self._input(delta)
            case Stop():
                self.reason = delta.reason
            case Finish():
                self.usage, self.over = delta.usage, True

    def _open_message(self) -> None:
        if self.message is not None:
            return
        self.step, self.message = self._open_step("message_creation")
        assert self.message is not None, "a step of that kind has one"
        self._opened(self.step, self.message)
        self._say("thread.run.step.created", self.step)
        self._say("thread.run.step.in_progress", self.step)
        self._say("thread.message.created", self.message)
        self._say("thread.message.in_progress", self.message)
        start = {"id": self.message["id"], "object": "thread.message.delta", "delta": {"content": []}}
        self._head = b"event: thread.message.delta\ndata: " + _dumps(start)[: -len(b"]}}")]
        if self._stream.heard:
            self._frames += [
                b"%b%b]}}\n\n" % (self._head, _dumps({"index": at, **image})) for at, image in enumerate(self._images)
            ]

    def _pieces(self, pieces: Sequence[Piece]) -> None:
        if not self._stream.heard:
            return
        for text, annotation in pieces:
            told = _dumps(text)
            if annotation is not None:
                at = len(self._marks.annotations) - 1
                told += b',"annotations":[%b]' % _dumps({"index": at, **annotation})
            elif not self._begun:
                told += b',"annotations":[]'
            self._begun = True
            at = len(self._images)
            self._frames.append(b'%b{"index":%d,"type":"text","text":{"value":%b}}]}}\n\n' % (self._head, at, told))

    def _refuse(self, pieces: Sequence[str]) -> None:
        self._refused += pieces
        if self._stream.heard:
            self._frames += [
                b'%b{"index":%d,"type":"refusal","refusal":%b}]}}\n\n' % (self._head, len(self._images), _dumps(piece))
                for piece in pieces
                if piece
            ]

    def _start(self, start: ToolStart) -> None:
        if self.call_step is None:
            self.call_step, _ = self._open_step("tool_calls")
            self._opened(self.call_step, None)
            self._say("thread.run.step.created", self.call_step)
            self._say("thread.run.step.in_progress", self.call_step)
        call = Call(start)
        self.calls.append(call)
        self._delta(call.begun(len(self.calls) - 1))

    def _input(self, delta: ToolInput) -> None:
        index = delta.call
        call = self.calls[index]
        call.pieces += delta.pieces
        if call.name == SEARCH:
            return
        for piece in delta.pieces:
            if piece and call.name == CODE:
                self._delta({"index": index, "type": CODE, CODE: {"input": piece}})
            elif piece:
                self._delta({"index": index, "type": "function", "function": {"arguments": piece}})

    def _delta(self, call: Object) -> None:
        assert self.call_step is not None, "a call belongs to a step"
        self._say("thread.run.step.delta", step_delta(self.call_step["id"], call))

    def _say(self, name: str, data: Mapping[str, Any]) -> None:
        if self._stream.heard:
            self._frames.append(event(name, data))


def step_delta(step: str, call: Object) -> Object:
    """What a step's call has more of."""
    details = {"type": "tool_calls", "tool_calls": [call]}
    return {"id": step, "object": "thread.run.step.delta", "delta": {"step_details": details}}


def _image(file: str) -> Object:
    return {"type": "image_file", "image_file": {"file_id": file, "detail": "auto"}}
