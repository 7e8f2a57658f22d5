"""What an agent is made of, wherever it is said: in an agent that is kept, a session, or an automation."""

from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.core.generation import JsonObject
from fakeai.wire.agents.tools import Tool, ToolTold
from fakeai.wire.base import Items, Omittable, Wire

Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Summary: TypeAlias = Literal["concise", "detailed", "auto"]
Tier: TypeAlias = Literal["auto", "default", "flex", "priority", "fast", "ultrafast"]
Verbosity: TypeAlias = Literal["low", "medium", "high"]
Instructions: TypeAlias = Annotated[str, MaxLen(256 * 1024)]
ModelName: TypeAlias = Annotated[str, MinLen(1), MaxLen(256)]


class CompactionWanted(Wire):
    """How the context is made shorter."""

    is_async: bool | None = Field(default=None, alias="async")


class ExperimentalWanted(Wire):
    """What is tried out."""

    time_awareness: Omittable[bool] = None


class MultiAgentWanted(Wire):
    """Whether there may be subagents."""

    enabled: bool
    max_concurrent_subagents: Omittable[Annotated[int, Ge(1), Le(100)]] = None


class ReasoningWanted(Wire):
    """How much is thought, and told of that."""

    effort: Effort | None = None
    summary: Summary | None = None


class PlainText(Wire):
    """Any text."""

    type: Literal["text"]


class SchemaText(Wire):
    """JSON of a schema."""

    type: Literal["json_schema"]
    of: JsonObject = Field(alias="schema")


class TextWanted(Wire):
    """What the agent's text is like."""

    format: Annotated[PlainText | SchemaText, Field(discriminator="type")] | None = None
    verbosity: Verbosity | None = None


class Configured(Wire):
    """What may be said of an agent: all of it may be left out."""

    compaction: CompactionWanted | None = None
    experimental: Omittable[ExperimentalWanted] = None
    instructions: Instructions | None = None
    model: Omittable[ModelName] = None
    multi_agent: MultiAgentWanted | None = None
    reasoning: ReasoningWanted | None = None
    service_tier: Tier | None = None
    text: TextWanted | None = None
    tools: Items[Tool] | None = None


Compaction = TypedDict("Compaction", {"async": bool})
"""How the context is made shorter."""


class Experimental(TypedDict):
    """What is tried out."""

    time_awareness: bool


class MultiAgent(TypedDict):
    """Whether there may be subagents; how many at once, None if there may be none."""

    enabled: bool
    max_concurrent_subagents: int | None


class Reasoning(TypedDict):
    """How much is thought, and told of that."""

    effort: Effort | None
    summary: Summary | None


class PlainFormat(TypedDict):
    """Any text."""

    type: Literal["text"]


class SchemaFormat(TypedDict):
    """JSON of a schema."""

    type: Literal["json_schema"]
    schema: JsonObject


class Text(TypedDict):
    """What the agent's text is like."""

    format: PlainFormat | SchemaFormat
    verbosity: Verbosity


class Configuration(TypedDict):
    """An agent's configuration with all that was left out."""

    instructions: str | None
    model: str
    multi_agent: MultiAgent
    reasoning: Reasoning
    service_tier: Tier
    text: Text
    tools: list[ToolTold]
    compaction: Compaction
    experimental: Experimental
