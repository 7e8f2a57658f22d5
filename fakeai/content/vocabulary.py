"""Vocabularies: which bytes are which token, as tiktoken's core wants to know it.

The ranks of o200k_base and cl100k_base ship with the package (`data/vocabulary`, MIT, openai/tiktoken#92), stored as
a count, the tokens' lengths and their bytes in rank order, deflated. tiktoken's core is built from them directly:
its own loader would go to the network, and its Python-side table would cost 25 MB more. Does not know what texts are
counted for, nor how long they may be.
"""

import ctypes
import gc
import hashlib
import re
import struct
import sys
import zlib
from array import array
from importlib.resources import files
from itertools import accumulate, pairwise
from threading import Lock
from typing import Literal, NamedTuple

from tiktoken._tiktoken import CoreBPE  # type: ignore[import-not-found]  # compiled, without a stub

EncodingName = Literal["o200k_base", "cl100k_base"]

_USUAL_BYTES = bytes([*range(0xD0), 0xE2, 0xEF, 0xF0])
_UNUSUAL = re.compile("[\u0400-\u1fff\u3000-\uefff\U00040000-\U0010ffff]")
"""Characters whose UTF-8 has other than the usual bytes: scripts beyond Latin and Greek. Punctuation and emoji are usual."""


class Source(NamedTuple):
    """What is published of a vocabulary besides its ranks."""

    pattern: str
    special: dict[str, int]
    sha256: str


# Patterns, special tokens and hashes: tiktoken_ext/openai_public.py of tiktoken 0.14; hashes are of our packed files' contents.
SOURCES: dict[EncodingName, Source] = {
    "o200k_base": Source(
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        {"<|endoftext|>": 199999, "<|endofprompt|>": 200018},
        "626713dbb85a91ab7c1f776eb11eddc6ad5ef04ded352973281851f69196d159",
    ),
    "cl100k_base": Source(
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
        {
            "<|endoftext|>": 100257,
            "<|fim_prefix|>": 100258,
            "<|fim_middle|>": 100259,
            "<|fim_suffix|>": 100260,
            "<|endofprompt|>": 100276,
        },
        "09ee48994313eab7edb038fb5e8897e2c2ae129c1848184d15efc453bc69062d",
    ),
}


class Vocabulary:
    """tiktoken's core for one encoding, with the methods it has. Safe to use from several threads.

    Until a text or an id asks for one, the tokens that hold an unusual byte are left out (29 % of o200k_base, 7 MB);
    then all are loaded, which takes 0.3 s. No text's tokens change by that: they are made of its own bytes.
    """

    def __init__(self, name: EncodingName) -> None:
        self.size = max(SOURCES[name].special.values()) + 1
        self._name: EncodingName = name
        self._core = _load(name, _USUAL_BYTES)
        self._whole = False
        self._lock = Lock()

    def encode_ordinary(self, text: str) -> list[int]:
        """Token ids of `text`; special tokens in it are plain text."""
        if not (self._whole or text.isascii()) and _UNUSUAL.search(text):
            self._complete()
        ids: list[int] = self._core.encode_ordinary(text)
        return ids

    def decode_bytes(self, ids: list[int]) -> bytes:
        """Bytes of all `ids`; KeyError for one outside the vocabulary."""
        try:
            found: bytes = self._core.decode_bytes(ids)
        except KeyError:
            found = self._complete().decode_bytes(ids)
        return found

    def decode_single_token_bytes(self, token: int) -> bytes:
        """The bytes of one token; KeyError for an id outside the vocabulary."""
        try:
            found: bytes = self._core.decode_single_token_bytes(token)
        except KeyError:
            found = self._complete().decode_single_token_bytes(token)
        return found

    def ascii_token(self, token: int) -> str | None:
        """The text of one token that is all ASCII; None for any other id. Needs nothing that is not loaded."""
        try:
            text = bytes(self._core.decode_single_token_bytes(token))
        except (KeyError, OverflowError):
            return None
        return text.decode("ascii") if text.isascii() else None

    def _complete(self) -> CoreBPE:
        """The core with all tokens, loaded if it has to be."""
        with self._lock:
            if not self._whole:
                self._core = _load(self._name)
                self._whole = True
                give_back_memory()
            return self._core


def _load(name: EncodingName, of: bytes | None = None) -> CoreBPE:
    """The core with all tokens, or with those that are made of the bytes in `of`."""
    source = SOURCES[name]
    packed = files("fakeai").joinpath(f"data/vocabulary/{name}.bin.z").read_bytes()
    try:
        raw = zlib.decompress(packed)
    except zlib.error:
        raw = b""
    if hashlib.sha256(raw).hexdigest() != source.sha256:
        raise RuntimeError(f"the vocabulary file {name} is damaged: reinstall fakeai")
    collecting = gc.isenabled()
    gc.disable()  # 200,000 fresh objects that all live: collecting among them doubles the load time
    try:
        (size,) = struct.unpack_from("<I", raw)
        lengths = array("H", raw[4 : 4 + 2 * size])
        if sys.byteorder == "big":
            lengths.byteswap()
        ends = accumulate(lengths, initial=4 + 2 * size)
        tokens = enumerate(raw[a:b] for a, b in pairwise(ends))
        ranks = {
            token: rank for rank, token in tokens if of is None or token.isascii() or not token.translate(None, of)
        }
        core = CoreBPE(ranks, source.special, source.pattern)
        del ranks
    finally:
        if collecting:
            gc.enable()
    give_back_memory()
    return core


def give_back_memory() -> None:
    """Return what was freed to the system (glibc keeps it otherwise: 25 MB of build tables)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
