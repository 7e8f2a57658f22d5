"""Tools of assistants and runs, which one is to be used, what they work on, and the form of an answer."""

from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from annotated_types import Ge, Le, MaxLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.wire.base import FirstOf, Items, Metadata, Omittable, Wire
from fakeai.wire.chat import ResponseFormat
from fakeai.wire.tools import FunctionTool, Named
from fakeai.wire.vector_stores import Chunking

MOST_TOOLS = 128


class CodeInterpreterTool(Wire):
    """The assistant may write programs and run them."""

    type: Literal["code_interpreter"]


class RankingOptions(Wire):
    """Which passages count."""

    score_threshold: Annotated[float, Ge(0), Le(1)]
    ranker: Omittable[Literal["auto", "default_2024_08_21"]] = None


class FileSearch(Wire):
    """How files are searched."""

    max_num_results: Omittable[Annotated[int, Ge(1), Le(50)]] = None
    ranking_options: Omittable[RankingOptions] = None


class FileSearchTool(Wire):
    """The assistant may search vector stores."""

    type: Literal["file_search"]
    file_search: Omittable[FileSearch] = None


Tool: TypeAlias = Annotated[CodeInterpreterTool | FileSearchTool | FunctionTool, Field(discriminator="type")]
Tools: TypeAlias = Annotated[Items[Tool], MaxLen(MOST_TOOLS)]


class NamedChoice(Wire):
    """This tool and no other."""

    type: Literal["function", "code_interpreter", "file_search"]
    function: Omittable[Named] = None


Choice: TypeAlias = Annotated[Literal["none", "auto", "required"] | NamedChoice, FirstOf()]
Format: TypeAlias = Annotated[Literal["auto"] | ResponseFormat, FirstOf()]


class NewStore(Wire):
    """A vector store that is made for the assistant or thread."""

    file_ids: Omittable[Annotated[Items[str], MaxLen(500)]] = None
    chunking_strategy: Omittable[Chunking] = None
    metadata: Metadata | None = None


class CodeFiles(Wire):
    """Files that programs may read."""

    file_ids: Omittable[Annotated[Items[str], MaxLen(20)]] = None


class Stores(Wire):
    """Vector stores to be searched."""

    vector_store_ids: Omittable[Annotated[Items[str], MaxLen(1)]] = None


class NewStores(Stores):
    """The same, or such as are made for it."""

    vector_stores: Omittable[Annotated[Items[NewStore], MaxLen(1)]] = None


class Resources(Wire):
    """What the tools work on."""

    code_interpreter: Omittable[CodeFiles] = None
    file_search: Omittable[Stores] = None


class NewResources(Wire):
    """The same, of something that is made."""

    code_interpreter: Omittable[CodeFiles] = None
    file_search: Omittable[NewStores] = None


# -- in replies


class CodeResources(TypedDict):
    """Files that programs may read."""

    file_ids: list[str]


class SearchResources(TypedDict):
    """Vector stores that are searched."""

    vector_store_ids: list[str]


class ToolResources(TypedDict):
    """What the tools work on."""

    code_interpreter: NotRequired[CodeResources]
    file_search: NotRequired[SearchResources]


ToolSeen: TypeAlias = dict[str, Any]
"""A tool as it was given. Any: it holds a JSON Schema."""
FormatSeen: TypeAlias = Literal["auto"] | dict[str, Any]
"""A form as it was given. Any: as above."""
