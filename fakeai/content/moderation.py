"""Moderation scores that follow the text: words and phrases, who they are aimed at, and what takes the edge off them.

`data/moderation.toml` gives words and phrases roles (an attack, a person, a way of asking how to, a technical object).
A rule lets a role add evidence to a category, often only if other roles are within a few words of it. Negation just
before it, technical, clinical or reporting words around it make the evidence small; idioms ("kill time") leave none.
A category's score rises with its evidence from a floor between 1e-5 and 1e-3 that depends on the text's hash, and the
category is true from the threshold the file gives.

Linear in the text: one pass over its words, and a closer look at the first 1,000 that matter. English, with a handful
of phrases in other languages. It judges no images, it only lists them among the input types.
"""

from collections.abc import Iterator, Mapping
from functools import reduce
from hashlib import blake2b
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from fakeai.content.lexicon import Reading, lexicon

Kind = Literal["omni", "text"]

CATEGORIES: Final = (
    "harassment",
    "harassment/threatening",
    "sexual",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm/intent",
    "self-harm/instructions",
    "self-harm",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
"""Those of the omni models; the text models have all but the two `illicit` ones."""

_OF_IMAGES: Final = frozenset(
    ("sexual", "violence", "violence/graphic", "self-harm", "self-harm/intent", "self-harm/instructions")
)
_KEEP: Final = bytes(byte if byte >= 0x80 or bytes((byte,)).isalnum() else 0x20 for byte in range(256))
_SIGNS: Final = "\u00a0\u2013\u2014\u201c\u201d\u2018\u2026\u00ab\u00bb\u00a1\u00bf\u3002\uff01\uff0c\uff1f"
"""Signs and spaces outside ASCII that part words."""
_MOST_HITS: Final = 1_000
_WINDOW: Final = 8
"""Words on either side that count as near."""
_CLOSE: Final = 4
"""Words before that a negation reaches over."""


class Verdict(NamedTuple):
    """OpenAI's `flagged`, `categories`, `category_scores` and `category_applied_input_types`, by category."""

    flagged: bool
    categories: dict[str, bool]
    scores: dict[str, float]
    applied_input_types: dict[str, list[str]]


class _Rule(NamedTuple):
    role: str
    near: frozenset[str]
    category: str
    strength: float


def _rule(role: str, near: str, category: str, strength: float) -> _Rule:
    return _Rule(role, frozenset(near.split()), category, strength)


_RULES: Final = (
    _rule("attack", "", "violence", 0.12),
    _rule("attack", "person", "violence", 0.25),
    _rule("attack", "person intent", "violence", 1.3),
    _rule("attack", "you intent", "harassment/threatening", 1.3),
    _rule("attack", "person intent", "harassment/threatening", 0.7),
    _rule("attack", "group intent", "hate/threatening", 1.5),
    _rule("attack", "group intent", "violence", 0.8),
    _rule("attack", "gore", "violence/graphic", 0.3),
    _rule("attack", "person howto", "illicit/violent", 0.9),
    _rule("threat", "", "harassment/threatening", 1.0),
    _rule("threat", "", "violence", 0.7),
    _rule("threat", "group", "hate/threatening", 1.0),
    _rule("gore", "", "violence/graphic", 0.9),
    _rule("gore", "", "violence", 0.5),
    _rule("insult", "", "harassment", 0.25),
    _rule("insult", "you", "harassment", 0.9),
    _rule("abuse", "", "harassment", 1.0),
    _rule("hostile", "group", "hate", 0.8),
    _rule("hostile", "group", "harassment", 0.3),
    _rule("crime", "", "illicit", 0.2),
    _rule("crime", "howto", "illicit", 0.9),
    _rule("weapon", "", "violence", 0.1),
    _rule("weapon", "howto", "illicit/violent", 1.2),
    _rule("weapon", "howto", "violence", 0.3),
    _rule("weapon", "person intent", "violence", 0.9),
    _rule("selfharm", "", "self-harm", 0.5),
    _rule("selfharm", "howto", "self-harm/instructions", 1.1),
    _rule("selfintent", "", "self-harm/intent", 1.2),
    _rule("selfintent", "howto", "self-harm/instructions", 1.1),
    _rule("selfincite", "", "harassment", 0.9),
    _rule("selfincite", "", "self-harm", 0.8),
    _rule("selfincite", "", "self-harm/instructions", 0.6),
    _rule("sexual", "", "sexual", 1.0),
    _rule("sexual", "minor", "sexual/minors", 1.5),
)
_CONTAINED: Final = (
    ("harassment/threatening", "harassment"),
    ("hate/threatening", "hate"),
    ("illicit/violent", "illicit"),
    ("self-harm/intent", "self-harm"),
    ("self-harm/instructions", "self-harm"),
    ("sexual/minors", "sexual"),
    ("violence/graphic", "violence"),
)
"""A category's evidence counts for the one that contains it too."""

_DAMPERS: Final[Mapping[str, tuple[tuple[str, float], ...]]] = MappingProxyType(
    {
        "attack": (("harmless", 0.1), ("reporting", 0.35)),
        "weapon": (("harmless", 0.3), ("reporting", 0.35)),
        "gore": (("clinical", 0.15), ("reporting", 0.6)),
        "hostile": (("reporting", 0.4),),
        "crime": (("reporting", 0.3),),
        "selfharm": (("reporting", 0.3),),
        "sexual": (("clinical", 0.15), ("reporting", 0.6)),
    }
)
_NEGATED: Final = 0.2
_NOT_NEGATED: Final = frozenset(("threat", "selfintent", "selfincite", "abuse"))
"""Roles of phrases that mean what they say whatever stands before them."""
_RULES_OF: Final[Mapping[str, tuple[_Rule, ...]]] = MappingProxyType(
    {given.role: tuple(rule for rule in _RULES if rule.role == given.role) for given in _RULES}
)
_TARGETS: Final = frozenset(("person", "you"))


def moderate(text: str, images: int = 0, kind: Kind = "omni") -> Verdict:
    """The verdict on `text` and a number of `images`, whose content is not looked at. Same input, same verdict."""
    assert images >= 0, "a number of images"
    thresholds = lexicon().thresholds
    names = CATEGORIES if kind == "omni" else tuple(name for name in CATEGORIES if not name.startswith("illicit"))
    raw = text.encode("utf-8", "surrogatepass")
    digest = blake2b(raw, digest_size=2 * len(CATEGORIES), salt=images.to_bytes(8, "little")).digest()
    evidence = _evidence(Reading(_words(text), lexicon()))
    scores = {
        name: _score(evidence.get(name, 0.0), digest[2 * at], digest[2 * at + 1])
        for at, name in enumerate(CATEGORIES)
        if name in names
    }
    categories = {name: score >= thresholds[name] for name, score in scores.items()}
    applied = {name: _input_types(name, text, images if kind == "omni" else 0) for name in names}
    return Verdict(any(categories.values()), categories, scores, applied)


def _input_types(category: str, text: str, images: int) -> list[str]:
    types = ["text"] if text or not images else []
    return [*types, "image"] if images and category in _OF_IMAGES else types


def _score(evidence: float, mantissa: int, exponent: int) -> float:
    """A score in (0, 1): evidence 0.25 → 0.17, 0.5 → 0.39, 1 → 0.76, 2 → 0.97. No function of the system's libraries."""
    floor = (1 + 9 * mantissa / 256) * (1e-5, 1e-4)[exponent % 2]
    x = evidence * (0.5 + evidence)
    risen = 1 - 1 / (1 + x + x * x / 2 + x * x * x / 6)
    return floor + (1 - floor) * risen


def _words(text: str) -> list[bytes]:
    """Words in lower case; apostrophes vanish, other signs part them."""
    plain = text.casefold().replace("\u2019", "")
    if not plain.isascii():
        for sign in _SIGNS:
            plain = plain.replace(sign, " ")
    return plain.encode("utf-8", "surrogatepass").translate(_KEEP, delete=b"'").split()


def _evidence(reading: Reading) -> dict[str, float]:
    """Evidence by category: all that its rules found, the strongest in full and each further one for less."""
    found: dict[str, list[float]] = {}
    done = 0
    for at in reading.starts()[:_MOST_HITS]:
        if at < done:
            continue
        done = reading.idiom_end(at)
        term = None if done else reading.term(at)
        if term:
            done = at + 1 + len(term.rest)
            for category, strength in _found(term.roles, _Place(reading, at, done)):
                found.setdefault(category, []).append(strength)
    total = {category: reduce(lambda sum_, next_: sum_ * 0.7 + next_, sorted(found[category])) for category in found}
    for part, whole in _CONTAINED:
        if part in total:
            total[whole] = max(total.get(whole, 0.0), 0.9 * total[part])
    return total


class _Place:
    """The roles of what stands around the term at words[start:end]."""

    def __init__(self, reading: Reading, start: int, end: int) -> None:
        earlier = reading.roles(start - _WINDOW, start)
        close = reading.roles(start - _CLOSE, start)
        self.negated = "negation" in close
        self.near = earlier | reading.roles(end, end + _WINDOW)
        if start == 0:  # an imperative
            self.near.add("intent")
        aimed_at = reading.roles(end, end + _CLOSE)
        if "passive" in reading.roles(start - 1, start):
            aimed_at |= close
        self.aimed = self.near - _TARGETS | aimed_at & _TARGETS
        """As `near`, but of people only those the verb has for its object: "kill him", not "he kills"."""


def _found(roles: Mapping[str, float], place: _Place) -> Iterator[tuple[str, float]]:
    """What the rules make of a term: the strongest evidence for each category."""
    for role, weight in roles.items():
        factor = _NEGATED if place.negated and role not in _NOT_NEGATED else 1.0
        for damper, damped in _DAMPERS.get(role, ()):
            factor *= damped if damper in place.near else 1.0
        near = place.aimed if role == "attack" else place.near
        best: dict[str, float] = {}
        for rule in _RULES_OF.get(role, ()):
            if rule.near <= near:
                best[rule.category] = max(best.get(rule.category, 0.0), rule.strength * weight * factor)
        yield from best.items()
