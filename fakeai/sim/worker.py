"""A worker of a cluster: an engine, what part it plays, and where it is in its life; and who listens to it."""

from collections.abc import Hashable
from collections.abc import Sequence as Row
from dataclasses import dataclass
from typing import Any, Literal

from fakeai.core.events import WorkerState
from fakeai.sim.engine import Engine
from fakeai.sim.radix import PrefixIndex
from fakeai.sim.scaling import Scaler
from fakeai.sim.sequence import Sequence
from fakeai.sim.types import Ends, Observer, StepShape, WorkerView

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


class Watch(Observer):
    """Between engines and the cluster's observer: keeps the index and the list of what is not over."""

    def __init__(
        self, live: dict[str, Sequence], observer: Observer | None, index: PrefixIndex | None, scaler: Scaler | None
    ) -> None:
        self._live = live
        self._scaler = scaler
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
        if self._scaler is not None:
            self._scaler.ended(sequence)
        if self._observer is not None:
            self._observer.ended(worker, sequence)
