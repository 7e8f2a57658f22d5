"""Strings and numbers of a shape: in range, of the format, matching the pattern; from the prompt where it fits.

Draws only; the whole value is validated by the caller.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor, isfinite
from types import MappingProxyType
from typing import Final, TypeVar

from fakeai.content import plausible, regexes
from fakeai.content.clues import Clues
from fakeai.content.plausible import Field
from fakeai.content.regex_syntax import RegexError
from fakeai.content.schema_shape import Shape, step_of
from fakeai.core.chance import Chance

MAX_LENGTH: Final = 200_000
_LONG: Final = 4_096
_JOINT_TRIES: Final = 4
_PROSE: Final = 40
"""Characters from which a text is sentences."""
_STEPS: Final = 1 << 53
_NEAR: Final = 100
"""How far beyond a bound to look, where the usual range lies on its other side."""

_Number = TypeVar("_Number", int, float)


class Dead(Exception):
    """This way leads to no value; another may."""


def _uuid(chance: Chance) -> str:
    digits = chance.data(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _ipv6(chance: Chance) -> str:
    return "2001:db8:" + ":".join(f"{chance.between(1, 0xFFFF):x}" for _ in range(6))


_FORMATS: Final[Mapping[str, Callable[[Chance], str]]] = MappingProxyType(
    {
        "date-time": lambda chance: f"{plausible.date(chance)}T{plausible.time(chance)}:00Z",
        "date": plausible.date,
        "time": lambda chance: f"{plausible.time(chance)}:00Z",
        "duration": lambda chance: f"P{chance.between(1, 6)}DT{chance.between(1, 23)}H",
        "email": lambda chance: plausible.made(plausible.field("email"), chance),
        "idn-email": lambda chance: plausible.made(plausible.field("email"), chance),
        "hostname": lambda chance: plausible.made(plausible.field("host"), chance),
        "idn-hostname": lambda chance: plausible.made(plausible.field("host"), chance),
        "ipv4": lambda chance: f"192.0.2.{chance.between(1, 254)}",
        "ipv6": _ipv6,
        "uuid": _uuid,
        "uri": lambda chance: plausible.made(plausible.field("url"), chance),
        "uri-reference": lambda chance: plausible.made(plausible.field("url"), chance),
        "iri": lambda chance: plausible.made(plausible.field("url"), chance),
        "iri-reference": lambda chance: plausible.made(plausible.field("url"), chance),
        "uri-template": lambda chance: "https://example.com/{" + plausible.key(chance) + "}",
        "json-pointer": lambda chance: "/" + plausible.key(chance),
        "relative-json-pointer": lambda chance: f"{chance.between(0, 2)}/{plausible.key(chance)}",
        "regex": lambda chance: f"^[a-z]{{{chance.between(1, 9)}}}$",
    }
)
_FORMAT_FACTS: Final = frozenset({"date", "email", "uri"})
_FORMAT_KINDS: Final[Mapping[str, str]] = MappingProxyType({"uri": "url"})


def string(shape: Shape, known: Field, chance: Chance, clues: Clues, variant: int = 0) -> str:
    """A string of `shape`; `variant` above zero tells it from others of the same field."""
    most = MAX_LENGTH if shape.most_length is None else int(shape.most_length)
    if most < shape.least_length or shape.least_length > MAX_LENGTH:
        raise Dead
    if shape.format in _FORMATS and not shape.regexes:
        return _formatted(shape, chance, clues)
    if shape.regexes:
        return _matching(shape, known, chance, clues, most)
    text = plausible.text(known, chance, clues, lambda found: shape.least_length <= len(found) <= most)
    if variant and shape.least_length <= len(numbered := f"{text} {variant}") <= most:
        return numbered
    return _fitted(text, shape.least_length, most, chance)


def number(shape: Shape, known: Field, chance: Chance, clues: Clues, *, whole: bool) -> int | float:
    """A number of `shape`; an integer if `whole`."""
    if not shape.steps:
        return (_integer if whole else _decimal)(shape, known, chance, clues)
    step = step_of(shape.steps)
    return _multiple(shape, known, chance, clues, Fraction(step.numerator) if whole else step)


def _formatted(shape: Shape, chance: Chance, clues: Clues) -> str:
    name = str(shape.format)
    if name in _FORMAT_FACTS:
        facts = {"date": clues.facts.dates, "email": clues.facts.emails, "uri": clues.facts.urls}[name]
        found = clues.take(facts, (), lambda text: True)
        if found is not None:
            return found
    return _FORMATS[name](chance)


def _matching(shape: Shape, known: Field, chance: Chance, clues: Clues, most: int) -> str:
    def fits(text: str) -> bool:
        right = shape.least_length <= len(text) <= most
        return right and all(regexes.matches(pattern, text) for pattern in shape.regexes)

    facts = clues.facts
    for found in (facts.codes, facts.quotes, facts.names, plausible.facts_for(known, facts)):
        taken = clues.take(found[:8], known.words, fits)
        if taken is not None:
            return taken
    longest = min(most, max(_LONG, shape.least_length))
    if len(shape.regexes) == 1:
        return _sample(shape.regexes[0], chance, longest, shape.least_length)
    for _ in range(_JOINT_TRIES):
        parts = [_sample(pattern, chance, longest, 0) for pattern in shape.regexes]
        for text in (*parts, "".join(parts), "".join(reversed(parts))):
            if fits(text):
                return text
    raise Dead


def _sample(pattern: str, chance: Chance, longest: int, shortest: int) -> str:
    try:
        return regexes.sample_regex(pattern, chance, longest, shortest)
    except RegexError:
        raise Dead from None


def _fitted(text: str, least: int, most: int, chance: Chance) -> str:
    if len(text) < least:
        text = f"{plausible.sentences(chance, least)} "[:least] if least > _PROSE else f"{text} {text * least}"[:least]
    if len(text) > most:
        cut = text[:most].rstrip()
        text = cut if len(cut) >= least else text[:most]
    return text


def _bounds(shape: Shape) -> tuple[float | None, float | None]:
    low = shape.low if shape.above is None or (shape.low is not None and shape.low > shape.above) else shape.above
    high = shape.high if shape.below is None or (shape.high is not None and shape.high < shape.below) else shape.below
    return low, high


def _inside(shape: Shape, value: float) -> bool:
    return (
        (shape.low is None or value >= shape.low)
        and (shape.high is None or value <= shape.high)
        and (shape.above is None or value > shape.above)
        and (shape.below is None or value < shape.below)
    )


def _integer(shape: Shape, known: Field, chance: Chance, clues: Clues) -> int:
    said = clues.take(clues.facts.numbers, known.words, lambda text: "." not in text and _inside(shape, int(text)))
    if said is not None:
        return int(said)
    low, high = _bounds(shape)
    first = None if low is None else ceil(_exact(low))
    last = None if high is None else floor(_exact(high))
    if first is not None and not _inside(shape, first):
        first += 1
    if last is not None and not _inside(shape, last):
        last -= 1
    first, last = _narrowed(first, last, int(known.span.low), int(known.span.high))
    return first + chance.below(min(last - first + 1, _STEPS))


def _multiple(shape: Shape, known: Field, chance: Chance, clues: Clues, step: Fraction) -> int | float:
    """A multiple of `step`; the bounds are counted in steps."""

    def value(count: int) -> int | float:
        scaled = count * step
        return int(scaled) if scaled.denominator == 1 else scaled.numerator / scaled.denominator

    def fits(text: str) -> bool:
        return _inside(shape, float(text)) and (Fraction(text) / step).denominator == 1

    if (said := clues.take(clues.facts.numbers, known.words, fits)) is not None:
        return value(int(Fraction(said) / step))
    low, high = _bounds(shape)
    first = None if low is None else ceil(_exact(low) / step)
    last = None if high is None else floor(_exact(high) / step)
    if first is not None and not _inside(shape, value(first)):
        first += 1
    if last is not None and not _inside(shape, value(last)):
        last -= 1
    usual = ceil(_exact(known.span.low) / step)
    first, last = _narrowed(first, last, usual, max(usual, floor(_exact(known.span.high) / step)))
    return value(first + chance.below(min(last - first + 1, _STEPS)))


def _exact(bound: float) -> Fraction | int:
    return bound if isinstance(bound, int) else Fraction(str(bound)) if isfinite(bound) else Fraction(0)


def _narrowed(first: _Number | None, last: _Number | None, low: _Number, high: _Number) -> tuple[_Number, _Number]:
    """A range within the bounds `first` and `last`: the usual one, `low` to `high`, as far as it overlaps them."""
    if first is not None and last is not None and first > last:
        raise Dead
    if first is not None and first > high:
        return first, first + _NEAR if last is None else min(last, first + _NEAR)
    if last is not None and last < low:
        return last - _NEAR if first is None else max(first, last - _NEAR), last
    return low if first is None else max(low, first), high if last is None else min(high, last)


def _decimal(shape: Shape, known: Field, chance: Chance, clues: Clues) -> int | float:
    said = clues.take(clues.facts.numbers, known.words, lambda text: _inside(shape, float(text)))
    if said is not None:
        return float(said) if "." in said else int(said)
    low, high = _narrowed(*_bounds(shape), known.span.low, known.span.high)
    for places in (known.span.decimals or 1, 4, 9, 17):
        value = round(low + (high - low) * chance.unit(), places)
        if isfinite(value) and _inside(shape, value):
            return value
    raise Dead
