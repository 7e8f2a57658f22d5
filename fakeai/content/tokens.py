"""Tokens, exactly as tiktoken counts them, offline: counts, ids and pieces of texts of any length.

Knows what a text costs; where the tokens come from is for `content.vocabulary` to know.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

from fakeai.content.vocabulary import EncodingName, Vocabulary

INLINE_LIMIT = 32_768
"""Characters that may be counted on the event loop (about 1 ms); more belongs in a thread."""

_CHUNK = 65_536
_CACHED_LENGTH = 1_024
_MOST_WORDS = 4_096
_WORD = re.compile(r"[^\d\s]{1,24}|\d{1,3}")
"""What comes again in other texts, so that its count is worth remembering."""


class Encoding:
    """One vocabulary. Safe to use from several threads; counting releases the interpreter lock."""

    def __init__(self, name: EncodingName, core: Vocabulary, size: int) -> None:
        self.name = name
        self.size = size
        self._core = core
        self._count_short = lru_cache(maxsize=2048)(self._count_words)
        self._first_words = _Counts(core, "")
        self._later_words = _Counts(core, " ")

    def count(self, text: str) -> int:
        """Tokens in `text`; special tokens in it count as plain text. Takes at most about 1 s per 1 MB, whatever the text."""
        return self._count_short(text) if len(text) <= _CACHED_LENGTH else self._count_any(text)

    def _count_words(self, text: str) -> int:
        """Tokens of a short text, word by word: in either vocabulary, a space between two words begins a token."""
        words = text.split(" ")
        first = words.pop(0)
        try:
            return sum(map(self._later_words.__getitem__, words), self._first_words[first])
        except _UnevenSpaceError:
            return self._count_any(text)

    def _count_any(self, text: str) -> int:
        return len(self._core.encode_ordinary(text)) if len(text) <= _CHUNK else sum(map(len, self._encoded(text)))

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`."""
        if len(text) <= _CHUNK:
            return self._core.encode_ordinary(text)
        return [token for ids in self._encoded(text) for token in ids]

    def _encoded(self, text: str) -> list[list[int]]:
        return [self._core.encode_ordinary(part) for part in _parts(text)]

    def token_bytes(self, token: int) -> bytes:
        """The bytes of one token; KeyError for an id outside the vocabulary."""
        return self._core.decode_single_token_bytes(token)

    def ascii_token(self, token: int) -> str | None:
        """The text of one token that is all ASCII; None for any other id."""
        return self._core.ascii_token(token)

    def decode(self, tokens: Sequence[int]) -> str:
        """Text of token ids; KeyError for an id outside the vocabulary."""
        return self._core.decode_bytes(list(tokens)).decode("utf-8", "replace")

    def pieces(self, text: str) -> list[str]:
        """`text` cut into its tokens. A token that ends inside a character is "" and the next ones carry the character."""
        pieces: list[str] = []
        pending = b""
        for token in self.encode(text):
            pending += self.token_bytes(token)
            try:
                piece = pending.decode("utf-8")
            except UnicodeDecodeError:
                pieces.append("")
            else:
                pieces.append(piece)
                pending = b""
        return pieces


class _UnevenSpaceError(Exception):
    """A space stands beside another blank, or at an end of the text: the two may be one token."""


class _Counts(dict[str, int]):
    """Tokens of words that stand after `lead`, counted when first asked for. Forgets all when it is full.

    Long numbers are seldom the same twice: either vocabulary cuts them in threes, and has every character of ASCII.
    """

    __slots__ = ("_core", "_lead")

    def __init__(self, core: Vocabulary, lead: str) -> None:
        super().__init__()
        self._core = core
        self._lead = lead

    def __missing__(self, word: str) -> int:
        if word[:-1].isdigit() and word.isascii() and not word[-1].isspace():
            return len(self._lead) + (len(word) + 2) // 3 if word[-1].isdigit() else self[word[:-1]] + 1
        if not word or word[0].isspace() or word[-1].isspace():
            raise _UnevenSpaceError
        count = len(self._core.encode_ordinary(self._lead + word))
        if _WORD.fullmatch(word):
            if len(self) >= _MOST_WORDS:
                self.clear()
            self[word] = count
        return count


class _Slot:
    """Where one vocabulary is, once it is loaded."""

    __slots__ = ("loaded", "lock")

    def __init__(self) -> None:
        self.loaded: Encoding | None = None
        self.lock = Lock()


@lru_cache(maxsize=2)
def _slot(name: EncodingName) -> _Slot:
    return _Slot()


def encoding(name: EncodingName) -> Encoding:
    """The vocabulary `name`, loaded on first use (0.2 s, 38 MB for o200k_base) and shared by the whole process.

    A thread would not help the event loop: the interpreter is held for most of that time whoever loads.
    """
    slot = _slot(name)
    if slot.loaded is None:
        with slot.lock:
            if slot.loaded is None:
                slot.loaded = _load(name)
    return slot.loaded


def _load(name: EncodingName) -> Encoding:
    vocabulary = Vocabulary(name)
    return Encoding(name, vocabulary, vocabulary.size)


def _parts(text: str) -> list[str]:
    """`text` in parts of at most `_CHUNK` characters, cut before a space between two letters.

    No pre-token of either vocabulary spans such a place, so the parts' tokens are the whole's. Where a part holds
    no such place (a million spaces), it is cut anywhere: the count is then off by at most one per cut.
    """
    parts = []
    start = 0
    while len(text) - start > _CHUNK:
        end = start + _CHUNK
        cut = end
        for at in range(end - 1, max(start, end - 4096), -1):
            if text[at] == " " and text[at - 1].isalpha() and text[at + 1].isalpha():
                cut = at
                break
        parts.append(text[start:cut])
        start = cut
    parts.append(text[start:])
    return parts
