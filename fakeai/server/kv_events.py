"""KV events over ZMQ, as vLLM 0.33 publishes them: for routers and caches that want to know which engine holds what.

One PUB socket a worker, which sends `[topic, number, batch]`; if wanted, one ROUTER socket a worker, which sends the
latest batches once more. A batch holds what happened at one instant. The event loop only collects: packing and sockets
are a thread's, so that neither a slow subscriber nor a long replay is in an answer's way.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from fakeai.core.clock import Clock, off_loop
from fakeai.core.events import Bus, KvRemoved, KvStored, WorkerChanged
from fakeai.server.kv_line import LINGER_MS, Config, Line

if TYPE_CHECKING:
    import zmq

    Context: TypeAlias = zmq.Context[zmq.Socket[bytes]]

_log = logging.getLogger("fakeai.kv_events")

MODEL_STRIDE = 100
"""Ports between two models' first workers."""
MAX_QUEUE = 100_000
"""Batches that may wait to be sent; beyond it batches are lost, as the gap in their numbers shows."""
_CLOSE_S = 3.0
_BELL = "inproc://bell"


class Worker(NamedTuple):
    """Whose events they are: a worker's number is unique within its model."""

    model: str
    number: int


class _Batch(NamedTuple):
    """What a worker's blocks went through at one instant. Without any: the worker is there; `events` None: it is gone."""

    worker: Worker
    events: Sequence[KvStored | KvRemoved] | None = ()
    sequence: int = 0
    unix: float = 0.0


