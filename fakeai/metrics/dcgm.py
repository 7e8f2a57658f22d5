"""DCGM's series of each GPU, as dcgm-exporter tells them: power, energy, clocks, temperatures, memory and use.

A worker's GPUs do the same at the same time, so one meter stands for all of them. Gauges are means over the last second
or more: a reading is taken when a step ends, or at a scrape when nothing runs, once a second has passed since the one
before. Energy is exact up to the last step's end. Source of names and labels: dcgm-exporter, `default-counters.csv`.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias

from fakeai.core.chance import Chance
from fakeai.core.clock import Clock
from fakeai.core.events import Bus, StepRan, WorkerChanged, WorkerSnapshot
from fakeai.core.hardware import GpuCard, gpu
from fakeai.metrics.base import (
    Engines,
    Metric,
    Row,
    Table,
    Workers,
    counter,
    gauge,
    label_text,
    no_engines,
    nothing,
    written,
)

_WINDOW_S = 1.0
_MIB = 1 << 20


class Reading(Protocol):
    """A GPU as it was since the reading before; fractions are of peaks."""

    @property
    def watts(self) -> float: ...
    @property
    def sm_mhz(self) -> float: ...
    @property
    def memory_mhz(self) -> float: ...
    @property
    def temperature_c(self) -> float: ...
    @property
    def memory_temperature_c(self) -> float: ...
    @property
    def busy(self) -> float: ...
    @property
    def tensor(self) -> float: ...
    @property
    def dram(self) -> float: ...


class Meter(Protocol):
    """Integrals of one GPU. Times in Clock seconds."""

    def ran(self, start: float, end: float, use: Any) -> None:
        """A step has run. Any: whatever has the fractions `compute`, `memory` and `link`."""

    def joules(self, now: float) -> float:
        """Energy since the meter was made."""

    def read(self, now: float) -> Reading:
        """Means since the reading before."""


Meters: TypeAlias = Callable[[GpuCard, float], Meter]
"""Makes a meter of a card, from a Clock second on."""


class _Gpus(Row):
    """The GPUs of one worker. `meter` is None until the first step or scrape."""

    card: GpuCard | None = None
    meter: Meter | None = None
    reading: Reading | None = None
    read_at = 0.0
    energy_j = 0.0
    link_s = 0.0
    """Of sending at full speed."""
    labels: tuple[str, ...] = ()

    def __init__(self, snapshot: WorkerSnapshot | None) -> None:
        self.count = snapshot.gpus if snapshot is not None else 0
        self.name = snapshot.gpu if snapshot is not None else ""

    def start(self, meters: Meters, now: float) -> Meter | None:
        """The meter, made at `now` if there is none; None for a worker without GPUs, and for those of several models."""
        if self.shared:  # their steps overlap, as those of one GPU cannot
            return None
        if self.meter is None and self.count and self.name:
            self.card = gpu(self.name)
            self.meter = meters(self.card, now)
            self.reading, self.read_at = self.meter.read(now), now
        return self.meter

    def read(self, now: float) -> None:
        """Take a reading, if the one before is old enough."""
        if self.meter is not None and now - self.read_at >= _WINDOW_S:
            self.reading, self.read_at = self.meter.read(now), now


class DcgmMetrics:
    """The GPUs of all workers that have any, `other` workers left out. None without `meters`."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        engines: Engines = no_engines,
        meters: Meters | None = None,
        seed: bytes = b"",
        version: str = "",
    ) -> None:
        self._clock = clock
        self._meters = meters
        self._seed = seed
        self._version = version
        self._workers = Workers(bus, engines, _Gpus)
        if meters is not None:
            bus.listen(StepRan, self._stepped)
            bus.listen(WorkerChanged, self._changed)

    @classmethod
    def tables(cls) -> tuple[Table[Any], ...]:
        """Every metric. Any: as in `Family`."""
        return (_GPUS,)

    def expose(self) -> Iterator[str]:
        """Prometheus' text."""
        if self._meters is None:
            return
        rows: list[tuple[str, _Gpus]] = []
        for row in self._workers.rows():
            now = self._now(row)
            meter = row.start(self._meters, now)
            if meter is None or row.card is None:
                continue
            if row.now is None or not row.now.running:
                row.read(now)
            row.energy_j = max(row.energy_j, meter.joules(now))
            row.labels = row.labels or self._labels(row, row.card)
            rows += [(labels, row) for labels in row.labels]
        yield from written(_GPUS, rows)

    def _stepped(self, event: StepRan) -> None:
        assert self._meters is not None, "only then it is listened for"
        row = self._workers.of(event)
        start = event.at - event.seconds
        meter = row.start(self._meters, start)
        if meter is not None:
            row.read(start)
            meter.ran(start, event.at, event)
            row.link_s += event.link * event.seconds
            row.read(event.at)

    def _changed(self, event: WorkerChanged) -> None:
        if self._meters is not None and event.state != "gone":
            self._workers.of(event).start(self._meters, event.at)

    def _now(self, row: _Gpus) -> float:
        """Clock seconds; those of the last reading where no loop runs."""
        try:
            return self._clock.now()
        except RuntimeError:
            return row.read_at

    def _labels(self, row: _Gpus, card: GpuCard) -> tuple[str, ...]:
        host = re.sub(r"[^a-z0-9]+", "-", f"{row.model}-{row.worker}".lower()).strip("-")
        found = []
        for index in range(row.count):
            node, slot = divmod(index, card.gpus_per_node)
            uuid = Chance(self._seed).stream(f"GPU {row.model} {row.worker} {index}").data(16).hex()
            values = (
                str(slot),
                f"GPU-{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}",
                f"00000000:{0x1B + 8 * slot:02X}:00.0",
                f"nvidia{slot}",
                f"{card.vendor} {card.name}",
                f"{host}-node-{node}",
                f"fakeai {self._version}".strip(),
                f"{row.model}-{row.worker}",
            )
            found.append(label_text(_GPUS.labels, values))
        return tuple(found)


