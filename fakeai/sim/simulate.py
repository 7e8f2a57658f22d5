"""Runs a workload through a cluster offline: no clock, no waiting, as fast as it can be computed.

Time is what the workload and the cluster say. Requests are handed over in the order they come; the cluster is asked to
catch up only where something depends on it: at samples of its state, in closed loops, and at the end.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from heapq import heapify, heappop, heappush
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fakeai.sim import spec
from fakeai.sim.cluster import Cluster
from fakeai.sim.collector import MAX_SAMPLES, Collector, State
from fakeai.sim.figures import Report
from fakeai.sim.orders import At, OrderError, carry_out, told
from fakeai.sim.power import PowerModel
from fakeai.sim.report import Power, build
from fakeai.sim.spec import ClusterSpec
from fakeai.sim.types import Busy, SimRequest
from fakeai.sim.workload import Workload, WorkloadSpec

if TYPE_CHECKING:
    from fakeai.sim.types import MeasuresUse

Progress = Callable[[int, int], None]
"""Told now and then how many requests are over, and of how many (0: not known)."""

FIRST_SAMPLES_S = 0.25
"""Time between samples of a run whose length nobody knows; doubled as it goes on (`collector.MAX_SAMPLES`)."""
PATIENCE_S = 1.0
"""A user of a closed loop that is turned away asks again after so long."""
_TOLD_EVERY = 256
"""Requests between two calls of `progress`."""
_ALWAYS = ("model", "gpu", "workers", "engine", "router", "block_size")
"""Fields of a cluster that a report names even where they are the defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run, in words: it can be sent to another process."""

    workload: WorkloadSpec
    cluster: ClusterSpec = field(default_factory=ClusterSpec)
    own_blocks: bool = True
    """Take the workload's block size instead of the cluster's: a trace's keys are for blocks of its own."""
    orders: Sequence[At] = ()
    """What is done to workers, and when."""
    slo_s: Mapping[str, float] | None = None
    usd_per_gpu_hour: float = 0.0


def simulate(job: Job, workload: Workload | None = None, progress: Progress | None = None) -> Report:
    """Run a job; `workload` is its own, if it is loaded already. Raises ValueError for what cannot be run."""
    return run(job, workload or job.workload.load(), Collector(), progress)


def run(job: Job, workload: Workload, collector: Collector, progress: Progress | None = None) -> Report:
    """Run a job and have the records of its requests left in `collector`."""
    wanted = replace(job.cluster, block_size=workload.block_size) if job.own_blocks else job.cluster
    parts = spec.check(wanted)
    _check_orders(job.orders, wanted)
    cluster = spec.build(parts, collector)
    drive(cluster, workload, collector, wanted.block_size, parts.layout.gpus, progress, job.orders)
    power = None
    if hasattr(parts.timing, "use"):
        timing = cast("MeasuresUse", parts.timing)  # has its only method
        power = Power(timing, PowerModel.of_tdp(parts.gpu.tdp_w))
    return build(
        collector,
        setup(wanted, workload, job.orders),
        slo_s=job.slo_s,
        usd_per_gpu_hour=job.usd_per_gpu_hour,
        power=power,
    )


def _check_orders(orders: Sequence[At], cluster: ClusterSpec) -> None:
    """Refuse those for workers that there will never be, before the work."""
    workers = range(cluster.prefill_workers + cluster.workers)
    for at in orders:
        if not cluster.planner and at.order.worker not in workers:
            raise ValueError(f"{_named(at)}: there is no worker {at.order.worker}: {told(workers)}")


def _named(at: At) -> str:
    return f"{at.order.action} {at.order.worker}@{at.seconds:g}"


def setup(cluster: ClusterSpec, workload: Workload, orders: Sequence[At] = ()) -> dict[str, object]:
    """What is run: what is always said, and what is not as by default."""
    shown = {
        each.name: getattr(cluster, each.name)
        for each in fields(cluster)
        if each.name in _ALWAYS or getattr(cluster, each.name) != _default(each)
    }
    if cluster.stragglers:
        shown["stragglers"] = ", ".join(f"{worker}={speed:g}" for worker, speed in cluster.stragglers.items())
    if orders:
        shown["orders"] = ", ".join(map(_named, orders))
    asked = workload.spec
    if workload.trace is not None:
        shown["trace"] = f"{Path(workload.trace.path).name} ({workload.trace.format})"
    names = ("arrivals", "prefix") if workload.trace is not None else ("arrivals", "isl", "osl", "prefix")
    shown |= {name: getattr(asked, name) for name in names if getattr(asked, name)}
    if asked.speed_up != 1.0:
        shown["speed_up"] = asked.speed_up
    return {name.replace("_", "-"): value for name, value in shown.items()}


def _default(each: Any) -> object:
    """Any: a dataclass's field."""
    return each.default_factory() if callable(each.default_factory) else each.default


