"""Sentence templates in many languages, each cut into tokens once per vocabulary.

A bank is a text file of `data/prose`: lines under a role (`# opening`), with alternatives (`<a|b>`) and slots for
words of the prompt (`{t}`). Knows how lines are stored and cut; does not know which line to say when, nor what fills
its slots.

Cutting in advance is exact because segments meet where both vocabularies' pre-tokens end: a slot takes the one
character before it that a word may begin with, and nothing after a slot may continue a word. Lines keep to that.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import product
from sys import intern
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from fakeai.content.tokens import Encoding

SLOTS = "tuaTUAfcFm"
"""Slots: main topic, second topic, aspect; capitals of the same; a program's name in snake, camel and Pascal case;
the model."""
AGAIN = "r"
"""The main topic in a sentence that follows another, where it may be referred to."""

Variants: TypeAlias = tuple[str, ...]
"""One line with its alternatives spelled out."""
Fillings: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""For each slot of a line in order: the character before it and its letter, and the pieces after it."""

Place: TypeAlias = tuple[str, str, str]
"""Where a line is said: its role, and what stands before and after it."""

_ROLE = re.compile(r"^# (\w+)$")
_CHOICE = re.compile(r"<([^<>]*\|[^<>]*)>")
_SLOT = re.compile(rf"\{{([{SLOTS}])\}}")
_MOST_VARIANTS = 12


class Line(NamedTuple):
    """A template cut into tokens: its head and its slots, as they are and where the main topic is referred to."""

    head: tuple[str, ...]
    slots: Fillings
    again: Fillings


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
    """One bank in one vocabulary. Each variant of a line is cut when it is first said, and kept."""

    def __init__(self, name: str, enc: Encoding) -> None:
        self.roles = bank(name)
        self.aspects = tuple(variants[0] for variants in self.roles["aspect"])
        self.topics = tuple(variants[0] for variants in self.roles["topics"])
        self.known: dict[Place, list[list[Line | None]]] = {}
        """A role's lines and their variants, as far as they are cut. Places are few: code alone names them."""
        self._enc = enc

    def lines(self, place: Place) -> list[list[Line | None]]:
        """The lines of a place that is not known yet, which becomes known."""
        found = self.known[place] = [[None] * len(variants) for variants in self.roles[place[0]]]
        return found

    def line(self, place: Place, at: int, variant: int) -> Line:
        """A variant of line number `at` of a known place, which is cut and kept: about 20 µs."""
        role, lead, trail = place
        line = cut(lead + self.roles[role][at][variant] + trail, self._enc)
        if lead != " ":
            line = line._replace(again=line.slots)
        self.known[place][at][variant] = line
        return line


@lru_cache(maxsize=32)
def voice(name: str, enc: Encoding) -> Voice:
    """The voice of bank `name`."""
    return Voice(name, enc)


def cut(template: str, enc: Encoding) -> Line:
    """`template` in tokens, but for its slots."""
    parts = _SLOT.split(template)
    prefixes = [_prefix(part) for part in parts[:-1:2]]
    texts = [part[: len(part) - len(prefix)] for part, prefix in zip(parts[::2], [*prefixes, ""], strict=True)]
    head, *tails = (tuple(map(intern, enc.pieces(text))) for text in texts)
    keys = [intern(prefix + slot) for prefix, slot in zip(prefixes, parts[1::2], strict=True)]
    slots = tuple(zip(keys, tails, strict=True))
    again = [intern(key[:-1] + AGAIN) if key[-1] == "t" else key for key in keys]
    return Line(head, slots, slots if again == keys else tuple(zip(again, tails, strict=True)))


@lru_cache(maxsize=2048)
def cut_words(before: str, phrase: str, enc: Encoding) -> tuple[str, ...]:
    """What fills a slot, in tokens: a phrase with the character before it.

    A blank between two words begins a pre-token, so that a phrase is cut by its words, which prompts share.
    """
    words = phrase.split()
    if len(words) < 2 or " ".join(words) != phrase:
        return _cut_word(before, phrase, enc)
    pieces = _cut_word(before, words[0], enc)
    for word in words[1:]:
        pieces += _cut_word(" ", word, enc)
    return pieces


def _cut_word(before: str, word: str, enc: Encoding) -> tuple[str, ...]:
    """Digits stand in threes, and each such group is a token of both vocabularies: numbers need no look-up."""
    if word.isdigit() and word.isascii() and before in ("", " "):
        groups = [word[at : at + 3] for at in range(0, len(word), 3)]
        return (before, *groups) if before else tuple(groups)
    return _looked_up(before + word, enc)


@lru_cache(maxsize=4096)
def _looked_up(word: str, enc: Encoding) -> tuple[str, ...]:
    return tuple(enc.pieces(word))


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
