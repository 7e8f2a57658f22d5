"""The engine room: the simulated clusters behind the models, one for each that is asked for, and what is done to them all."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fakeai.backends.base import SleepMode
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import Clock
from fakeai.core.errors import Unavailable
from fakeai.core.events import Bus, Routed, WorkerSnapshot
from fakeai.core.hardware import shape
from fakeai.sim.orders import Order, OrderError

if TYPE_CHECKING:
    from fakeai.backends.cluster_driver import ClusterDriver
    from fakeai.sim.spec import ClusterSpec

_DECISIONS = 200
"""Routing decisions that are remembered of each cluster."""
MOST_UNNAMED = 64
"""Clusters of models that the settings do not name: clients can think of any number of names."""


class EngineRoom:
    """Implements `base.Engines`. `clusters` by model id, and "" for all others; without any, latency profiles rule."""

    def __init__(
        self, clock: Clock, bus: Bus, clusters: "Mapping[str, ClusterSpec]", kv_contents: bool = False
    ) -> None:
        """`kv_contents`: whether what is in KV blocks is to be told with them."""
        self._clock = clock
        self._bus = bus
        self._specs = clusters
        self._contents = kv_contents
        self._drivers: dict[str, ClusterDriver] = {}
        self._unnamed: OrderedDict[str, None] = OrderedDict()
        """Models with a cluster that the settings do not name, the one not asked for longest first."""
        self._decisions: dict[str, deque[Routed]] = {}
        self._loras: dict[str, str | None] = {}
        self._sleep: SleepMode | None = None
        bus.listen(Routed, self._routed)

    def driver(self, card: ModelCard) -> "ClusterDriver | None":
        """Who drives the cluster that answers for a model; None where a latency profile does.

        Raises Unavailable when there are too many clusters and all of them have something to do.
        """
        if not self._specs:
            return None
        return self._driver(card.parent or _base(card.id))

    def reader(self, card: ModelCard) -> "ClusterDriver | None":
        """Who drives the cluster that reads for an embedding model: only those that the settings name have one."""
        return self._driver(card.id) if card.id in self._specs else None

    def open(self) -> None:
        """Start the clusters of the models that the settings name, before anybody asks; without a loop, not yet."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        for model in self._specs:
            if model:
                self._driver(model)

    def _driver(self, model: str) -> "ClusterDriver | None":
        known = self._drivers.get(model)
        if known is not None:
            if model in self._unnamed:
                self._unnamed.move_to_end(model)
            return known
        spec = self._specs.get(model) or self._specs.get("")
        if spec is None:
            return None
        from fakeai.backends.cluster_driver import ClusterDriver

        if model not in self._specs:
            self._close_idle()
            self._unnamed[model] = None
        shaped = _shaped(spec, model, model in self._specs)
        driver = self._drivers[model] = ClusterDriver(model, shaped, self._clock, self._bus, kv_contents=self._contents)
        driver.announce()
        for name, base in self._loras.items():
            if base in (None, model):
                driver.load_lora(name)
        if self._sleep is not None:
            driver.sleep(self._sleep)
        return driver

    def _close_idle(self) -> None:
        """See that one more cluster may be built: close those that nobody has asked for longest and that are idle."""
        while len(self._unnamed) >= MOST_UNNAMED:
            idle = next((model for model in self._unnamed if not self._drivers[model].seats), None)
            if idle is None:
                raise Unavailable(
                    f"{len(self._unnamed)} models are at work, and there are no GPUs for one more. Please retry later.",
                    code="service_unavailable",
                    retry_after=1.0,
                )
            del self._unnamed[idle]
            self._drivers.pop(idle).close()
            self._decisions.pop(idle, None)

    def snapshot(self) -> list[WorkerSnapshot]:
        """Every worker of every cluster that has been asked for."""
        return [worker for driver in self._drivers.values() for worker in driver.snapshot()]

    def decisions(self) -> Sequence[Routed]:
        """The latest of each cluster, newest last."""
        return [decision for latest in self._decisions.values() for decision in latest]

    def _routed(self, event: Routed) -> None:
        self._decisions.setdefault(event.model, deque(maxlen=_DECISIONS)).append(event)

    def in_flight(self) -> int:
        """Requests at clusters, each choice counted."""
        return sum(len(driver.seats) for driver in self._drivers.values())

    def manage(self, model: str, order: Order) -> WorkerSnapshot:
        """Carry out an order for a worker of a cluster that has been asked for, or that the settings name."""
        driver = self._drivers.get(model) or (self._driver(model) if model and model in self._specs else None)
        if driver is None:
            known = ", ".join(sorted({*self._drivers, *filter(None, self._specs)})) or "none has one"
            reason = f"there is no cluster of {model!r} (one appears with its first request): {known}"
            raise OrderError("model", reason, missing=True)
        return driver.manage(order)

    def sleep(self, level: int, mode: SleepMode = "abort") -> None:
        """Start nothing from here on; from level 1 on the caches are lost."""
        self._sleep = mode
        for driver in self._drivers.values():
            driver.sleep(mode, forget=level > 0)

    def wake_up(self) -> None:
        """Go on with what waits."""
        self._sleep = None
        for driver in self._drivers.values():
            driver.wake_up()

    def sleeping(self) -> bool:
        """Whether they sleep."""
        return self._sleep is not None

    def load_lora(self, name: str, path: str, base: str | None) -> None:
        """Have an adapter on the GPUs of `base`, or of all models. ValueError when it is loaded."""
        if name in self._loras:
            raise ValueError(f"the adapter {name!r} is loaded already")
        self._loras[name] = base
        for model, driver in self._drivers.items():
            if base in (None, model):
                driver.load_lora(name)

    def unload_lora(self, name: str) -> None:
        """Have it no more; KeyError when it is not loaded."""
        del self._loras[name]
        for driver in self._drivers.values():
            driver.unload_lora(name)

    def loras(self) -> list[str]:
        """The adapters loaded."""
        return list(self._loras)


def _base(model: str) -> str:
    """What a fine-tuned model (`ft:base:org:name:id`) is an adapter of."""
    return model.split(":")[1] if model.startswith("ft:") and model.count(":") > 1 else model


def _shaped(spec: "ClusterSpec", model: str, named: bool) -> "ClusterSpec":
    """The spec with the model's own shape, where one is known and the settings do not name another for it."""
    if named:
        return spec
    try:
        own = shape(model)
    except ValueError:
        return spec
    return replace(spec, model=own.name)
