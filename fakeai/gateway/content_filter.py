"""What Azure OpenAI adds to answers: how its content filter judges the prompt, which it may refuse, and the answer.

Prompts are judged by `content.moderation`; answers are never filtered, and always told to be safe. Stands behind `parse`, since
it reads the prompt. Source: learn.microsoft.com/azure/ai-services/openai/concepts/content-filter.
"""

import re
from collections.abc import Awaitable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import orjson

from fakeai.content.moderation import Verdict, moderate
from fakeai.core.call import Call, Endpoint, Handler, Origin, Reply
from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest
from fakeai.services import prompt
from fakeai.services.base import lenient
from fakeai.wire.chat import ChatRequest

_PATHS: Final = ("/chat/completions", "/completions")
_LONGEST: Final = 100_000
_INLINE: Final = 8_192
"""Characters that are judged on the event loop: about 2 ms."""
_KINDS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "hate": ("hate", "hate/threatening"),
        "self_harm": ("self-harm", "self-harm/intent", "self-harm/instructions"),
        "sexual": ("sexual", "sexual/minors"),
        "violence": ("violence", "violence/graphic", "illicit/violent", "harassment/threatening"),
    }
)
_HIGH, _LOW = 0.9, 0.2
_JAILBREAK: Final = re.compile(
    r"\b(?:ignore|disregard|forget) (?:all |any )?(?:of )?(?:your |the |my )?(?:previous|prior|above|earlier) "
    r"(?:instructions|rules|prompts)\b|\byou are now DAN\b|\bdo anything now\b",
    re.IGNORECASE,
)
_SAFE: Final = MappingProxyType(
    {
        **{kind: MappingProxyType({"filtered": False, "severity": "safe"}) for kind in _KINDS},
        **{
            kind: MappingProxyType({"filtered": False, "detected": False})
            for kind in ("protected_material_code", "protected_material_text")
        },
    }
)

Results = dict[str, dict[str, Any]]
"""Judgements by what was looked for; Any: words and truth values."""


class Filtered(BadRequest):
    """Azure's content filter refuses the prompt."""

    code = "content_filter"
    param = "prompt"

    def __init__(self, results: Results) -> None:
        super().__init__(
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify "
            "your prompt and retry. To learn more about our content filtering policies please read our documentation: "
            "https://go.microsoft.com/fwlink/?linkid=2198766"
        )
        self.more = {
            "status": 400,
            "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": results},
        }


class ContentFilter:
    """In the way of chats and completions on Azure's paths only."""

    origins: frozenset[Origin] = frozenset({"http"})

    def __init__(self, content_filter: bool, *, lenient: bool) -> None:
        self._on = content_filter
        self._lenient = lenient

    def applies(self, endpoint: Endpoint) -> bool:
        """Whether the endpoint's answers have results of the filter."""
        return self._on and endpoint.path in _PATHS

    def __call__(self, call: Call, next: Handler) -> Awaitable[Reply]:
        """Raises Filtered."""
        return self._filtered(call, next) if call.azure else next(call)

    async def _filtered(self, call: Call, next: Handler) -> Reply:
        judged = [await _judged(text) for text in _prompts(call.body)]
        if not lenient(call, self._lenient):
            for results in judged:
                if any(result["filtered"] for result in results.values()):
                    raise Filtered(results)
        told = [{"prompt_index": at, "content_filter_results": results} for at, results in enumerate(judged)]
        reply = await next(call)
        if reply.events is not None and not reply.verbatim and not reply.framed:
            reply.events = reply.events.map_all(_Chunks(told).all)
        elif isinstance(reply.body, dict) and "choices" in reply.body:
            choices = [{**choice, "content_filter_results": _plain(_SAFE)} for choice in reply.body["choices"]]
            reply.body = {**reply.body, "choices": choices, "prompt_filter_results": told}
        return reply


class _Chunks:
    """Chunks of a stream as Azure has them: the first is about the prompt, and has no choice."""

    def __init__(self, told: Sequence[Any]) -> None:
        first = {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": told}
        self._first = [orjson.dumps(first)]

    def all(self, bursts: Sequence[list[bytes]]) -> Sequence[list[bytes]]:
        first, self._first = self._first, []
        made = [[_with_results(chunk) for chunk in burst] for burst in bursts]
        return [first + made[0], *made[1:]] if made else made


def results_of(text: str) -> Results:
    """What the filter finds in a prompt."""
    verdict = moderate(text)
    found: Results = {}
    for kind, categories in _KINDS.items():
        severity = _severity(verdict, categories)
        found[kind] = {"filtered": severity in ("medium", "high"), "severity": severity}
    broken = _JAILBREAK.search(text) is not None
    found["jailbreak"] = {"filtered": broken, "detected": broken}
    return dict(sorted(found.items()))


def _severity(verdict: Verdict, categories: Sequence[str]) -> str:
    score = max(verdict.scores[name] for name in categories)
    if any(verdict.categories[name] for name in categories):
        return "high" if score >= _HIGH else "medium"
    return "low" if score >= _LOW else "safe"


async def _judged(text: str) -> Results:
    text = text[-_LONGEST:]
    return await off_loop(results_of, text) if len(text) > _INLINE else results_of(text)


def _prompts(body: Any) -> Sequence[str]:
    """The texts that are judged: what users say in a chat, or each prompt that is a text. Any: one of two wire types."""
    if isinstance(body, ChatRequest):
        return ["\n".join(message.text for message in prompt.messages(body.messages) if message.role == "user")]
    several = isinstance(body.prompt, list) and body.prompt and not isinstance(body.prompt[0], int)
    return [text if isinstance(text, str) else "" for text in (body.prompt if several else [body.prompt])]


def _with_results(chunk: bytes) -> bytes:
    told = orjson.loads(chunk)
    for choice in told.get("choices", ()):
        has_words = choice.get("text") or (choice.get("delta") or {}).get("content")
        choice["content_filter_results"] = _plain(_SAFE) if has_words else {}
    return orjson.dumps(told)


def _plain(results: Mapping[str, Mapping[str, Any]]) -> Results:
    return {name: dict(result) for name, result in results.items()}
