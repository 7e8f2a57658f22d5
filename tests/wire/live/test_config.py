"""Configurations of Live sessions: every one of the SDK's fields is taken, of forks and updates too."""

import json
from typing import Any

import pytest

from fakeai.wire.base import parse, unknown_fields
from fakeai.wire.live.config import CallSession, MediaFork, MediaSession, SessionUpdate, SocketFork, SocketSession, Wire

QUESTION = {"type": "choice", "instructions": "x", "name": "n", "choices": [{"value": True}, {"value": "b"}]}
TRIGGER = {
    "type": "decisions",
    "event_type": "session.input_transcript.delta",
    "decisions": {"questions": [QUESTION]},
}
BACKEND = {
    "model": "m",
    "instructions": "i",
    "max_output_tokens": 16,
    "parallel_tool_calls": True,
    "reasoning": {"effort": "none", "summary": "concise"},
    "service_tier": "auto",
    "text": {"verbosity": "low"},
    "tool_choice": {"type": "function", "name": "f"},
    "tools": [{"type": "function", "name": "f"}, {"type": "mcp", "server_label": "s"}],
}
ALL = {
    "model": "gpt-live-1",
    "client": {"data_channel": {"allowed_client_events": "all", "allowed_server_events": [{"type": "info"}]}},
    "delegation": {"type": "responses", "acknowledgement_delay_ms": 0, "responses": BACKEND},
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "t"}], "id": "i", "status": "incomplete"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "t"}], "type": "message"},
    ],
    "instructions": "i",
    "safety_identifier": "s",
    "store": True,
    "triggers": [TRIGGER],
}


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        (SocketSession, {**ALL, "audio": {"format": {"type": "audio/pcma", "rate": 8000}, "output": {"voice": "x"}}}),
        (MediaSession, {**ALL, "idle_timeout_s": 5, "wake_policy": {"type": "speech", "vad_threshold": 0.5}}),
        (CallSession, {**{n: v for n, v in ALL.items() if n != "client"}, "type": "live"}),
        (MediaFork, {"client": ALL["client"], "delegation": {"type": "responses"}, "store": False}),
        (SocketFork, {"audio": {"format": {"type": "audio/pcm", "rate": 16000}}, "delegation": ALL["delegation"]}),
        (SessionUpdate, {"delegation": {"type": "decisions", "decisions": {"model": "m"}}, "triggers": []}),
    ],
)
def test_every_field_is_known(kind: type[Wire], config: Any) -> None:
    body = parse(kind, json.dumps(config).encode())
    assert unknown_fields(body) == []
    assert body.model_dump(mode="json", exclude_unset=True) == config
