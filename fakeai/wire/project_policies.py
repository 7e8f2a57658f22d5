"""What a project may do: its rate limits, its models, the hosted tools and service tiers it uses."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import FirstOf, Items, Omittable, Wire

_Most: TypeAlias = Annotated[int, Ge(0), Le(2**53)]
Mode: TypeAlias = Literal["allow_list", "deny_list"]
OptionalTier: TypeAlias = Literal["flex", "fast", "ultrafast"]
_Tiers: TypeAlias = Annotated[Literal["all"] | Annotated[Items[OptionalTier], MaxLen(16)], FirstOf()]
DefaultTier: TypeAlias = Literal["standard", "fast", "scale"]
Retention: TypeAlias = Literal[
    "organization_default",
    "none",
    "zero_data_retention",
    "modified_abuse_monitoring",
    "enhanced_zero_data_retention",
    "enhanced_modified_abuse_monitoring",
]


class RateLimitUpdate(Wire):
    """Body of `POST …/rate_limits/{rate_limit_id}`."""

    max_requests_per_1_minute: Omittable[_Most] = None
    max_tokens_per_1_minute: Omittable[_Most] = None
    max_images_per_1_minute: Omittable[_Most] = None
    max_audio_megabytes_per_1_minute: Omittable[_Most] = None
    max_requests_per_1_day: Omittable[_Most] = None
    batch_1_day_max_input_tokens: Omittable[_Most] = None


class ModelPermissionsUpdate(Wire):
    """Body of `POST …/model_permissions`."""

    mode: Mode
    model_ids: Annotated[Items[Annotated[str, MinLen(1), MaxLen(256)]], MaxLen(1_000)]


class Switch(Wire):
    """Whether a hosted tool may be used."""

    enabled: bool


class HostedToolPermissionsUpdate(Wire):
    """Body of `POST …/hosted_tool_permissions`; tools that are left out stay as they were."""

    code_interpreter: Switch | None = None
    file_search: Switch | None = None
    image_generation: Switch | None = None
    mcp: Switch | None = None
    web_search: Switch | None = None


class ServiceTierSettingsUpdate(Wire):
    """Body of `POST …/service_tier_settings`."""

    default: Omittable[DefaultTier] = None
    enabled_tiers: Omittable[_Tiers] = None


class ProjectDataRetentionUpdate(Wire):
    """Body of `POST …/data_retention`."""

    retention_type: Retention


class RateLimit(TypedDict):
    """How much a project may use of a model."""

    id: str
    object: Literal["project.rate_limit"]
    model: str
    max_requests_per_1_minute: int
    max_tokens_per_1_minute: int
    max_images_per_1_minute: NotRequired[int]
    max_audio_megabytes_per_1_minute: NotRequired[int]
    max_requests_per_1_day: NotRequired[int]
    batch_1_day_max_input_tokens: NotRequired[int]


class ModelPermissions(TypedDict):
    """The models that a project may use, or those that it may not."""

    object: Literal["project.model_permissions"]
    mode: Mode
    model_ids: list[str]


class ModelPermissionsDeleted(TypedDict):
    """Answer to the DELETE of model permissions."""

    object: Literal["project.model_permissions.deleted"]
    deleted: bool


class Enabled(TypedDict):
    """Whether a hosted tool may be used."""

    enabled: bool


class HostedToolPermissions(TypedDict):
    """The hosted tools that a project may use."""

    code_interpreter: Enabled
    file_search: Enabled
    image_generation: Enabled
    mcp: Enabled
    web_search: Enabled


class ServiceTierSettings(TypedDict):
    """The service tiers that a project may ask for, and the one it gets if it asks for none."""

    object: Literal["project.service_tier_settings"]
    default: DefaultTier
    enabled_tiers: Literal["all"] | list[OptionalTier]


class ProjectDataRetention(TypedDict):
    """How long a project's data are kept, as it was agreed."""

    object: Literal["project.data_retention"]
    type: Retention