def _of(read: Callable[[Reading], float]) -> Callable[[_Gpus], float | None]:
    return lambda row: None if row.reading is None else read(row.reading)


def _mib(row: _Gpus, used: bool) -> int | None:
    now = row.now
    if now is None:
        return None
    return (now.memory_used_bytes if used else now.memory_total_bytes - now.memory_used_bytes) // _MIB


def _link_kib(row: _Gpus) -> int:
    return 0 if row.card is None else round(row.link_s * row.card.link_gbps * 1e9 / 1024)


_SOUND = "simulated GPUs do not break"
_TEXT_ONLY = "films are not coded on the GPU"


def _healthy(name: str, text: str) -> Metric[_Gpus]:
    return counter(f"DCGM_FI_DEV_{name}", text, nothing, (), _SOUND)


_GPUS: Table[_Gpus] = Table(
    ("gpu", "UUID", "pci_bus_id", "device", "modelName", "hostname", "DCGM_FI_DRIVER_VERSION", "pod"),
    (
        gauge("DCGM_FI_DEV_SM_CLOCK", "Clock of the multiprocessors, MHz.", _of(lambda r: round(r.sm_mhz))),
        gauge("DCGM_FI_DEV_MEM_CLOCK", "Clock of the memory, MHz.", _of(lambda r: round(r.memory_mhz))),
        gauge("DCGM_FI_DEV_GPU_TEMP", "Temperature, °C.", _of(lambda r: round(r.temperature_c))),
        gauge("DCGM_FI_DEV_MEMORY_TEMP", "The memory's, °C.", _of(lambda r: round(r.memory_temperature_c))),
        gauge("DCGM_FI_DEV_POWER_USAGE", "Power, W.", _of(lambda r: r.watts)),
        counter("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "Its integral, mJ.", lambda row: round(row.energy_j * 1000)),
        gauge("DCGM_FI_DEV_GPU_UTIL", "Time in which a step ran, %.", _of(lambda r: round(100 * r.busy))),
        gauge("DCGM_FI_DEV_MEM_COPY_UTIL", "Memory bandwidth used, %.", _of(lambda r: round(100 * r.dram))),
        gauge("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "Time in which a step ran, 0 to 1.", _of(lambda r: r.busy)),
        gauge("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "Operations over those possible.", _of(lambda r: r.tensor)),
        gauge("DCGM_FI_PROF_DRAM_ACTIVE", "Bytes moved over those possible.", _of(lambda r: r.dram)),
        gauge("DCGM_FI_DEV_FB_USED", "Memory used, MiB.", lambda row: _mib(row, used=True)),
        gauge("DCGM_FI_DEV_FB_FREE", "Memory free, MiB.", lambda row: _mib(row, used=False)),
        gauge("DCGM_FI_DEV_FB_RESERVED", "Memory kept by the driver.", nothing, (), "it is a part of what is used"),
        counter("DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL", "Sent over the link to other GPUs, KiB.", _link_kib),
        gauge("DCGM_FI_DEV_ENC_UTIL", "Use of the video encoder, %.", nothing, (), _TEXT_ONLY),
        gauge("DCGM_FI_DEV_DEC_UTIL", "Use of the video decoder, %.", nothing, (), _TEXT_ONLY),
        gauge("DCGM_FI_DEV_XID_ERRORS", "Number of the last error.", nothing, (), _SOUND),
        _healthy("PCIE_REPLAY_COUNTER", "Transfers repeated."),
        _healthy("UNCORRECTABLE_REMAPPED_ROWS", "Rows of memory replaced, broken."),
        _healthy("CORRECTABLE_REMAPPED_ROWS", "Rows of memory replaced, faulty."),
        gauge("DCGM_FI_DEV_ROW_REMAP_FAILURE", "Rows that could not be replaced.", nothing, (), _SOUND),
        gauge("DCGM_FI_DEV_VGPU_LICENSE_STATUS", "Licence of a virtual GPU.", nothing, (), "GPUs are whole"),
    ),
)
