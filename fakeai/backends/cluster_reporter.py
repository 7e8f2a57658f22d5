"""What a simulated cluster tells, as events on the bus."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from fakeai.backends.block_contents import BlockContents
from fakeai.backends.seated import Seat
from fakeai.core.events import Bus, KvRemoved, KvStored, Preempted, PromptCached, Routed, StepRan, WorkerChanged
from fakeai.sim.spec import Parts
from fakeai.sim.types import Choice, Ends, MeasuresUse, Observer, SimRequest, StepShape, Use
from fakeai.sim.worker import Worker


class Reporter(Observer):
    """What the cluster tells, as events on the bus."""

    def __init__(self, bus: Bus, model: str, parts: Parts, contents: BlockContents | None) -> None:
        """`contents`, if what is in KV blocks is to be told with them."""
        self._bus = bus
        self._model = model
        self._block_size = parts.config.block_size
        self._contents = contents
        self._use = parts.timing.use if isinstance(parts.timing, MeasuresUse) else None
        self._accepted: dict[int, list[int]] = {}
        self.workers: Mapping[int, Worker] = {}
        """The cluster's, once it is made."""
        self.announced = False
        """Whether workers' states are told: not before somebody can look at them."""
        self.now = 0.0
        """The clock's time, against which steps are late."""
        self.stepped_workers: set[int] = set()
        """Those that stepped since the driver looked."""
        self.preempted_workers: set[int] = set()
        """Those that preempted somebody since then."""
        self.due: dict[Seat, None] = {}
        """Seats that made tokens since the driver told them."""

    def routed(self, at: float, request: SimRequest, workers: Sequence[int], choice: Choice, best: int) -> None:
        costs = dict(zip(workers, choice.costs, strict=True)) if choice.costs else {}
        self._bus.publish(
            Routed(
                at,
                self._model,
                request.id,
                choice.worker,
                request.prompt_tokens,
                self._block_size,
                choice.overlap_blocks,
                best,
                costs,
            )
        )

    def changed(self, at: float, worker: int, state: Any) -> None:
        if state == "gone":
            self._accepted.pop(worker, None)
        if self.announced:
            self._bus.publish(WorkerChanged(at, self._model, worker, state))

    def stepped(self, worker: int, start: float, ends: Ends, shape: StepShape, tokens: int) -> None:
        self.stepped_workers.add(worker)
        use = Use(0.0, 0.0)
        accepted: Sequence[int] = self._newly_accepted(worker) if shape.drafts else ()
        for end in ends:
            seconds = float(end) - start
            if self._use is not None:
                use = self._use(shape, seconds)
            lag = max(0.0, self.now - float(end))
            self._bus.publish(
                StepRan(
                    float(end), self._model, worker, seconds, shape.decodes, shape.prefill_tokens, shape.prefills_done,
                    tokens, shape.drafts, accepted, use.compute, use.memory, use.link, lag,
                )
            )  # fmt: skip
            start = float(end)
            shape = shape._replace(decode_kv=shape.decode_kv + shape.decodes)

    def _newly_accepted(self, worker: int) -> list[int]:
        total = self.workers[worker].engine.accepted
        before = self._accepted.get(worker, [0] * len(total))
        self._accepted[worker] = list(total)
        return [after - earlier for after, earlier in zip(total, before, strict=True)]

    def admitted(self, worker: int, at: float, queried: int, device: int, host: int) -> None:
        self._bus.publish(PromptCached(at, self._model, worker, queried, device, host))

    def preempted(self, worker: int, at: float) -> None:
        self.preempted_workers.add(worker)
        self._bus.publish(Preempted(at, self._model, worker))

    def stored(self, worker: int, at: float, blocks: Sequence[Hashable], parent: Hashable | None, medium: Any) -> None:
        ids, lora = ([], "") if self._contents is None else self._contents.of(blocks)
        self._bus.publish(KvStored(at, self._model, worker, blocks, parent, medium, ids, self._block_size, lora))

    def removed(self, worker: int, at: float, blocks: Sequence[Hashable], medium: Any) -> None:
        self._bus.publish(KvRemoved(at, self._model, worker, blocks, medium))
