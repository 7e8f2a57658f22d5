"""Coefficients add up what a deployment has in common with those measured."""

from math import exp

import pytest

from fakeai.core.hardware import gpu, shape
from fakeai.sim import calibration
from fakeai.sim.calibration import Coefficients, coefficients, deployment_coefficients, keys
from fakeai.sim.layout import Layout

FILE = {
    "coefficients": ["weights", "prefill", "burst"],
    "average": [0.1, 0.2, 9.0],
    "effects": {
        "gpu": {"H100-SXM5-80GB": [0.01, 0.0, 0.0]},
        "model engine": {"Llama-3.1-8B vllm": [0.0, 0.5, 0.0]},
        "layout": {"Llama-3.1-8B bf16 vllm H100-SXM5-80GB 2.1.1": [1.0, 1.0, 0.0]},
    },
    "shift": {"deployment": {"Llama-3.1-8B bf16 vllm L40S": 0.3}},
    "deployments": {"mine": dict.fromkeys(Coefficients._fields, 1.5)},
}
LLAMA, H100 = shape("llama-3.1-8b"), gpu("h100")


@pytest.fixture(autouse=True)
def _file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "_file", lambda: FILE)


@pytest.mark.parametrize(
    ("card", "tp", "engine", "weights", "prefill"),
    [
        ("h100", 1, "vllm", 0.11, 0.7),
        ("h100", 1, "sglang", 0.11, 0.2),
        ("a100", 1, "vllm", 0.1, 0.7),
        ("a100", 2, "trtllm", 0.1, 0.2),
        ("h100", 2, "vllm", 1.11, 1.7),
        ("l40s", 1, "vllm", 0.4, 1.0),
    ],
)
def test_effects_of_what_is_shared_add_up(card: str, tp: int, engine: str, weights: float, prefill: float) -> None:
    found = coefficients(LLAMA, gpu(card), Layout(tp=tp), engine)
    assert (found.weights, found.prefill) == pytest.approx((exp(weights), exp(prefill)))
    assert found.kv == Coefficients().kv


def test_names_of_a_deployment() -> None:
    found = keys(shape("deepseek-r1"), gpu("b200"), Layout(dp=8, ep=8, precision="fp8"), "sglang")
    assert found["deployment"] == "DeepSeek-R1 fp8 sglang B200-SXM-180GB"
    assert found["layout"] == "DeepSeek-R1 fp8 sglang B200-SXM-180GB 1.8.8"
    assert found["engine layout"] == "sglang 1.8.2"


def test_named_deployments_have_coefficients_of_their_own() -> None:
    assert deployment_coefficients("mine") == Coefficients(*[1.5] * len(Coefficients._fields))
    with pytest.raises(ValueError, match="unknown deployment 'yours': known are mine"):
        deployment_coefficients("yours")


def test_unknown_engines_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown engine 'tgi'"):
        coefficients(LLAMA, H100, Layout(), "tgi")