class KvEvents:
    """Listens to the bus from `open` to `close`."""

    def __init__(self, config: Config, bus: Bus, clock: Clock) -> None:
        if find_spec("zmq") is None or find_spec("msgpack") is None:
            raise ValueError("kv_events.enabled needs pyzmq and msgpack: pip install 'fakeai[kv-events]'")
        self._config = config
        self._bus = bus
        self._clock = clock
        self._models: dict[str, int] = {}
        self._lines: dict[Worker, Line | None] = {}
        self._sequences: dict[Worker, int] = {}
        self._heard: list[KvStored | KvRemoved | WorkerChanged] = []
        self._queue: deque[_Batch | None] = deque()
        self._lost = False
        self._bell: zmq.Socket[bytes] | None = None
        self._thread: threading.Thread | None = None

    def open(self, workers: Iterable[tuple[str, int]]) -> None:
        """Bind the sockets of workers (model, number); those that come later get theirs then.

        Raises ValueError for an address that is taken.
        """
        import zmq

        context: Context = zmq.Context()
        bell = context.socket(zmq.PAIR)
        bell.bind(_BELL)
        try:
            for model, number in workers:
                worker = Worker(model, number)
                self._lines[worker] = self._line(context, worker)
        except ValueError:
            self._lines.clear()
            context.destroy(linger=0)
            raise
        self._bell = context.socket(zmq.PAIR)
        self._bell.connect(_BELL)
        self._thread = threading.Thread(target=self._serve, args=(context, bell), name="fakeai-kv-events", daemon=True)
        self._thread.start()
        self._bus.listen(KvStored, self._hear)
        self._bus.listen(KvRemoved, self._hear)
        self._bus.listen(WorkerChanged, self._hear)

    async def close(self) -> None:
        """Send what waits, for a moment, and let go of the sockets. Harmless when closed."""
        if self._bell is None or self._thread is None:
            return
        self._bus.forget(KvStored, self._hear)
        self._bus.forget(KvRemoved, self._hear)
        self._bus.forget(WorkerChanged, self._hear)
        self._hand_over()
        self._queue.append(None)
        self._ring(self._bell)
        self._bell.close()
        self._bell = None
        await off_loop(self._thread.join, _CLOSE_S)

    def sources(self) -> Mapping[int, Mapping[str, Any]]:
        """Where each worker's events are, by the number added to the ports; as vLLM's `/kv_event_sources` tells it."""
        return {
            line.number: {
                "enable_kv_cache_events": True,
                "publisher": "zmq",
                "endpoint": line.endpoint,
                "replay_endpoint": line.replay_endpoint,
                "buffer_steps": self._config.buffer_steps,
                "hwm": self._config.hwm,
                "max_queue_size": MAX_QUEUE,
                "topic": line.topic,
                "model": worker.model,
                "worker": worker.number,
            }
            for worker, line in sorted(self._lines.copy().items())
            if line is not None
        }

    # -- on the event loop

    def _hear(self, event: KvStored | KvRemoved | WorkerChanged) -> None:
        self._heard.append(event)
        if len(self._heard) == 1:
            asyncio.get_running_loop().call_soon(self._hand_over)

    def _hand_over(self) -> None:
        """Number what was heard in this turn of the loop, a batch for each worker and instant, and give it to the thread."""
        heard, self._heard = self._heard, []
        offset = self._clock.unix() - self._clock.now() if heard else 0.0
        batches: dict[tuple[Worker, float], list[KvStored | KvRemoved]] = {}
        for event in heard:
            worker = Worker(event.model, event.worker)
            if not isinstance(event, WorkerChanged):
                batches.setdefault((worker, event.at), []).append(event)
            elif event.state != "gone":
                self._put(_Batch(worker))
            else:
                self._give(batches, offset)
                batches.clear()
                self._put(_Batch(worker, None))
                self._sequences.pop(worker, None)
        self._give(batches, offset)

    def _give(self, batches: Mapping[tuple[Worker, float], Sequence[KvStored | KvRemoved]], offset: float) -> None:
        for (worker, at), events in batches.items():
            sequence = self._sequences.get(worker, 0)
            self._sequences[worker] = sequence + 1
            self._put(_Batch(worker, events, sequence, float(at) + offset))

    def _put(self, batch: _Batch) -> None:
        if len(self._queue) < MAX_QUEUE:
            idle = not self._queue
            self._queue.append(batch)
            if idle and self._bell is not None:  # else the thread is at the queue already
                self._ring(self._bell)
        elif not self._lost:
            self._lost = True
            _log.warning("more than %d batches of KV events wait to be sent: some are lost", MAX_QUEUE)

    def _ring(self, bell: "zmq.Socket[bytes]") -> None:
        import zmq

        with suppress(zmq.Again):  # it has not been answered a thousand times: once more makes no difference
            bell.send(b"", zmq.NOBLOCK)

    # -- in the thread

    def _serve(self, context: "Context", bell: "zmq.Socket[bytes]") -> None:
        """Send what is queued and repeat what is asked for, until told to end."""
        import zmq

        try:
            going = True
            while going:
                poller = zmq.Poller()
                poller.register(bell, zmq.POLLIN)
                routers = {line.replay: line for line in self._lines.values() if line is not None and line.replay}
                for router in routers:
                    poller.register(router, zmq.POLLIN)
                known = dict(self._lines)
                while going and self._lines == known:
                    ready = dict(poller.poll())
                    for router in ready.keys() & routers.keys():
                        routers[router].repeat()
                    if bell in ready:
                        _answered(bell)
                        going = self._send_all(context)
        finally:
            context.destroy(linger=LINGER_MS)

    def _send_all(self, context: "Context") -> bool:
        """Send what waits; whether there will be more."""
        while self._queue:
            batch = self._queue.popleft()
            if batch is None:
                return False
            try:
                self._send(context, batch)
            except Exception:  # noqa: BLE001  # one batch's defect must not silence all others
                _log.exception(
                    "a batch of KV events of worker %d of %r is lost", batch.worker.number, batch.worker.model
                )
        return True

    def _send(self, context: "Context", batch: _Batch) -> None:
        worker = batch.worker
        if batch.events is None:
            line = self._lines.pop(worker, None)
            if line is not None:
                line.close()
            return
        if worker not in self._lines:
            self._lines[worker] = None
            self._lines[worker] = self._line(context, worker)
        line = self._lines[worker]
        if line is not None and batch.events:
            line.send(batch.sequence, batch.unix, batch.events)

    def _line(self, context: "Context", worker: Worker) -> Line:
        model = self._models.setdefault(worker.model, len(self._models))
        return Line(context, self._config, worker.model, worker.number, MODEL_STRIDE * model + worker.number)


def _answered(bell: "zmq.Socket[bytes]") -> None:
    """Take note of every time it was rung."""
    import zmq

    with suppress(zmq.Again):
        while True:
            bell.recv(zmq.NOBLOCK)
