"""How the output of a request is told."""

from functools import partial
from typing import Any

from fakeai.content import reasoning
from fakeai.content.tokens import encoding
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest, JsonObject
from fakeai.services.responses import items
from fakeai.services.responses.telling import Style
from fakeai.wire.responses.request import ResponseRequest

_SUMMARY_TOKENS = 96


def style(body: ResponseRequest, request: GenerateRequest) -> Style:
    """What is told of the output of `request`, which `body` asks for."""
    card, effort = request.model, request.reasoning_effort
    thinks = card.can("reasoning") and effort not in ("none", "minimal")
    aloud = card.can("reasoning_content")
    summary = None if body.reasoning is None else body.reasoning.summary or body.reasoning.generate_summary
    include: Any = body.include or ()
    options = body.stream_options
    return Style(
        events=body.stream is True,
        logprobs=request.sampling.top_logprobs is not None,
        obfuscate=options is None or options.include_obfuscation is not False,
        thinks=thinks and not aloud,
        summary=partial(_summary, request) if summary is not None and thinks and not aloud else None,
        sealed=partial(_sealed, request) if "reasoning.encrypted_content" in include else None,
    )


def _summary(request: GenerateRequest) -> list[str]:
    """A summary of what was thought about a request, in pieces."""
    enc = encoding(request.model.encoding)
    chance = Chance(request.digest).stream("summary")
    said = reasoning.reasoning(request, chance, enc, _SUMMARY_TOKENS)
    return [*enc.pieces("**Thinking it over**\n\n"), *said]


def _sealed(request: GenerateRequest) -> str:
    """What stands for the thoughts about a request, which nobody needs to read."""
    thoughts: JsonObject = {"thoughts": Chance(request.digest).stream("sealed").data(96).hex()}
    return items.sealed([thoughts])
