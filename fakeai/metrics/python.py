"""What the interpreter's collector of garbage has done, by the names that Python's own exporter gives it."""

import gc
from collections.abc import Iterator, Mapping
from typing import Any

from fakeai.metrics.base import Table, counter, written


class PythonMetrics:
    """Asks the interpreter when it is asked."""

    @classmethod
    def tables(cls) -> tuple[Table[Any], ...]:
        """Every metric. Any: as in `Family`."""
        return (_TABLE,)

    def expose(self) -> Iterator[str]:
        """Prometheus' text."""
        return written(_TABLE, [("", self)], empty=True)

    def stats(self, of: str) -> Mapping[tuple[str, ...], float]:
        """A number of each generation."""
        return {(str(generation),): stats[of] for generation, stats in enumerate(gc.get_stats())}


_TABLE: Table[PythonMetrics] = Table(
    (),
    (
        counter(
            "python_gc_objects_collected_total",
            "Objects that the collector has freed.",
            lambda m: m.stats("collected"),
            ("generation",),
        ),
        counter(
            "python_gc_objects_uncollectable_total",
            "Objects that it could not free.",
            lambda m: m.stats("uncollectable"),
            ("generation",),
        ),
        counter(
            "python_gc_collections_total",
            "How often it has looked.",
            lambda m: m.stats("collections"),
            ("generation",),
        ),
    ),
)
