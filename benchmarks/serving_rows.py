"""Measured serving results: rows of a CSV file in the format of serving-truth-dev.csv, and what of them a prediction may see.

Knows columns and how layouts are written down; does not look at what was measured except to hand it on.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fakeai.core.hardware import GpuCard, ModelShape, gpu, shape
from fakeai.sim.calibration import keys
from fakeai.sim.layout import Layout

Floats = NDArray[np.float64]

PRECISIONS = {"": "bf16", "see silicon_sample": "bf16", "nvfp4": "fp4", "bfloat16": "bf16"}
"""Spellings in the precision column, in lower case; empty means that the model runs as published."""
WIDEST = 8
"""Most GPUs that one matrix is split over. Rows with more are several engines, or not one aggregated engine at all."""
WEIGHT = {"A": 1.0, "B": 0.5, "C": 0.2}
"""What a row counts in a fit, by its tier."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measured point: the deployment, the load, and (for fits and scores only) the outcome in seconds."""

    shape: ModelShape
    gpu: GpuCard
    layout: Layout
    engine: str
    isl: int
    osl: int
    users: int
    model: str
    """The model as the file spells it."""
    mode: str
    tier: str
    tpot: float
    ttft: float
    """nan where not measured."""

    @property
    def group(self) -> tuple[str, str, str, str, int, int]:
        """Rows that are kept together when some are held out."""
        return self.model, self.gpu.name, self.engine, self.mode, self.isl, self.osl

    @property
    def kinds(self) -> dict[str, str]:
        """The row's name under each kind of effect: those of step times, and those of how a benchmark loads a server."""
        found = keys(self.shape, self.gpu, self.layout, self.engine)
        protocol = self._protocol
        return {
            **found,
            "deployment protocol": f"{found['deployment']} {protocol}",
            "engine protocol": f"{self.engine} {protocol}",
        }

    @property
    def _protocol(self) -> str:
        """Which harness asks for such lengths: they differ in how they warm up, burst and average."""
        if (self.isl, self.osl) in {(1024, 1024), (1024, 8192), (8192, 1024)}:
            return "matrix"
        if self.isl % 1000 == 0:
            return "thousands"
        position = self.osl == 128 and self.engine == "vllm" and self.gpu.name != "H100-SXM5-80GB"
        return "position" if position else "powers"


def read_rows(path: Path) -> tuple[int, list[Row]]:
    """How many aggregated closed-loop rows a file has, and those that the model knows the like of.

    Left out: rows without concurrency, of unknown models, GPUs, engines or precisions, and wider than one engine.
    """
    with path.open(newline="") as file:
        given = [row for row in csv.DictReader(file) if row["kind"] == "serving_closed_loop" and row["mode"] == "agg"]
    return len(given), [row for row in map(_row, given) if row is not None]


def _row(cells: dict[str, str]) -> Row | None:
    try:
        model, card = shape(cells["model"]), gpu(cells["gpu"])
        layout = _layout(cells, model, card)
        isl, osl, users = (int(float(cells[name])) for name in ("isl", "osl", "concurrency"))
    except ValueError:
        return None
    if layout.tp > WIDEST or cells["engine"] not in ("vllm", "sglang", "trtllm") or min(isl, osl, users) < 1:
        return None
    tpot, ttft = (float(cells.get(name) or "nan") / 1000.0 for name in ("tpot_ms", "ttft_ms"))
    return Row(
        model,
        card,
        layout,
        cells["engine"],
        isl,
        osl,
        users,
        cells["model"],
        cells["mode"],
        cells.get("tier", ""),
        tpot,
        ttft,
    )


def _layout(cells: dict[str, str], model: ModelShape, card: GpuCard) -> Layout:
    """The layout of a row. What its GPUs leave over after tp and pp are attention replicas, whatever attn_dp says."""
    tp, pp, ep, tensor, gpus = (int(cells.get(name) or 1) for name in ("tp", "pp", "moe_ep", "moe_tp", "n_gpus"))
    if not model.experts:
        ep = tensor = 1
    gpus = max(gpus, tp * pp, tensor * ep)
    dp = max(1, gpus // (tp * pp))
    spelled = cells["precision"].lower()
    precision = PRECISIONS.get(spelled, spelled)
    narrow = precision in ("fp8", "fp4") and (cells["engine"] != "vllm" or card.name[:2] in ("B2", "B3", "GB"))
    return Layout(tp, pp, min(ep, tp * dp), dp, precision, "fp8" if narrow else "bf16")  # type: ignore[arg-type]  # checked by Layout


def outcomes(rows: Iterable[Row]) -> tuple[Floats, Floats]:
    """TPOT and TTFT as measured, in seconds."""
    pairs = np.array([(row.tpot, row.ttft) for row in rows], np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def stratified_folds(rows: list[Row], count: int = 5, seed: int = 0) -> NDArray[np.int64]:
    """A fold for each row: groups stay whole, and the groups of one model, GPU and engine are dealt out over the folds."""
    random = np.random.default_rng(seed)
    dealt: dict[tuple[str, str, str, str, int, int], int] = {}
    deployments: dict[tuple[str, str, str], set[tuple[str, str, str, str, int, int]]] = {}
    for row in rows:
        deployments.setdefault((row.shape.name, row.gpu.name, row.engine), set()).add(row.group)
    for name in sorted(deployments):
        groups = sorted(deployments[name])
        for place in random.permutation(len(groups)):
            dealt[groups[place]] = len(dealt) % count
    return np.array([dealt[row.group] for row in rows], np.int64)
