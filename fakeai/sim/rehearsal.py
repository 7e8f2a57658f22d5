"""Asks a simulated engine what a real server was asked, and tells how far apart they are.

The same requests, users and order, in virtual time. What the measurements do not show (`fitting`) is chosen so that the
rehearsal comes closest to them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import product
from math import inf
from statistics import median
from typing import NamedTuple

from fakeai.sim import spec
from fakeai.sim.fitting import Fitted, Kind
from fakeai.sim.measured import Point, Sample
from fakeai.sim.spec import ClusterSpec
from fakeai.sim.tables import Linear, MeasuredTable
from fakeai.sim.types import Ended, Observer, SimRequest, StepTiming

ENGINES = tuple(name for name, _ in spec.ENGINES)
KINDS: tuple[Kind, ...] = ("table", "split-table", "linear")
BUDGETS = (8192, 2048, 512, 16384)
"""Tokens of a step that are tried: vLLM's defaults on large and small GPUs and in between, and this package's own server."""
_COARSE = (0.0, 0.5, 1.0)
"""Of the time that may pass outside of steps."""
_SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_FINER = (-0.1, -0.05, 0.05, 0.1)
_BETTER = 0.99
"""Another choice is taken when it has less than this of the error."""
_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Stage:
    """What a server is besides its step times."""

    engine: str = "vllm"
    max_num_seqs: int = 256
    max_num_batched_tokens: int = BUDGETS[0]
    overhead_s: float = 0.0
    """Outside of steps, for each request: network, HTTP, tokenizer."""


class Row(NamedTuple):
    """One point, measured and predicted: medians in seconds."""

    users: int
    prompt: int
    held_out: bool
    ttft_s: float
    ttft_predicted_s: float
    tpot_s: float | None
    tpot_predicted_s: float | None

    @property
    def ttft_error(self) -> float:
        """Relative, with its sign."""
        return self.ttft_predicted_s / self.ttft_s - 1.0

    @property
    def tpot_error(self) -> float | None:
        """Relative, with its sign."""
        if self.tpot_s is None or self.tpot_predicted_s is None or not self.tpot_s:
            return None
        return self.tpot_predicted_s / self.tpot_s - 1.0


class Errors(NamedTuple):
    """Absolute relative errors over some points: mean (MAPE) and median."""

    points: int
    ttft_mean: float
    ttft_median: float
    tpot_mean: float
    tpot_median: float


class Choice(NamedTuple):
    """What comes closest to the measurements."""

    kind: Kind
    timing: MeasuredTable | Linear
    stage: Stage


def rehearse(point: Point, timing: StepTiming, stage: Stage) -> Point:
    """The same point asked of a simulated engine. Its answers have two arrivals, the first token's and the last's."""
    most = sum(-(-(sample.prompt + sample.output) // _BLOCK) for sample in point.samples)
    cluster = ClusterSpec(
        engine=stage.engine,
        timing="polynomial",  # a placeholder
        blocks=most + 1,
        block_size=_BLOCK,
        max_num_seqs=stage.max_num_seqs,
        max_num_batched_tokens=max(stage.max_num_batched_tokens, stage.max_num_seqs),
        prefix_caching=False,
    )
    return replace(point, samples=tuple(_loop(point, spec.check(cluster)._replace(timing=timing), stage.overhead_s)))


def _loop(point: Point, parts: spec.Parts, overhead_s: float) -> Iterator[Sample]:
    users = _Users(point.users)
    cluster = spec.build(parts, users)
    requests = (SimRequest(str(number), sample.prompt, sample.output) for number, sample in enumerate(point.samples))
    waiting = next(requests, None)
    while users.over < len(point.samples):
        event = cluster.next_at()
        free = inf if waiting is None or not users.free else users.free[0] + overhead_s
        if event is not None and event <= free:
            cluster.advance(event)
            continue
        assert waiting is not None, "a cluster that has nothing to do has answered everything"
        users.sent[waiting.id] = heappop(users.free)
        cluster.submit(waiting, free)
        waiting = next(requests, None)
    for number, sample in enumerate(point.samples):
        first, last = users.tokens[str(number)]
        arrivals = (first, last) if sample.output > 1 else (first,)
        yield Sample(sample.prompt, sample.output, users.sent[str(number)], arrivals)


class _Users(Observer):
    """Those who ask, and when they were answered."""

    def __init__(self, users: int) -> None:
        self.free = [0.0] * users
        """When each of those who do not wait became free, as a heap."""
        self.sent: dict[str, float] = {}
        self.tokens: dict[str, tuple[float, float]] = {}
        self.over = 0

    def ended(self, worker: int, sequence: Ended) -> None:
        """As `types.Observer` says."""
        assert sequence.first_token is not None, "the pool holds all requests, so none is given up"
        assert sequence.last_token is not None, "who has a first token has a last one"
        self.tokens[sequence.request.id] = sequence.first_token, sequence.last_token
        self.over += 1
        heappush(self.free, sequence.last_token)


def compare(points: Iterable[Point], held_out: Iterable[int], timing: StepTiming, stage: Stage) -> list[Row]:
    """A row for each point; `held_out` are the numbers of users that nothing was fitted to."""
    aside = frozenset(held_out)
    rows = []
    for point in points:
        again = rehearse(point, timing, stage)
        rows.append(
            Row(point.users, point.prompt, point.users in aside, point.ttft_s, again.ttft_s, point.tpot_s, again.tpot_s)
        )
    return rows


def errors(rows: Sequence[Row]) -> Errors | None:
    """Over these rows; None of none."""
    if not rows:
        return None
    ttft = [abs(row.ttft_error) for row in rows]
    tpot = [abs(error) for row in rows if (error := row.tpot_error) is not None] or [0.0]
    return Errors(len(rows), sum(ttft) / len(ttft), median(ttft), sum(tpot) / len(tpot), median(tpot))


def choose(
    points: Sequence[Point],
    fitted: Fitted,
    *,
    engines: Sequence[str] = ENGINES,
    budgets: Sequence[int] = BUDGETS,
    kinds: Sequence[Kind] = KINDS,
) -> Choice:
    """What predicts the points best: engine, tokens of a step, kind of profile, and time outside of steps.

    The first two together, by the first kind; then the other two, in steps that get finer: all with all would take ten
    times as long.
    """
    seqs = fitted.max_running or max(point.users for point in points)
    search = _Search(points, fitted)
    for engine, budget, share in product(engines, budgets, _COARSE):
        search.look(kinds[0], share, Stage(engine, seqs, budget))
    stage = search.stage
    for kind, share in product(kinds, _SHARES):
        search.look(kind, share, stage)
    best = search.share
    for kind, change in product(kinds, _FINER):
        search.look(kind, min(1.0, max(0.0, best + change)), stage)
    return search.choice()


class _Search:
    """The best so far."""

    def __init__(self, points: Sequence[Point], fitted: Fitted) -> None:
        self._points = points
        self._fitted = fitted
        self._least = inf
        self.kind: Kind = "table"
        self.share = 0.0
        self.stage = Stage()

    def look(self, kind: Kind, share: float, stage: Stage) -> None:
        """Try one; `share` is that of the fit's spare time."""
        overhead = share * self._fitted.spare_s
        tried = replace(stage, overhead_s=overhead)
        found = errors(compare(self._points, (), self._fitted.timing(kind, overhead), tried))
        assert found is not None, "there are points to look at"
        wrong = found.ttft_mean + found.tpot_mean
        if wrong < self._least * _BETTER:
            self._least, self.kind, self.share, self.stage = wrong, kind, share, tried

    def choice(self) -> Choice:
        """What was found."""
        return Choice(self.kind, self._fitted.timing(self.kind, self.stage.overhead_s), self.stage)
