"""The cluster: a router before engines, and what goes on between engines. No I/O, no clock; time is an argument.

`submit`, `cancel`, `next_at`, `advance`, `snapshot`. Everything happens at its own time, however late `advance` is
called. Engines that have nothing to do with each other are advanced one after the other, each as far as asked; where
prompts are handed over, whoever's turn is earliest goes next.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from collections.abc import Sequence as Row
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

from fakeai.core.events import WorkerState
from fakeai.sim.engine import Engine, Handover
from fakeai.sim.radix import PrefixIndex
from fakeai.sim.router import Router
from fakeai.sim.sequence import Sequence, State
from fakeai.sim.transfer import Link
from fakeai.sim.types import Busy, Ends, Observer, Overlap, SimRequest, StepShape, WorkerView

Role = Literal["both", "prefill", "decode"]


class TooLongError(ValueError):
    """A request that no engine can ever hold."""


@dataclass(slots=True, eq=False)
class Worker:
    """An engine and where it is in its life. A worker is ready `ready_at`."""

    id: int
    engine: Engine
    role: Role
    state: WorkerState
    ready_at: float = 0.0

    def view(self) -> WorkerView:
        """What routers see."""
        engine = self.engine
        pool, pending = engine.pool, engine.pending_tokens
        running = len(engine.running) + len(engine.loading) + len(engine.holding)
        blocks = pool.used + -(-pending // engine.config.block_size)
        return WorkerView(
            self.id, pending, blocks, running, len(engine.waiting), pool.total, pool.used, engine.config.max_num_seqs
        )

    def idle(self) -> bool:
        """Whether no request is on it."""
        engine = self.engine
        return not (engine.running or engine.waiting or engine.loading or engine.holding)


class Cluster:
    """Workers of one model. `router` chooses among those that take prompts, `decode_router` among the others, if any."""

    def __init__(
        self,
        make: Callable[[int, Role, Observer], Engine],
        router: Router,
        *,
        workers: int,
        prefill_workers: int = 0,
        decode_router: Router | None = None,
        link: Link | None = None,
        block_bytes: int = 0,
        observer: Observer | None = None,
        startup_s: float = 0.0,
        missing_only: bool = False,
    ) -> None:
        self._make = make
        self._router = router
        self._decode_router = decode_router
        self._link = link or Link(inf, 0.0)
        self._block_bytes = block_bytes
        self._observer = observer
        self._startup_s = startup_s
        self._missing_only = missing_only
        self.now = 0.0
        self.index = PrefixIndex()
        indexes = any(one is not None and one.needs_overlap for one in (router, decode_router))
        self._live: dict[str, Sequence] = {}
        self._watch = _Watch(self._live, observer, self.index if indexes else None)
        self.workers: dict[int, Worker] = {}
        self._ids = 0
        self._sources: dict[Sequence, tuple[Engine, Sequence]] = {}
        """Where the prompts are that decode workers fetch or will."""
        self._waiting: list[Sequence] = []
        """Sequences that no worker is ready for yet."""
        self._bare: dict[Role, list[WorkerView]] = {}
        self.disaggregated = prefill_workers > 0
        for _ in range(prefill_workers):
            self.add("prefill", startup_s=0.0)
        for _ in range(workers):
            self.add("decode" if self.disaggregated else "both", startup_s=0.0)

    # -- requests

    def submit(self, request: SimRequest, now: float, seat: object = None) -> Sequence:
        """Route a request at `now`. Raises Busy when it is shed, and TooLongError when it can never be held."""
        if not (self._router.needs_views or self.disaggregated):
            self._catch_up(now)
        else:
            self.advance(now)
        for worker in self.workers.values():
            if not worker.engine.fits(request):
                config = worker.engine.config
                raise TooLongError(
                    f"{request.prompt_tokens} prompt tokens and {request.output_tokens} to be made do not fit into the "
                    f"KV cache of {config.blocks} blocks of {config.block_size} tokens"
                )
            break
        sequence = Sequence(request, now)
        sequence.seat = seat
        self._route(sequence, now)
        self._live[request.id] = sequence
        return sequence

    def cancel(self, id: str, now: float) -> None:
        """Drop a request; harmless when it is over."""
        sequence = self._live.get(id)
        if sequence is None:
            return
        self.advance(now)
        if sequence in self._waiting:
            self._waiting.remove(sequence)
            self._lost(sequence)
            return
        source = self._sources.pop(sequence, None)
        if source is not None:
            self._link.cancel(sequence, now)
            source[0].release_held(source[1])
        worker = self.workers.get(sequence.worker)
        if worker is not None:
            worker.engine.cancel(sequence)

    def progress(self, sequence: Sequence) -> int:
        """Tokens made so far."""
        worker = self.workers.get(sequence.worker)
        return sequence.made if worker is None else worker.engine.made(sequence)

    def current(self, id: str) -> Sequence | None:
        """The sequence of a request that is not over."""
        return self._live.get(id)

    def _route(self, sequence: Sequence, now: float) -> None:
        role: Role = "prefill" if self.disaggregated else "both"
        workers = self._ready(role)
        if not workers:
            if not any(one.state == "starting" for one in self.workers.values() if one.role == role):
                raise Busy("there is no worker")
            self._waiting.append(sequence)
            return
        self._give(sequence, self._choose(self._router, sequence.request, role, workers, now), now)

    def _choose(self, router: Router, request: SimRequest, role: Role, workers: list[Worker], now: float) -> Worker:
        views = [one.view() for one in workers] if router.needs_views else self._bare_views(role, workers)
        overlaps: dict[int, Overlap] = self.index.overlaps(request.blocks) if router.needs_overlap else {}
        choice = router.choose(request, views, overlaps, now)
        if self._observer is not None:
            best = max([one.device for one in overlaps.values()], default=0)
            self._observer.routed(now, request, [one.id for one in workers], choice, best)
        return self.workers[choice.worker]

    def _bare_views(self, role: Role, workers: list[Worker]) -> list[WorkerView]:
        views = self._bare.get(role)
        if views is None:
            views = self._bare[role] = [one.view() for one in workers]
        return views

    def _give(self, sequence: Sequence, worker: Worker, now: float) -> None:
        worker.engine.advance(now)
        worker.engine.submit(sequence)

    def _ready(self, role: Role) -> list[Worker]:
        return [one for one in self.workers.values() if one.role == role and one.state == "ready"]

    def _lost(self, sequence: Sequence) -> None:
        """A sequence that is on no worker is over."""
        sequence.state = State.OVER
        sequence.reason = "abort"
        self._live.pop(sequence.request.id, None)
        if self._observer is not None:
            self._observer.ended(sequence.worker, sequence)

    # -- time

    def next_at(self) -> float | None:
        """When something will next happen by itself."""
        times = [at for one in self.workers.values() if (at := one.engine.next_at()) is not None]
        times += [one.ready_at for one in self.workers.values() if one.state == "starting"]
        landing = self._link.next_at()
        if landing is not None:
            times.append(landing)
        return min(times, default=None)

    def advance(self, now: float) -> None:
        """Do all that happens up to and including `now`."""
        self._catch_up(now)
        if self.disaggregated:
            self._take_turns(now)
        for worker in self.workers.values():
            worker.engine.advance(now)
        self._sweep(now)

    def _catch_up(self, now: float) -> None:
        """Let workers become ready that are by `now`, each at its time."""
        self.now = max(self.now, now)
        starting = [one for one in self.workers.values() if one.state == "starting" and one.ready_at <= now]
        for worker in sorted(starting, key=lambda one: one.ready_at):
            if self.disaggregated:
                self._take_turns(worker.ready_at)
            self._set(worker, "ready", worker.ready_at)
            waiting, self._waiting = self._waiting, []
            for sequence in waiting:
                self._route(sequence, worker.ready_at)

    def _take_turns(self, now: float) -> None:
        """Advance whoever is first, no further than the next one's turn, until all have come to `now`."""
        while True:
            for worker in list(self.workers.values()):
                self._hand_over(worker.engine)
            first, turn, second = None, inf, inf
            for worker in self.workers.values():
                at = worker.engine.next_at()
                if at is None:
                    continue
                if at < turn:
                    first, turn, second = worker, at, turn
                elif at < second:
                    second = at
            landing = self._link.next_at()
            if landing is not None and landing <= turn:
                if landing > now:
                    return
                self._land(landing)
            elif first is None or turn > now:
                return
            else:
                first.engine.advance(min(now, second, inf if landing is None else landing))

    def _hand_over(self, engine: Engine) -> None:
        outbox, engine.outbox = engine.outbox, []
        for handover in outbox:
            if handover.sequence.state is State.OVER:
                continue
            if handover.kind == "prefilled":
                self._to_decode(engine, handover)
            else:
                self._fetch(handover)

    def _to_decode(self, engine: Engine, handover: Handover) -> None:
        prefilled = handover.sequence
        sequence = prefilled.successor()
        self._live[prefilled.request.id] = sequence
        self._sources[sequence] = engine, prefilled
        workers = self._ready("decode")
        assert self._decode_router is not None, "a disaggregated cluster has a router for each half"
        if not workers:
            self._restart([sequence], handover.at)
            return
        worker = self._choose(self._decode_router, sequence.request, "decode", workers, handover.at)
        self._give(sequence, worker, handover.at)

    def _fetch(self, handover: Handover) -> None:
        sequence = handover.sequence
        size = self.workers[sequence.worker].engine.config.block_size
        blocks = sequence.fetched_blocks if self._missing_only else -(-sequence.target // size)
        sequence.transfer_s -= handover.at
        self._link.add(sequence, blocks * self._block_bytes, handover.at)

    def _land(self, now: float) -> None:
        for at, sequence in self._link.advance(now):
            assert isinstance(sequence, Sequence)
            engine, prefilled = self._sources.pop(sequence)
            sequence.transfer_s += at
            for one in (engine, self.workers[sequence.worker].engine):
                one.advance(at)
            engine.release_held(prefilled)
            prefilled.state = State.OVER
            self.workers[sequence.worker].engine.fetched(sequence)

    # -- workers

    def add(self, role: Role, startup_s: float | None = None) -> Worker:
        """Start a worker; it takes requests after its start-up time."""
        startup_s = self._startup_s if startup_s is None else startup_s
        engine = self._make(self._ids, role, self._watch)
        engine.now = self.now
        worker = Worker(self._ids, engine, role, "starting", self.now + startup_s)
        self._ids += 1
        self.workers[worker.id] = worker
        self._set(worker, "starting" if startup_s else "ready", self.now)
        return worker

    def drain(self, id: int, now: float) -> None:
        """Give a worker no more requests; it goes when it has none."""
        self.advance(now)
        worker = self._worker(id)
        if worker.state in ("starting", "ready"):
            self._set(worker, "draining", now)
        self._sweep(now)

    def fail(self, id: int, now: float) -> None:
        """Lose a worker at once. Its requests start over elsewhere, with what they have made."""
        self.advance(now)
        worker = self._worker(id)
        engine = worker.engine
        lost = engine.evacuate()
        self._gone(worker, now)
        for sequence, (source, _) in list(self._sources.items()):
            if source is engine:
                fetching = self.workers[sequence.worker].engine
                fetching.cancel_quietly(sequence)
                lost.append(sequence)
        self._restart([one for one in lost if one not in {held for _, held in self._sources.values()}], now)

    def _restart(self, sequences: Iterable[Sequence], now: float) -> None:
        for sequence in sequences:
            source = self._sources.pop(sequence, None)
            if source is not None:
                self._link.cancel(sequence, now)
                source[0].release_held(source[1])
            again = sequence.successor(remote=False)
            again.preemptions += 1
            self._live[sequence.request.id] = again
            try:
                self._route(again, now)
            except Busy:
                self._lost(again)

    def pause(self, id: int, now: float, *, asleep: bool) -> None:
        """Put a worker to sleep after its step, or wake it; asleep it keeps its requests and is given none."""
        self.advance(now)
        worker = self._worker(id)
        worker.engine.asleep = asleep
        self._set(worker, "asleep" if asleep else "ready", now)
        worker.engine.kick(now)

    def _worker(self, id: int) -> Worker:
        worker = self.workers.get(id)
        if worker is None:
            raise ValueError(f"there is no worker {id}: there are {', '.join(map(str, self.workers))}")
        return worker

    def _sweep(self, now: float) -> None:
        for worker in [one for one in self.workers.values() if one.state == "draining" and one.idle()]:
            self._gone(worker, now)

    def _gone(self, worker: Worker, now: float) -> None:
        del self.workers[worker.id]
        self.index.cleared(worker.id)
        self._set(worker, "gone", now)

    def _set(self, worker: Worker, state: WorkerState, now: float) -> None:
        worker.state = state
        self._bare.clear()
        if self._observer is not None:
            self._observer.changed(now, worker.id, state)

    def over(self) -> Iterator[Sequence]:
        """Sequences with a seat that ended since the last call."""
        for worker in self.workers.values():
            if worker.engine.over:
                yield from worker.engine.over
                worker.engine.over = []


class _Watch(Observer):
    """Between engines and the cluster's observer: keeps the index and the list of what is not over."""

    def __init__(self, live: dict[str, Sequence], observer: Observer | None, index: PrefixIndex | None) -> None:
        self._live = live
        self._index = index
        self._observer = observer
        if observer is not None:
            self.stepped = observer.stepped  # type: ignore[method-assign]  # passed on as they are, without a call between
            self.admitted = observer.admitted  # type: ignore[method-assign]
            self.preempted = observer.preempted  # type: ignore[method-assign]

    def stepped(self, worker: int, start: float, ends: Ends, shape: StepShape, tokens: int) -> None:
        """Nobody wants to know."""

    def admitted(self, worker: int, at: float, queried: int, device: int, host: int) -> None:
        """Nobody wants to know."""

    def preempted(self, worker: int, at: float) -> None:
        """Nobody wants to know."""

    def stored(self, worker: int, at: float, blocks: Row[Hashable], parent: Hashable | None, medium: str) -> None:
        """Keep the index."""
        if self._index is not None:
            self._index.stored(worker, blocks, medium)  # type: ignore[arg-type]
        if self._observer is not None:
            self._observer.stored(worker, at, blocks, parent, medium)

    def removed(self, worker: int, at: float, blocks: Row[Hashable], medium: str) -> None:
        """Keep the index."""
        if self._index is not None:
            self._index.removed(worker, blocks, medium)  # type: ignore[arg-type]
        if self._observer is not None:
            self._observer.removed(worker, at, blocks, medium)

    def ended(self, worker: int, sequence: Any) -> None:
        """Forget it."""
        self._live.pop(sequence.request.id, None)
        if self._observer is not None:
            self._observer.ended(worker, sequence)
