"""Sentence templates in many languages, each cut into tokens once per vocabulary.

A bank is a text file of `data/prose`: lines under a role (`# opening`), with alternatives (`<a|b>`) and slots for
words of the prompt (`{t}`). Knows how lines are stored, cut and filled; does not know which line to say when.

Cutting in advance is exact because segments meet where both vocabularies' pre-tokens end: a slot takes the one
character before it that a word may begin with, and nothing after a slot may continue a word. Lines keep to that.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import product
from sys import intern
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from fakeai.content.tokens import Encoding

SLOTS = "tuaTUAfcFm"
"""Slot letters by index: main topic, second topic, aspect; capitals of the same; a program's name in snake, camel and
Pascal case; the model."""

Variants: TypeAlias = tuple[str, ...]
"""One line with its alternatives spelled out."""

_ROLE = re.compile(r"^# (\w+)$")
_CHOICE = re.compile(r"<([^<>]*\|[^<>]*)>")
_SLOT = re.compile(rf"\{{([{SLOTS}])\}}")
_MOST_VARIANTS = 12


class Line(NamedTuple):
    """A template cut into tokens: the head, then (character before the slot, slot, pieces after it) for each slot."""

    head: tuple[str, ...]
    rest: tuple[tuple[str, int, tuple[str, ...]], ...]


@lru_cache(maxsize=64)
def bank(name: str) -> Mapping[str, tuple[Variants, ...]]:
    """The lines of `data/prose/<name>.txt` by role; roles it lacks are the English ones."""
    roles: dict[str, list[Variants]] = {}
    role = ""
    for line in files("fakeai").joinpath(f"data/prose/{name}.txt").read_text("utf-8").splitlines():
        header = _ROLE.match(line)
        if header:
            role = header[1]
        elif line:
            roles.setdefault(role, []).append(_spelled_out(line))
    own = {role: tuple(lines) for role, lines in roles.items()}
    return MappingProxyType(own if name == "en" else {**bank("en"), **own})


class Voice:
    """One bank; hands out its lines with what stands before and after them."""

    def __init__(self, name: str) -> None:
        self.roles = bank(name)
        self.aspects = tuple(variants[0] for variants in self.roles["aspect"])
        self.topics = tuple(variants[0] for variants in self.roles["topics"])
        self.lines = lru_cache(maxsize=256)(self._lines)
        """(role, lead, trail) → the role's lines with `lead` before and `trail` after them."""

    def _lines(self, role: str, lead: str, trail: str) -> tuple[Variants, ...]:
        return tuple(tuple(lead + variant + trail for variant in variants) for variants in self.roles[role])


@lru_cache(maxsize=16)
def voice(name: str) -> Voice:
    """The voice of bank `name`."""
    return Voice(name)


@lru_cache(maxsize=4096)
def cut(template: str, enc: Encoding) -> Line:
    """`template` in tokens, but for its slots. Cut on first use: about 20 µs a line."""
    parts = _SLOT.split(template)
    prefixes = [_prefix(part) for part in parts[:-1:2]]
    texts = [part[: len(part) - len(prefix)] for part, prefix in zip(parts[::2], [*prefixes, ""], strict=True)]
    head, *tails = (tuple(map(intern, enc.pieces(text))) for text in texts)
    slots = map(SLOTS.index, parts[1::2])
    return Line(head, tuple(zip(prefixes, slots, tails, strict=True)))


@lru_cache(maxsize=4096)
def cut_words(before: str, phrase: str, enc: Encoding) -> tuple[str, ...]:
    """What fills a slot, in tokens: a phrase with the character before it.

    Pre-tokens end at a blank between letters or digits, so that a phrase is cut by its words, which prompts share.
    """
    words = phrase.split(" ")
    if len(words) == 1 or not all(map(str.isalnum, words)):
        return tuple(enc.pieces(before + phrase))
    pieces = cut_words(before, words[0], enc)
    for word in words[1:]:
        pieces += cut_words(" ", word, enc)
    return pieces


def fill(template: str, words: Sequence[str], enc: Encoding, pieces: list[str]) -> None:
    """Append `template` to `pieces`, with `words` in its slots."""
    head, rest = cut(template, enc)
    pieces += head
    for prefix, slot, tail in rest:
        pieces += cut_words(prefix, words[slot], enc)
        pieces += tail


def _prefix(before: str) -> str:
    """The character before a slot that belongs to the slot's first pre-token: a blank, or a lone mark."""
    if not before or before[-1].isalnum() or before[-1] in "\r\n":
        return ""
    lone = before[-1].isspace() or len(before) == 1 or before[-2].isalnum() or before[-2] in "\r\n"
    return before[-1] if lone else ""


def _spelled_out(line: str) -> Variants:
    """The line once per combination of its alternatives, at most a dozen spread over all."""
    parts = _CHOICE.split(line)
    choices = [part.split("|") if number % 2 else [part] for number, part in enumerate(parts)]
    every = ["".join(chosen) for chosen in product(*choices)]
    step = -(-len(every) // _MOST_VARIANTS)
    while step > 1 and len(every) % step == 0:
        step += 1
    return tuple(every[::step])
