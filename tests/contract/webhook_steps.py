"""What is asked of webhook endpoints."""

from contract.steps import Step, one

_ONE = "/webhook_endpoints/{webhook_endpoint_id}"
_TOLD = {"name": "n", "url": "https://hooks.example/x", "event_types": ["batch.completed", "response.completed"]}

STEPS = [
    Step("GET", "/webhook_event_types"),
    *one("/webhook_endpoints", "webhook_endpoint_id", _TOLD, {"name": "m", "event_types": ["batch.failed"]}),
    Step("POST", f"{_ONE}/rotate_secret", {"keep_old_secret_active_for_24_hours": True}),
    Step(
        "POST",
        "/webhook_endpoints/we_made_up/test",
        {"event_type": "batch.completed"},
        headers={"x-fakeai-unknown-ids": "synthesize"},
    ),
    Step("DELETE", _ONE),
]
