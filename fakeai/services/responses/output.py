"""Deltas → the output of a response: its items, and the events that tell how they come about.

One builder makes both, so what a stream tells and what the response holds cannot drift apart. Pieces of text are written
by template: everything but the piece and the number is the same for all tokens of an item.
"""

from collections.abc import Callable, Sequence
from typing import Any

from fakeai.core.chance import Ids
from fakeai.core.generation import (
    Annotations,
    Burst,
    Finish,
    JsonObject,
    Reasoning,
    Refusal,
    Run,
    Stop,
    Text,
    Thinking,
    ToolInput,
    ToolStart,
    Usage,
)
from fakeai.services.chunks import logprob_of
from fakeai.services.responses.calls import CallItem, Event, HostedCall, Opener
from fakeai.services.responses.response import CUT, end
from fakeai.services.responses.telling import Begin, Frame, Opened, Style, Worked, frame_of, framed
from fakeai.store.encoding import encode_json


class Output:
    """The output of one response as it comes about. `response` is changed to what it is at each event."""

    def __init__(self, response: JsonObject, ids: Ids, opener: Opener, style: Style, now: Callable[[], int]) -> None:
        self.response = response
        self.items: list[JsonObject] = response["output"]
        self.sequence = 0
        """The number of the next event."""
        self.usage: Usage | None = None
        """Known once the Finish has passed."""
        self.pending: list[HostedCall] = []
        """Calls that wait to be carried out."""
        self.own_calls = 0
        """Calls of the caller's tools, which only the caller can carry out."""
        self._style = style
        self._ids = ids
        self._opener = opener
        self._now = now
        self._reason = "stop"
        self._frame: Frame | None = None
        self._item: JsonObject | None = None
        self._part: JsonObject | None = None
        self._at = 0
        self._texts: list[str] = []
        self._logprobs: list[JsonObject] = []
        self._calls: dict[int, CallItem] = {}
        self._call: int | None = None
        self._places: dict[int, int] = {}
        self._cited: list[JsonObject] = []
        self.preface: list[JsonObject] = []
        """Items that come before anything that the model says."""
        self.judge: Callable[[JsonObject], None] | None = None
        """What has the last word on a response that is done."""

    # -- deltas

    def encode_all(self, bursts: Sequence[Burst]) -> Sequence[list[bytes]]:
        """`encode` for bursts in a row."""
        if type(bursts) is Run and self._frame is not None and self._style.events:
            self._texts += bursts.pieces
            return self._run(bursts.pieces)
        return [self.encode(burst) for burst in bursts]

    def encode(self, burst: Burst) -> list[bytes]:
        """The events of a burst, as JSON documents."""
        out: list[bytes] = []
        for delta in burst:
            if type(delta) is Text:
                self._text(delta, out)
            else:
                self._other(delta, out)
        return out

    def _other(self, delta: Any, out: list[bytes]) -> None:
        match delta:
            case Thinking():
                self._think(out)
            case Reasoning():
                self._reason_aloud(delta, out)
            case Refusal():
                self._refuse(delta, out)
            case ToolStart():
                self._start_call(delta, out)
            case ToolInput():
                self._write_call(delta, out)
            case Annotations():
                self._annotate(delta, out)
            case Stop():
                self._stop(delta.reason, out)
            case _:
                self._rare(delta, out)

    def _rare(self, delta: Any, out: list[bytes]) -> None:
        match delta:
            case Begin():
                self._begin(out)
            case Opened():
                self._add(delta.call.item, out)
                for event in delta.call.opened():
                    self._at_item(event, delta.call.item, out)
            case Worked():
                self._worked(delta, out)
            case Finish():
                self._finish(delta.usage, out)

    # -- the response as a whole

    def _begin(self, out: list[bytes]) -> None:
        if self.response["status"] == "queued":
            self._whole(out, "response.created", "response.queued")
            self.response["status"] = "in_progress"
            self._whole(out, "response.in_progress")
        else:
            self._whole(out, "response.created", "response.in_progress")
        for item in self.preface:
            self._add(item, out)
            steps = ("compacting",) if item["type"] == "compaction" else ("in_progress", "completed")
            for step in steps:
                self._at_item({"type": f"response.{item['type']}.{step}"}, item, out)
            self._done(item, out)

    def _finish(self, usage: Usage, out: list[bytes]) -> None:
        self.usage = usage
        end(self.response, usage, CUT.get(self._reason), self._now)
        if self.judge is not None:
            self.judge(self.response)
        self._whole(out, f"response.{self.response['status']}")

    def cut(self, reason: str, usage: Usage) -> list[bytes]:
        """Nothing more is wanted: the last events."""
        out: list[bytes] = []
        self.usage = usage
        self._close(out, complete=False)
        end(self.response, usage, reason, self._now)
        self._whole(out, "response.incomplete")
        return out

    def _whole(self, out: list[bytes], *kinds: str) -> None:
        """Events that tell the response as it is now."""
        if self._style.events:
            response = encode_json(self.response)
            for kind in kinds:
                document = b'{"type":"%b","sequence_number":%d,"response":%b}' % (
                    kind.encode(),
                    self.sequence,
                    response,
                )
                self._put(kind, document, out)

    def _tell(self, kind: str, fields: JsonObject, out: list[bytes]) -> None:
        """An event of that kind, which tells `fields` too."""
        if self._style.events:
            self._put(kind, encode_json({"type": kind, "sequence_number": self.sequence, **fields}), out)

    def _put(self, kind: str, document: bytes, out: list[bytes]) -> None:
        out.append(b"event: %b\ndata: %b\n\n" % (kind.encode(), document) if self._style.framed else document)
        self.sequence += 1

    def _at_item(self, event: Event, item: JsonObject, out: list[bytes]) -> None:
        place = {"item_id": item["id"], "output_index": self._places[id(item)]}
        self._tell(event["type"], place | event, out)

    # -- items

    def _add(self, item: JsonObject, out: list[bytes]) -> None:
        place = self._places[id(item)] = len(self.items)
        self.items.append(item)
        self._tell("response.output_item.added", {"output_index": place, "item": item}, out)

    def _done(self, item: JsonObject, out: list[bytes]) -> None:
        self._tell("response.output_item.done", {"output_index": self._places[id(item)], "item": item}, out)

    def whole_item(self, item: JsonObject, out: list[bytes]) -> None:
        """An item that comes all at once."""
        self._add(item, out)
        self._done(item, out)

    def _close(self, out: list[bytes], *, complete: bool = True) -> None:
        """End whatever is being written."""
        if self._call is not None:
            self._end_call(out, complete=complete)
        item, part = self._item, self._part
        if item is None:
            return
        if part is not None:
            self._end_part(item, part, out)
        if item["type"] == "reasoning":
            self._end_reasoning(item, out)
        else:
            item["status"] = "completed" if complete else "incomplete"
        self._item = self._part = self._frame = None
        self._done(item, out)

    def _open(self, item: JsonObject, out: list[bytes]) -> None:
        self._close(out)
        self._item, self._at = item, len(item.get("content") or ())
        self._add(item, out)

    def _open_part(self, kind: str, part: JsonObject, out: list[bytes]) -> None:
        """Begin a part of a message: text, or a refusal."""
        item = self._item
        if item is None or item["type"] != "message":
            item = {"id": self._ids.make("msg_"), "type": "message", "status": "in_progress", "content": []}
            item["role"] = "assistant"
            self._open(item, out)
        elif self._part is not None:
            self._end_part(item, self._part, out)
        self._at = len(item["content"])
        self._part = part
        self._texts, self._logprobs = [], []
        self._at_item({"type": "response.content_part.added", "content_index": self._at, "part": part}, item, out)
        item["content"].append(part)
        self._frame = self._framed(f"response.{kind}.delta", item)

    def _framed(self, kind: str, item: JsonObject) -> Frame:
        place = {"item_id": item["id"], "output_index": self._places[id(item)], "content_index": self._at}
        return frame_of(self._style, kind, place)

    def _end_part(self, item: JsonObject, part: JsonObject, out: list[bytes]) -> None:
        text, kind = "".join(self._texts), part["type"]
        if kind == "output_text":
            self._cite(len(text), out)
            if self._style.logprobs:
                part["logprobs"] = self._logprobs
        field = "refusal" if kind == "refusal" else "text"
        part[field] = text
        told: Event = {"type": f"response.{kind}.done", "content_index": self._at, field: text}
        if kind == "output_text":
            told["logprobs"] = self._logprobs
        self._at_item(told, item, out)
        if kind != "reasoning_text":
            self._at_item({"type": "response.content_part.done", "content_index": self._at, "part": part}, item, out)
        self._part = None

    # -- text

    def _text(self, delta: Text, out: list[bytes]) -> None:
        if self._part is None or self._part["type"] != "output_text":
            part: JsonObject = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
            self._open_part("output_text", part, out)
        self._texts += delta.pieces
        if delta.logprobs is None:
            out += self._pieces(delta.pieces)
            return
        listed = [logprob_of(token) for token in delta.logprobs]
        self._logprobs += listed
        item = self._item
        assert item is not None, "a part is open"
        for piece, logprob in zip(delta.pieces, listed, strict=True):
            told = {"content_index": self._at, "delta": piece, "logprobs": [logprob]}
            self._at_item({"type": "response.output_text.delta", **told}, item, out)

    def _pieces(self, pieces: Sequence[str]) -> list[bytes]:
        """The events of pieces; empty ones have none."""
        if not self._style.events:
            return []
        assert self._frame is not None, "a part is open"
        out = framed(self._frame, filter(None, pieces), self.sequence)
        self.sequence += len(out)
        return out

    def _run(self, pieces: Sequence[str]) -> list[list[bytes]]:
        """The same for bursts of one piece each."""
        assert self._frame is not None, "a part is open"
        if not all(pieces):
            return [self._pieces((piece,)) for piece in pieces]
        first, self.sequence = self.sequence, self.sequence + len(pieces)
        return [[event] for event in framed(self._frame, pieces, first)]

    def _refuse(self, delta: Refusal, out: list[bytes]) -> None:
        if self._part is None or self._part["type"] != "refusal":
            self._open_part("refusal", {"type": "refusal", "refusal": ""}, out)
        self._texts += delta.pieces
        out += self._pieces(delta.pieces)

    def _annotate(self, delta: Annotations, out: list[bytes]) -> None:
        item, part = self._item, self._part
        if item is None or part is None or part["type"] != "output_text":
            return
        for annotation in delta.items:
            told = annotation
            if "url_citation" in annotation:
                told = {"type": "url_citation", **annotation["url_citation"]}
            index = len(part["annotations"])
            part["annotations"].append(told)
            event = {"content_index": self._at, "annotation_index": index, "annotation": told}
            self._at_item({"type": "response.output_text.annotation.added", **event}, item, out)

    def _cite(self, end: int, out: list[bytes]) -> None:
        """Cite at the end of a text what hosted calls have found."""
        cited, self._cited = self._cited, []
        if not cited:
            return
        places = ("index", "start_index", "end_index")
        self._annotate(
            Annotations(0, [{name: end if name in places else value for name, value in one.items()} for one in cited]),
            out,
        )

    # -- thought

    def _think(self, out: list[bytes]) -> None:
        if self._style.thinks and self._item is None and not self._calls:
            self._open({"id": self._ids.make("rs_"), "type": "reasoning", "summary": []}, out)

    def _reason_aloud(self, delta: Reasoning, out: list[bytes]) -> None:
        item = self._item
        if item is None or item["type"] != "reasoning":
            part: JsonObject = {"type": "reasoning_text", "text": ""}
            item = {"id": self._ids.make("rs_"), "type": "reasoning", "summary": [], "content": []}
            self._open(item, out)
            item["content"].append(part)
            self._part, self._at, self._texts = part, 0, []
            self._frame = self._framed("response.reasoning_text.delta", item)
        self._texts += delta.pieces
        out += self._pieces(delta.pieces)

    def _end_reasoning(self, item: JsonObject, out: list[bytes]) -> None:
        style = self._style
        if style.summary is not None:
            pieces = style.summary()
            part: JsonObject = {"type": "summary_text", "text": ""}
            place = {"summary_index": 0}
            self._at_item({"type": "response.reasoning_summary_part.added", **place, "part": part}, item, out)
            for piece in pieces:
                self._at_item({"type": "response.reasoning_summary_text.delta", **place, "delta": piece}, item, out)
            part["text"] = "".join(pieces)
            item["summary"] = [part]
            told = {"type": "response.reasoning_summary_text.done", **place, "text": part["text"]}
            self._at_item(told, item, out)
            self._at_item({"type": "response.reasoning_summary_part.done", **place, "part": part}, item, out)
        if style.sealed is not None:
            item["encrypted_content"] = style.sealed()

    # -- calls

    def _start_call(self, start: ToolStart, out: list[bytes]) -> None:
        self._close(out)
        call = self._opener(start)
        self._calls[start.call] = call
        self._call = start.call
        self._texts = []
        for item in call.ahead:
            self.whole_item(item, out)
        if isinstance(call, HostedCall):
            self.pending.append(call)
        else:
            self.own_calls += 1
        self._add(call.item, out)
        for event in call.opened():
            self._at_item(event, call.item, out)

    def _write_call(self, delta: ToolInput, out: list[bytes]) -> None:
        call = self._calls[delta.call]
        self._texts += delta.pieces
        for piece in filter(None, delta.pieces):
            event = call.typed(piece)
            if event is not None:
                self._at_item(event, call.item, out)

    def _end_call(self, out: list[bytes], *, complete: bool) -> None:
        assert self._call is not None, "only called while a call is written"
        call = self._calls[self._call]
        self._call = None
        for event in call.closed("".join(self._texts), complete=complete):
            self._at_item(event, call.item, out)
        if not isinstance(call, HostedCall):
            self._done(call.item, out)
        elif not complete:
            self.pending.remove(call)
            self._done(call.item, out)

    def _worked(self, step: Worked, out: list[bytes]) -> None:
        for event in step.events:
            self._at_item(event, step.call.item, out)
        if step.done:
            self._cited += step.call.citations
            self._done(step.call.item, out)
            for item in step.call.after():
                self.whole_item(item, out)

    def _stop(self, reason: str, out: list[bytes]) -> None:
        self._reason = reason
        self._close(out, complete=reason != "length")
        self._calls = {}
