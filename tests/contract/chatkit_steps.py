"""What is asked of ChatKit with an API key."""

from contract.steps import Step

_MADE_UP = {"x-fakeai-unknown-ids": "synthesize"}
_THREAD = "/chatkit/threads/{thread_id}"
_WANTED = {
    "user": "user_1",
    "workflow": {"id": "wf_1", "state_variables": {"a": 1, "b": True, "c": "x"}, "version": "2"},
    "chatkit_configuration": {
        "automatic_thread_titling": {"enabled": False},
        "file_upload": {"enabled": True, "max_file_size": 4, "max_files": 2},
        "history": {"enabled": True, "recent_threads": 3},
    },
    "expires_after": {"anchor": "created_at", "seconds": 60},
    "rate_limits": {"max_requests_per_1_minute": 5},
}

STEPS = [
    Step("POST", "/chatkit/sessions", _WANTED, "session_id"),
    Step("POST", "/chatkit/sessions/{session_id}/cancel"),
    Step("GET", "/chatkit/threads?user=user_1"),
    Step("GET", _THREAD, headers=_MADE_UP),
    Step("GET", f"{_THREAD}/items", headers=_MADE_UP),
    Step("DELETE", _THREAD, headers=_MADE_UP),
]
