"""Assistants: a model, what it is told, and its tools."""

from typing import Annotated, Literal, NotRequired

from annotated_types import MaxLen
from typing_extensions import TypedDict

from fakeai.core.generation import ReasoningEffort
from fakeai.wire.assistants.tools import (
    Format,
    FormatSeen,
    NewResources,
    Resources,
    ToolResources,
    Tools,
    ToolSeen,
)
from fakeai.wire.base import Metadata, Omittable, Wire
from fakeai.wire.chat import Probability, Temperature

Name = Annotated[str, MaxLen(256)]
Description = Annotated[str, MaxLen(512)]
Instructions = Annotated[str, MaxLen(256_000)]


class AssistantCreate(Wire):
    """Body of `POST /assistants`."""

    model: str
    name: Name | None = None
    description: Description | None = None
    instructions: Instructions | None = None
    reasoning_effort: ReasoningEffort | None = None
    tools: Omittable[Tools] = None
    tool_resources: NewResources | None = None
    metadata: Metadata | None = None
    temperature: Temperature | None = None
    top_p: Probability | None = None
    response_format: Format | None = None


class AssistantUpdate(Wire):
    """Body of `POST /assistants/{assistant_id}`: what is given is changed."""

    model: Omittable[str] = None
    name: Name | None = None
    description: Description | None = None
    instructions: Instructions | None = None
    reasoning_effort: ReasoningEffort | None = None
    tools: Omittable[Tools] = None
    tool_resources: Resources | None = None
    metadata: Metadata | None = None
    temperature: Temperature | None = None
    top_p: Probability | None = None
    response_format: Format | None = None


class Assistant(TypedDict):
    """An assistant."""

    id: str
    object: Literal["assistant"]
    created_at: int
    name: str | None
    description: str | None
    model: str
    instructions: str | None
    tools: list[ToolSeen]
    tool_resources: NotRequired[ToolResources | None]
    metadata: dict[str, str]
    temperature: NotRequired[float | None]
    top_p: NotRequired[float | None]
    reasoning_effort: NotRequired[ReasoningEffort | None]
    response_format: NotRequired[FormatSeen | None]
