"""What runs of steps draw."""

import numpy as np
import pytest

from fakeai.sim.energy import MAX_PRICED, dynamic_watts
from fakeai.sim.power import PowerModel
from fakeai.sim.types import StepShape, Use

MODEL = PowerModel(700.0, 100.0)


class ByContext:
    """Memory's share is the context over a thousand, whatever the time; compute's that of prompts."""

    def __init__(self):
        self.asked = []

    def use(self, shape, seconds):
        self.asked.append((shape, seconds))
        return Use(shape.prefill_tokens / 1000.0, shape.decode_kv / 1000.0)


def test_a_run_of_steps_is_looked_at_in_its_middle():
    timing = ByContext()
    watts = dynamic_watts([(0, 1.0, np.array([1.1, 1.2, 1.3]), StepShape(10, 100), 10)], timing, MODEL)
    ((shape, seconds),) = timing.asked
    assert shape.decode_kv == 110  # 100, 110, 120
    assert seconds == pytest.approx(0.1)
    assert watts == pytest.approx([MODEL.watts(Use(0.0, 0.11)) - 100.0])


def test_of_very_many_runs_some_stand_for_those_after_them_of_their_kind():
    timing = ByContext()
    runs = [
        (0, float(n), (n + 1.0,), StepShape(1, n) if n % 2 else StepShape(0, 0, 100 + n), 1)
        for n in range(8 * MAX_PRICED)
    ]
    watts = dynamic_watts(runs, timing, MODEL)
    assert len(timing.asked) == 2 * MAX_PRICED
    assert watts[1] == watts[3] == watts[7] == MODEL.watts(Use(0.0, 0.001)) - 100.0
    assert watts[0] == watts[2] == MODEL.watts(Use(0.1, 0.0)) - 100.0


def test_no_runs_draw_nothing():
    assert len(dynamic_watts([], ByContext(), MODEL)) == 0
