"""What a schema lets a real model say next, token by token: llguidance with the model's own vocabulary.

Any: llguidance's and Hugging Face's objects are loaded late.
"""

import json
from collections.abc import Sequence
from typing import Any

from fakeai.backends.wording import CALL, CALL_END
from fakeai.core.errors import BadRequest
from fakeai.core.generation import GenerateRequest, Tool


class Guide:
    """Makes matchers of requests, for one model. The vocabulary is read when the first is needed: about a second."""

    def __init__(self, tokenizer: Any, vocabulary: int, ends: Sequence[int]) -> None:
        self._tokenizer = tokenizer
        self._vocabulary = vocabulary
        self._ends = ends
        self._read: Any = None

    def matcher(self, request: GenerateRequest) -> "Matcher | None":
        """What holds the answer to its form; None where it may be anything. Raises BadRequest for a form that cannot be held."""
        grammar = grammar_of(request, lambda tag: tag in self._tokenizer.all_special_tokens)
        if grammar is None:
            return None
        from llguidance import LLMatcher
        from llguidance.hf import from_tokenizer

        if self._read is None:
            self._read = from_tokenizer(self._tokenizer, self._vocabulary, list(self._ends) or None)
        found = LLMatcher(self._read, grammar, log_level=0)
        if found.is_error():
            raise BadRequest(
                f"The model cannot be held to this schema: {found.get_error()[:300]}", code="invalid_value"
            )
        return Matcher(found, self._vocabulary)


class Matcher:
    """Follows one choice's tokens. Implements `sampling.Mask`."""

    def __init__(self, matcher: Any, vocabulary: int) -> None:
        self._matcher = matcher
        self._vocabulary = vocabulary

    def copy(self) -> "Matcher":
        """Another at the same place, for another choice."""
        return Matcher(self._matcher.deep_copy(), self._vocabulary)

    def allowed(self) -> Any:
        """A boolean tensor over the vocabulary."""
        import numpy as np
        import torch

        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        return torch.from_numpy(np.unpackbits(bits, bitorder="little")[: self._vocabulary].astype(bool))

    def add(self, token: int) -> bool:
        """A token was said; returns whether the form is complete and nothing may follow."""
        self._matcher.consume_token(token)
        return bool(self._matcher.is_stopped())


def grammar_of(request: GenerateRequest, is_token: Any) -> str | None:
    """The grammar an answer must follow, if any. `is_token(tag)`: whether a tag is one token of its own. Any: a function."""
    from llguidance import LLMatcher

    tools = required(request)
    if tools:
        begin, end = (tag if is_token(tag) else json.dumps(tag) for tag in (CALL, CALL_END))
        call = json.dumps(call_schema(tools) | {"x-guidance": _COMPACT})
        return str(LLMatcher.grammar_from_lark(f'start: {begin} "\\n" call "\\n" {end}\ncall: %json {call}\n'))
    if request.json_schema is not None:
        return str(LLMatcher.grammar_from_json_schema(json.dumps(request.json_schema), defaults=_COMPACT))
    if request.json_object:
        return str(LLMatcher.grammar_from_json_schema('{"type": "object"}', defaults=_COMPACT))
    return None


_COMPACT: Any = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
"""Without it a model may go on with blanks until its last token."""


def required(request: GenerateRequest) -> Sequence[Tool]:
    """The tools of which one must be called; none where none must."""
    choice = request.tool_choice
    if choice.mode != "required":
        return ()
    return [tool for tool in request.tools if choice.names is None or tool.name in choice.names]


def call_schema(tools: Sequence[Tool]) -> dict[str, Any]:
    """The JSON schema of a call to one of `tools`."""
    return {"anyOf": [_call_to(tool) for tool in tools]}


def _call_to(tool: Tool) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"name": {"const": tool.name}, "arguments": tool.schema or {"type": "object"}},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }
