"""Engines that do as they are told, for services that manage or watch them."""

from collections.abc import Sequence

from fakeai.backends.base import SleepMode
from fakeai.core.events import Routed, WorkerSnapshot
from fakeai.sim.orders import Order, OrderError

WORKER = WorkerSnapshot(
    "gpt-4o", 0, "both", "ready", 2, 1, 16, 1000, 30, 40, 0, 0, 512, 256, 8192, 128_000, 1.0, ("rhymes",), (), (), 1,
    "H100 SXM", 70 * 2**30, 80 * 2**30, 17, 900,
)  # fmt: skip


class ToldEngines:
    """Implements `base.Engines` by remembering what it was told."""

    def __init__(self) -> None:
        self.workers: list[WorkerSnapshot] = []
        self.routed: list[Routed] = []
        self.told: list[tuple[object, ...]] = []
        self.asleep = False
        self.busy = 0
        self.adapters: list[str] = []
        self.refusal: OrderError | None = None

    def snapshot(self) -> list[WorkerSnapshot]:
        return list(self.workers)

    def decisions(self) -> Sequence[Routed]:
        return self.routed

    def sleep(self, level: int, mode: SleepMode = "abort") -> None:
        self.told.append(("sleep", level, mode))
        self.asleep = True

    def wake_up(self) -> None:
        self.told.append(("wake_up",))
        self.asleep = False

    def sleeping(self) -> bool:
        return self.asleep

    def manage(self, model: str, order: Order) -> WorkerSnapshot:
        if self.refusal is not None:
            raise self.refusal
        self.told.append(("manage", model, order))
        return self.workers[0]

    def load_lora(self, name: str, path: str, base: str | None) -> None:
        if path == "/broken":
            raise ValueError("the adapter is broken")
        self.told.append(("load", name, path, base))
        self.adapters.append(name)

    def unload_lora(self, name: str) -> None:
        self.told.append(("unload", name))
        self.adapters.remove(name)

    def loras(self) -> list[str]:
        return list(self.adapters)

    def in_flight(self) -> int:
        return self.busy
