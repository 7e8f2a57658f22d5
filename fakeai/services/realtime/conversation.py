"""The items of a conversation in their order, the sound that belongs to them, and what a model is told of them."""

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from fakeai.content import media
from fakeai.core.errors import ApiError, BadRequest
from fakeai.core.generation import JsonObject, Media, Message, ToolUse
from fakeai.services.realtime.sound import RATE, samples_of
from fakeai.wire.realtime import items as wire

Event = JsonObject
Add = Callable[["Entry"], str | None]
"""Puts an item at the end of a conversation; the id before it."""
ROOT = "root"
MOST_ITEMS = 5_000
MOST_BYTES = 64 * 2**20
"""Of sound and pictures that a conversation keeps; the oldest sound is forgotten first."""
_PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "system": ("input_text",),
        "user": ("input_text", "input_audio", "input_image"),
        "assistant": ("output_text", "output_audio"),
    }
)


@dataclass(slots=True)
class Entry:
    """An item as it is shown, and what is not shown: sound by the index of its part, and the words heard in it."""

    item: JsonObject
    sound: dict[int, bytes | bytearray] = field(default_factory=dict)
    words: dict[int, str] = field(default_factory=dict)
    pictures: tuple[Media, ...] = ()

    @property
    def id(self) -> str:
        """Its name."""
        return str(self.item["id"])

    def bytes(self) -> int:
        """What it takes to keep."""
        seen = sum(len(picture.data or b"") for picture in self.pictures)
        return seen + sum(map(len, self.sound.values())) + len(str(self.item))


class Conversation:
    """Items by id, oldest first."""

    def __init__(self, id: str) -> None:
        self.id = id
        self._entries: dict[str, Entry] = {}
        self._order: list[str] = []
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Entry]:
        return (self._entries[name] for name in self._order)

    def find(self, id: str) -> Entry | None:
        """The item of that name."""
        return self._entries.get(id)

    def last(self) -> str | None:
        """The id of the newest."""
        return self._order[-1] if self._order else None

    def check_room(self, entry: Entry, after: str | None) -> None:
        """Raises BadRequest for an item that cannot be there, or belongs to one that is not."""
        if entry.id in self._entries:
            raise BadRequest(
                f"Error creating item: an item with id '{entry.id}' exists already.",
                param="item.id",
                code="item_create_duplicate_item_id",
            )
        if after is not None and after != ROOT and after not in self._entries:
            raise BadRequest(
                f"Error creating item: the previous item with id '{after}' does not exist.",
                param="previous_item_id",
                code="item_create_invalid_previous_item_id",
            )
        if len(self._order) >= MOST_ITEMS:
            raise BadRequest(f"A conversation has at most {MOST_ITEMS} items.", code="conversation_full")
        item, kind = entry.item, entry.item["type"]
        if kind == "function_call_output" and not self._has_call(item["call_id"]):
            raise _unknown("tool call", item["call_id"], "call_id")
        if kind == "mcp_approval_response" and not self._has_request(item["approval_request_id"]):
            raise _unknown("approval request", item["approval_request_id"], "approval_request_id")

    def add(self, entry: Entry, after: str | None = None) -> str | None:
        """Put it behind `after` (None: at the end; ROOT: at the beginning); the id before it, if any."""
        at = len(self._order) if after is None else 0 if after == ROOT else self._order.index(after) + 1
        self._order.insert(at, entry.id)
        self._entries[entry.id] = entry
        self.grown(entry.bytes())
        return self._order[at - 1] if at else None

    def grown(self, size: int) -> None:
        """An item has so many bytes more."""
        self._bytes += size
        for entry in self:
            if self._bytes <= MOST_BYTES:
                break
            self._bytes -= sum(map(len, entry.sound.values()))
            entry.sound.clear()

    def remove(self, id: str) -> bool:
        """Forget it; whether it was there."""
        entry = self._entries.pop(id, None)
        if entry is None:
            return False
        self._order.remove(id)
        self._bytes -= entry.bytes()
        return True

    def _has_call(self, call_id: str) -> bool:
        return any(entry.item.get("call_id") == call_id and entry.item["type"] == "function_call" for entry in self)

    def _has_request(self, id: str) -> bool:
        request = self._entries.get(id)
        return request is not None and request.item["type"] == "mcp_approval_request"


def _unknown(what: str, id: str, field: str) -> ApiError:
    return BadRequest(
        f"Error creating item: the {what} '{id[:100]}' does not exist.",
        param=f"item.{field}",
        code=f"item_create_invalid_{field}",
    )


def entry_of(item: Any, id: str, call_id: str) -> Entry:
    """An item that a client makes; `id` and `call_id` where it names none. Raises BadRequest.

    Any: one of the wire's union of items.
    """
    shown: JsonObject = {"id": item.id or id, "object": "realtime.item", "type": item.type}
    if isinstance(item, wire.Message):
        return _message(item, {**shown, "status": item.status or "completed", "role": item.role})
    given = item.model_dump(exclude={"id", "object", "status", "type"}, exclude_none=True)
    if isinstance(item, (wire.FunctionCall, wire.FunctionCallOutput)):
        shown["status"] = item.status or "completed"
    if isinstance(item, wire.FunctionCall):
        given.setdefault("call_id", call_id)
    return Entry({**shown, **given})


