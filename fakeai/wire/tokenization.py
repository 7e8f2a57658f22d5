"""Bodies and replies of vLLM's `/tokenize` and `/detokenize` (vLLM 0.33)."""

from typing import Annotated, Any

from annotated_types import Ge, Le
from typing_extensions import TypedDict

from fakeai.wire.base import Items, shown_as
from fakeai.wire.engines import EngineRefusal, EngineRequest
from fakeai.wire.messages import Message
from fakeai.wire.tools import Tool


class TokenizeRequest(EngineRequest):
    """A text (`prompt`) or a conversation (`messages`, perhaps with `tools`) to be cut into tokens.

    vLLM has a type for either, and takes the prompt where both are given. Fields it knows and that have no effect here
    are those of templates and media.
    """

    model_config = shown_as({"model": "gpt-4o-mini", "prompt": "Say hello"})

    model: str | None = None
    prompt: str | None = None
    messages: Items[Message] | None = None
    tools: Items[Tool] | None = None
    add_special_tokens: bool | None = None
    add_generation_prompt: bool = True
    continue_final_message: bool = False
    return_token_strs: bool | None = None
    chat_template: str | None = None
    chat_template_kwargs: dict[str, Any] | None = None
    media_io_kwargs: dict[str, Any] | None = None
    mm_processor_kwargs: dict[str, Any] | None = None


def check(body: TokenizeRequest) -> None:
    """Refuse what vLLM refuses of a well-typed request."""
    if body.prompt is None and body.messages is None:
        raise EngineRefusal(
            "Either 'prompt' (a string) or 'messages' (an array) must be given.", "Bad Request", 400, "body.prompt"
        )
    if body.continue_final_message and body.add_generation_prompt:
        raise EngineRefusal("Cannot set both `continue_final_message` and `add_generation_prompt` to True.")
    if body.chat_template is not None or (body.chat_template_kwargs or {}).get("chat_template") is not None:
        raise EngineRefusal(
            "Chat template is passed with request, but --trust-request-chat-template is not set. "
            "Refused request with untrusted chat template."
        )


class Tokenized(TypedDict):
    """Token ids, their number, the model's window; `token_strs` as byte-level vocabularies write their tokens."""

    count: int
    max_model_len: int
    tokens: list[int]
    token_strs: list[str] | None


class DetokenizeRequest(EngineRequest):
    """Token ids to be put together."""

    model: str | None = None
    tokens: Items[Annotated[int, Ge(0), Le(2**63 - 1)]]


class Detokenized(TypedDict):
    """Their text."""

    prompt: str
