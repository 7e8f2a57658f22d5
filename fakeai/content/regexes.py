"""Regular expressions: whether one is acceptable, and texts that it matches.

Patterns are searched for, as JSON Schema does: one without anchors matches anywhere. Every sample is confirmed by the
engine that validates JSON Schema here (linear time, or a bounded number of steps for lookarounds), so what comes back
does match. Knows nothing of schemas.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from fakeai.content.regex_classes import Range, common
from fakeai.content.regex_syntax import (
    Alt,
    Anchor,
    Back,
    Chars,
    Group,
    Look,
    Node,
    RegexError,
    Repeat,
    Seq,
    parse,
    weight,
)
from fakeai.core.chance import Chance

MAX_WEIGHT: Final = 150_000
"""States of the largest pattern (`regex_syntax.weight`): about 30 ms for the engine to build."""

_HEAVY: Final = 10_000
"""Weight from which an engine is not kept: 60 bytes for each unit."""

_STEPS: Final = 20_000
_TRIES: Final = 120
_ROOM: Final = 64
_HARD: Final = 65_536
_READABLE: Final[tuple[Range, ...]] = ((97, 122), (48, 57), (65, 90))
_SHOWN: Final[tuple[Range, ...]] = ((32, 126),)


def check_regex(pattern: str) -> None:
    """RegexError unless `pattern` is an ECMA-262 pattern of bearable size."""
    reason = _verdict(pattern)
    if reason is not None:
        raise RegexError(reason)


def size(pattern: str) -> int:
    """The weight of `pattern`, to be summed over a schema; RegexError if it is malformed. Builds no engine."""
    return weight(_tree(pattern))


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` is found in `text`; RegexError if the pattern is not acceptable."""
    check_regex(pattern)
    return bool(_engine(pattern).is_valid(text))


def sample_regex(pattern: str, chance: Chance, max_length: int = 64, min_length: int = 0) -> str:
    """A text that `pattern` matches, of `min_length` to `max_length` characters if there is one that is found.

    RegexError when the pattern is not acceptable or no text was found (contradictions such as `a\\bb`).
    """
    check_regex(pattern)
    tree = _tree(pattern)
    engine = _engine(pattern)
    spread = 4
    room = max(min_length, min(max_length, _ROOM))
    for _ in range(_TRIES):
        text = _Sampler(chance, spread, room).text(tree)
        if len(text) < min_length:
            padded = _padded(text, tree, chance, min_length)
            if len(padded) <= max_length and engine.is_valid(padded):
                return padded
            spread = min(spread * 4, 4 * max(min_length, 4))
        elif len(text) > max_length:
            spread = max(0, spread // 2 - 1)
        elif engine.is_valid(text):
            return text
    raise RegexError(f"found no text of {min_length} to {max_length} characters that matches")


@lru_cache(maxsize=256)
def _verdict(pattern: str) -> str | None:
    try:
        if weight(_tree(pattern)) > MAX_WEIGHT:
            return "the pattern is too large"
        _engine(pattern)
    except RegexError as error:
        return error.message
    except ValueError:  # jsonschema_rs.ValidationError is one
        return "the pattern is not one of ECMA-262"
    return None


@lru_cache(maxsize=32)
def _tree(pattern: str) -> Node:
    return parse(pattern)


def _engine(pattern: str) -> Any:  # a jsonschema_rs validator, which has no importable type without loading it
    return _kept(pattern) if weight(_tree(pattern)) <= _HEAVY else _built(pattern)


def _built(pattern: str) -> Any:
    from jsonschema_rs import Draft202012Validator, FancyRegexOptions

    options = FancyRegexOptions(backtrack_limit=_STEPS)
    return Draft202012Validator({"pattern": pattern}, offline=True, pattern_options=options)


_kept = lru_cache(maxsize=128)(_built)


def _padded(text: str, tree: Node, chance: Chance, length: int) -> str:
    """`text` with letters on the side that the pattern leaves open."""
    filler = "".join(chr(97 + chance.below(26)) for _ in range(min(length, _HARD) - len(text)))
    return text + filler if not _ends(tree) else filler + text


def _ends(node: Node) -> bool:
    match node:
        case Anchor():
            return node.kind == "end"
        case Seq():
            return bool(node.parts) and _ends(node.parts[-1])
        case Alt():
            return any(map(_ends, node.options))
        case Group():
            return _ends(node.node)
    return False


class _Sampler:
    """One walk along a tree. `spread` bounds how far a repeat goes beyond its minimum."""

    def __init__(self, chance: Chance, spread: int, max_length: int) -> None:
        self._chance = chance
        self._spread = spread
        self._room = max_length
        self._groups: dict[int | str, str] = {}
        self._wanted: list[str] = []

    def text(self, node: Node) -> str:
        match node:
            case Chars():
                return self._character(node)
            case Seq():
                return "".join([self.text(part) for part in node.parts])
            case Alt():
                return self.text(self._chance.pick(node.options))
            case Repeat():
                return self._repeat(node)
            case Group():
                return self._capture(node)
            case Back():
                return self._groups.get(node.group, "")
            case Look():
                self._look(node)
        return ""

    def _character(self, node: Chars) -> str:
        readable = common(node.ranges, _READABLE) or common(node.ranges, _SHOWN) or node.ranges
        if len(node.ranges) < 60 and self._chance.below(6) == 0:
            readable = node.ranges if _shown(node.ranges) else readable
        low, high = self._chance.pick(readable)
        self._room -= 1
        return chr(low + self._chance.below(high - low + 1))

    def _repeat(self, node: Repeat) -> str:
        if isinstance(node.node, Chars) and self._wanted:
            return self._with_wanted(node, node.node)
        high = node.low + self._spread if node.high is None else min(node.high, node.low + self._spread)
        count = self._chance.between(node.low, high)
        parts = []
        for done in range(count):
            if done >= node.low and self._room <= 0:
                break
            parts.append(self.text(node.node))
            if self._room < -_HARD:
                raise RegexError("the pattern's shortest text is too long")
        return "".join(parts)

    def _with_wanted(self, node: Repeat, chars: Chars) -> str:
        """A run of one class that holds the characters which lookaheads before it ask for."""
        held = [sign for sign in self._wanted if any(low <= ord(sign) <= high for low, high in chars.ranges)]
        if node.high is not None:
            held = held[: node.high]
        self._wanted = [sign for sign in self._wanted if sign not in held]
        count = max(node.low, len(held)) if node.high is None else min(max(node.low, len(held)), node.high)
        signs = held + [self._character(chars) for _ in range(min(count, _HARD) - len(held))]
        self._chance.shuffle(signs)
        return "".join(signs)

    def _capture(self, node: Group) -> str:
        text = self.text(node.node)
        self._groups[node.number] = text
        if node.name is not None:
            self._groups[node.name] = text
        return text

    def _look(self, node: Look) -> None:
        """Remember what a positive lookahead asks for: its shortest text, without the `.*` that leads to it."""
        if node.ahead and not node.negative:
            self._wanted.extend(_Sampler(self._chance, 0, self._room).text(node.node))


def _shown(ranges: Sequence[Range]) -> bool:
    """Whether every code point of `ranges` is one that is shown: no controls, nothing beyond the ranges of a class."""
    return all(low >= 32 and (high < 127 or (low >= 0xA0 and high - low < 25_000)) for low, high in ranges)
