"""A session's settings: what they are until somebody changes them, and what may be changed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject
from fakeai.wire.realtime.session import RealtimeSession, TranscriptionSession, TranslationUpdate

DEFAULT_VOICE = "marin"
DEFAULT_INSTRUCTIONS = (
    "You are a helpful, friendly assistant that talks with a user. Be brief, answer in the user's language, and call a "
    "function whenever you can."
)
_PCM: Mapping[str, Any] = MappingProxyType({"type": "audio/pcm", "rate": 24000})
_SERVER_VAD: Mapping[str, Any] = MappingProxyType(
    {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    }
)
_SEMANTIC_VAD: Mapping[str, Any] = MappingProxyType(
    {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    }
)


def fresh(kind: str, id: str, model: str, expires_at: int) -> JsonObject:
    """The settings of a session nobody has changed, as they are shown; `kind` is `realtime` or `transcription`."""
    inward: JsonObject = {
        "format": dict(_PCM),
        "transcription": None if kind == "realtime" else {"model": model, "language": None, "prompt": ""},
        "noise_reduction": None,
        "turn_detection": dict(_SERVER_VAD),
    }
    session: JsonObject = {"type": kind, "object": "realtime.session", "id": id}
    if kind == "transcription":
        session["object"] = "realtime.transcription_session"
        return {**session, "expires_at": expires_at, "include": None, "audio": {"input": inward}}
    return {
        **session,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": DEFAULT_INSTRUCTIONS,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": expires_at,
        "audio": {"input": inward, "output": {"format": dict(_PCM), "voice": DEFAULT_VOICE, "speed": 1.0}},
        "include": None,
    }


def shown(session: JsonObject) -> JsonObject:
    """A session as it is told: without what is not set, but for turns that nobody detects."""
    return {
        name: shown(value) if isinstance(value, dict) else value
        for name, value in session.items()
        if value is not None or name == "turn_detection"
    }


def translation(id: str, model: str, expires_at: int) -> JsonObject:
    """The settings of a session that translates."""
    return {
        "type": "translation",
        "id": id,
        "model": model,
        "expires_at": expires_at,
        "audio": {"input": {"noise_reduction": None, "transcription": None}, "output": {"language": "en"}},
    }


def changed_translation(session: JsonObject, update: TranslationUpdate) -> JsonObject:
    """`session` with what `update` names."""
    given = update.model_dump(exclude_unset=True).get("audio") or {}
    audio = {way: {**held, **(given.get(way) or {})} for way, held in session["audio"].items()}
    return {**session, "audio": audio}


def changed(session: JsonObject, update: RealtimeSession | TranscriptionSession, *, easy: bool = False) -> JsonObject:
    """`session` with what `update` names. Raises BadRequest for another type or model, and (unless `easy`) what is no use."""
    given = update.model_dump(exclude_unset=True)
    if given["type"] != session["type"]:
        raise BadRequest(
            f"Passing a {given['type']} session update event to a {session['type']} session is not allowed.",
            param="session.type",
            code="invalid_parameter",
        )
    model = given.pop("model", None)
    if model is not None and model != session["model"]:
        raise BadRequest(
            "Cannot update the model of a session that has begun.", param="session.model", code="cannot_update_model"
        )
    if not easy:
        _check(given)
    audio = given.pop("audio", None) or {}
    result = {**session, **given, "audio": dict(session["audio"])}
    for way, values in audio.items():
        if way not in result["audio"]:
            raise BadRequest(f"Unknown parameter: 'session.audio.{way}'.", code="unknown_parameter")
        result["audio"][way] = {**result["audio"][way], **_full(values, result["audio"][way])}
    return result


def _full(values: JsonObject, before: JsonObject) -> JsonObject:
    """Values of one way of sound, with what their own parts leave open."""
    found = dict(values)
    if found.get("format"):
        found["format"] = dict(_PCM) if found["format"]["type"] == "audio/pcm" else {"type": found["format"]["type"]}
    turns = found.get("turn_detection")
    if turns:
        usual = _SERVER_VAD if turns["type"] == "server_vad" else _SEMANTIC_VAD
        held = before["turn_detection"]
        found["turn_detection"] = {**(held if held and held["type"] == turns["type"] else usual), **turns}
    voice = found.get("voice")
    if isinstance(voice, dict):
        found["voice"] = voice["id"]
    return found


def _check(given: JsonObject) -> None:
    _check_modalities(given.get("output_modalities"), "session.output_modalities")
    most = given.get("max_output_tokens")
    if isinstance(most, int):
        _check_range("session.max_output_tokens", most, 1, 4_096)
    turns = ((given.get("audio") or {}).get("input") or {}).get("turn_detection") or {}
    for name, least, greatest in (
        ("threshold", 0, 1),
        ("prefix_padding_ms", 0, 10_000),
        ("silence_duration_ms", 0, 30_000),
    ):
        if turns.get(name) is not None:
            _check_range(f"session.audio.input.turn_detection.{name}", turns[name], least, greatest)


def _check_range(param: str, value: float, least: int, greatest: int) -> None:
    if not least <= value <= greatest:
        kind = "decimal" if isinstance(value, float) else "integer"
        bound, code = (
            (f">= {least}", f"{kind}_below_min_value")
            if value < least
            else (f"<= {greatest}", f"{kind}_above_max_value")
        )
        raise BadRequest(
            f"Invalid '{param}': {kind} {'below minimum' if value < least else 'above maximum'} value. Expected a value "
            f"{bound}, but got {value} instead.",
            param=param,
            code=code,
        )


def _check_modalities(wanted: Any, param: str) -> None:
    """Text or sound, not both: what is spoken is written down anyway. Any: a list, or None."""
    if wanted is not None and sorted(wanted) not in (["audio"], ["text"]):
        raise BadRequest(
            f"Invalid modalities: {wanted}. Supported combinations are: ['text'] and ['audio'].",
            param=param,
            code="invalid_value",
        )


def check_response_modalities(wanted: Any) -> None:
    """Refuse modalities of a response that do not go together."""
    _check_modalities(wanted, "response.output_modalities")


def check_most_tokens(most: Any) -> None:
    """Refuse a response's limit that is none. Any: a number, `inf`, or None."""
    if isinstance(most, int):
        _check_range("response.max_output_tokens", most, 1, 4_096)
