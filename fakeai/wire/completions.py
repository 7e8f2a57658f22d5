"""The legacy `POST /completions`: its body, OpenAI's rules for it, and what it answers with."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import Ge, Le, MinLen
from typing_extensions import TypedDict

from fakeai.core.errors import BadRequest
from fakeai.wire import wording
from fakeai.wire.base import FirstOf, Integer, Items, Omittable, Wire
from fakeai.wire.chat import (
    Count,
    LogitBias,
    Penalty,
    Probability,
    Stop,
    StreamOptions,
    Temperature,
)
from fakeai.wire.chat_rules import check_token_ids
from fakeai.wire.usage import Usage

TokenId: TypeAlias = Annotated[int, Ge(0), Le(2**31 - 1)]
TokenIds: TypeAlias = Annotated[Items[TokenId], MinLen(1)]
Prompt: TypeAlias = Annotated[
    str | Items[str] | TokenIds | Annotated[Items[TokenIds], MinLen(1)] | None,
    FirstOf(),
]


class CompletionRequest(Wire):
    """Text to go on with, and how. `model` may be missing here: only strict rules demand it."""

    NEEDS_MODEL = True

    model: str | None = None
    prompt: Prompt
    best_of: Annotated[int, Ge(0), Le(20)] | None = None
    max_tokens: Annotated[Integer, Ge(0)] | None = None
    n: Count | None = None
    stop: Stop = None
    temperature: Temperature | None = None
    top_p: Probability | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    logit_bias: LogitBias | None = None
    logprobs: Annotated[int, Ge(0), Le(5)] | None = None
    echo: bool | None = None
    suffix: str | None = None
    user: Omittable[str] = None
    cache_salt: str | None = None
    """vLLM's: prompts share cached blocks only with those of the same salt."""
    priority: int | None = None
    """vLLM's: lower goes first."""
    seed: Integer | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None


def check(body: CompletionRequest) -> None:
    """Refuse what OpenAI refuses of a well-typed request; the first fault counts."""
    if not body.model:
        raise BadRequest(wording.NO_MODEL)
    best_of = body.best_of
    if best_of is not None:
        if best_of < 1:
            raise wording.out_of_bounds("best_of", "integer", "below", 1, best_of)
        if best_of < (body.n or 1):
            raise BadRequest(
                f"You requested that the server return more choices than it will generate (HINT: you must set 'n' "
                f"(currently {body.n or 1}) to be at most 'best_of' (currently {best_of}), or omit either parameter if "
                "you don't specifically want to use them.)",
                param="best_of",
            )
        if best_of > (body.n or 1) and body.stream:
            raise BadRequest("You cannot stream completions with 'best_of' greater than 'n'.", param="best_of")
    if body.stream_options and not body.stream:
        raise wording.only_with("stream_options", "stream")
    if body.logit_bias:
        check_token_ids(body.logit_bias)


class CompletionLogprobs(TypedDict):
    """Parallel lists, one entry a token; `text_offset` counts characters. The first token of an echo has None."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None] | None
    text_offset: list[int]


class CompletionChoice(TypedDict):
    """One of `n` texts for one of the prompts."""

    text: str
    index: int
    logprobs: CompletionLogprobs | None
    finish_reason: Literal["stop", "length", "content_filter"] | None
    """None in chunks before the last."""


class Completion(TypedDict):
    """The whole answer, and each chunk of a stream."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[CompletionChoice]
    system_fingerprint: NotRequired[str]
    usage: NotRequired[Usage | None]