def drive(
    cluster: Cluster,
    workload: Workload,
    collector: Collector,
    block_size: int,
    gpus: int,
    progress: Progress | None = None,
    orders: Iterable[At] = (),
) -> None:
    """Hand every request of the workload to the cluster and let it finish; `collector` is the cluster's observer.

    `gpus` are those of one worker. Orders that come after the last request is over are not carried out. Raises ValueError
    when the trace's keys do not fit blocks of `block_size` tokens, or an order makes no sense any more.
    """
    driver = _Driver(cluster, workload, collector, gpus, progress, orders)
    requests = workload.requests(block_size)
    process = workload.spec.process
    if process is not None and process.users:
        driver.closed(requests, process.users, process.think_s)
    else:
        driver.open(zip(workload.times(), requests, strict=False))
    driver.drain()


class _Driver:
    """One run under way."""

    def __init__(
        self, cluster: Cluster, workload: Workload, collector: Collector, gpus: int, progress: Progress | None,
        orders: Iterable[At],
    ) -> None:  # fmt: skip
        self._cluster = cluster
        self._collector = collector
        self._gpus = gpus
        self._progress = progress
        self._limit = workload.limit
        self._until = workload.spec.duration_s or inf
        self._sample_at = 0.0
        self._every = workload.span_s / (MAX_SAMPLES // 2) or FIRST_SAMPLES_S
        self._orders = deque(sorted(orders, key=lambda at: at.seconds))
        self._look_at = 0.0
        """When the next sample or order is due."""

    def open(self, arrivals: Iterable[tuple[float, SimRequest]]) -> None:
        """Requests that come at times of their own."""
        submit, until = self._submit, self._until
        for at, request in arrivals:
            if at >= until:
                break
            if at >= self._look_at:
                self._until_then(at)
            submit(request, at)

    def closed(self, requests: Iterator[SimRequest], users: int, think_s: float) -> None:
        """Users who ask again when they have their answer."""
        cluster = self._cluster
        asking = [0.0] * users
        heapify(asking)
        self._collector.on_end = lambda at: heappush(asking, at + think_s)
        while True:
            due = asking[0] if asking else inf
            event = cluster.next_at()
            ordered = self._ordered()
            if ordered < inf and ordered <= due and (event is None or ordered <= event):
                self._until_then(ordered)
            elif event is not None and event <= due:
                self._until_then(event)
                cluster.advance(event)
            elif due >= self._until:
                break
            else:
                heappop(asking)
                request = next(requests, None)
                if request is None:
                    break
                self._until_then(due)
                if not self._submit(request, due):
                    heappush(asking, due + PATIENCE_S)
        self._collector.on_end = None

    def drain(self) -> None:
        """Let the cluster finish what it has. A planner may look at it for ever; the requests do not last so long."""
        collector, cluster = self._collector, self._cluster
        refused = collector.shed + collector.too_long
        while collector.over + refused < collector.asked:
            event = cluster.next_at()
            ordered = self._ordered()
            if event is None and ordered == inf:
                return
            if event is None or ordered <= event:
                self._until_then(ordered)
                continue
            at = min(max(event, self._sample_at), ordered)
            cluster.advance(at)
            self._until_then(at)
            self._tell()

    def _submit(self, request: SimRequest, at: float) -> bool:
        collector = self._collector
        collector.asked += 1
        if not collector.asked % _TOLD_EVERY:
            self._tell()
        try:
            self._cluster.submit(request, at)
        except Busy:
            collector.shed += 1
        except ValueError as error:
            collector.refused(str(error))
        else:
            return True
        return False

    def _ordered(self) -> float:
        """When the next order is due."""
        return self._orders[0].seconds if self._orders else inf

    def _until_then(self, until: float) -> None:
        """Carry out orders and look at the cluster's state at all moments up to `until` that are due."""
        while self._look_at <= until:
            if self._ordered() <= self._sample_at:
                self._carry_out(self._orders.popleft())
            else:
                self._sample()
            self._look_at = min(self._sample_at, self._ordered())

    def _carry_out(self, at: At) -> None:
        try:
            carry_out(self._cluster, at.order, at.seconds)
        except OrderError as error:
            raise ValueError(f"{_named(at)}: {error}") from None

    def _sample(self) -> None:
        self._cluster.advance(self._sample_at)
        if self._collector.sample(self._state(self._sample_at)):
            self._every *= 2
        self._sample_at += self._every

    def _state(self, at: float) -> State:
        views = [worker.view() for worker in self._cluster.workers.values()]
        running, waiting = sum([one.running for one in views]), sum([one.waiting for one in views])
        used, total = sum([one.used_blocks for one in views]), sum([one.total_blocks for one in views])
        return State(at, running, waiting, used, total, len(views) * self._gpus, len(views))

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._collector.over, self._limit)
