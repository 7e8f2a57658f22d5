"""Cuts a text into chunks of so many tokens, each of which repeats the end of the one before."""

from typing import Final, NamedTuple

from fakeai.content.tokens import Encoding

AUTO_SIZE: Final = 800
AUTO_OVERLAP: Final = 400
"""Tokens, where nobody says how to chunk."""


class Chunk(NamedTuple):
    """Some of a text; `fresh` is where in it begins what the chunks before do not have (an index of characters)."""

    text: str
    fresh: int


def chunks(text: str, encoding: Encoding, size: int = AUTO_SIZE, overlap: int = AUTO_OVERLAP) -> list[Chunk]:
    """The chunks of `text` in order; their fresh parts joined are the text. Some 1 s for a million tokens."""
    assert 0 <= overlap <= size // 2, "each chunk has something fresh"
    data = text.encode("utf-8", "replace")
    offsets = _offsets(data, encoding, text)
    last = len(offsets) - 1
    found: list[Chunk] = []
    start = done = 0
    while done < last:
        end = min(start + size, last)
        piece = data[offsets[start] : offsets[end]].decode("utf-8", "replace")
        fresh = len(data[offsets[start] : offsets[done]].decode("utf-8", "replace"))
        if fresh < len(piece):
            found.append(Chunk(piece, fresh))
        start, done = end - overlap, end
    return found


def _offsets(data: bytes, encoding: Encoding, text: str) -> list[int]:
    """Where each token begins in `data`, and where the last ends; moved back to the character that a token is part of."""
    at, found = 0, [0]
    for token in encoding.encode(text):
        at += len(encoding.token_bytes(token))
        cut = at
        while cut < len(data) and data[cut] & 0xC0 == 0x80:
            cut -= 1
        found.append(cut)
    found[-1] = len(data)
    return found
