"""Tools of a chat request: what may be called, what must be, and what was.

Schemas and grammars are kept as they came; whether they are valid is for `content/` to say.
"""

from typing import Annotated, Literal, TypeAlias

from annotated_types import MaxLen, MinLen
from pydantic import Field

from fakeai.core.generation import JsonObject
from fakeai.wire.base import Called, FailFast, FirstOf, Items, Omittable, Wire

Schema: TypeAlias = JsonObject


class Function(Wire):
    """A function the model may call; `parameters` is a JSON Schema, none at all when missing."""

    name: str
    description: str | None = None
    parameters: Omittable[Schema] = None
    strict: bool | None = None


class FunctionTool(Wire):
    """A tool that takes JSON arguments."""

    type: Literal["function"]
    function: Function


class Grammar(Wire):
    """What a custom tool's input must look like."""

    definition: str
    syntax: Literal["lark", "regex"]


class TextFormat(Wire):
    """Any text."""

    type: Literal["text"]


class GrammarFormat(Wire):
    """Text of a grammar."""

    type: Literal["grammar"]
    grammar: Grammar


class Custom(Wire):
    """A custom tool's name and the form of its input."""

    name: str
    description: str | None = None
    format: Annotated[TextFormat | GrammarFormat, Field(discriminator="type")] | None = None


class CustomTool(Wire):
    """A tool that takes text."""

    type: Literal["custom"]
    custom: Custom


Tool: TypeAlias = Annotated[FunctionTool | CustomTool, Field(discriminator="type")]


class Named(Wire):
    """The name of a tool."""

    name: str


class FunctionChoice(Wire):
    """This function and no other."""

    type: Literal["function"]
    function: Named


class CustomChoice(Wire):
    """This custom tool and no other."""

    type: Literal["custom"]
    custom: Named


class AllowedTools(Wire):
    """Tools to choose among: `{"type": "function", "function": {"name": …}}` each."""

    mode: Literal["auto", "required"]
    tools: Items[JsonObject]


class AllowedChoice(Wire):
    """Some of the tools."""

    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


ToolChoice: TypeAlias = Annotated[
    Literal["none", "auto", "required"]
    | Annotated[FunctionChoice | CustomChoice | AllowedChoice, Field(discriminator="type")],
    FirstOf(),
]


class FunctionUse(Wire):
    """The function called and its arguments, a JSON text."""

    name: str
    arguments: str


class FunctionToolCall(Wire):
    """A call of a function."""

    id: str
    type: Literal["function"]
    function: FunctionUse


class CustomUse(Wire):
    """The custom tool called and its input."""

    name: str
    input: str


class CustomToolCall(Wire):
    """A call of a custom tool."""

    id: str
    type: Literal["custom"]
    custom: CustomUse


ToolCall: TypeAlias = Annotated[FunctionToolCall | CustomToolCall, Field(discriminator="type")]


class LegacyFunction(Wire):
    """A function in the old `functions` list."""

    name: str
    description: str | None = None
    parameters: Omittable[Schema] = None


LegacyFunctions: TypeAlias = Annotated[
    list[LegacyFunction], FailFast(), MinLen(1), MaxLen(128), Called("array of function definitions")
]
FunctionCallOption: TypeAlias = Annotated[Literal["none", "auto"] | Named, FirstOf()]
