"""What a provider tells of requests it found unsafe, and of whoever makes them."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class SafetyAlert(TypedDict):
    """A response that did, or was about to do, what it should not."""

    id: str
    object: Literal["safety.alert"]
    created_at: int
    error_type: Literal[
        "potentially_unintended_data_transfer",
        "potentially_unintended_data_access",
        "potentially_unintended_destructive_activity",
        "other",
    ]
    model: str
    reason: str | None
    request_id: str
    request_paused: bool
    response_id: str
    detailed_explanation: NotRequired[str | None]


class Notice(TypedDict):
    """What follows from a case."""

    type: Literal["warning", "deactivation"]


class SafetyCase(TypedDict):
    """Somebody whose requests break the rules."""

    id: str
    object: Literal["safety.case"]
    created_at: int
    entity_identifier: str
    notice: Notice
    reason: str | None
