"""One response on its way: deltas of a model become its items, and the events that tell of them, in their order.

Knows neither the session nor the socket: who holds it says whether its items belong to the conversation.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple

from fakeai.core.chance import Ids
from fakeai.core.generation import (
    Audio,
    Burst,
    Delta,
    Finish,
    FinishReason,
    JsonObject,
    Refusal,
    Stop,
    Text,
    ToolInput,
    ToolStart,
    Usage,
)
from fakeai.services.realtime import mcp
from fakeai.services.realtime.conversation import Add, Entry, Event
from fakeai.services.realtime.sound import RATE, Encoding, Writer

_SOUND = 2 * RATE // 5
"""Bytes of sound that are told at once: 0.2 s."""
_INCOMPLETE: Mapping[str, str] = MappingProxyType({"length": "max_output_tokens", "content_filter": "content_filter"})


class Remote(NamedTuple):
    """A tool of an MCP server."""

    label: str
    name: str
    asks: bool
    """Whether a person has to approve its use."""


@dataclass(slots=True)
class Plan:
    """How a response is to be."""

    modality: Literal["text", "audio"]
    format: JsonObject
    voice: str
    max_output_tokens: int | str
    metadata: JsonObject | None
    conversation_id: str | None
    temperature: float | None = None
    remote: dict[str, Remote] = field(default_factory=dict)
    """MCP tools by the names that the model knows them by."""


class Response:
    """`begin`, then `progress` for each burst; `cancel` or `fail` end it early. `done` once it is over."""

    def __init__(self, id: str, plan: Plan, ids: Ids, add: Add) -> None:
        self.id = id
        self.plan = plan
        self.done = False
        self.usage: Usage | None = None
        self._said = 0  # bytes of sound
        self.called = False
        """Whether it has used a server's tool."""
        self._ids = ids
        self._add = add
        self._output: list[Entry] = []
        self._open: Entry | None = None
        self._calls: dict[int, Entry] = {}
        self._previous: str | None = None
        self._writer = Writer(_encoding(plan))
        self._reason: FinishReason = "stop"

    @property
    def spoken(self) -> int:
        """Samples of sound that it has said."""
        return self._said // 2

    @property
    def in_conversation(self) -> bool:
        """Whether what it says belongs to the conversation."""
        return self.plan.conversation_id is not None

    def shown(self, status: str, details: JsonObject | None = None) -> JsonObject:
        """The response as it is told."""
        plan = self.plan
        response: JsonObject = {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [dict(entry.item) for entry in self._output] if status != "in_progress" else [],
            "conversation_id": plan.conversation_id,
            "output_modalities": [plan.modality],
            "max_output_tokens": plan.max_output_tokens,
            "audio": {"output": {"format": plan.format, "voice": plan.voice}},
            "usage": usage(self.usage) if self.usage is not None else None,
            "metadata": plan.metadata,
        }
        if plan.temperature is not None:
            response["temperature"] = plan.temperature
        return {name: value for name, value in response.items() if value is not None}

    def begin(self) -> Event:
        """It is created."""
        return {"type": "response.created", "response": self.shown("in_progress")}

    def progress(self, burst: Burst) -> Iterator[Event]:
        """What the deltas of a burst make of it."""
        for delta in burst:
            if not self.done:
                yield from self._take(delta)

    def cancel(self, reason: str, used: Usage | None) -> Iterator[Event]:
        """Stop here: the client wants no more of it, or talks itself."""
        self.usage = used or Usage(0, 0)
        yield from self._close("incomplete")
        yield self._over("cancelled", {"type": "cancelled", "reason": reason})

    def fail(self, type: str, code: str | None, message: str) -> Iterator[Event]:
        """It cannot go on."""
        yield from self._close("incomplete")
        error = {"type": type, "code": code or type, "message": message}
        yield self._over("failed", {"type": "failed", "error": error})

    # -- deltas

    def _take(self, delta: Delta) -> Iterator[Event]:
        match delta:
            case Text(_, pieces) | Refusal(_, pieces):
                yield from self._say(pieces, b"")
            case Audio(_, _, pieces, sound):
                yield from self._say(pieces, sound, spoken=True)
            case ToolStart():
                yield from self._call(delta)
            case ToolInput(_, call, pieces):
                yield from self._argue(self._calls[call], "".join(pieces))
            case Stop(_, reason):
                self._reason = reason
            case Finish(used):
                self.usage = used
                yield from self._finish()

    def _say(self, pieces: Sequence[str], sound: bytes, *, spoken: bool = False) -> Iterator[Event]:
        if self._open is None or self._open.item["type"] != "message":
            yield from self._close("completed")
            yield from self._message("output_audio" if spoken else "output_text")
        entry = self._open
        assert entry is not None, "it was opened"
        part = entry.item["content"][0]
        name = "transcript" if spoken else "text"
        kind = "response.output_audio_transcript" if spoken else "response.output_text"
        place = {**self._place(entry), "content_index": 0}
        for text in filter(None, pieces):
            part[name] = part.get(name, "") + text
            yield {"type": f"{kind}.delta", **place, "delta": text}
        for at in range(0, len(sound), _SOUND):
            piece = sound[at : at + _SOUND]
            entry.sound[0] += piece
            self._said += len(piece)
            if written := self._writer.write(piece):
                yield {"type": "response.output_audio.delta", **place, "delta": b64encode(written).decode()}

    def _message(self, kind: str) -> Iterator[Event]:
        spoken = kind == "output_audio"
        entry = Entry({**self._item("message"), "role": "assistant", "content": []})
        yield from self._opened(entry)
        entry.item["content"] = [{"type": kind, "transcript" if spoken else "text": ""}]
        if spoken:
            entry.sound[0] = bytearray()
        yield {"type": "response.content_part.added", **self._place(entry), "content_index": 0, "part": _part(entry)}

    def _call(self, start: ToolStart) -> Iterator[Event]:
        yield from self._close("completed")
        remote = self.plan.remote.get(start.name)
        if remote is None:
            entry = Entry(
                {**self._item("function_call"), "name": start.name, "call_id": self._ids.make("call_"), "arguments": ""}
            )
        else:
            item = self._item("mcp_approval_request" if remote.asks else "mcp_call")
            del item["status"], item["object"]
            entry = Entry({**item, "server_label": remote.label, "name": remote.name, "arguments": ""})
        self._calls[start.call] = entry
        yield from self._opened(entry)

    def _argue(self, entry: Entry, text: str) -> Iterator[Event]:
        entry.item["arguments"] += text
        if not text:
            return
        if entry.item["type"] == "function_call":
            yield {
                "type": "response.function_call_arguments.delta",
                **self._place(entry),
                "call_id": entry.item["call_id"],
                "delta": text,
            }
        elif entry.item["type"] == "mcp_call":
            yield {"type": "response.mcp_call_arguments.delta", **self._place(entry), "delta": text}

    # -- items

    def _item(self, kind: str) -> JsonObject:
        return {"id": self._ids.make("item_"), "object": "realtime.item", "type": kind, "status": "in_progress"}

    def _place(self, entry: Entry) -> JsonObject:
        return {"response_id": self.id, "item_id": entry.id, "output_index": self._output.index(entry)}

    def _opened(self, entry: Entry) -> Iterator[Event]:
        self._open = entry
        self._output.append(entry)
        at = len(self._output) - 1
        shown = dict(entry.item)
        yield {"type": "response.output_item.added", "response_id": self.id, "output_index": at, "item": shown}
        if self.in_conversation:
            self._previous = self._add(entry)
            yield {"type": "conversation.item.added", "previous_item_id": self._previous, "item": shown}

    def _close(self, status: str) -> Iterator[Event]:
        """The open item is over."""
        entry, self._open = self._open, None
        if entry is None:
            return
        kind = entry.item["type"]
        if "status" in entry.item:
            entry.item["status"] = status
        if kind == "message":
            yield from self._ended(entry)
        elif kind == "function_call":
            yield {
                "type": "response.function_call_arguments.done",
                **self._place(entry),
                "call_id": entry.item["call_id"],
                "name": entry.item["name"],
                "arguments": entry.item["arguments"],
            }
        elif kind == "mcp_call":
            yield {
                "type": "response.mcp_call_arguments.done",
                **self._place(entry),
                "arguments": entry.item["arguments"],
            }
            if status == "completed":
                yield from mcp.used(entry, self._output.index(entry))
                self.called = True
        at = self._output.index(entry)
        shown = dict(entry.item)
        if self.in_conversation:
            yield {"type": "conversation.item.done", "previous_item_id": self._previous, "item": shown}
        yield {"type": "response.output_item.done", "response_id": self.id, "output_index": at, "item": shown}

    def _ended(self, entry: Entry) -> Iterator[Event]:
        place = {**self._place(entry), "content_index": 0}
        part = entry.item["content"][0]
        if part["type"] == "output_audio":
            yield {"type": "response.output_audio.done", **place}
            words = part.get("transcript", "")
            yield {"type": "response.output_audio_transcript.done", **place, "transcript": words}
        else:
            yield {"type": "response.output_text.done", **place, "text": part["text"]}
        yield {"type": "response.content_part.done", **place, "part": _part(entry)}

    # -- the end

    def _finish(self) -> Iterator[Event]:
        reason = _INCOMPLETE.get(self._reason)
        yield from self._close("completed" if reason is None else "incomplete")
        if reason is None:
            yield self._over("completed", None)
        else:
            yield self._over("incomplete", {"type": "incomplete", "reason": reason})

    def _over(self, status: str, details: JsonObject | None) -> Event:
        self.done = True
        return {"type": "response.done", "response": self.shown(status, details)}


