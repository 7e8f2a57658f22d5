"""Coefficients of step times, fitted to measured servers and kept as numbers in `data/calibration.toml`.

A coefficient's logarithm is the sum of what its model, precision, GPU, engine and layout, and pairs of them, add to the
average of all: each shrunk towards nothing, so that what was never measured takes what its relatives have in common.
Deployments and layouts may shift all of theirs by the same.
`benchmarks/fit.py` writes the file. Knows no physics.
"""

import tomllib
from functools import lru_cache
from importlib.resources import files
from math import exp
from typing import Any, NamedTuple

from fakeai.core.hardware import GpuCard, ModelShape
from fakeai.sim.layout import Layout

ENGINES = ("vllm", "sglang", "trtllm")


class Coefficients(NamedTuple):
    """What peak times are multiplied by, and overheads in seconds. Defaults: simulation.md, 2.8."""

    weights: float = 1.32
    experts: float = 1.32
    decode: float = 1.3
    prefill: float = 1.81
    kv: float = 0.9
    attention: float = 1.51
    link: float = 1.5
    layer_s: float = 2.0e-5
    moe_layer_s: float = 2.0e-5
    hop_s: float = 1.0e-5
    """For each layer and doubling of the GPUs that it is spread over."""
    sequence_s: float = 1.0e-5
    step_s: float = 0.0


def keys(shape: ModelShape, gpu: GpuCard, layout: Layout, engine: str) -> dict[str, str]:
    """The name under which each kind of effect is kept for a deployment."""
    model, precision, card = shape.name.rsplit("/", 1)[-1], layout.precision, gpu.name
    ways = f"{layout.tp}.{layout.dp}.{layout.ep}"
    return {
        "model": model,
        "precision": precision,
        "gpu": card,
        "engine": engine,
        "model precision": f"{model} {precision}",
        "engine gpu": f"{engine} {card}",
        "model engine": f"{model} {engine}",
        "deployment": f"{model} {precision} {engine} {card}",
        "engine layout": f"{engine} {layout.tp}.{layout.dp}.{min(layout.ep, 2)}",
        "layout": f"{model} {precision} {engine} {card} {ways}",
    }


def coefficients(shape: ModelShape, gpu: GpuCard, layout: Layout, engine: str) -> Coefficients:
    """What was fitted for a deployment, or for what it has in common with those measured. Raises ValueError."""
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine!r}: write {', '.join(ENGINES)}")
    fitted = _file()
    names: list[str] = fitted["coefficients"]
    logs = list(fitted["average"])
    for kind, key in keys(shape, gpu, layout, engine).items():
        shift: float = fitted.get("shift", {}).get(kind, {}).get(key, 0.0)
        effect: list[float] = fitted["effects"].get(kind, {}).get(key, [0.0] * len(logs))
        logs = [log + more + shift for log, more in zip(logs, effect, strict=True)]
    values = dict(zip(names, map(exp, logs), strict=True))
    return Coefficients(**{name: values[name] for name in Coefficients._fields if name in values})


def deployment_coefficients(name: str) -> Coefficients:
    """Those fitted to the log of a named deployment. Raises ValueError with the names known."""
    known: dict[str, dict[str, float]] = _file().get("deployments", {})
    if name not in known:
        raise ValueError(f"unknown deployment {name!r}: known are {', '.join(known) or 'none'}")
    return Coefficients(**{field: known[name][field] for field in Coefficients._fields})


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    """Any because TOML's values have the types that the file says."""
    return tomllib.loads(files("fakeai").joinpath("data/calibration.toml").read_text("utf-8"))
