"""From the text of a message to the event it is, of the API as it is or of its beta."""

from collections.abc import Mapping

import orjson

from fakeai.core.errors import ApiError, BadRequest
from fakeai.core.generation import JsonObject
from fakeai.wire.base import TOO_MANY, Wire, bulky, parse, unknown_fields
from fakeai.wire.realtime import beta
from fakeai.wire.realtime.client_events import KINDS, LONGEST_EVENT_ID, Append, ClientEvent
from fakeai.wire.realtime.translation_events import TRANSLATION_KINDS


class BadEvent(Exception):
    """A message that is no event. `event_id` is what its client calls it, if that can be told."""

    def __init__(self, error: ApiError, event_id: str | None) -> None:
        super().__init__(error.message)
        self.error = error
        self.event_id = event_id


def read(text: str | bytes, *, old: bool = False) -> ClientEvent:
    """The event in `text`; `old` for one of the beta's. Raises BadEvent."""
    event: ClientEvent = _read(text, beta.KINDS if old else KINDS, old)  # type: ignore[assignment]  # the tables hold its classes
    return event


def read_translation(text: str | bytes, *, old: bool = False) -> Wire:
    """The same in a session that translates, of which the beta had none."""
    return _read(text, TRANSLATION_KINDS, old=False)


def _read(text: str | bytes, known: Mapping[str, type[Wire]], old: bool) -> Wire:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if bulky(raw):
        raise BadEvent(BadRequest(TOO_MANY.replace("request body", "event")), None)
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise BadEvent(
            BadRequest("The server could not parse your event: it is not valid JSON.", code="invalid_json"), None
        ) from None
    if not isinstance(document, dict):
        raise BadEvent(BadRequest("Your event is not a JSON object.", code="invalid_json"), None)
    given = document.get("event_id")
    event_id = given if isinstance(given, str) and len(given) <= LONGEST_EVENT_ID else None
    try:
        return _event(document, raw, known, old)
    except ApiError as error:
        raise BadEvent(error, event_id) from None


def _event(document: JsonObject, raw: bytes, known: Mapping[str, type[Wire]], old: bool) -> Wire:
    name = document.get("type")
    if name is None:
        raise BadRequest("Missing required parameter: 'type'.", param="type", code="missing_required_parameter")
    kind: type[Wire] | None = known.get(name) if isinstance(name, str) else None
    if kind is None:
        words = ", ".join(f"'{word}'" for word in known)
        raise BadRequest(
            f"Invalid value: '{str(name)[:100]}'. Supported values are: {words}.", param="type", code="invalid_value"
        )
    if kind is Append and isinstance(document.get("audio"), str) and len(document) == 2:
        return Append.model_construct(type="input_audio_buffer.append", audio=document["audio"])
    if old:
        try:
            raw = orjson.dumps(beta.event_from_beta(document))
        except TypeError:
            raise BadRequest("Your event is nested too deeply.") from None
    return known_only(parse(kind, raw))


def known_only(body: Wire) -> Wire:
    """`body`; raises BadRequest when it has a field that nobody knows."""
    unknown = unknown_fields(body)
    if unknown:
        raise BadRequest(f"Unknown parameter: '{unknown[0][:200]}'.", param=unknown[0][:200], code="unknown_parameter")
    return body
