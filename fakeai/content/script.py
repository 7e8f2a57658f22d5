"""Puts an answer together: GenerateRequest → Script. Says what comes in which order, not when.

Kinds of answer that few requests ask for are imported when one does.

The order of rules: a refusal, tool calls, JSON, a prediction, prose. Then what applies to them all: banned and forced
tokens, stop sequences, the token limit, log probabilities, sound.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from fakeai.content import logprobs, refusal, text
from fakeai.content.tokens import encoding
from fakeai.core.chance import Chance, Ids
from fakeai.core.errors import BadRequest
from fakeai.core.generation import (
    Annotations,
    Audio,
    Delta,
    FinishReason,
    GenerateRequest,
    JsonObject,
    Reasoning,
    ReasoningEffort,
    Refusal,
    Stop,
    Text,
    Thinking,
    ToolInput,
    ToolStart,
    Usage,
)
from fakeai.core.lessons import Lessons

if TYPE_CHECKING:
    from fakeai.content.tools import PlannedCall

_CALL_OVERHEAD = 6
"""Tokens around a tool call's name and arguments (the channel and recipient markers of the harmony format)."""

_FORCING_BIAS = 20.0
_BANNING_BIAS = -50.0

_PREDICTED = 400_000
"""Characters of a prediction that are looked at: more than an answer can be long."""

_REASONING = frozenset({"reasoning", "reasoning_content"})

_ANY_OBJECT: Mapping[str, Any] = MappingProxyType(
    {
        "type": "object",
        "properties": {
            "answer": {"type": "string"},
            "details": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
        },
        "required": ["answer", "details"],
        "additionalProperties": False,
    }
)
"""What `response_format: json_object` answers with, when the prompt names no keys."""

_EFFORT_TOKENS: Mapping[ReasoningEffort, int] = MappingProxyType(
    {"none": 0, "minimal": 0, "low": 64, "medium": 192, "high": 640, "xhigh": 1280, "max": 2560}
)


_tuple = tuple.__new__
"""Makes a NamedTuple of all of its values in a third of the time that its class takes."""


class Script(NamedTuple):
    """What every choice says, in order, each ending with its Stop; and what it all counts for."""

    choices: list[list[Delta]]
    usage: Usage


def write(request: GenerateRequest, ids: Ids) -> Script:
    """The whole answer. Equal digests give equal words; only ids of tool calls and audio come from `ids`.

    Raises BadRequest for a schema or grammar that nothing satisfies, and for a sound format we cannot make.
    """
    author = _Author(request, ids)
    count = request.sampling.n
    choices = [author.choice(0)] if count == 1 else [author.choice(index) for index in range(count)]
    return _tuple(Script, (choices, author.usage()))


