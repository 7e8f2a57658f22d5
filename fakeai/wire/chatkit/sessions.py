"""ChatKit sessions: what a chat in somebody's browser may do, and the secret that it shows."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import FailFast, FirstOf, Integer, Omittable, Wire, shown_as

Variable: TypeAlias = Annotated[str | bool | Integer | float, FirstOf()]
Variables = Annotated[dict[Annotated[str, MaxLen(64)], Variable], FailFast(), MaxLen(64)]


class TracingWanted(Wire):
    """Whether the workflow's runs are traced."""

    enabled: Omittable[bool] = None


class WorkflowWanted(Wire):
    """The workflow that answers."""

    id: Annotated[str, MinLen(1), MaxLen(256)]
    state_variables: Omittable[Variables] = None
    tracing: Omittable[TracingWanted] = None
    version: Omittable[Annotated[str, MaxLen(256)]] = None


class Switch(Wire):
    """Something that is on or off."""

    enabled: Omittable[bool] = None


class UploadWanted(Wire):
    """Whether and how files may be uploaded. `max_file_size` is in megabytes."""

    enabled: Omittable[bool] = None
    max_file_size: Omittable[Annotated[Integer, Ge(1), Le(512)]] = None
    max_files: Omittable[Annotated[Integer, Ge(1)]] = None


class HistoryWanted(Wire):
    """Whether and how many earlier threads are shown."""

    enabled: Omittable[bool] = None
    recent_threads: Omittable[Annotated[Integer, Ge(1)]] = None


class ConfigurationWanted(Wire):
    """What a session may do."""

    automatic_thread_titling: Omittable[Switch] = None
    file_upload: Omittable[UploadWanted] = None
    history: Omittable[HistoryWanted] = None


class SessionExpires(Wire):
    """How long after its creation a session ends: a second to ten minutes."""

    anchor: Literal["created_at"]
    seconds: Annotated[Integer, Ge(1), Le(600)]


class RateWanted(Wire):
    """How often a session may ask."""

    max_requests_per_1_minute: Omittable[Annotated[Integer, Ge(1)]] = None


class SessionCreate(Wire):
    """Body of `POST /chatkit/sessions`."""

    model_config = shown_as({"user": "user_123", "workflow": {"id": "wf_123"}})

    user: Annotated[str, MinLen(1), MaxLen(512)]
    workflow: WorkflowWanted
    chatkit_configuration: Omittable[ConfigurationWanted] = None
    expires_after: Omittable[SessionExpires] = None
    rate_limits: Omittable[RateWanted] = None


class Tracing(TypedDict):
    """Whether the workflow's runs are traced."""

    enabled: bool


class Workflow(TypedDict):
    """The workflow that answers."""

    id: str
    state_variables: Mapping[str, str | int | bool | float] | None
    tracing: Tracing
    version: str | None


class Titling(TypedDict):
    """Whether threads get titles."""

    enabled: bool


class FileUpload(TypedDict):
    """Whether and how files may be uploaded. `max_file_size` is in megabytes."""

    enabled: bool
    max_file_size: int | None
    max_files: int | None


class History(TypedDict):
    """Whether and how many earlier threads are shown; None for all."""

    enabled: bool
    recent_threads: int | None


class Configuration(TypedDict):
    """What a session may do."""

    automatic_thread_titling: Titling
    file_upload: FileUpload
    history: History


class RateLimits(TypedDict):
    """How often a session may ask."""

    max_requests_per_1_minute: int


class ChatSession(TypedDict):
    """A session, with the secret that its client shows."""

    id: str
    object: Literal["chatkit.session"]
    chatkit_configuration: Configuration
    client_secret: str
    expires_at: int
    max_requests_per_1_minute: int
    rate_limits: RateLimits
    status: Literal["active", "expired", "cancelled"]
    user: str
    workflow: Workflow
