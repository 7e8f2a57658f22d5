"""What was made of the latest inputs, so that the same input is not worked through again."""

from typing import Generic, TypeVar

SHORT = 2_048
"""Bytes up to which an input is worth remembering."""

_MOST = 64
"""Enough for load tests of a few dozen requests, and too little to push other things out of the processor's caches."""

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key, at most `most` of them. Forgets them all when there are more: keeping an order would cost every look-up."""

    __slots__ = ("_kept", "_most", "get")

    def __init__(self, most: int = _MOST) -> None:
        self._kept: dict[K, V] = {}
        self._most = most
        self.get = self._kept.get
        """As a dict's."""

    def put(self, key: K, value: V) -> None:
        """Keep `value`."""
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[key] = value

    def __len__(self) -> int:
        return len(self._kept)
