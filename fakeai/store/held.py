"""What keys have used, held in memory beside a database that is in memory too: a transaction costs ten times a whole call.

The rows of the database are where it comes from when a key is first seen, and where it goes when the state is saved.
"""

from collections.abc import Callable
from threading import Lock

from fakeai.store.allotments import Allotment, Use, put
from fakeai.store.base import Tx


class HeldAllotments:
    """Shared by Apps that share a database; they may be of several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._now: dict[str, Allotment] = {}
        self.age = 0
        """How often all was forgotten: what was looked up before that is known no more."""

    def take(self, key: str, use: Use, now: float, resets: Callable[[float], float]) -> tuple[bool, Allotment] | None:
        """Use some, if it fits, as `allotments.take` does; None for a key that is not held yet."""
        with self._lock:
            held = self._now.get(key)
            if held is None:
                return None
            if held.resets <= now:
                held = Allotment(0, 0, resets(now))
            after = held.after(use)
            self._now[key] = held if after is None else after
            return after is not None, self._now[key]

    def look(self, key: str, now: float) -> Allotment | None:
        """What is used, nothing if the period is over; None for a key that is not held yet."""
        held = self._now.get(key)
        return Allotment() if held is not None and held.resets <= now else held

    def hold(self, key: str, found: Allotment, age: int) -> None:
        """From here on it is held here, unless it is already, or was looked up at another age."""
        with self._lock:
            if age == self.age:
                self._now.setdefault(key, found)

    def forget(self) -> None:
        """The rows have been changed otherwise: look at them anew."""
        with self._lock:
            self._now = {}
            self.age += 1

    def keep(self, tx: Tx) -> None:
        """Put all of it into the rows."""
        with self._lock:
            now = list(self._now.items())
        for key, held in now:
            if held.resets:
                put(tx, key, held)
