"""What a model can and cannot do, told as OpenAI tells it: families, parameters, windows."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fakeai.core.catalog import Capability, ModelCard
from fakeai.core.errors import BadRequest, ContextLengthExceeded, NotFound, UnsupportedParameter


def check_chat(body: Any, card: ModelCard) -> None:
    """Refuse a chat request that its model does not support. Ids outside the catalog are taken to support everything.

    Raises NotFound (no chat model), UnsupportedParameter or BadRequest. Any: a chat request of the wire.
    """
    if not card.known:
        return
    if card.family != "chat":
        instead = card.family if card.family in _SINGULAR else f"{card.family}s"
        raise NotFound(
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
            f"Did you mean to use v1/{instead}?",
            param="model",
        )
    can = card.capabilities
    if "reasoning" in can and card.owned_by in _OPENAI and "gpt-oss" not in card.id:
        _check_reasoning(body)
    modalities, audio = body.modalities, body.audio
    if modalities is not None and "audio" in modalities and "audio_out" not in can:
        raise _unsupported_value("modalities", "audio", "'text'")
    if audio is not None and body.stream and audio.format != "pcm16":
        raise _unsupported_value("audio.format", audio.format, "'pcm16'", " when stream=true")
    if not ("vision" in can and "audio_in" in can):
        _check_parts(body, card)


_SINGULAR = frozenset({"audio", "realtime", "rerank"})
"""Families whose endpoints' paths are called like them; those of the others are plural."""

_OPENAI = frozenset({"openai", "system", "openai-internal"})


def _check_reasoning(body: Any) -> None:
    if body.max_tokens is not None:
        raise UnsupportedParameter(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            param="max_tokens",
        )
    if body.reasoning_effort == "none":
        return
    for name, default in (("temperature", 1), ("top_p", 1), ("presence_penalty", 0), ("frequency_penalty", 0)):
        value = getattr(body, name)
        if value is not None and value != default:
            raise UnsupportedParameter(
                f"Unsupported value: '{name}' does not support {value:g} with this model. "
                f"Only the default ({default}) value is supported.",
                param=name,
                code="unsupported_value",
            )
    if body.logprobs:
        raise BadRequest("You are not allowed to request logprobs from this model", param="logprobs")


def _unsupported_value(param: str, value: str, supported: str, when: str = " with this model") -> BadRequest:
    return BadRequest(
        f"Unsupported value: '{param}' does not support '{value}'{when}. Supported values are: {supported}.",
        param=param,
        code="unsupported_value",
    )


_PARTS_NEED: Mapping[str, Capability] = MappingProxyType({"image_url": "vision", "input_audio": "audio_in"})


def _check_parts(body: Any, card: ModelCard) -> None:
    for number, message in enumerate(body.messages):
        content = message.content
        if content is None or type(content) is str:
            continue
        for at, part in enumerate(content):
            needed = _PARTS_NEED.get(part.type)
            if needed is not None and needed not in card.capabilities:
                raise BadRequest(
                    f"Invalid content type. {part.type} is only supported by certain models.",
                    param=f"messages.[{number}].content.[{at}].type",
                )


def room(card: ModelCard, prompt: int) -> int:
    """Tokens an answer to a prompt of that many tokens may have; at least one."""
    return max(1, min(card.context_window - prompt, card.max_output or card.context_window))


def check_window(card: ModelCard, prompt: int, asked: int | None, *, easy: bool, param: str = "messages") -> None:
    """Refuse what does not fit the model's window: the prompt alone, or with the output asked for (unless `easy`)."""
    window = card.context_window
    if prompt >= window:
        raise ContextLengthExceeded(
            f"This model's maximum context length is {window} tokens. However, your {param} resulted in {prompt} tokens. "
            f"Please reduce the length of the {param}.",
            param=param,
        )
    if asked is None or easy or not card.known:
        return
    if asked > card.max_output:
        raise BadRequest(
            f"max_tokens is too large: {asked}. This model supports at most {card.max_output} completion tokens, "
            f"whereas you provided {asked}.",
            param="max_tokens",
            code="invalid_value",
        )
    if prompt + asked > window:
        raise ContextLengthExceeded(
            f"This model's maximum context length is {window} tokens. However, you requested {prompt + asked} tokens "
            f"({prompt} in the {param}, {asked} in the completion). Please reduce the length of the {param} or completion.",
            param=param,
        )
