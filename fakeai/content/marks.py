"""Where a mark is in many bytes. They are searched in parts: no other thread runs while one of them is."""

from collections.abc import Iterator
from typing import Final

_PART: Final = 2**18
"""Bytes; a millisecond at most, whatever is in them."""


def find(data: bytes, mark: bytes, start: int = 0) -> int:
    """Where the next mark is, or -1."""
    for at in range(start, len(data), _PART):
        found = data.find(mark, at, at + _PART + len(mark) - 1)
        if found >= 0:
            return found
    return -1


def places(data: bytes, mark: bytes) -> Iterator[int]:
    """Where the mark is, each behind the end of the one before."""
    at = find(data, mark)
    while at >= 0:
        yield at
        at = find(data, mark, at + len(mark))
