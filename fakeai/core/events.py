"""Records of what happened, and the bus that carries them to whoever counts.

Events are facts with their time; publishing costs one call a listener and never fails the request it tells of.
"""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from fakeai.core.generation import Usage

E = TypeVar("E")

_log = logging.getLogger("fakeai.events")


class RequestStarted(NamedTuple):
    """A call has entered the gateway, or a request has been turned away at the door."""

    at: float
    route: str
    origin: str


class RequestEnded(NamedTuple):
    """It is over, streamed replies after their last byte. `duration_s` since arrival; `cancelled`: the client left."""

    at: float
    request_id: str
    route: str
    origin: str
    model: str
    status: int
    error: str
    duration_s: float
    streamed: bool
    cancelled: bool
    usage: Usage | None


class TokensPaced(NamedTuple):
    """A paced answer has ended: its first token's time since submission, the gaps between tokens, the worst lateness.

    Durations in seconds; `ttft_s` is None and `gaps_s` empty when nobody watched (not streamed).
    `lag_s` is how late the driver was against the deadlines it was told: the server's own error.
    """

    at: float
    model: str
    ttft_s: float | None
    gaps_s: tuple[float, ...]
    lag_s: float


class Bus:
    """Listeners by event type, called in the order they joined, inside `publish`."""

    def __init__(self) -> None:
        self._listeners: dict[type, list[Callable[[Any], None]]] = {}

    def listen(self, kind: type[E], listener: Callable[[E], None]) -> None:
        """Call `listener` with every event of exactly this type."""
        self._listeners.setdefault(kind, []).append(listener)

    def publish(self, event: object) -> None:
        """Tell every listener; one that raises is logged and the others still hear."""
        for listener in self._listeners.get(type(event), ()):
            try:
                listener(event)
            except Exception:  # noqa: BLE001  # a counter's defect must not fail the request it counts
                _log.exception("a listener failed on %s", type(event).__name__)
