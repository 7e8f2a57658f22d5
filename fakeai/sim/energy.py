"""What the steps of a run drew from the GPUs' supplies, beyond idling. Afterwards, from what they computed.

Knows step shapes and a power model; knows no cluster.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fakeai.sim.power import PowerModel
from fakeai.sim.types import MeasuresUse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fakeai.sim.collector import Run

MAX_PRICED = 256
"""Runs of steps of either kind, of a worker, that are looked at one by one; of more, every n-th stands for the n from it on."""


def dynamic_watts(runs: "Sequence[Run]", timing: MeasuresUse, model: PowerModel) -> "NDArray[np.float64]":
    """Power of one GPU above idle, for each run of steps of one worker, as a Collector has them.

    Of a run of several steps, the one in the middle is looked at: contexts grow evenly. Runs with and without prompts
    draw differently, so they stand only for their own kind.
    """
    watts = np.zeros(len(runs))
    prompts = np.array([run[3].prefill_tokens > 0 for run in runs], np.bool_)
    for kind in (np.flatnonzero(prompts), np.flatnonzero(~prompts)):
        if len(kind):
            every = -(-len(kind) // MAX_PRICED)
            priced = [_watts(runs[place], timing, model) for place in kind[::every].tolist()]
            watts[kind] = np.repeat(np.array(priced), every)[: len(kind)]
    return watts


def _watts(run: "Run", timing: MeasuresUse, model: PowerModel) -> float:
    _, start, ends, shape, _ = run
    steps = len(ends)
    seconds = (float(ends[-1]) - start) / steps
    if steps > 1:
        shape = shape._replace(decode_kv=shape.decode_kv + shape.decodes * (steps - 1) // 2)
    return model.watts(timing.use(shape, seconds)) - model.idle_w
