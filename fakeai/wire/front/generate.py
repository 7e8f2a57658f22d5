"""`POST /generate`, `/generate/batch` and `/stream`: prompts in, texts out, in few words."""

from typing import Annotated, TypeAlias

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import Items, Omittable, shown_as
from fakeai.wire.front.base import FrontWire

Prompt: TypeAlias = Annotated[str, MinLen(1)]
Count: TypeAlias = Annotated[int, Ge(1), Le(2**31 - 1)]

DEFAULT_TEMPERATURE = 1.0
DEFAULT_TOP_P = 1.0
DEFAULT_TOP_K = 0


class GenerationParams(FrontWire):
    """How to go on with a prompt. What is left out is the same as its default said; null is no value."""

    model: Omittable[str] = None
    """By default the server's default model."""
    max_new_tokens: Omittable[Count] = None
    """By default what the model's window leaves."""
    temperature: Omittable[Annotated[float, Ge(0), Le(2)]] = None
    top_p: Omittable[Annotated[float, Gt(0), Le(1)]] = None
    top_k: Omittable[Annotated[int, Ge(0), Le(2**31 - 1)]] = None
    """0: all tokens."""
    stop: Omittable[Annotated[Items[Annotated[str, MinLen(1)]], MaxLen(16)]] = None
    cache: Omittable[bool] = None
    """false: neither look in the completion cache nor keep the answer there."""


class GenerationRequest(GenerationParams):
    """Body of `POST /generate` and `POST /stream`."""

    model_config = shown_as({"prompt": "Say hello", "max_new_tokens": 16})

    prompt: Prompt


class GenerationBatchRequest(GenerationParams):
    """Body of `POST /generate/batch`."""

    model_config = shown_as({"prompts": ["Say hello", "Say goodbye"], "max_new_tokens": 16})

    prompts: Annotated[Items[Prompt], MinLen(1), MaxLen(256)]


class Generation(TypedDict):
    """The answer; of a stream each event is one, whose `output` is the next piece of the answer."""

    model: str
    output: str
    cached: bool


class BatchedOutput(TypedDict):
    """The answer to one prompt of a batch."""

    output: str
    cached: bool
    prompt_tokens: int
    completion_tokens: int


class GenerationBatch(TypedDict):
    """The answers, in the order of the prompts."""

    model: str
    results: list[BatchedOutput]
