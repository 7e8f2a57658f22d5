"""Traces of turns: what was done when, as an OTLP JSON export request."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from fakeai.core.generation import JsonObject
from fakeai.store.base import Object
from fakeai.wire.agents.turns import Trace

_CLIENT, _INTERNAL = 3, 1
_GOOD, _BAD = 1, 2
_MOST = 500
"""Spans of a turn."""


def spanned(turn: Object, name: str, start: float, end: float, **attributes: Any) -> None:
    """Note in a turn what was done, and when. Any: JSON."""
    spans = turn.setdefault("_spans", [])
    if len(spans) < _MOST:
        spans.append({"name": name, "start": start, "end": end, "attributes": attributes})


def trace(turn: Object, session: Object) -> Trace:
    """The trace of a turn that is over. Its id is the turn's."""
    trace_id, root = _hex(turn["id"], 16), _hex(turn["id"] + " root", 8)
    agent = session["agent"]
    about = {
        "gen_ai.agent.id": agent["id"],
        "gen_ai.request.model": agent["model"],
        "gen_ai.usage.input_tokens": turn["_used"]["input"],
        "gen_ai.usage.output_tokens": turn["_used"]["output"],
        "session.id": session["id"],
    }
    good = turn["status"] == "completed"
    spans = [_span(trace_id, root, "", "agent.turn", turn["_began"], turn["_ended"], about, good=good)]
    for number, span in enumerate(turn.get("_spans", ())):
        own = _hex(f"{turn['id']} {number}", 8)
        spans.append(
            _span(trace_id, own, root, span["name"], span["start"], span["end"], span["attributes"], good=True)
        )
    scopes = [{"scope": {"name": "fakeai.agents"}, "spans": spans}]
    resource = {"attributes": _attributes({"service.name": "agents"})}
    return {
        "id": turn["id"],
        "object": "agent.session.trace",
        "session_id": session["id"],
        "created_at": turn["created_at"],
        "otlp": {"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]},
    }


def _span(
    trace_id: str,
    span_id: str,
    parent: str,
    name: str,
    start: float,
    end: float,
    attributes: Mapping[str, Any],
    *,
    good: bool,
) -> JsonObject:
    return {
        "traceId": trace_id,
        "spanId": span_id,
        "parentSpanId": parent,
        "name": name,
        "kind": _CLIENT if name == "chat" else _INTERNAL,
        "startTimeUnixNano": str(int(start * 1e9)),
        "endTimeUnixNano": str(int(end * 1e9)),
        "attributes": _attributes(attributes),
        "status": {"code": _GOOD if good else _BAD},
    }


def _attributes(values: Mapping[str, Any]) -> Sequence[JsonObject]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}}
        for key, value in values.items()
    ]


def _hex(text: str, size: int) -> str:
    return blake2b(text.encode(), digest_size=size).hexdigest()
