"""What every family shares: histograms in plain numbers, tables of metrics, rows for each worker, and Prometheus' text.

A family is a table of `Metric`s, each with a function that reads its value from a row. Events change rows (a few additions),
a scrape reads them. The text is written here and not by prometheus_client: that cannot write the counters without
`_total` that Dynamo and DCGM have, and takes twenty times as long.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from math import isfinite
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from fakeai.core.events import Bus, WorkerChanged, WorkerSnapshot

MAX_MODELS = 200
_SORTED = 32
"""Values from which on sorting them costs less than looking each up."""

Engines: TypeAlias = Callable[[], Sequence[WorkerSnapshot]]
"""Every worker as it is now."""


def no_engines() -> Sequence[WorkerSnapshot]:
    """An App without workers."""
    return ()


class Buckets:
    """Upper bounds of a histogram, rising, and how they are written."""

    __slots__ = ("bounds", "names")

    def __init__(self, *bounds: float) -> None:
        self.bounds = tuple(map(float, bounds))
        self.names = (*map(repr, self.bounds), "+Inf")


class Tally:
    """A histogram in plain numbers: how many values fell into each bucket, and their sum."""

    __slots__ = ("buckets", "counts", "sum")

    def __init__(self, buckets: Buckets) -> None:
        self.buckets = buckets
        self.counts = [0] * len(buckets.names)
        self.sum = 0.0

    @property
    def count(self) -> int:
        """How many values."""
        return sum(self.counts)

    def observe(self, value: float, times: int = 1) -> None:
        """Count a value, bounds included."""
        self.counts[bisect_left(self.buckets.bounds, value)] += times
        self.sum += value * times

    def add(self, other: "Tally") -> None:
        """Count all that another with the same buckets has."""
        self.counts = [own + theirs for own, theirs in zip(self.counts, other.counts, strict=True)]
        self.sum += other.sum

    def observe_all(self, values: Sequence[float]) -> None:
        """Count many values."""
        counts, bounds = self.counts, self.buckets.bounds
        if len(values) < _SORTED:
            for value in values:
                counts[bisect_left(bounds, value)] += 1
        else:
            ordered = sorted(values)
            below = 0
            for index, bound in enumerate(bounds):
                upto = bisect_right(ordered, bound, below)
                counts[index] += upto - below
                below = upto
            counts[-1] += len(ordered) - below
        self.sum += sum(values)


R = TypeVar("R")
Value: TypeAlias = "float | Tally"
Reading: TypeAlias = "Value | Mapping[tuple[str, ...], Value] | None"
"""A value; or values by those of the metric's own labels; or None for nothing to show."""


class Metric(NamedTuple, Generic[R]):
    """One name: what it is, and where a row `R` has it."""

    name: str
    """As it is exposed, `_total` included."""
    kind: Literal["counter", "gauge", "histogram"]
    text: str
    read: Callable[[R], Reading]
    labels: tuple[str, ...] = ()
    """Its own, after those of its table."""
    constant: str = ""
    """Why it never changes here; empty for what is measured."""


class Table(NamedTuple, Generic[R]):
    """Metrics that are read from the same rows and so have the same first labels."""

    labels: tuple[str, ...]
    metrics: tuple[Metric[R], ...]


class Family(Protocol):
    """A row of `registry.METRICS`."""

    @classmethod
    def tables(cls) -> "tuple[Table[Any], ...]":
        """Every metric it can show. Any: each table has rows of its own."""

    def expose(self) -> Iterator[str]:
        """Prometheus' text, in pieces."""


def counter(
    name: str, text: str, read: Callable[[R], Reading], labels: tuple[str, ...] = (), constant: str = ""
) -> Metric[R]:
    """A metric that only grows."""
    return Metric(name, "counter", text, read, labels, constant)


def gauge(
    name: str, text: str, read: Callable[[R], Reading], labels: tuple[str, ...] = (), constant: str = ""
) -> Metric[R]:
    """A metric that goes up and down."""
    return Metric(name, "gauge", text, read, labels, constant)


def histogram(
    name: str, text: str, read: Callable[[R], Reading], labels: tuple[str, ...] = (), constant: str = ""
) -> Metric[R]:
    """A distribution."""
    return Metric(name, "histogram", text, read, labels, constant)


def nothing(_: object) -> float:
    """What is read where 0 is the truth."""
    return 0


def per(label_values: Iterable[str], value: float = 0) -> Callable[[object], Mapping[tuple[str, ...], Value]]:
    """A reading that is the same for each value of the metric's one label."""
    found: dict[tuple[str, ...], Value] = {(one,): value for one in label_values}
    return lambda _: found


def unseen(buckets: Buckets) -> Callable[[object], Tally]:
    """A histogram of what never happens."""
    tally = Tally(buckets)
    return lambda _: tally


class Names:
    """What becomes a label: the first so many different ones as they are, all after them `other`."""

    def __init__(self, limit: int = MAX_MODELS) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def __call__(self, name: str) -> str:
        if name in self._known:
            return name
        if len(self._known) >= self._limit:
            return "other"
        self._known.add(name)
        return name


