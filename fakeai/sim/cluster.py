"""The cluster: a router before engines, and what goes on between engines. No I/O, no clock; time is an argument.

`submit`, `cancel`, `next_at`, `advance`, `snapshot`. Everything happens at its own time, however late `advance` is
called. Engines that have nothing to do with each other are advanced one after the other, each as far as asked; where
prompts are handed over, whoever's turn is earliest goes next.
"""

from collections.abc import Callable, Iterable, Iterator
from math import inf

from fakeai.core.events import WorkerState
from fakeai.sim.assignment import Assignment
from fakeai.sim.engine import Engine
from fakeai.sim.residents import Handover
from fakeai.sim.router import Router
from fakeai.sim.scaling import Scaler
from fakeai.sim.sequence import Sequence, State
from fakeai.sim.transfer import Link
from fakeai.sim.types import Busy, Observer, SimRequest
from fakeai.sim.worker import Role, Worker


class Cluster(Assignment):
    """Workers of one model, and their time."""

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
        context: int | None = None,
        scaler: Scaler | None = None,
        now: float = 0.0,
    ) -> None:
        """`make` makes engines. `block_bytes` are sent over `link` for each block of a prompt, or each missing one."""
        split = prefill_workers > 0
        super().__init__(router, decode_router, observer, scaler, disaggregated=split, context=context)
        self._make = make
        self._link = Link(inf, 0.0) if link is None else link
        self._block_bytes = block_bytes
        self._startup_s = startup_s
        self._missing_only = missing_only
        self.now = now
        if scaler is not None:
            scaler.start(now)
        self._ids = 0
        self._adapters: set[str] = set()
        """Those that all workers have, whenever they start."""
        self.asleep = False
        """Whether all were put to sleep, with those that start meanwhile."""
        self._starting = 0
        self._sources: dict[Sequence, tuple[Engine, Sequence]] = {}
        """Where the prompts are that decode workers fetch or will."""
        self._parked: list[tuple[Engine, Sequence]] = []
        """Computed prompts that no decode worker is ready for yet, and who holds them."""
        for _ in range(prefill_workers):
            self.add("prefill", startup_s=0.0)
        for _ in range(workers):
            self.add("decode" if split else "both", startup_s=0.0)

    def sheds(self, now: float) -> bool:
        """Whether a request that came at `now` would be shed."""
        role: Role = "prefill" if self.disaggregated else "both"
        workers = self._ready(role)
        if not workers:
            return not self._coming(role)
        if not self._router.sheds:
            return False
        self.advance(now)
        return self._router.all_busy([one.view() for one in workers])

    # -- requests

    def submit(self, request: SimRequest, now: float, seat: object = None) -> Sequence:
        """Route a request at `now`. Raises Busy when it is shed, and TooLongError when it can never be held."""
        if self._router.needs_views or self.disaggregated:
            self.advance(now)
        else:
            self._catch_up(now)
        self._check(request)
        if self._scaler is not None:
            self._scaler.submitted(request)
        sequence = Sequence(request, now)
        sequence.seat = seat
        self._route(sequence, now)
        self._live[request.id] = sequence
        return sequence

    def cancel(self, id: str, now: float) -> None:
        """Drop a request; harmless when it is over."""
        if id not in self._live:
            return
        self.advance(now)  # it may be over with it, or go on somewhere else
        sequence = self._live.get(id)
        if sequence is None:
            return
        if sequence in self._waiting:
            self._waiting.remove(sequence)
            self._lost(sequence)
            return
        self._break_off(sequence, now)
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

    def _reconsider(self, now: float) -> None:
        """Workers have come or gone: give them who waits for one, or give up."""
        waiting, self._waiting = self._waiting, []
        for sequence in waiting:
            try:
                self._route(sequence, now, accepted=True)
            except Busy:
                self._lost(sequence)
        parked, self._parked = self._parked, []
        for engine, prefilled in parked:
            if prefilled.state is not State.OVER:
                self._to_decode(engine, prefilled, now)

    # -- time

    def next_at(self) -> float | None:
        """When something will next happen by itself."""
        times = [at for one in self.workers.values() if (at := one.engine.next_at()) is not None]
        landing = self._link.next_at()
        if landing is not None:
            times.append(landing)
        own = self._own_next()
        return min([*times, own]) if own < inf else min(times, default=None)

    def _own_next(self) -> float:
        """When a worker becomes ready or the planner wants to look."""
        times = [one.ready_at for one in self.workers.values() if one.state == "starting"]
        if self._scaler is not None:
            times.append(self._scaler.next_at)
        return min(times, default=inf)

    def advance(self, now: float) -> None:
        """Do all that happens up to and including `now`."""
        self._catch_up(now)
        self._run(now)
        self._sweep(now)

    def _catch_up(self, now: float) -> None:
        """Let workers become ready, and the planner have its say, that are due by `now`, each at its time."""
        while self._starting or self._scaler is not None:
            at = self._own_next()
            if at > now or at == inf:
                break
            self._run(at)
            self.now = at
            for worker in [one for one in self.workers.values() if one.state == "starting" and one.ready_at <= at]:
                self._starting -= 1
                self._set(worker, "asleep" if worker.engine.asleep else "ready", at)
            self._reconsider(at)
            if self._scaler is not None and self._scaler.next_at <= at:
                self._sweep(at)
                self._scaler.act(self, at)
        if now > self.now:
            self.now = now

    def _run(self, now: float) -> None:
        if self.disaggregated:
            self._take_turns(now)
        for worker in self.workers.values():
            worker.engine.advance(now)

    def _take_turns(self, now: float) -> None:
        """Advance whoever is first, no further than the next one's turn, until all have come to `now`.

        Of what happens at the same time, steps come first, then what they hand over, then transfers that end.
        """
        while True:
            first, turn, second, handing = self._turn()
            landing = self._link.next_at()
            landing = inf if landing is None else landing
            next_at = min(turn, handing, landing)
            if next_at > now or next_at == inf:
                return
            if first is not None and turn == next_at:
                first.advance(min(now, second, handing, landing))
            elif handing == next_at:
                self._hand_over(handing)
            else:
                self._land(landing)

    def _turn(self) -> tuple[Engine | None, float, float, float]:
        """Whose turn is first, when, when the next one's is, and when something was put out that nobody has dealt with."""
        first, turn, second, handing = None, inf, inf, inf
        for worker in self.workers.values():
            engine = worker.engine
            if engine.outbox:
                handing = min(handing, engine.outbox[0].at)
                continue
            at = engine.next_at()
            if at is None:
                continue
            if at < turn:
                first, turn, second = engine, at, turn
            elif at < second:
                second = at
        return first, turn, second, handing

    def _hand_over(self, now: float) -> None:
        """Deal with what engines have put out at this moment."""
        for worker in list(self.workers.values()):
            engine = worker.engine
            if not engine.outbox or engine.outbox[0].at > now:
                continue
            outbox, engine.outbox = engine.outbox, []
            for handover in outbox:
                if handover.sequence.state is State.OVER:
                    continue
                if handover.kind == "prefilled":
                    self._to_decode(engine, handover.sequence, handover.at)
                else:
                    self._fetch(handover)

    def _to_decode(self, engine: Engine, prefilled: Sequence, now: float) -> None:
        workers = self._ready("decode")
        if not workers and self._coming("decode"):
            self._parked.append((engine, prefilled))
            return
        sequence = prefilled.successor()
        self._live[prefilled.request.id] = sequence
        if not workers:
            engine.release_held(prefilled)
            self._lost(sequence)
            return
        assert self._decode_router is not None, "a disaggregated cluster has a router for each half"
        self._sources[sequence] = engine, prefilled
        worker = self._choose(self._decode_router, sequence.request, "decode", workers, now, accepted=True)
        self._give(sequence, worker, now)

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

    def _break_off(self, sequence: Sequence, now: float) -> None:
        """Fetch a sequence's prompt no more, if it was to be; whoever holds it gives its blocks back."""
        source = self._sources.pop(sequence, None)
        if source is not None:
            if self._link.cancel(sequence, now):
                sequence.transfer_s += now
            source[0].release_held(source[1])

    # -- workers

    def add(self, role: Role, startup_s: float | None = None) -> Worker:
        """Start a worker; it takes requests after its start-up time."""
        startup_s = self._startup_s if startup_s is None else startup_s
        engine = self._make(self._ids, role, self._watch)
        engine.now = self.now
        worker = Worker(self._ids, engine, role, "starting", self.now + startup_s)
        self._ids += 1
        self.workers[worker.id] = worker
        self._starting += startup_s > 0
        for name in self._adapters:
            engine.add_lora(name, pinned=True)
        engine.asleep = self.asleep
        self._set(worker, "starting" if startup_s else "asleep" if self.asleep else "ready", self.now)
        if not startup_s:
            self._reconsider(self.now)
        return worker

    def drain(self, id: int, now: float) -> None:
        """Give a worker no more requests; it goes when it has none."""
        worker = self._worker(id)
        worker.engine.advance(now)
        if worker.state in ("starting", "ready"):
            self._starting -= worker.state == "starting"
            self._set(worker, "draining", now)
        self._sweep(now)

    def fail(self, id: int, now: float) -> None:
        """Lose a worker at once. Its requests start over elsewhere, with what they have made."""
        self.advance(now)
        worker = self._worker(id)
        engine = worker.engine
        lost = engine.evacuate()
        self._parked = [parked for parked in self._parked if parked[0] is not engine]
        self._gone(worker, now)
        for sequence, (source, _) in list(self._sources.items()):
            if source is engine:
                fetching = self.workers[sequence.worker].engine
                fetching.cancel_quietly(sequence)
                lost.append(sequence)
        self._restart([one for one in lost if one not in {held for _, held in self._sources.values()}], now)

    def _restart(self, sequences: Iterable[Sequence], now: float) -> None:
        for sequence in sequences:
            self._break_off(sequence, now)
            again = sequence.successor(remote=False)
            again.preemptions += 1
            self._live[sequence.request.id] = again
            try:
                self._route(again, now, accepted=True)
            except Busy:
                self._lost(again)

    def pause(self, ids: Iterable[int] | None, now: float, *, asleep: bool, finish: bool = False) -> None:
        """Put workers to sleep after their steps, or wake them; asleep they are given no requests.

        They keep those that they have, or with `finish` work on until they have none. One that starts sleeps once it has.
        Without `ids` it is all of them, and those added until all are woken.
        """
        self.advance(now)
        if ids is None:
            self.asleep = asleep
        for worker in [self._worker(one) for one in (self.workers if ids is None else ids)]:
            if worker.state == "starting":
                worker.engine.asleep = asleep
            elif worker.state in ("ready", "asleep"):
                worker.engine.sleep(asleep and not finish)
                self._set(worker, "asleep" if asleep else "ready", now)
        self._reconsider(now)

    def load_lora(self, name: str) -> None:
        """Have an adapter on every worker, to stay."""
        self._adapters.add(name)
        for worker in self.workers.values():
            worker.engine.add_lora(name, pinned=True)

    def unload_lora(self, name: str) -> None:
        """Have it on none."""
        self._adapters.discard(name)
        for worker in self.workers.values():
            worker.engine.remove_lora(name)

    def _worker(self, id: int) -> Worker:
        worker = self.workers.get(id)
        if worker is None:
            raise ValueError(f"there is no worker {id}: there are {', '.join(map(str, self.workers))}")
        return worker

    def _sweep(self, now: float) -> None:
        for worker in [one for one in self.workers.values() if one.state == "draining" and one.idle()]:
            self._gone(worker, now)

    def _gone(self, worker: Worker, now: float) -> None:
        self._gone_over += worker.engine.over
        self._starting -= worker.state == "starting"
        del self.workers[worker.id]
        self.index.cleared(worker.id)
        self._set(worker, "gone", now)
        self._reconsider(now)

    def _set(self, worker: Worker, state: WorkerState, now: float) -> None:
        worker.state = state
        self._bare.clear()
        if self._observer is not None:
            self._observer.changed(now, worker.id, state)

    def over(self) -> Iterator[Sequence]:
        """Sequences with a seat that ended since the last call."""
        yield from self._gone_over
        self._gone_over = []
        for worker in self.workers.values():
            if worker.engine.over:
                yield from worker.engine.over
                worker.engine.over = []