class _Author:
    """Writes the choices of one request, one after the other, and counts their tokens."""

    __slots__ = (
        "accepted",
        "audio",
        "chance",
        "completion",
        "enc",
        "ids",
        "index",
        "left",
        "reasoning",
        "rejected",
        "request",
    )

    def __init__(self, request: GenerateRequest, ids: Ids) -> None:
        self.request = request
        self.ids = ids
        self.enc = encoding(request.model.encoding)
        self.completion = self.reasoning = self.audio = self.accepted = self.rejected = 0
        """Tokens of all choices."""

    def usage(self) -> Usage:
        prompt, sound = self.request.prompt_tokens, self.request.prompt_audio_tokens
        counts = (
            prompt,
            self.completion,
            0,
            sound,
            self.reasoning,
            self.audio,
            self.accepted,
            self.rejected,
            0,
            "",
            "",
        )
        return _tuple(Usage, counts)

    def choice(self, index: int) -> list[Delta]:
        """What choice number `index` says."""
        request = self.request
        self.index = index
        self.chance = Chance.of_digest(request.digest)
        if index and request.sampling.temperature:
            self.chance = self.chance.stream(f"choice {index}")
        limit, room = request.sampling.max_tokens, request.room
        self.left = room if limit is None or limit > room else limit
        """Tokens this choice may still produce."""
        if _REASONING.isdisjoint(request.model.capabilities):
            return self._answer()
        before = self._reason()
        if self.left <= 0:
            return [*before, Text(index, ()), _stop(index, "length")]
        return self._answer() if request.raw_prompt else [*before, *self._answer()]

    def _answer(self) -> list[Delta]:
        request = self.request
        if request.raw_prompt:
            return self._spoken(
                text.continuation(request.messages[-1].text, request.suffix, self.chance, self.enc, self.left + 1)
            )
        declined = refusal.refusal(request, self.chance, self.enc)
        if declined is not None:
            return self._decline(declined)
        if request.tools:
            planned = self._planned()
            if planned:
                return self._call_tools(planned)
        return self._spoken(self._words() if request.model.lessons is None else self._learned(request.model.lessons))

    def _learned(self, lessons: Lessons) -> list[str]:
        from fakeai.content.lessons import learned, toned

        request = self.request
        shaped = request.json_schema is not None or request.json_object or request.prediction is not None
        if shaped:
            return self._words()
        return learned(request, lessons, self.enc) or toned(self._words(), lessons, self.enc)

    def _planned(self) -> "list[PlannedCall]":
        from fakeai.content import grammar, jsonschema, tools

        try:
            return tools.plan(self.request, self.chance)
        except (jsonschema.SchemaError, grammar.GrammarError) as error:
            raise BadRequest(f"No tool can be called: {error.message}", param="tools") from error

    def _words(self) -> list[str]:
        request = self.request
        if request.json_schema is not None:
            return self._json(request.json_schema)
        if request.json_object:
            return self._object()
        if request.prediction is not None:
            return self._predicted(request.prediction)
        limit = request.room if request.sampling.logit_bias or request.sampling.stop else self.left + 1
        return text.answer(request, self.chance, self.enc, limit)

    def _object(self) -> list[str]:
        """Some JSON object: with the keys that the prompt asks for, where prose would answer so of itself."""
        said = text.answer(self.request, self.chance, self.enc, self.request.room)
        try:
            asked_for = isinstance(json.loads("".join(said)), dict)
        except ValueError:
            asked_for = False
        return said if asked_for else self._json(_ANY_OBJECT)

    def _json(self, schema: Mapping[str, Any]) -> list[str]:
        from fakeai.content import jsonschema

        hints = [message.text for message in self.request.messages if message.role == "user"]
        try:
            return self.enc.pieces(jsonschema.instance_text(schema, self.chance, hints))
        except jsonschema.SchemaError as error:
            message = f"Invalid schema for response_format: {error.message}"
            raise BadRequest(message, param="response_format") from error

    def _predicted(self, known: str) -> list[str]:
        from fakeai.content import prediction

        return self.enc.pieces(prediction.answer(self.request.messages[-1].text, known[:_PREDICTED]))

    def _compare(self, known: str, said: Sequence[str]) -> None:
        """Count what the answer, as it was cut, kept of a prediction; what it did not is paid for all the same."""
        from fakeai.content import prediction

        kept = prediction.compare(self.enc.pieces(known[:_PREDICTED]), said)
        self.accepted += kept.accepted
        self.rejected += kept.rejected
        self.completion += kept.rejected

    def _reason(self) -> list[Delta]:
        request = self.request
        if request.model.can("reasoning_content"):
            from fakeai.content import reasoning

            pieces = reasoning.reasoning(request, self.chance, self.enc, self.left)
            self._spend(len(pieces))
            self.reasoning += len(pieces)
            return [Reasoning(self.index, pieces)]
        base = _EFFORT_TOKENS[request.reasoning_effort or "medium"]
        tokens = min(self.left, base and 64 * self.chance.between(base // 64, base // 32))
        self._spend(tokens)
        self.reasoning += tokens
        return [Thinking(self.index, tokens)] if tokens else []

    def _spend(self, tokens: int) -> None:
        self.left -= tokens
        self.completion += tokens

    def _decline(self, pieces: list[str]) -> list[Delta]:
        if self.request.json_schema is None:
            return self._spoken(pieces)
        pieces, reason = self._cut(pieces)
        self._spend(len(pieces))
        return [Refusal(self.index, pieces), _stop(self.index, reason)]

    def _call_tools(self, planned: "Sequence[PlannedCall]") -> list[Delta]:
        deltas: list[Delta] = []
        for number, call in enumerate(planned):
            if self.left <= 0:
                return [*deltas, _stop(self.index, "length")]
            overhead = min(self.left, self.enc.count(call.name) + _CALL_OVERHEAD)
            self._spend(overhead)
            deltas.append(Thinking(self.index, overhead))  # written like all tokens, and shown to nobody
            deltas.append(ToolStart(self.index, number, self.ids.make("call_")[:29], call.name, call.kind))
            pieces, reason = self._cut(self.enc.pieces(call.text), stop=False)
            self._spend(len(pieces))
            deltas.append(ToolInput(self.index, number, pieces))
            if reason == "length":
                return [*deltas, _stop(self.index, "length")]
        return [*deltas, _stop(self.index, "tool_calls")]

    def _spoken(self, pieces: list[str]) -> list[Delta]:
        """Text, with what the request wants done to it: bias, citations, stop, limit, sound, logprobs."""
        request, index = self.request, self.index
        sampling = request.sampling
        citations: list[JsonObject] = []
        if sampling.logit_bias:
            pieces = self._biased(pieces)
        if request.web_search:
            from fakeai.content import websearch

            pieces, citations = websearch.cite(pieces, websearch.searched(request.messages), self.enc)
        pieces, reason = self._cut(pieces)
        if request.audio is not None:
            pieces, reason = self._audible(pieces, reason)
        self._spend(len(pieces))
        if request.prediction is not None:
            self._compare(request.prediction, pieces)
        if request.echo:
            pieces = [*self.enc.pieces(request.messages[-1].text), *pieces]
        if request.audio is not None:
            return [self._sound(pieces, reason), _stop(index, reason)]
        if sampling.top_logprobs is None:
            said = _tuple(Text, (index, pieces, None))
        else:
            top = sampling.top_logprobs
            said = Text(index, pieces, logprobs.logprobs(pieces, top, self.chance, self.enc, sampling.temperature))
        if citations and (citations := _within(citations, sum(map(len, pieces)))):
            return [said, Annotations(index, citations), _stop(index, reason)]
        return [said, _stop(index, reason)]

    def _cut(self, pieces: list[str], *, stop: bool = True) -> tuple[list[str], FinishReason]:
        """Apply stop sequences, then the limit."""
        if stop and self.request.sampling.stop:
            whole = "".join(pieces)
            found = [at for word in self.request.sampling.stop if word and (at := whole.find(word)) >= 0]
            if found:
                pieces = self.enc.pieces(whole[: min(found)])
        if len(pieces) > self.left:
            return pieces[: self.left], "length"
        return pieces, "stop"

    def _biased(self, pieces: list[str]) -> list[str]:
        """Without the banned tokens; made of the forced ones alone where there are any."""
        bias = self.request.sampling.logit_bias
        forced = self._words_of(token for token in sorted(bias) if bias[token] >= _FORCING_BIAS)
        if forced:
            return [self.chance.pick(forced) for _ in pieces]
        banned = set(self._words_of(token for token in bias if bias[token] <= _BANNING_BIAS))
        kept = [piece for piece in pieces if piece not in banned]
        return kept if len(kept) == len(pieces) else self._recut(kept, banned)

    def _words_of(self, tokens: Iterable[int]) -> list[str]:
        """Texts of token ids; those of no token are left out."""
        words = []
        for token in tokens:
            with suppress(KeyError):
                words.append(self.enc.decode([token]))
        return words

    def _recut(self, kept: list[str], banned: set[str]) -> list[str]:
        """Tokens that met when others left between them may merge into banned ones: cut again until none is left."""
        for _ in range(4):
            pieces = self.enc.pieces("".join(kept))
            kept = [piece for piece in pieces if piece not in banned]
            if len(kept) == len(pieces):
                break
        return kept

    def _audible(self, pieces: list[str], reason: FinishReason) -> tuple[list[str], FinishReason]:
        """As many of the words as the limit holds, which counts their sound as well."""
        from fakeai.content import speech

        def cost(count: int) -> int:
            return count + speech.tokens("".join(pieces[:count]))

        if cost(len(pieces)) <= self.left:
            return pieces, reason
        fitting = bisect_right(range(len(pieces)), self.left, key=cost) - 1
        return pieces[: max(1, fitting)], "length"

    def _sound(self, pieces: list[str], reason: FinishReason) -> Audio:
        from fakeai.content import speech

        wanted = self.request.audio
        assert wanted is not None, "only called when sound is wanted"
        words = "".join(pieces)
        sound = speech.speak(words, wanted.voice, wanted.format, self.chance, wanted.program, wanted.speed)
        tokens = self.left if reason == "length" else speech.tokens(words)
        self._spend(tokens)
        self.audio += tokens
        return Audio(self.index, self.ids.make("audio_"), _spread(pieces, tokens), sound)


def _spread(pieces: Sequence[str], more: int) -> list[str]:
    """The pieces with `more` empty ones evenly after them: tokens of sound, which have no text."""
    count = len(pieces)
    spread = [""] * (count + more)
    for at, piece in enumerate(pieces):
        spread[at * len(spread) // count] = piece
    return spread


@lru_cache(maxsize=256)
def _stop(choice: int, reason: FinishReason) -> Stop:
    return Stop(choice, reason)


def _within(citations: list[JsonObject], size: int) -> list[JsonObject]:
    """The citations whose links a text of that many characters holds whole."""
    return [citation for citation in citations if citation["url_citation"]["end_index"] <= size]
