"""`POST /text/generation`: a text in, a text out, as NVIDIA's AIPerf and the Azure-like API of earlier FakeAIs have it.

Source: github.com/ajcasagrande/fakeai, `fakeai/models/azure.py` (`TextGenerationRequest`, `TextGenerationResponse`).
"""

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import FirstOf, Items, Wire

DEFAULT_TOKENS = 100
DEFAULT_TOP_P = 0.95


class TextGenerationRequest(Wire):
    """A text to be answered."""

    NEEDS_MODEL = True

    model: str | None = None
    input: Annotated[str, MinLen(1)]
    max_output_tokens: Annotated[int, Ge(1), Le(2**31 - 1)] | None = None
    temperature: Annotated[float, Ge(0), Le(2)] | None = None
    top_p: Annotated[float, Ge(0), Le(1)] | None = None
    stop: Annotated[str | Annotated[Items[str], MaxLen(4)], FirstOf()] | None = None
    seed: int | None = None
    stream: bool | None = None
    user: str | None = None


class TextGeneration(TypedDict):
    """The answer; `usage` is that of chat completions (Any: JSON)."""

    id: str
    object: Literal["text.generation"]
    created: int
    model: str
    output: str
    finish_reason: str
    usage: dict[str, Any]
