"""A message of a client → a command, or the reason why it is none."""

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson

from fakeai.core.errors import ApiError, BadRequest
from fakeai.services.live.waves import Wave
from fakeai.wire.base import parse, unknown_fields
from fakeai.wire.live.commands import AppendAudio, Command
from fakeai.wire.live.events import Fault

LARGEST = 8 * 2**20
"""Bytes of a message that are looked at."""
LONGEST_APPEND_S = 15.0
"""Of sound in one message."""
_LONGEST_ID = 512
_APPEND: Final = "session.input_audio.append"


class Said(NamedTuple):
    """A message: what it is called by its client, and the command or what is wrong with it."""

    event_id: str | None
    command: Command | BadRequest


def read(message: str | bytes, known: Mapping[str, type[Command]], *, easy: bool) -> Said:
    """What a message commands, among the commands that are known. `easy` lets fields pass that nobody knows."""
    raw = message.encode("utf-8", "replace") if isinstance(message, str) else message
    if len(raw) > LARGEST:
        return Said(None, BadRequest(f"Your message is larger than {LARGEST} bytes.", code="string_above_max_length"))
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return Said(None, BadRequest("Your message is not valid JSON.", code="invalid_json"))
    if not isinstance(body, dict):
        return Said(None, BadRequest("Your message is not a JSON object.", code="invalid_json"))
    name = body.get("event_id")
    event_id = name if isinstance(name, str) and 0 < len(name) <= _LONGEST_ID else None
    try:
        return Said(event_id, _sound_only(body, known) or _command(raw, body.get("type"), known, easy=easy))
    except BadRequest as error:
        return Said(event_id, error)


def _sound_only(body: dict[str, Any], known: Mapping[str, type[Command]]) -> Command | None:
    """The command that comes twenty times a second, without reading its megabytes again. Any: JSON."""
    kind = body.get("type")
    if kind == _APPEND and kind in known and body.keys() == {"type", "audio"} and isinstance(body["audio"], str):
        return AppendAudio.model_construct(type=_APPEND, audio=body["audio"])
    return None


def _command(raw: bytes, kind: object, known: Mapping[str, type[Command]], *, easy: bool) -> Command:
    if kind is None:
        raise BadRequest("Missing required parameter: 'type'.", param="type", code="missing_required_parameter")
    found = known.get(kind) if isinstance(kind, str) else None
    if found is None:
        names = ", ".join([f"'{name}'" for name in known])
        message = f"Invalid value: '{str(kind)[:100]}'. Supported values are: {names}."
        raise BadRequest(message, param="type", code="invalid_value")
    command = parse(found, raw)
    unknown = [] if easy else unknown_fields(command)
    if unknown:
        raise BadRequest(f"Unknown parameter: '{unknown[0][:200]}'.", param=unknown[0][:200], code="unknown_parameter")
    return command


def fault(error: ApiError, event_id: str | None) -> Fault:
    """An error as clients are told of it."""
    told: Fault = {"type": error.type, "code": error.code or "invalid_value", "message": error.message}
    if error.param is not None:
        told["param"] = error.param
    if event_id is not None:
        told["client_event_id"] = event_id
    return told


def sound(audio: str, wave: Wave, longest_s: float = LONGEST_APPEND_S) -> bytes:
    """The bytes of a command's sound. Raises BadRequest for what is none, or too much."""
    if len(audio) * 3 / 4 > longest_s * wave.rate * wave.width + 3:
        message = f"Invalid 'audio': at most {longest_s:.0f} seconds can be sent at a time."
        raise BadRequest(message, param="audio", code="invalid_value")
    try:
        data = b64decode(audio, validate=True)
    except (Error, ValueError):
        raise BadRequest("Invalid 'audio': expected base64.", param="audio", code="invalid_value") from None
    if len(data) % wave.width:
        raise BadRequest("Invalid 'audio': the last sample is not whole.", param="audio", code="invalid_value")
    return data
