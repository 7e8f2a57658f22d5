"""The beta of the API: the same conversations under other names. Its events become those of today, and back.

Everything else speaks of today's events only. What the beta lacks is left out for it; what only the beta has
(`temperature`) is kept beside.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from fakeai.core.generation import JsonObject
from fakeai.wire.base import Wire
from fakeai.wire.realtime import client_events

KINDS: Mapping[str, type[Wire]] = MappingProxyType(
    {**client_events.KINDS, "transcription_session.update": client_events.SessionUpdate}
)

_FORMATS = MappingProxyType({"pcm16": "audio/pcm", "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"})
_OLD_FORMATS = MappingProxyType({new: old for old, new in _FORMATS.items()})
_CONTENTS = MappingProxyType({"output_text": "text", "output_audio": "audio"})
_EVENTS = MappingProxyType(
    {
        "response.output_text.delta": "response.text.delta",
        "response.output_text.done": "response.text.done",
        "response.output_audio.delta": "response.audio.delta",
        "response.output_audio.done": "response.audio.done",
        "response.output_audio_transcript.delta": "response.audio_transcript.delta",
        "response.output_audio_transcript.done": "response.audio_transcript.done",
        "conversation.item.added": "conversation.item.created",
    }
)
_UNKNOWN = frozenset(
    {
        "conversation.item.done",
        "conversation.item.input_audio_transcription.segment",
        "input_audio_buffer.timeout_triggered",
    }
)
"""Events that came after the beta."""
_SAME = ("model", "instructions", "tools", "tool_choice", "tracing", "include", "temperature", "prompt")


# -- from the beta


def event_from_beta(event: JsonObject) -> JsonObject:
    """A client's event."""
    kind = event["type"]
    if kind in ("session.update", "transcription_session.update"):
        writes = kind == "transcription_session.update"
        session = event.get("session")
        changed = session_from_beta(session, writes=writes) if isinstance(session, dict) else session
        return {**event, "type": "session.update", "session": changed}
    if kind == "response.create" and isinstance(event.get("response"), dict):
        return {**event, "response": _response_from_beta(event["response"])}
    if kind == "conversation.item.create":
        return {**event, "item": _item_from_beta(event.get("item"))}
    return event


def session_from_beta(session: JsonObject, *, writes: bool = False) -> JsonObject:
    """A session's settings; `writes` for one that writes down what it hears."""
    found: JsonObject = {name: session[name] for name in _SAME if name in session}
    inward = _renamed(
        session,
        ("format", "input_audio_format", _format),
        ("transcription", "input_audio_transcription", None),
        ("noise_reduction", "input_audio_noise_reduction", None),
        ("turn_detection", "turn_detection", None),
    )
    audio: JsonObject = {"input": inward} if inward else {}
    if not writes:
        outward = _renamed(
            session, ("format", "output_audio_format", _format), ("voice", "voice", None), ("speed", "speed", None)
        )
        audio |= {"output": outward} if outward else {}
        found |= _renamed(
            session,
            ("output_modalities", "modalities", _modalities),
            ("max_output_tokens", "max_response_output_tokens", None),
        )
    known = {*_SAME, *_OLD_SESSION}
    rest = {name: value for name, value in session.items() if name not in known}
    return {**rest, **found, **({"audio": audio} if audio else {}), "type": "transcription" if writes else "realtime"}


_OLD_SESSION = (
    "input_audio_format", "input_audio_transcription", "input_audio_noise_reduction", "turn_detection", "type", "id",
    "object", "expires_at", "output_audio_format", "voice", "speed", "modalities", "max_response_output_tokens",
    "client_secret",
)  # fmt: skip


def _response_from_beta(response: JsonObject) -> JsonObject:
    old = ("output_audio_format", "voice", "modalities", "max_response_output_tokens", "tool_choice", "input")
    found: JsonObject = {name: value for name, value in response.items() if name not in old}
    output = _renamed(response, ("format", "output_audio_format", _format), ("voice", "voice", None))
    found |= {"audio": {"output": output}} if output else {}
    found |= _renamed(
        response,
        ("output_modalities", "modalities", _modalities),
        ("max_output_tokens", "max_response_output_tokens", None),
        ("tool_choice", "tool_choice", None),
        (
            "input",
            "input",
            lambda items: [_item_from_beta(item) for item in items] if isinstance(items, list) else items,
        ),
    )
    return found