def _encoding(plan: Plan) -> Encoding:
    kind: Encoding = plan.format["type"]
    return kind


def _part(entry: Entry) -> JsonObject:
    part = entry.item["content"][0]
    if part["type"] == "output_audio":
        return {"type": "audio", "transcript": part.get("transcript", "")}
    return {"type": "text", "text": part["text"]}


def usage(used: Usage) -> JsonObject:
    """Tokens of a response as they are told."""
    heard = min(used.prompt_audio, used.prompt)
    cached_audio = min(heard, used.cached * heard // used.prompt) if used.prompt else 0
    return {
        "total_tokens": used.prompt + used.completion,
        "input_tokens": used.prompt,
        "output_tokens": used.completion,
        "input_token_details": {
            "text_tokens": used.prompt - heard,
            "audio_tokens": heard,
            "image_tokens": 0,
            "cached_tokens": used.cached,
            "cached_tokens_details": {
                "text_tokens": used.cached - cached_audio,
                "audio_tokens": cached_audio,
                "image_tokens": 0,
            },
        },
        "output_token_details": {
            "text_tokens": used.completion - used.completion_audio,
            "audio_tokens": used.completion_audio,
        },
    }


def added(one: Usage, other: Usage) -> Usage:
    """Both together."""
    return Usage(
        one.prompt + other.prompt,
        one.completion + other.completion,
        one.cached + other.cached,
        one.prompt_audio + other.prompt_audio,
        one.reasoning + other.reasoning,
        one.completion_audio + other.completion_audio,
    )