# -- rows


class Row:
    """What is counted of one worker. `now` is the latest snapshot, None when no engine knows the worker."""

    model: str
    worker: int
    now: WorkerSnapshot | None = None
    shared = False
    """Whether it counts workers of several models, as that of `other` does."""


W = TypeVar("W", bound=Row)


class OfWorker(Protocol):
    """An event of a worker."""

    @property
    def model(self) -> str: ...
    @property
    def worker(self) -> int: ...


class Workers(Generic[W]):
    """A row for each model and worker, made when first met, left out when the worker is gone.

    Workers of models beyond the first 200 share the rows of `other`.
    """

    def __init__(self, bus: Bus, engines: Engines, make: Callable[[WorkerSnapshot | None], W]) -> None:
        self._engines = engines
        self._make = make
        self._names = Names()
        self._rows: dict[tuple[str, int], W] = {}
        self._gone: set[tuple[str, int]] = set()
        bus.listen(WorkerChanged, self._changed)

    def of(self, event: OfWorker) -> W:
        """The row that counts an event."""
        row = self._rows.get((event.model, event.worker))
        return self._row(event.model, event.worker) if row is None else row

    def rows(self) -> list[W]:
        """Every row, up to date, in order of model and worker."""
        seen: dict[tuple[str, int], WorkerSnapshot] = {}
        for snapshot in self._engines():
            if snapshot.state != "gone":
                key = self._names(snapshot.model), snapshot.worker
                seen[key] = _together(seen[key], snapshot) if key in seen else snapshot
        for key in self._gone - seen.keys():
            self._rows.pop(key, None)
        self._gone.clear()
        for snapshot in seen.values():
            self._row(snapshot.model, snapshot.worker, snapshot)
        for key, row in self._rows.items():
            row.now = seen.get(key)
        return [self._rows[key] for key in sorted(self._rows)]

    def _row(self, model: str, worker: int, snapshot: WorkerSnapshot | None = None) -> W:
        key = self._names(model), worker
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._make(snapshot or self._find(model, worker))
            row.model, row.worker = key
        row.shared |= key[0] != model
        return row

    def _find(self, model: str, worker: int) -> WorkerSnapshot | None:
        return next((one for one in self._engines() if one.model == model and one.worker == worker), None)

    def _changed(self, event: WorkerChanged) -> None:
        key = self._names(event.model), event.worker
        if event.state == "gone":
            self._gone.add(key)
        else:
            self._gone.discard(key)


def _together(one: WorkerSnapshot, other: WorkerSnapshot) -> WorkerSnapshot:
    """Two workers under one label."""
    return one._replace(
        running=one.running + other.running,
        waiting=one.waiting + other.waiting,
        total_blocks=one.total_blocks + other.total_blocks,
        used_blocks=one.used_blocks + other.used_blocks,
        cached_blocks=one.cached_blocks + other.cached_blocks,
        host_blocks=one.host_blocks + other.host_blocks,
        host_used_blocks=one.host_used_blocks + other.host_used_blocks,
        active_prefill_tokens=one.active_prefill_tokens + other.active_prefill_tokens,
    )


# -- text


def label_text(names: Sequence[str], values: Sequence[str]) -> str:
    """`a="x",b="y"`, as it stands between the braces."""
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def written(table: Table[R], rows: Sequence[tuple[str, R]], *, empty: bool = False) -> Iterator[str]:
    """The table's metrics as text, one after another. A row comes with the text of its labels.

    Metrics without a sample are left out, unless `empty`.
    """
    for metric in table.metrics:
        samples = [text for labels, row in rows for text in _samples(metric, labels, metric.read(row))]
        if samples or empty:
            yield f"# HELP {metric.name} {metric.text}\n# TYPE {metric.name} {metric.kind}\n"
            yield from samples


def _samples(metric: Metric[Any], labels: str, reading: Reading) -> Iterator[str]:
    if reading is None:
        return
    if not isinstance(reading, Mapping):
        yield _sample(metric.name, labels, reading)
        return
    for values, value in reading.items():
        own = label_text(metric.labels, values)
        yield _sample(metric.name, f"{labels},{own}" if labels and own else labels or own, value)


def _sample(name: str, labels: str, value: Value) -> str:
    if not isinstance(value, Tally):
        return f"{name}{{{labels}}} {_number(value)}\n" if labels else f"{name} {_number(value)}\n"
    start = f'{name}_bucket{{{labels},le="' if labels else f'{name}_bucket{{le="'
    totals = list(accumulate(value.counts))
    lines = [f'{start}{bound}"}} {total}\n' for bound, total in zip(value.buckets.names, totals, strict=True)]
    braced = f"{{{labels}}}" if labels else ""
    lines.append(f"{name}_sum{braced} {_number(value.sum)}\n{name}_count{braced} {totals[-1]}\n")
    return "".join(lines)


def _number(value: float) -> str:
    if isfinite(value):
        return f"{value}"
    return "NaN" if value != value else "+Inf" if value > 0 else "-Inf"