def _item_from_beta(item: Any) -> Any:
    """Any: a client may send anything."""
    if not isinstance(item, dict):
        return item
    content = item.get("content")
    if item.get("role") != "assistant" or not isinstance(content, list):
        return item
    names = {old: new for new, old in _CONTENTS.items()}
    parts = [
        {**part, "type": names.get(str(part.get("type")), part.get("type"))} if isinstance(part, dict) else part
        for part in content
    ]
    return {**item, "content": parts}


def _renamed(source: Mapping[str, Any], *names: tuple[str, str, Callable[[Any], Any] | None]) -> JsonObject:
    return {new: source[old] if change is None else change(source[old]) for new, old, change in names if old in source}


def _format(value: Any) -> Any:
    return {"type": _FORMATS[value]} if isinstance(value, str) and value in _FORMATS else {"type": value}


def _modalities(value: Any) -> Any:
    """The beta always writes what it says: sound and text together are what is today sound alone."""
    return ["audio"] if isinstance(value, list) and "audio" in value else value


# -- to the beta


def event_to_beta(event: JsonObject) -> JsonObject | None:
    """A server's event; None for one that the beta does not know."""
    kind = event["type"]
    if kind in _UNKNOWN or event.get("item", {}).get("type", "").startswith("mcp_"):
        return None
    changed = {**event, "type": _EVENTS.get(kind, kind)}
    if "session" in event:
        changed["session"] = session_to_beta(event["session"])
        if event["session"]["type"] == "transcription":
            changed["type"] = f"transcription_{kind}"
    if "response" in event:
        changed["response"] = _response_to_beta(event["response"])
    if "item" in event:
        changed["item"] = _item_to_beta(event["item"])
    return changed


def session_to_beta(session: JsonObject) -> JsonObject:
    """A session as the beta shows it."""
    inward = session["audio"]["input"]
    found: JsonObject = {
        "id": session["id"],
        "object": "realtime.session" if session["type"] == "realtime" else "realtime.transcription_session",
        "expires_at": session["expires_at"],
        "input_audio_format": _OLD_FORMATS[inward["format"]["type"]],
        "input_audio_transcription": inward.get("transcription"),
        "input_audio_noise_reduction": inward.get("noise_reduction"),
        "turn_detection": inward["turn_detection"],
        "include": session.get("include"),
    }
    if session["type"] != "transcription":
        outward = session["audio"]["output"]
        found |= {name: session.get(name) for name in ("model", "instructions", "tracing", "prompt")}
        found |= {
            "tools": [tool for tool in session["tools"] if tool.get("type") != "mcp"],
            "tool_choice": _choice(session["tool_choice"]),
            "temperature": session.get("temperature", 0.8),
            "modalities": _old_modalities(session["output_modalities"]),
            "max_response_output_tokens": session["max_output_tokens"],
            "output_audio_format": _OLD_FORMATS[outward["format"]["type"]],
            "voice": outward["voice"],
            "speed": outward["speed"],
        }
    return {name: value for name, value in found.items() if value is not None or name == "turn_detection"}


def _choice(value: Any) -> str:
    return value if isinstance(value, str) else str(value.get("name") or value.get("server_label"))


def _old_modalities(modalities: list[str]) -> list[str]:
    return ["text", "audio"] if "audio" in modalities else ["text"]


def _response_to_beta(response: JsonObject) -> JsonObject:
    output = response["audio"]["output"]
    found = {name: value for name, value in response.items() if name not in ("audio", "output_modalities", "output")}
    return {
        **found,
        "modalities": _old_modalities(response["output_modalities"]),
        "voice": output["voice"],
        "output_audio_format": _OLD_FORMATS[output["format"]["type"]],
        "output": [_item_to_beta(item) for item in response["output"] if not item["type"].startswith("mcp_")],
    }


def _item_to_beta(item: JsonObject) -> JsonObject:
    if "content" not in item:
        return item
    parts = [{**part, "type": _CONTENTS.get(part["type"], part["type"])} for part in item["content"]]
    return {**item, "content": parts}