def _message(message: wire.Message, shown: JsonObject) -> Entry:
    entry = Entry({**shown, "content": []})
    for at, part in enumerate(message.content):
        kind = {"text": "output_text", "audio": "output_audio"}.get(part.type, part.type)
        where = f"item.content[{at}]"
        if kind not in _PARTS[message.role]:
            words = ", ".join(f"'{word}'" for word in _PARTS[message.role])
            raise BadRequest(
                f"Invalid value: '{part.type}'. Supported values are: {words}.",
                param=f"{where}.type",
                code="invalid_value",
            )
        entry.item["content"].append(_part(entry, at, kind, part, where))
    return entry


def _part(entry: Entry, at: int, kind: str, part: wire.Content, where: str) -> JsonObject:
    if kind.endswith("text"):
        return {"type": kind, "text": _needed(part.text, f"{where}.text")}
    if kind == "input_image":
        url = _needed(part.image_url, f"{where}.image_url")
        detail = part.detail or "auto"
        picture = media.from_url(url, "image", param=f"{where}.image_url", detail=detail)
        if picture.data is not None:
            media.image_size(picture.data, f"{where}.image_url")
        entry.pictures += (picture,)
        return {"type": kind, "image_url": url, "detail": detail}
    if part.audio is not None:
        entry.sound[at] = from_base64(part.audio, f"{where}.audio")
    elif kind == "input_audio":
        _needed(part.audio, f"{where}.audio")
    return {"type": kind} if part.transcript is None else {"type": kind, "transcript": part.transcript}


def _needed(value: str | None, param: str) -> str:
    if value is None:
        raise BadRequest(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
    return value


def from_base64(text: str, param: str) -> bytes:
    """The bytes. Raises BadRequest."""
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError):
        raise BadRequest(
            f"Invalid '{param}'. Expected base64-encoded audio bytes but got an invalid value.",
            param=param,
            code="invalid_value",
        ) from None


def with_sound(entry: Entry) -> JsonObject:
    """The item with its sound, in base64."""
    if not entry.sound:
        return entry.item
    content = [
        {**part, "audio": b64encode(entry.sound[at]).decode()} if at in entry.sound else part
        for at, part in enumerate(entry.item["content"])
    ]
    return {**entry.item, "content": content}


def truncated(entry: Entry, index: int, end_ms: int) -> str:
    """Forget the sound of a part behind `end_ms`, and its words; what is left of the words, if that can be told.

    Raises BadRequest.
    """
    from fakeai.content import transcript

    parts = entry.item.get("content") or []
    if entry.item.get("role") != "assistant":
        raise _not_truncated("Only model output audio messages can be truncated", "item_truncate_invalid_item_id")
    if index >= len(parts) or parts[index]["type"] != "output_audio":
        raise _not_truncated(f"There is no audio in content part {index}", "item_truncate_invalid_content_index")
    pcm = entry.sound.get(index, b"")
    length = len(pcm) // 2 * 1000 // RATE
    if end_ms > length and entry.item["status"] != "in_progress":
        raise _not_truncated(
            f"Audio content of {length}ms is already shorter than {end_ms}ms", "item_truncate_invalid_audio_end_ms"
        )
    kept = bytes(pcm[: samples_of(end_ms) * 2])
    entry.sound[index] = kept
    words = transcript.heard(kept) or ""
    entry.words[index] = words
    parts[index].pop("transcript", None)
    return words


def _not_truncated(message: str, code: str) -> ApiError:
    return BadRequest(f"{message}.", code=code)


# -- for a model


def messages(entries: Iterable[Entry], instructions: str) -> tuple[Message, ...]:
    """The conversation as a model is asked to go on with it."""
    told = [Message("system", instructions)] if instructions else []
    for entry in entries:
        told += _told(entry)
    return tuple(told)


def _told(entry: Entry) -> list[Message]:
    item = entry.item
    kind = item["type"]
    if kind == "message":
        texts = [_words(entry, at, part) for at, part in enumerate(item["content"])]
        text = " ".join(words for words in texts if words)
        heard = tuple(Media("audio", bytes(pcm), "audio/pcm16", written=True) for pcm in entry.sound.values() if pcm)
        listened = heard if item["role"] == "user" else ()
        return [Message(item["role"], text, (*listened, *entry.pictures))] if text or listened or entry.pictures else []
    if kind == "function_call":
        return [Message("assistant", tool_calls=(ToolUse(item["call_id"], item["name"], item["arguments"]),))]
    if kind == "function_call_output":
        return [Message("tool", item["output"], tool_call_id=item["call_id"])]
    if kind == "mcp_call":
        used = Message("assistant", tool_calls=(ToolUse(item["id"], item["name"], item["arguments"]),))
        return [used, Message("tool", item.get("output") or str(item.get("error") or ""), tool_call_id=item["id"])]
    return []


def _words(entry: Entry, at: int, part: JsonObject) -> str:
    """What a part says."""
    return str(part.get("text") or part.get("transcript") or entry.words.get(at) or "")
