"""Texts in which some places stand for something: citations of files, and paths of files that programs have made.

Such a place goes out as one piece, with its annotation, however the model's tokens cut it.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from fakeai.store.base import Object


class Piece(NamedTuple):
    """Some text, and what it stands for if that is something."""

    text: str
    annotation: Object | None = None


class Marks:
    """A text as it comes. `known` is what stands for what."""

    def __init__(self, known: Mapping[str, Object]) -> None:
        self.text = ""
        self.annotations: list[Object] = []
        self._known = known
        self._held = ""

    def take(self, piece: str) -> Iterator[Piece]:
        """What of the text may go out once this piece has come."""
        if not self._known:
            self.text += piece
            if piece:
                yield Piece(piece)
            return
        self._held += piece
        yield from self._ready()

    def end(self) -> Iterator[Piece]:
        """What was held back for what might have followed."""
        held, self._held = self._held, ""
        self.text += held
        if held:
            yield Piece(held)

    def _ready(self) -> Iterator[Piece]:
        while True:
            found = min(((at, mark) for mark in self._known if (at := self._held.find(mark)) >= 0), default=None)
            if found is None:
                break
            at, mark = found
            yield from self._out(at)
            yield self._annotated(mark)
        yield from self._out(len(self._held) - self._open())

    def _out(self, size: int) -> Iterator[Piece]:
        ready, self._held = self._held[:size], self._held[size:]
        self.text += ready
        if ready:
            yield Piece(ready)

    def _annotated(self, mark: str) -> Piece:
        start = len(self.text)
        self.text += mark
        self._held = self._held[len(mark) :]
        annotation = {**self._known[mark], "text": mark, "start_index": start, "end_index": start + len(mark)}
        self.annotations.append(annotation)
        return Piece(mark, annotation)

    def _open(self) -> int:
        """Characters at the end of what is held that may be the beginning of a mark."""
        longest = max(map(len, self._known))
        for size in range(min(longest - 1, len(self._held)), 0, -1):
            end = self._held[-size:]
            if any(mark.startswith(end) for mark in self._known):
                return size
        return 0
