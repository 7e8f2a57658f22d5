"""Drives one simulated cluster in the Clock's time: the cluster says when, this waits until then and tells who waits.

The cluster is never late, only its driver can be; by how much is told with every step (`StepRan.lag_s`).
"""

import asyncio
import logging
from collections.abc import Sequence
from math import inf
from operator import sub
from typing import Any

from fakeai.backends.block_contents import BlockContents
from fakeai.backends.cluster_reporter import Reporter
from fakeai.backends.seated import Read, Seat
from fakeai.backends.sequencer import Sequencer
from fakeai.core.clock import Clock
from fakeai.core.errors import ContextLengthExceeded, Unavailable
from fakeai.core.events import (
    Bus,
    KvRemoved,
    RequestShed,
    SequenceEnded,
    WorkerSnapshot,
)
from fakeai.core.generation import GenerateRequest
from fakeai.sim import spec as specs
from fakeai.sim.engine import Engine
from fakeai.sim.orders import Order, carry_out
from fakeai.sim.sequence import Sequence as Sim
from fakeai.sim.types import Busy, SimRequest
from fakeai.sim.worker import TooLongError

_log = logging.getLogger("fakeai.cluster")

_ROUNDING_S = 1e-6
"""A timer this early is on time: what is left is the rounding of floats."""
_TURNS = 16
"""Events of the cluster dealt with before the loop may look at its sockets again."""
_RETRY_S = 1.0
"""What a shed request is told to wait, as Dynamo's frontend does."""


