"""Tools of a response: functions and custom tools of the caller's, and those that the platform brings along.

Schemas and grammars are kept as they came; whether they are valid is for `content/` to say.
"""

from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import Field

from fakeai.core.generation import JsonObject
from fakeai.wire.base import FirstOf, Items, Omittable, Wire
from fakeai.wire.chat import Place
from fakeai.wire.containers import ContainerSkill, MemoryLimit, NetworkPolicy
from fakeai.wire.vector_stores import Filter, RankingOptions

Name: TypeAlias = Annotated[str, MinLen(1), MaxLen(128)]
Callers: TypeAlias = Items[Literal["direct", "programmatic"]]


class FunctionTool(Wire):
    """A function of the caller's, with JSON arguments."""

    type: Literal["function"]
    name: Name
    parameters: JsonObject | None = None
    strict: bool | None = None
    description: str | None = None
    allowed_callers: Callers | None = None
    defer_loading: Omittable[bool] = None
    output_schema: JsonObject | None = None


class TextFormat(Wire):
    """Any text."""

    type: Literal["text"]


class GrammarFormat(Wire):
    """Text of a grammar."""

    type: Literal["grammar"]
    syntax: Literal["lark", "regex"]
    definition: str


class CustomTool(Wire):
    """A tool of the caller's, with free text for its input."""

    type: Literal["custom"]
    name: Name
    description: Omittable[str] = None
    format: Omittable[Annotated[TextFormat | GrammarFormat, Field(discriminator="type")]] = None
    allowed_callers: Callers | None = None
    defer_loading: Omittable[bool] = None


class FileSearchTool(Wire):
    """Search in vector stores."""

    type: Literal["file_search"]
    vector_store_ids: Annotated[Items[str], MinLen(1)]
    max_num_results: Omittable[Annotated[int, Ge(1), Le(50)]] = None
    filters: Filter | None = None
    ranking_options: Omittable[RankingOptions] = None


class ComputerTool(Wire):
    """A computer that the caller looks after."""

    type: Literal["computer", "computer_use"]


class ComputerUsePreviewTool(Wire):
    """The same as it was first offered."""

    type: Literal["computer_use_preview"]
    display_width: int
    display_height: int
    environment: Literal["windows", "mac", "linux", "ubuntu", "browser"]


class WebFilters(Wire):
    """Which sites count."""

    allowed_domains: Items[str] | None = None
    blocked_domains: Items[str] | None = None


class Around(Place):
    """Roughly where the user is."""

    type: Omittable[Literal["approximate"]] = None


class WebSearchTool(Wire):
    """Search on the web."""

    type: Literal["web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11"]
    filters: WebFilters | None = None
    user_location: Around | None = None
    search_context_size: Omittable[Literal["low", "medium", "high"]] = None
    external_web_access: bool | None = None
    search_content_types: Omittable[Items[Literal["text", "image"]]] = None


class ToolFilter(Wire):
    """Some of a server's tools."""

    tool_names: Omittable[Items[str]] = None
    read_only: Omittable[bool] = None


class Approvals(Wire):
    """Which tools want an approval, and which do not."""

    always: Omittable[ToolFilter] = None
    never: Omittable[ToolFilter] = None


class McpTool(Wire):
    """The tools of an MCP server or of a connector."""

    type: Literal["mcp"]
    server_label: str
    server_url: Omittable[str] = None
    connector_id: Omittable[str] = None
    tunnel_id: Omittable[str] = None
    server_description: Omittable[str] = None
    authorization: Omittable[str] = None
    headers: dict[str, str] | None = None
    allowed_tools: Annotated[Items[str] | ToolFilter | None, FirstOf()] = None
    require_approval: Annotated[Literal["always", "never"] | Approvals | None, FirstOf()] = None
    defer_loading: Omittable[bool] = None
    allowed_callers: Callers | None = None


class AutoContainer(Wire):
    """A container made for the occasion."""

    type: Literal["auto"]
    file_ids: Omittable[Annotated[Items[str], MaxLen(50)]] = None
    memory_limit: MemoryLimit | None = None
    network_policy: Omittable[NetworkPolicy] = None


class CodeInterpreterTool(Wire):
    """Python, run in a container."""

    type: Literal["code_interpreter"]
    container: Annotated[str | AutoContainer, FirstOf()]
    allowed_callers: Callers | None = None


