"""The completion cache: how often an answer that is kept was asked for, and given."""

from collections.abc import Iterator
from typing import Any

from fakeai.core.events import Bus, CacheAsked
from fakeai.metrics.base import Table, counter, written


class CompletionCacheMetrics:
    """Listens to what the cache is asked for."""

    def __init__(self, bus: Bus) -> None:
        self.asked: dict[tuple[str, ...], int] = {}
        bus.listen(CacheAsked, self._asked)

    @classmethod
    def tables(cls) -> tuple[Table[Any], ...]:
        """Every metric. Any: as in `Family`."""
        return (_TABLE,)

    def expose(self) -> Iterator[str]:
        """Prometheus' text."""
        return written(_TABLE, [("", self)], empty=True)

    def _asked(self, event: CacheAsked) -> None:
        key = (event.result,)
        self.asked[key] = self.asked.get(key, 0) + 1


_TABLE: Table[CompletionCacheMetrics] = Table(
    (),
    (
        counter(
            "fakeai_completion_cache_requests_total",
            "Prompts of the front door, by what the completion cache had: hit, miss, bypass.",
            lambda m: m.asked,
            ("result",),
        ),
    ),
)