class ClusterDriver:
    """The cluster of one model; built when it is first asked, and started then."""

    def __init__(
        self, model: str, spec: specs.ClusterSpec, clock: Clock, bus: Bus, *, kv_contents: bool = False
    ) -> None:
        """Raises ValueError for a cluster that cannot be."""
        self.model = model
        self.clock = clock
        self.bus = bus
        self.parts = specs.check(spec)
        contents = BlockContents(self.parts.config.block_size) if kv_contents else None
        self._sequencer = Sequencer(model, self.parts.config.block_size, contents)
        self.heavy = self._sequencer.heavy
        self.sequences = self._sequencer.sequences
        self._observer = Reporter(bus, model, self.parts, contents)
        self.cluster = specs.build(self.parts, self._observer, clock.now())
        self._observer.workers = self.cluster.workers
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self.seats: dict[str, Seat] = {}

    def announce(self) -> None:
        """Tell of the workers that there are, now that whoever hears it can look at them."""
        self._observer.announced = True
        for worker in self.cluster.workers.values():
            self._observer.changed(self.cluster.now, worker.id, worker.state)

    def close(self) -> None:
        """There are no workers any more. Nobody may sit at them."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for worker in self.cluster.workers.values():
            self._observer.changed(self.clock.now(), worker.id, "gone")

    # -- requests

    def admissible(self, request: GenerateRequest) -> GenerateRequest:
        """The request with the room that the cluster has for it. Raises ContextLengthExceeded and Unavailable."""
        window = self.parts.context
        if request.prompt_tokens >= window:
            asked = request.sampling.max_tokens or 0
            raise ContextLengthExceeded(
                f"This model's maximum context length is {window} tokens. However, you requested "
                f"{request.prompt_tokens + asked} tokens ({request.prompt_tokens} in the messages, {asked} in the "
                "completion). Please reduce the length of the messages or completion."
            )
        now = self._now()
        self._catch_up(now)
        sheds = self.cluster.sheds(now)
        self._settle(now)
        if sheds:
            raise self._shed("busy")
        room = window - request.prompt_tokens
        return request._replace(room=room) if room < request.room else request

    def _shed(self, reason: str) -> Unavailable:
        self.bus.publish(RequestShed(self.clock.now(), self.model, reason))
        return Unavailable(
            "All workers are busy, please retry later.", code="service_unavailable", retry_after=_RETRY_S
        )

    async def read(self, prompts: Sequence[Sequence[int]]) -> None:
        """Have the cluster read prompts, of which nothing is generated, and return when it has read the last.

        Raises ContextLengthExceeded and Unavailable.
        """
        requests = self._sequencer.readings(prompts)
        reading = Read(len(requests))
        try:
            for request in requests:
                self.submit(request, Seat(reading, request.id))
            await reading.done
        finally:
            for request in requests:
                self.cancel(request.id)

    def submit(self, request: SimRequest, seat: Seat) -> None:
        """Ask the cluster now. Raises ContextLengthExceeded and Unavailable."""
        now = self._now()
        self._catch_up(now)
        try:
            self.cluster.submit(request, now, seat)
        except Busy:
            raise self._shed("busy") from None
        except TooLongError as error:
            raise ContextLengthExceeded(str(error)) from None
        self.seats[request.id] = seat
        self._settle(now)

    def cancel(self, id: str) -> None:
        """Ask it no more; harmless when it is over."""
        if self.seats.pop(id, None) is not None:
            now = self._now()
            self._catch_up(now)
            self.cluster.cancel(id, now)
            self._settle(now)

    def abort_all(self) -> None:
        """End every request with an error."""
        for seat in list(self.seats.values()):
            seat.answer.leave(seat, self.clock.now(), "abort", ())

    # -- time

    def _now(self) -> float:
        """The clock's time, or the cluster's where that was let run ahead by a rounding."""
        return max(self.clock.now(), self.cluster.now)

    def _arm(self) -> None:
        """Wait until something happens next, or to the end of that tick of the Clock: earlier timers are set in vain."""
        at = self.cluster.next_at()
        if self._timer is not None:
            if at == self._timer_at:
                return
            self._timer.cancel()
            self._timer = None
        if at is not None:
            self._timer_at = at
            tick = self.clock.tick()
            until = -((_ROUNDING_S - at) // tick) * tick if tick else at
            self._timer = self.clock.call_at(until, self._fire)

    def _fire(self) -> None:
        self._timer = None
        now = self.clock.now()
        if now < self._timer_at < now + _ROUNDING_S:
            now = self._timer_at
        try:
            self._catch_up(now, _TURNS)
        except Exception:  # noqa: BLE001  # a defect of the simulator must not leave anybody waiting for ever
            _log.exception("the cluster of %r has failed and begins anew", self.model)
            self._begin_anew(now)
        self._settle(now)

    def _begin_anew(self, now: float) -> None:
        """Another cluster instead of this one; who sat at it is told so."""
        observer = self._observer
        workers = list(self.cluster.workers.values())
        loras = sorted({name for worker in workers for name in worker.engine.pinned})
        asleep = self.cluster.asleep
        for worker in workers:
            observer.changed(now, worker.id, "gone")
        observer.due = {}
        self.cluster = specs.build(self.parts, observer, now)
        observer.workers = self.cluster.workers
        for name in loras:
            self.load_lora(name)
        if asleep:
            self.cluster.pause(None, now, asleep=True)
        seats, self.seats = self.seats, {}
        for seat in seats.values():
            seat.answer.leave(seat, now, "abort", ())

    def _catch_up(self, now: float, most: float = inf) -> None:
        """Let happen, one after the other, what is due by `now`; `most` events of it."""
        self._observer.now = now
        while most > 0 and (at := self.cluster.next_at()) is not None and at <= now:
            most -= 1
            self.cluster.advance(at)
            self._count(at)

    def _count(self, at: float) -> None:
        """Note what each sequence of the workers that stepped has made by `at`."""
        observer = self._observer
        stepped, observer.stepped_workers = observer.stepped_workers, set()
        preempted, observer.preempted_workers = observer.preempted_workers, set()
        due = observer.due
        for number in stepped:
            worker = self.cluster.workers.get(number)
            if worker is None:
                continue
            engine = worker.engine
            steps = engine.decode_steps + 1
            for sequence in engine.decoding:
                made = sequence.offset + steps - sequence.request.prompt_tokens
                seat: Any = sequence.seat
                if made > seat.made:
                    if not seat.made:
                        seat.cached = sequence.cached_tokens
                    seat.made = made
                    seat.times.append(at)
                    due[seat] = None
            if number in preempted or engine.stalled:
                self._count_others(engine, at)

    def _count_others(self, engine: Engine, at: float) -> None:
        """Note what those have made by `at` whom the next step is without."""
        for sequence in (*engine.stalled, *engine.waiting, *engine.loading, *engine.prefilling):
            seat: Any = sequence.seat
            if sequence.made > seat.made:
                if not seat.made:
                    seat.cached = sequence.cached_tokens
                seat.reach(sequence.made, at)
                self._observer.due[seat] = None

    def _settle(self, now: float) -> None:
        """Tell who waits what has been made, and wait for what comes next."""
        observer = self._observer
        due, observer.due = observer.due, {}
        over = list(self.cluster.over())
        for sequence in over:
            seat: Any = sequence.seat
            if sequence.reason != "abort" and sequence.made > seat.made:
                assert sequence.last_token is not None
                if not seat.made:
                    seat.cached = sequence.cached_tokens
                seat.reach(sequence.made, sequence.last_token)
                due[seat] = None
        for seat in due:
            try:
                seat.answer.tell(seat, now)
            except Exception:  # noqa: BLE001  # one answer that cannot be told must not stop the others
                self._drop(seat, now)
        for sequence in over:
            self._over(sequence, now)
        self._arm()

    def _drop(self, seat: Seat, now: float) -> None:
        """An answer has failed while it was told: end it. Logs the exception under way."""
        _log.exception("an answer was dropped")
        try:
            seat.answer.leave(seat, now, "abort", ())
        except Exception:  # noqa: BLE001  # whoever it was for is past help
            _log.exception("and could not be ended")
        self.cancel(seat.id)

    def _over(self, sequence: Sim, now: float) -> None:
        request = sequence.request
        seat: Any = sequence.seat
        self.seats.pop(request.id, None)
        gaps = tuple(map(sub, seat.times[1:], seat.times))
        self.bus.publish(
            SequenceEnded(
                now, self.model, sequence.worker, self._reason(sequence), request.prompt_tokens,
                sequence.cached_tokens, sequence.made, request.max_tokens, request.choices, sequence.preemptions,
                request.streamed, sequence.arrived, sequence.scheduled, sequence.first_token, sequence.last_token,
                sequence.transfer_s, gaps, request.id, request.lora, request.blocks, self.parts.config.block_size,
            )
        )  # fmt: skip
        try:
            seat.answer.leave(seat, now, sequence.reason, gaps)
        except Exception:  # noqa: BLE001  # as in `_settle`
            self._drop(seat, now)

    def _reason(self, sequence: Sim) -> Any:
        """As vLLM has it: `length` when the limit asked for was reached."""
        if sequence.reason == "abort":
            return "abort"
        return "length" if sequence.made == sequence.request.max_tokens else "stop"

    # -- what is done to it

    def sleep(self, mode: str, *, forget: bool = False) -> None:
        """Stop after the step under way (`keep`), after all that runs (`wait`), or with all that runs ended (`abort`)."""
        now = self._now()
        if mode == "abort":
            self.abort_all()
        self._catch_up(now)
        self.cluster.pause(None, now, asleep=True, finish=mode == "wait")
        for worker in self.cluster.workers.values():
            if forget:
                worker.engine.pool.clear()
                self.bus.publish(KvRemoved(now, self.model, worker.id, (), "GPU"))
        self._settle(now)

    def wake_up(self) -> None:
        """Go on."""
        now = self._now()
        self._catch_up(now)
        self.cluster.pause(None, now, asleep=False)
        self._settle(now)

    def manage(self, order: Order) -> WorkerSnapshot:
        """Carry out an order for one of its workers. Raises OrderError."""
        now = self._now()
        self._catch_up(now)
        try:
            worker = carry_out(self.cluster, order, now)
        finally:
            self._settle(now)
        return specs.look(self.parts, worker, self.model)

    def load_lora(self, name: str) -> None:
        """Have an adapter on every worker, to stay."""
        self.cluster.load_lora(name)

    def unload_lora(self, name: str) -> None:
        """Have it on none."""
        self.cluster.unload_lora(name)

    # -- looking at it

    def snapshot(self) -> list[WorkerSnapshot]:
        """Its workers as of the last event."""
        return specs.snapshot(self.parts, self.cluster, self.model)