class ProgrammaticTool(Wire):
    """Programs that call tools."""

    type: Literal["programmatic_tool_calling"]


class ImageMask(Wire):
    """What of an image is to be painted over."""

    file_id: Omittable[str] = None
    image_url: Omittable[str] = None


class ImageGenerationTool(Wire):
    """Pictures."""

    type: Literal["image_generation"]
    model: Omittable[str] = None
    action: Omittable[Literal["generate", "edit", "auto"]] = None
    quality: Omittable[Literal["low", "medium", "high", "xhigh", "max", "auto"]] = None
    size: Omittable[str] = None
    output_format: Omittable[Literal["png", "webp", "jpeg", "gif", "svg"]] = None
    output_compression: Omittable[Annotated[int, Ge(0), Le(100)]] = None
    moderation: Omittable[Literal["auto", "low"]] = None
    background: Omittable[Literal["transparent", "opaque", "auto"]] = None
    input_fidelity: Literal["high", "low"] | None = None
    input_image_mask: Omittable[ImageMask] = None
    partial_images: Omittable[Annotated[int, Ge(0), Le(3)]] = None


class LocalShellTool(Wire):
    """A shell on the caller's machine, as it was first offered."""

    type: Literal["local_shell"]


class ContainerAuto(Wire):
    """A container made for the occasion."""

    type: Literal["container_auto"]
    file_ids: Omittable[Annotated[Items[str], MaxLen(50)]] = None
    memory_limit: MemoryLimit | None = None
    network_policy: Omittable[NetworkPolicy] = None
    skills: Omittable[Annotated[Items[ContainerSkill], MaxLen(200)]] = None


class LocalEnvironment(Wire):
    """The caller's own machine."""

    type: Literal["local"]
    skills: Omittable[Items[JsonObject]] = None


class ContainerReference(Wire):
    """A container that is kept."""

    type: Literal["container_reference"]
    container_id: str


class ShellTool(Wire):
    """A shell: in a container, or on the caller's machine."""

    type: Literal["shell"]
    environment: (
        Annotated[ContainerAuto | LocalEnvironment | ContainerReference, Field(discriminator="type")] | None
    ) = None
    allowed_callers: Callers | None = None


class ApplyPatchTool(Wire):
    """Changes to files that the caller carries out."""

    type: Literal["apply_patch"]
    allowed_callers: Callers | None = None


class ToolSearchTool(Wire):
    """Tools that are looked for when they are needed."""

    type: Literal["tool_search"]
    execution: Omittable[Literal["server", "client"]] = None
    description: str | None = None
    parameters: JsonObject | None = None


class NamespaceTool(Wire):
    """Tools of one name space."""

    type: Literal["namespace"]
    name: Name
    description: str
    tools: Annotated[Items[Annotated[FunctionTool | CustomTool, Field(discriminator="type")]], MinLen(1)]


Tool: TypeAlias = Annotated[
    FunctionTool
    | FileSearchTool
    | ComputerTool
    | ComputerUsePreviewTool
    | WebSearchTool
    | McpTool
    | CodeInterpreterTool
    | ProgrammaticTool
    | ImageGenerationTool
    | LocalShellTool
    | ShellTool
    | CustomTool
    | NamespaceTool
    | ToolSearchTool
    | ApplyPatchTool,
    Field(discriminator="type"),
]


class ToolList(Wire):
    """Tools that a conversation brings along."""

    tools: Items[Tool]


class NamedChoice(Wire):
    """This function, or this custom tool."""

    type: Literal["function", "custom"]
    name: str


class McpChoice(Wire):
    """A tool of an MCP server."""

    type: Literal["mcp"]
    server_label: str
    name: str | None = None


class AllowedChoice(Wire):
    """Some of the tools."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Items[JsonObject]


class HostedChoice(Wire):
    """A tool that the platform brings along."""

    type: Literal[
        "file_search",
        "web_search",
        "web_search_2025_08_26",
        "web_search_preview",
        "web_search_preview_2025_03_11",
        "computer",
        "computer_use",
        "computer_use_preview",
        "image_generation",
        "code_interpreter",
        "shell",
        "local_shell",
        "apply_patch",
        "programmatic_tool_calling",
        "tool_search",
    ]


ToolChoice: TypeAlias = Annotated[
    Literal["none", "auto", "required"]
    | Annotated[NamedChoice | McpChoice | AllowedChoice | HostedChoice, Field(discriminator="type")],
    FirstOf(),
]
