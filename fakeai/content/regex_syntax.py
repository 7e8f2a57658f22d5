"""The syntax tree of a regular expression, as ECMA-262 writes them (what JSON Schema's `pattern` holds).

Also reads what Rust and Python write otherwise: `(?P<name>…)`, `(?i)`, `\\A`, `\\z`. Knows the size of a pattern, so
that bombs can be refused before an engine sees them; does not match and does not generate.
"""

from typing import Final, Literal, NamedTuple, TypeAlias

from fakeai.content.regex_classes import DIGIT, LAST, PROPERTIES, SPACE, WORD, Range, ascii_part, invert, merge

MAX_PATTERN: Final = 4_096
MAX_DEPTH: Final = 40
MAX_COUNT: Final = 100_000
MAX_LOOSE: Final = 400


class RegexError(Exception):
    """The pattern is malformed, too large, or cannot be satisfied; `message` says which."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Chars(NamedTuple):
    """One character out of code point ranges. `cost` is what the class weighs in an automaton, in plain characters."""

    ranges: tuple[Range, ...]
    cost: int = 1


class Seq(NamedTuple):
    """Parts one after another."""

    parts: tuple["Node", ...]


class Alt(NamedTuple):
    """One of several."""

    options: tuple["Node", ...]


class Repeat(NamedTuple):
    """`low` to `high` times; `high` None is without end."""

    node: "Node"
    low: int
    high: int | None


class Group(NamedTuple):
    """A capturing group: its number and its name."""

    node: "Node"
    number: int
    name: str | None


class Back(NamedTuple):
    """What a group matched, again."""

    group: int | str


class Look(NamedTuple):
    """A lookaround."""

    node: "Node"
    ahead: bool
    negative: bool


class Anchor(NamedTuple):
    """A place between characters."""

    kind: Literal["start", "end", "boundary", "inside"]


Node: TypeAlias = Chars | Seq | Alt | Repeat | Group | Back | Look | Anchor

_NARROW: Final = 25  # automaton states, relative to an ASCII class: measured with `.{1,2000}` and `\p{L}{1,100}`
_WIDE: Final = 1_100
_ESCAPES: Final = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "0": 0, "a": 7}
_CLASSES: Final = {"d": DIGIT, "w": WORD, "s": SPACE}
_ANCHORS: Final[dict[str, Anchor]] = {
    "A": Anchor("start"),
    "z": Anchor("end"),
    "Z": Anchor("end"),
    "b": Anchor("boundary"),
    "B": Anchor("inside"),
}


def parse(pattern: str) -> Node:
    """The tree of `pattern`; RegexError when it is malformed or too costly: longer than MAX_PATTERN or deeper than MAX_DEPTH."""
    if len(pattern) > MAX_PATTERN:
        raise RegexError(f"the pattern is longer than {MAX_PATTERN} characters")
    reader = _Reader(pattern)
    node = reader.alternatives(0)
    if not reader.done():
        raise RegexError("unbalanced parenthesis")
    if loose(node).cost > MAX_LOOSE:
        raise RegexError("too many parts are optional or repeated")
    return node


class Loose(NamedTuple):
    """How much freedom a node leaves: whether it matches the empty text, and its parts of no fixed number."""

    empty: bool
    cost: int


def loose(node: Node) -> Loose:
    """What an engine by derivatives pays for: time cubic in the parts that may be left out (`a?a?a?aaa`), which count 3."""
    match node:
        case Repeat():
            found = loose(node.node)
            return Loose(node.low == 0 or found.empty, found.cost + (node.low != node.high))
        case Seq():
            below = [loose(part) for part in node.parts if not isinstance(part, Anchor | Look)]
            return Loose(all(found.empty for found in below), sum(found.cost + 2 * found.empty for found in below))
        case Alt():
            below = [loose(option) for option in node.options]
            return Loose(any(found.empty for found in below), sum(found.cost for found in below))
        case Group() | Look():
            return loose(node.node)
    return Loose(not isinstance(node, Chars), 0)


def weight(node: Node) -> int:
    """States an automaton of `node` has, roughly, in ASCII characters: repeats are multiplied out."""
    match node:
        case Chars():
            return node.cost
        case Repeat():
            return weight(node.node) * max(1, node.low if node.high is None else node.high)
        case Seq():
            return 1 + sum(map(weight, node.parts))
        case Alt():
            return 1 + sum(map(weight, node.options))
        case Group() | Look():
            return 1 + weight(node.node)
    return 1


class _Reader:
    """A recursive-descent reader; one method per production."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._groups = 0

    def done(self) -> bool:
        return self._at >= len(self._text)

    def _peek(self, size: int = 1) -> str:
        return self._text[self._at : self._at + size]

    def _take(self, expected: str) -> bool:
        if self._text.startswith(expected, self._at):
            self._at += len(expected)
            return True
        return False

    def _next(self) -> str:
        if self.done():
            raise RegexError("the pattern ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _until(self, end: str) -> str:
        stop = self._text.find(end, self._at)
        if stop < 0:
            raise RegexError(f"missing {end!r}")
        found = self._text[self._at : stop]
        self._at = stop + len(end)
        return found

    def alternatives(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise RegexError(f"groups are nested deeper than {MAX_DEPTH}")
        options = [self._sequence(depth)]
        while self._take("|"):
            options.append(self._sequence(depth))
        return options[0] if len(options) == 1 else Alt(tuple(options))

    def _sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while not self.done() and self._peek() not in "|)":
            node = self._atom(depth)
            parts.append(self._repeated(node))
        return parts[0] if len(parts) == 1 else Seq(tuple(parts))

    def _repeated(self, node: Node) -> Node:
        bounds = self._quantifier()
        if bounds is None:
            return node
        low, high = bounds
        if high is not None and high < low:
            raise RegexError("min repeat greater than max repeat")
        if self._peek() in ("*", "+", "?", "{"):
            raise RegexError("multiple repeat")
        return Repeat(node, low, high)

    def _quantifier(self) -> tuple[int, int | None] | None:
        sign = self._peek()
        bounds: tuple[int, int | None]
        if sign and sign in "*+?":
            self._at += 1
            bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        elif sign == "{":
            self._at += 1
            low, comma, high = self._until("}").partition(",")
            bounds = (_count(low), (_count(high) if high else None) if comma else _count(low))
        else:
            return None
        self._take("?")
        return bounds

    def _atom(self, depth: int) -> Node:
        sign = self._next()
        if sign == "(":
            return self._group(depth)
        if sign == "[":
            return self._class()
        if sign == "\\":
            return self._escape()
        if sign == ".":
            return Chars(invert(((10, 10), (13, 13), (0x2028, 0x2029))), _NARROW)
        if sign in "^$":
            return Anchor("start" if sign == "^" else "end")
        if sign in "*+?{":
            raise RegexError("nothing to repeat")
        return Chars(((ord(sign), ord(sign)),))

    def _group(self, depth: int) -> Node:
        for opening, ahead, negative in _LOOKS:
            if self._take(opening):
                return Look(self._closed(depth), ahead, negative)
        if self._take("?P<") or self._take("?<"):
            return self._capture(depth, self._until(">"))
        if self._take("?"):
            flags = ""
            while not self.done() and self._peek() not in ":)":
                flags += self._next()
            if not set(flags) <= set("imsxu-") or "x" in flags:
                raise RegexError(f"unknown group (?{flags}")
            return Seq(()) if self._take(")") else self._flagged(depth)
        return self._capture(depth, None)

    def _flagged(self, depth: int) -> Node:
        self._next()
        return self._closed(depth)

    def _capture(self, depth: int, name: str | None) -> Node:
        self._groups += 1
        index = self._groups
        return Group(self._closed(depth), index, name)

    def _closed(self, depth: int) -> Node:
        node = self.alternatives(depth + 1)
        if not self._take(")"):
            raise RegexError("missing ), unterminated subpattern")
        return node

    def _escape(self) -> Node:
        sign = self._next()
        if sign in _ANCHORS:
            return _ANCHORS[sign]
        if sign in "123456789":
            while self._peek().isdigit():
                sign += self._next()
            return Back(int(sign[:4]))
        if sign == "k" and self._take("<"):
            return Back(self._until(">"))
        return self._class_escape(sign)

    def _class_escape(self, sign: str) -> Chars:
        lower = sign.lower()
        if lower in _CLASSES:
            found = _CLASSES[lower]
            return Chars(found) if sign == lower else Chars(invert(found), _NARROW)
        if lower == "p":
            return self._property(negated=sign == "P")
        point = self._point(sign)
        return Chars(((point, point),))

    def _point(self, sign: str) -> int:
        if sign in _ESCAPES:
            return _ESCAPES[sign]
        if sign == "c":
            return ord(self._next()) % 32
        if sign in "xuU":
            digits = self._until("}") if self._take("{") else self._hexadecimal({"x": 2, "u": 4, "U": 8}[sign])
            return _code_point(digits)
        if sign.isascii() and sign.isalnum():
            raise RegexError(f"bad escape \\{sign}")
        return ord(sign)

    def _hexadecimal(self, size: int) -> str:
        digits = self._peek(size)
        self._at += size
        return digits if len(digits) == size else ""

    def _property(self, negated: bool) -> Chars:
        name = self._until("}") if self._take("{") else self._next()
        if name.startswith("^"):
            negated, name = not negated, name[1:]
        short = name.rpartition("=")[2]
        known = PROPERTIES.get(short) or PROPERTIES.get(short.removeprefix("Is"))
        if known is None:
            raise RegexError(f"unknown property {name[:40]!r}")
        return Chars(ascii_part(invert(known)) if negated else known, _WIDE)

    def _class(self) -> Chars:
        negated = self._take("^")
        ranges: list[Range] = []
        cost = 1
        while True:
            if self.done():
                raise RegexError("unterminated character set")
            if self._take("]") and ranges:
                break
            if self._peek() == "[" or self._peek(2) in ("&&", "--", "~~"):
                raise RegexError("set operations are not part of ECMA-262")
            item = self._class_item()
            cost = max(cost, item.cost)
            if self._peek() == "-" and self._peek(2) not in ("-]", "-"):
                item = self._class_range(item)
            ranges.extend(item.ranges)
        if negated:
            inverse = invert(ranges)
            return Chars(ascii_part(inverse) if cost >= _WIDE else inverse, max(cost, _NARROW))
        merged = merge(ranges)
        return Chars(merged, max(cost, len(merged)))

    def _class_item(self) -> Chars:
        sign = self._next()
        if sign == "]":
            raise RegexError("empty character set")
        if sign != "\\":
            return Chars(((ord(sign), ord(sign)),))
        sign = self._next()
        return Chars(((8, 8),)) if sign == "b" else self._class_escape(sign)

    def _class_range(self, first: Chars) -> Chars:
        self._next()
        last = self._class_item()
        low, high = first.ranges[0][0], last.ranges[0][1]
        if len(first.ranges) > 1 or len(last.ranges) > 1 or high < low:
            raise RegexError("bad character range")
        return Chars(((low, high),))


_LOOKS: Final = (("?=", True, False), ("?!", True, True), ("?<=", False, False), ("?<!", False, True))


def _count(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 6 or int(digits) > MAX_COUNT:
        raise RegexError("bad repeat count")
    return int(digits)


def _code_point(digits: str) -> int:
    try:
        point = int(digits, 16) if len(digits) <= 8 else -1
    except ValueError:
        point = -1
    if not 0 <= point <= LAST:
        raise RegexError("incomplete escape")
    return point
