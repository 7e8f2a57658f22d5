"""Grammars of custom tools: Lark and regular expressions, as OpenAI takes them; and texts that they accept.

Regular expressions are those of Rust's `regex` (no lookarounds, no backreferences), and match the whole text. A
grammar counts as acceptable once a text of it was found, so one that recurs without end is refused.
"""

import re
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from fakeai.content import constrained, lark_terminals, regexes
from fakeai.content.regex_syntax import RegexError, parse, weight
from fakeai.core.chance import Chance

Syntax: TypeAlias = Literal["lark", "regex"]

MAX_DEFINITION: Final = 32_768
_TRIES: Final = 3
_PROOF_BYTES: Final = 512
_PHRASE: Final = re.compile(r"(?<=[\"/ )+*|}])[ ]?[A-Za-z]{2,20}[ ]?(?=[\"/ (.\[\\])")
_PHRASES_READ: Final = 4_000
_MAX_PHRASES: Final = 24
_MAX_WEIGHT: Final = 1_000_000


class GrammarError(Exception):
    """The definition is malformed, too large, or has no end; `message` says which."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class _Proof(NamedTuple):
    """A text that shows a grammar to have an end, or why there is none."""

    text: str
    refusal: str | None


def check(syntax: Syntax, definition: str) -> None:
    """GrammarError unless `definition` is a grammar of bearable size that some text satisfies."""
    refusal = _proof(syntax, definition).refusal
    if refusal is not None:
        raise GrammarError(refusal)


def sample(syntax: Syntax, definition: str, chance: Chance, limit_tokens: int = 256) -> str:
    """A complete text that the grammar accepts, of about `limit_tokens` bytes if there are such; GrammarError if none."""
    check(syntax, definition)
    try:
        return _found(syntax, definition, chance, limit_tokens)
    except constrained.ConstraintError:
        return _proof(syntax, definition).text


def accepts(syntax: Syntax, definition: str, text: str) -> bool:
    """Whether the whole of `text` satisfies the grammar; GrammarError if it is malformed."""
    try:
        return constrained.accepts(_matcher(syntax, definition), text)
    except constrained.ConstraintError as error:
        raise GrammarError(error.message) from None


@lru_cache(maxsize=128)
def _proof(syntax: Syntax, definition: str) -> _Proof:
    try:
        return _Proof(_found(syntax, definition, Chance(definition), _PROOF_BYTES), None)
    except constrained.ConstraintError as error:
        return _Proof("", error.message)


def _found(syntax: Syntax, definition: str, chance: Chance, limit: int) -> str:
    matcher = _matcher(syntax, definition)
    if syntax == "regex" and (readable := _readable(definition, matcher, chance, limit)) is not None:
        return readable
    return constrained.walk(matcher, chance, limit, _phrases(definition))


@lru_cache(maxsize=4)
def _matcher(syntax: Syntax, definition: str) -> Any:  # llguidance's LLMatcher, loaded late; never advanced itself
    from llguidance import LLMatcher

    if len(definition) > MAX_DEFINITION:
        raise constrained.ConstraintError(f"the definition is longer than {MAX_DEFINITION} characters")
    if not definition.strip():
        raise constrained.ConstraintError("the definition is empty")
    costly = lark_terminals.refusal(definition) if syntax == "lark" else _costly(definition)
    if costly is not None:
        raise constrained.ConstraintError(costly)
    if syntax == "lark":
        return constrained.compile_grammar(LLMatcher.grammar_from_lark(definition))
    return constrained.compile_grammar(LLMatcher.grammar_from_regex(_unanchored(definition)))


def _costly(pattern: str) -> str | None:
    """Why a regular expression is not to be given to the engine; what our parser does not know, the engine may judge."""
    try:
        tree = parse(pattern)
    except RegexError as error:
        return error.message
    return "the pattern is too large" if weight(tree) > _MAX_WEIGHT else None


def _phrases(definition: str) -> list[bytes]:
    """Words that the definition spells out."""
    found = dict.fromkeys(_PHRASE.findall(definition[:_PHRASES_READ]))
    return [phrase.encode() for phrase in found][:_MAX_PHRASES]


def _unanchored(pattern: str) -> str:
    """Without `^` and `$` around the whole, which the engine has no use for as it matches the whole text anyway."""
    start = 1 if pattern.startswith("^") else 0
    end = len(pattern)
    if pattern.endswith("$") and (end - len(pattern[:-1].rstrip("\\"))) % 2 == 1:
        end -= 1
    return pattern[start:end]


def _readable(definition: str, matcher: Any, chance: Chance, limit: int) -> str | None:
    """A text from the sampler of JSON Schema patterns, whose letters read better, if the grammar accepts it."""
    for _ in range(_TRIES):
        try:
            text = regexes.sample_regex(f"^(?:{_unanchored(definition)})$", chance, limit)
        except RegexError:
            return None
        if constrained.accepts(matcher, text):
            return text
    return None
