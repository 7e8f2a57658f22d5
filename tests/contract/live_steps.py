"""What is asked of decisions and of Live sessions, but for what is said over their sockets."""

from typing import Any

from contract.steps import Step

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
OFFER = {"type": "webrtc", "sdp": SDP}
QUESTIONS: list[Any] = [
    {"type": "predicate", "name": "a", "instructions": [{"type": "input_text", "text": "It is urgent."}]},
    {"type": "choice", "instructions": "Which?", "choices": [{"value": True, "description": "d"}, {"value": "b"}]},
    {"type": "score", "instructions": "How much?", "levels": [{"label": "low"}, {"label": "high", "description": "d"}]},
]
ITEMS: list[Any] = [
    {"role": "system", "content": "Be exact."},
    {"role": "user", "content": [{"type": "input_text", "text": "x"}, {"type": "input_json", "data": {"a": [1]}}]},
    {"role": "assistant", "content": [{"type": "output_text", "text": "x"}, {"type": "refusal", "refusal": "no"}]},
    {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "y"}]},
]
SESSION: dict[str, Any] = {
    "model": "gpt-live-1",
    "audio": {"output": {"voice": "sage"}},
    "client": {"data_channel": {"allowed_client_events": "all", "allowed_server_events": [{"type": "info"}]}},
    "delegation": {
        "type": "responses",
        "responses": {"model": "gpt-5.4", "max_output_tokens": 16, "tools": [{"type": "web_search"}]},
        "acknowledgement_delay_ms": 5,
    },
    "idle_timeout_s": 5,
    "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hello."}]}],
    "instructions": "Be kind.",
    "store": True,
    "triggers": [
        {
            "type": "decisions",
            "event_type": "session.input_transcript.delta",
            "decisions": {"questions": QUESTIONS},
        }
    ],
    "wake_policy": {"type": "speech", "vad_threshold": 0.5},
}
_ONE = "/live/sessions/{session_id}"
_CALL = "/live/sessions/live_call"
_MADE_UP = {"x-fakeai-unknown-ids": "synthesize"}

STEPS = [
    Step("POST", "/decisions", {"model": "gpt-6-luna", "input": ITEMS, "questions": QUESTIONS}),
    Step(
        "POST", "/decisions", {"model": "gpt-6-luna", "input": "Now!", "questions": QUESTIONS, "safety_identifier": "s"}
    ),
    Step("POST", "/live/sessions", {"session": SESSION, "transport": OFFER}, "session_id", at="session.id"),
    Step("POST", f"{_ONE}/fork", {"transport": OFFER, "session": {"store": False}}),
    Step("POST", f"{_ONE}/hangup"),
    Step("GET", f"{_ONE}/content"),
    Step("POST", f"{_CALL}/reject", {"status_code": 486}, headers=_MADE_UP),
    Step("POST", f"{_CALL}/accept", {"session": {"type": "live", "model": "gpt-live-1"}}, headers=_MADE_UP),
    Step("POST", f"{_CALL}/refer", {"target_uri": "tel:+14155550123"}, headers=_MADE_UP),
]
