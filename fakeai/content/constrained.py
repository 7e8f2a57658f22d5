"""Texts that a grammar accepts, by masked sampling: llguidance says which bytes may follow, chance picks one.

Works on bytes, so no model's vocabulary is loaded. Walks that do not come to an end are begun again, each more eager to
end than the one before. Every walk is bounded in steps, every step in fuel. Knows nothing of what a grammar is for.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from fakeai.core.chance import Chance

MAX_BYTES: Final = 4_096
_SHARES: Final = (2, 4, 4, 2, 1)
"""Of the limit, what each walk in turn may use: as a divisor."""

_END: Final = 256

_CLOSING: Final = frozenset(b"\"'`]})>;")
_LETTERS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz")
_CAPITALS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_DIGITS: Final = frozenset(b"0123456789")
_BLANKS: Final = frozenset(b" \n")
_MARKS: Final = frozenset(range(33, 127)) - _CLOSING - _LETTERS - _CAPITALS - _DIGITS
_CLASSES: Final[Sequence[tuple[frozenset[int], int]]] = (
    (_LETTERS, 8),
    (_DIGITS, 4),
    (_CLOSING, 6),
    (_BLANKS, 3),
    (_CAPITALS, 2),
    (_MARKS, 3),
)
_PROSE: Final[Sequence[tuple[frozenset[int], int]]] = ((_LETTERS, 20), (frozenset(b" "), 3), (_CLOSING, 5))
_FREE: Final = 60
"""Allowed bytes from which a text seems free: letters and blanks do then."""


class ConstraintError(Exception):
    """The grammar is malformed, too costly, or no text of it was found; `message` says which."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def compile_grammar(grammar: str) -> Any:
    """llguidance's matcher at its start. `grammar` is what `LLMatcher.grammar_from_…` returns."""
    from llguidance import LLMatcher

    matcher = LLMatcher(_tokenizer(), grammar, log_level=0, limits=_limits())
    if matcher.is_error():
        raise ConstraintError(_first_line(matcher.get_error()))
    return matcher


def accepts(matcher: Any, text: str) -> bool:
    """Whether the whole of `text` is in the language of a matcher from `compile_grammar`.

    ConstraintError when finding out costs too much.
    """
    walker = matcher.deep_copy()
    data = list(text.encode())
    taken = walker.try_consume_tokens(data)
    if walker.is_error():
        raise ConstraintError(_first_line(walker.get_error()))
    return bool(taken == len(data) and walker.is_accepting())


def walk(matcher: Any, chance: Chance, limit: int = 256, phrases: Sequence[bytes] = ()) -> str:
    """A text of the language, of about `limit` bytes at most; ConstraintError when no walk came to an end.

    `phrases` are tried whole where they fit: a way out that is a word is hardly ever found letter by letter.
    """
    reason = "found no text that the grammar accepts"
    limit = min(limit, MAX_BYTES)
    for eagerness, share in enumerate(_SHARES):
        walker = matcher.deep_copy()
        data = _Walk(walker, chance, limit // share, eagerness, phrases).go()
        if data is not None:
            return data.decode("utf-8", "replace")
        if walker.is_error():
            reason = _first_line(walker.get_error())
    raise ConstraintError(f"{reason} (within {limit} bytes)")


class _Walk:
    """One way through a grammar, byte by byte."""

    def __init__(self, walker: Any, chance: Chance, limit: int, eagerness: int, phrases: Sequence[bytes]) -> None:
        self._walker = walker
        self._chance = chance
        self._limit = limit
        self._eagerness = eagerness
        self._phrases = phrases
        self._made = bytearray()

    def go(self) -> bytes | None:
        """The whole text, or None when the limit came first."""
        walker = self._walker
        while True:
            if walker.is_accepting() and self._stops():
                return bytes(self._made)
            forced = walker.compute_ff_bytes()
            if not forced and len(self._made) >= self._limit:
                return None
            step = forced or self._step()
            if not step:
                return bytes(self._made) if walker.is_accepting() else None
            if len(self._made) + len(step) > MAX_BYTES or not walker.consume_tokens(list(step)):
                return None
            self._made += step

    def _stops(self) -> bool:
        return self._eagerness > 0 or len(self._made) > self._limit // 8 or self._chance.below(4) == 0

    def _step(self) -> bytes:
        if self._phrases and self._eagerness and self._chance.below(3) == 0:
            fitting = [phrase for phrase in self._phrases if self._walker.validate_tokens(list(phrase)) == len(phrase)]
            if fitting:
                return self._chance.pick(fitting)
        allowed = _allowed(self._walker.compute_bitmask())
        return bytes([_choose(allowed, self._chance, self._eagerness)]) if allowed else b""


def _allowed(mask: bytes) -> list[int]:
    """The bytes that a bit mask allows, least significant bit first."""
    bits = int.from_bytes(mask[:32], "little")
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


def _choose(allowed: Sequence[int], chance: Chance, eagerness: int) -> int:
    """A byte: first its class (so that a rare way out is taken as often as a common way on), then one of the class."""
    classes = _CLASSES if eagerness or len(allowed) < _FREE else _PROSE
    groups = [(group, weight) for kind, weight in classes if (group := [byte for byte in allowed if byte in kind])]
    if not groups:
        return chance.pick(allowed)
    if eagerness > 1 and len(groups) > 1:
        groups = [(group, weight if len(group) > 9 else weight * eagerness) for group, weight in groups]
    at = chance.below(sum(weight for _, weight in groups))
    for group, weight in groups:
        at -= weight
        if at < 0:
            return chance.pick(group)
    return groups[-1][0][0]


class _Bytes:
    """A vocabulary of the 256 bytes and an end."""

    eos_token_id = _END
    bos_token_id = None
    tokens = (*(bytes([byte]) for byte in range(256)), b"<|end|>")
    special_token_ids = (_END,)

    def __call__(self, text: bytes | str) -> list[int]:
        return list(text if isinstance(text, bytes) else text.encode())


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from llguidance import LLTokenizer, TokenizerWrapper

    return LLTokenizer(TokenizerWrapper(_Bytes()), slices=[])


@lru_cache(maxsize=1)
def _limits() -> Any:
    from llguidance import LLParserLimits

    return LLParserLimits(
        max_items_in_row=1_000,
        initial_lexer_fuel=200_000,
        step_lexer_fuel=20_000,
        step_max_items=5_000,
        max_lexer_states=8_000,
        max_grammar_size=50_000,
        precompute_large_lexemes=False,
        verbose_errors=False,
    )


def _first_line(error: str) -> str:
    line = error.strip().split("\n", 1)[0][:300]
    return line.rstrip(".:") or "the grammar failed"
