"""Tools that an agent may use: as they are asked for, and as they are told."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import MaxLen, MinLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.core.generation import JsonObject
from fakeai.wire.base import FailFast, Items, Omittable, Wire

Origin: TypeAlias = Literal["service", "environment"]
ContextSize: TypeAlias = Literal["low", "medium", "high"]
SearchMode: TypeAlias = Literal["disabled", "cached", "live"]
Words: TypeAlias = Annotated[dict[str, str], FailFast()]
"""Texts by name."""


class Function(Wire):
    """A function that the application runs."""

    type: Literal["function"]
    name: Annotated[str, MinLen(1), MaxLen(128)]
    description: str
    parameters: JsonObject
    defer_loading: Omittable[bool] = None
    is_async: Omittable[bool] = Field(default=None, alias="async")


class ToolSearch(Wire):
    """Finds functions whose loading is deferred."""

    type: Literal["tool_search"]


class ProgrammaticToolCalling(Wire):
    """Tools are called from code that the model writes."""

    type: Literal["programmatic_tool_calling"]
    enabled: Omittable[bool] = None


class Http(Wire):
    """An MCP server that is reached by HTTP. What authorizes is taken, and never told."""

    type: Literal["http"]
    server_url: Annotated[str, MinLen(1)]
    headers: Words | None = None
    authorization: str | None = None


class Stdio(Wire):
    """An MCP server that is started as a command."""

    type: Literal["stdio"]
    command: Annotated[str, MinLen(1)]
    cwd: str
    args: Items[str] | None = None
    env: Words | None = None
    env_vars: Items[str] | None = None


class Mcp(Wire):
    """The tools of an MCP server."""

    type: Literal["mcp"]
    server_label: Annotated[str, MinLen(1), MaxLen(128)]
    transport: Annotated[Http | Stdio, Field(discriminator="type")]
    allowed_tools: Items[str] | None = None
    connection_origin: Origin | None = None
    credential_id: str | None = None
    request_metadata: JsonObject | None = None
    required: Omittable[bool] = None


class Location(Wire):
    """About where a search is made."""

    city: str | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None


class WebSearch(Wire):
    """Search in the web."""

    type: Literal["web_search"]
    allowed_domains: Items[str] | None = None
    context_size: ContextSize | None = None
    location: Location | None = None
    mode: SearchMode | None = None


class ComputerUse(Wire):
    """A browser in a hosted session."""

    type: Literal["computer_use"]
    include_screenshots: Omittable[bool] = None


class Automations(Wire):
    """The agent may have itself woken later."""

    type: Literal["automations"]


Tool: TypeAlias = Annotated[
    Function | ToolSearch | ProgrammaticToolCalling | Mcp | WebSearch | ComputerUse | Automations,
    Field(discriminator="type"),
]


FunctionTold = TypedDict(
    "FunctionTold",
    {
        "type": Literal["function"],
        "name": str,
        "description": str,
        "parameters": JsonObject,
        "defer_loading": bool,
        "async": NotRequired[bool],
    },
)
"""A function as it is told."""


class ToolSearchTold(TypedDict):
    """As it is told."""

    type: Literal["tool_search"]


class ProgrammaticToolCallingTold(TypedDict):
    """As it is told."""

    type: Literal["programmatic_tool_calling"]
    enabled: bool


class HttpTold(TypedDict):
    """How an MCP server is reached, without what authorizes. `headers` are told of agents that are kept."""

    type: Literal["http"]
    server_url: str
    headers: NotRequired[dict[str, str]]


class StdioTold(TypedDict):
    """How an MCP server is started, without the values of its variables."""

    type: Literal["stdio"]
    command: str
    cwd: str
    args: list[str]
    env_vars: list[str]


class McpTold(TypedDict):
    """An MCP server as it is told."""

    type: Literal["mcp"]
    server_label: str
    transport: HttpTold | StdioTold
    allowed_tools: list[str] | None
    connection_origin: Origin
    credential_id: str | None
    request_metadata: JsonObject
    required: bool


class LocationTold(TypedDict):
    """About where a search is made."""

    city: str | None
    country: str | None
    region: str | None
    timezone: str | None


class WebSearchTold(TypedDict):
    """Search as it is told."""

    type: Literal["web_search"]
    allowed_domains: list[str] | None
    context_size: ContextSize
    location: LocationTold | None
    mode: SearchMode


class ComputerUseTold(TypedDict):
    """As it is told."""

    type: Literal["computer_use"]
    include_screenshots: bool


class AutomationsTold(TypedDict):
    """As it is told."""

    type: Literal["automations"]


ToolTold: TypeAlias = (
    FunctionTold
    | ToolSearchTold
    | ProgrammaticToolCallingTold
    | McpTold
    | WebSearchTold
    | ComputerUseTold
    | AutomationsTold
)
