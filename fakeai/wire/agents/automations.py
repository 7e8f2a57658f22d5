"""Automations: what is done at a time, or again and again."""

from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.wire.agents.configuration import Configuration, Configured
from fakeai.wire.agents.environments import (
    Desktop,
    EnvironmentWanted,
    Network,
    NoEnvironment,
    Packages,
    Plugin,
    Size,
    TemplateFileInline,
    TemplateFileKnown,
    TemplateSkill,
)
from fakeai.wire.agents.inputs import InputMessage
from fakeai.wire.agents.items import Said, Shown
from fakeai.wire.base import Items, Metadata, Omittable, Wire, shown_as

Name: TypeAlias = Annotated[str, MinLen(1), MaxLen(256)]
Zone: TypeAlias = Annotated[str, MinLen(1), MaxLen(64)]
Cron: TypeAlias = Annotated[str, MinLen(1), MaxLen(256)]
RunAt: TypeAlias = Annotated[int, Ge(0), Le(253_402_300_799)]
"""Epoch seconds, up to the year 9999."""


class NewSession(Wire):
    """Each time a new session."""

    type: Literal["new_session"]
    environment: EnvironmentWanted
    input: Annotated[Items[InputMessage], MinLen(1), MaxLen(100)]
    agent: Omittable[Configured] = None
    agent_id: Omittable[str] = None
    metadata: Metadata | None = None
    vault_ids: Annotated[Items[str], MaxLen(100)] | None = None


class ExistingSession(Wire):
    """Each time the same session."""

    type: Literal["existing_session"]
    instructions: Annotated[str, MinLen(1), MaxLen(256 * 1024)]
    session_id: Annotated[str, MinLen(1), MaxLen(128)]


Target: TypeAlias = Annotated[NewSession | ExistingSession, Field(discriminator="type")]


class AutomationCreate(Wire):
    """Body of `POST /agents/automations`: `periodic` has an expression and a timezone, `once` a time."""

    model_config = shown_as(
        {
            "type": "periodic",
            "name": "Mornings",
            "expression": "0 9 * * *",
            "timezone": "UTC",
            "target": {
                "type": "new_session",
                "environment": {"type": "none"},
                "agent": {"model": "gpt-4o-mini"},
                "input": [{"role": "user", "content": [{"type": "input_text", "text": "Say hello."}]}],
            },
        }
    )

    type: Literal["periodic", "once"]
    name: Name
    target: Target
    expression: Omittable[Cron] = None
    timezone: Omittable[Zone] = None
    run_at: Omittable[RunAt] = None
    metadata: Omittable[Metadata] = None


class AutomationUpdate(Wire):
    """Body of `POST /agents/automations/{automation_id}`."""

    name: Omittable[Name] = None
    target: Omittable[Target] = None
    expression: Omittable[Cron] = None
    timezone: Omittable[Zone] = None
    run_at: Omittable[RunAt] = None
    metadata: Omittable[Metadata] = None


class HostedTarget(TypedDict):
    """A hosted environment that each session will get; null is what a template or the default has."""

    type: Literal["openai_hosted"]
    environment_id: str | None
    environment_template_id: str | None
    container_size: Size | None
    capability_directories: list[str] | None
    desktop: Desktop | None
    files: list[TemplateFileKnown | TemplateFileInline] | None
    network: Network | None
    packages: Packages | None
    plugins: list[Plugin] | None
    skills: list[TemplateSkill | Plugin] | None


class SelfHostedTarget(TypedDict):
    """An environment that the application hosts."""

    type: Literal["self_hosted"]
    environment_id: str | None
    capability_directories: list[str]
    workspace_directory: str


class TargetMessage(TypedDict):
    """What each session begins with."""

    type: Literal["message"]
    role: Literal["user"]
    content: list[Said | Shown]


class NewSessionTold(TypedDict):
    """Each time a new session."""

    type: Literal["new_session"]
    agent: Configuration | None
    agent_id: str | None
    environment: NoEnvironment | HostedTarget | SelfHostedTarget
    input: list[TargetMessage]
    metadata: dict[str, str]
    vault_ids: list[str]


class ExistingSessionTold(TypedDict):
    """Each time the same session."""

    type: Literal["existing_session"]
    instructions: str
    session_id: str


class CreatedBy(TypedDict):
    """Who made it: the developer."""

    type: Literal["developer"]


class CreatedByAgent(TypedDict):
    """Who made it: the agent of a session."""

    type: Literal["agent"]
    session_id: str
    tool_call_id: str


class Periodic(TypedDict):
    """At all times that match an expression."""

    id: str
    object: Literal["agent.automation"]
    type: Literal["periodic"]
    created_at: int
    created_by: CreatedBy | CreatedByAgent
    expression: str
    timezone: str
    metadata: dict[str, str]
    name: str
    status: Literal["active", "paused"]
    pause_reason: Literal["target_session_failed"] | None
    target: ExistingSessionTold | NewSessionTold


class Once(TypedDict):
    """At one time."""

    id: str
    object: Literal["agent.automation"]
    type: Literal["once"]
    created_at: int
    created_by: CreatedBy | CreatedByAgent
    run_at: int
    metadata: dict[str, str]
    name: str
    status: Literal["active", "paused", "completed"]
    pause_reason: Literal["target_session_failed"] | None
    target: ExistingSessionTold | NewSessionTold


class Manual(TypedDict):
    """By hand."""

    type: Literal["manual"]


class BySchedule(TypedDict):
    """By its schedule, as it was then."""

    type: Literal["automation"]
    automation: Periodic | Once


class InvocationError(TypedDict):
    """Why nothing came of it."""

    code: str
    message: str


class Invocation(TypedDict):
    """One time that an automation was set off."""

    id: str
    object: Literal["agent.automation.invocation"]
    automation_id: str
    created_at: int
    scheduled_at: int | None
    session_id: str | None
    source: Manual | BySchedule
    status: Literal["queued", "completed", "failed", "skipped"]
    skip_reason: Literal["pending_delivery"] | None
    error: InvocationError | None
