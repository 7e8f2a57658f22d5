"""Step times follow bytes and operations, jump bit for bit, and stay within what the GPU can do."""

import math
import timeit

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.hardware import gpu, gpus, shape, shapes
from fakeai.sim.calibration import Coefficients
from fakeai.sim.layout import Layout
from fakeai.sim.roofline import Roofline, peak_flops, peaks
from fakeai.sim.types import StepShape

IDEAL = Coefficients(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""No overheads, everything at peak."""

DEPLOYMENTS = [
    ("llama-3.1-8b", "h100", Layout()),
    ("llama-3.1-70b", "h100", Layout(tp=4, precision="fp8")),
    ("llama-3.1-70b", "a100", Layout(tp=2, pp=2)),
    ("gpt-oss-120b", "h100", Layout(tp=2, precision="fp4")),
    ("deepseek-r1", "b200", Layout(tp=1, dp=8, ep=8, precision="fp8")),
    ("glm-5", "h200", Layout(tp=8, precision="fp8")),
    ("qwen3.5-397b-a17b", "b200", Layout(tp=8, precision="fp8")),
    ("llama-4-maverick", "mi300x", Layout(tp=8, precision="fp8")),
    ("nemotron-3-nano", "l40s", Layout(tp=2)),
]


def roofline(model: str = "llama-3.1-8b", card: str = "h100", layout: Layout | None = None, **more) -> Roofline:
    return Roofline(shape(model), gpu(card), layout or Layout(), **more)


def test_a_single_decode_at_peak_reads_every_weight_once() -> None:
    one = roofline(calibration=IDEAL)
    weights = (shape("llama-3.1-8b").params - shape("llama-3.1-8b").embedding_params) * 2
    kv = 1000 * 131_072
    assert one.seconds(StepShape(1, 1000)) == pytest.approx((weights + kv) / 3.35e12, rel=1e-3)


def test_a_long_prompt_at_peak_takes_its_operations() -> None:
    one = roofline(calibration=IDEAL)
    tokens, pairs = 8192, 8192 * 8193 // 2
    blocks = 2 * (shape("llama-3.1-8b").params - 2 * 128256 * 4096) * tokens / 989e12
    attention = 32 * 4 * 32 * 128 * pairs / 989e12
    expected = math.hypot(blocks + 2 * 128256 * 4096 / 989e12, 15.0e9 / 3.35e12) + attention
    assert one.seconds(StepShape(0, 0, tokens, pairs, 1, 1)) == pytest.approx(expected, rel=0.01)


def test_experts_are_read_as_far_as_tokens_touch_them() -> None:
    peak = peaks(shape("mixtral-8x7b"), gpu("h100"), Layout(tp=2))
    one = roofline("mixtral-8x7b", layout=Layout(tp=2), calibration=IDEAL._replace(decode=0.0, link=0.0))
    for tokens in (1, 2, 7):
        touched = 1 - (1 - 2 / 8) ** tokens
        assert one.seconds(StepShape(tokens, 0)) == pytest.approx(peak.weights + peak.experts * touched)


@pytest.mark.parametrize(("context", "seen"), [(100, 100), (128, 128), (5000, 128)])
def test_windows_end_what_is_attended_to(context: int, seen: int) -> None:
    one = roofline("gpt-oss-120b", layout=Layout(tp=1, precision="fp4"), calibration=IDEAL)
    layer = 8 * 64 * 2 * 2 / 3.35e12
    grown = one.seconds(StepShape(4, 4 * context)) - one.seconds(StepShape(4, 0))
    assert grown == pytest.approx(18 * layer * 4 * context + 18 * layer * 4 * seen)


def test_sparse_attention_looks_at_its_choice_and_scans_the_index() -> None:
    one = roofline("glm-5", "h200", Layout(tp=8, precision="fp8"), calibration=IDEAL)
    index = 78 * 128 / 4.8e12
    far = one.seconds(StepShape(1, 100_000)) - one.seconds(StepShape(1, 50_000))
    assert far == pytest.approx(50_000 * index)


def test_replicas_share_the_sequences_and_split_the_experts() -> None:
    tensor = peaks(shape("deepseek-r1"), gpu("h200"), Layout(tp=8, precision="fp8"))
    replicas = peaks(shape("deepseek-r1"), gpu("h200"), Layout(dp=8, ep=8, precision="fp8"))
    assert replicas.experts == tensor.experts
    assert replicas.token == pytest.approx(tensor.token)
    assert replicas.weights == pytest.approx(8 * tensor.weights)
    assert replicas.kv < tensor.kv  # the latent is not repeated on every GPU


def test_stages_share_operations_but_not_the_reading_of_weights() -> None:
    whole, staged = (peaks(shape("llama-3.1-70b"), gpu("h100"), Layout(tp=4, pp=pp)) for pp in (1, 2))
    assert staged.token == whole.token / 2
    assert staged.kv == whole.kv / 2
    assert staged.weights == whole.weights
    assert staged.hops == whole.hops + 1


def test_fewer_bits_run_as_the_card_has_units_for() -> None:
    assert peak_flops(gpu("h100"), "fp8") == 1978e12
    assert peak_flops(gpu("h100"), "fp4") == 989e12
    assert peak_flops(gpu("b200"), "fp4") == 9000e12
    assert peak_flops(gpu("a100"), "fp8") == 312e12


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@given(decodes=st.integers(1, 2000), kv=st.lists(st.integers(0, 10**8), min_size=1, max_size=20))
def test_runs_of_steps_take_to_the_bit_what_single_steps_take(deployment, decodes, kv) -> None:
    one = roofline(*deployment)
    assert one.decode_seconds(decodes, np.array(kv, np.float64)).tolist() == [
        one.seconds(StepShape(decodes, each)) for each in kv
    ]


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@given(
    decodes=st.integers(0, 1000),
    context=st.integers(0, 100_000),
    prompt=st.integers(0, 16_384),
    drafts=st.integers(0, 5),
)
def test_more_work_never_takes_less_and_use_stays_within_peak(deployment, decodes, context, prompt, drafts) -> None:
    one = roofline(*deployment)
    made = StepShape(decodes, decodes * context, prompt, prompt * prompt // 2, int(prompt > 0), 0, drafts * decodes)
    seconds = one.seconds(made)
    assert seconds > 0
    assert one.seconds(made._replace(decode_kv=made.decode_kv + 1000)) >= seconds
    assert (
        one.seconds(made._replace(prefill_tokens=prompt + 100, prefill_attention=made.prefill_attention + 9)) >= seconds
    )
    assert one.seconds(made._replace(decodes=decodes + 1)) >= seconds
    use = one.use(made, seconds)
    assert all(0.0 <= part <= 1.0 for part in use)


def test_prompts_press_the_cores_and_decoding_the_memory() -> None:
    one = roofline()
    decode, prompt = StepShape(32, 32 * 2000), StepShape(0, 0, 8192, 8192 * 4096, 1, 1)
    decoding, prompting = one.use(decode, one.seconds(decode)), one.use(prompt, one.seconds(prompt))
    assert decoding.memory > 0.4 > decoding.compute
    assert prompting.compute > 0.4 > prompting.memory
    assert decoding.link == 0.0
    assert roofline(layout=Layout(tp=2)).use(prompt, 0.1).link > 0.0


def test_every_model_on_every_gpu_has_a_time() -> None:
    step = StepShape(3, 3000, 512, 512 * 256, 1, 1)
    times = [Roofline(model, card, Layout()).seconds(step) for model in shapes() for card in gpus()]
    assert all(1e-4 < time < 60.0 for time in times)


@pytest.mark.parametrize(("engine", "reason"), [("tgi", "unknown engine 'tgi': write vllm, sglang, trtllm")])
def test_unknown_engines_are_refused(engine: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        roofline(engine=engine)


def test_unknown_deployments_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown deployment 'mine': known are"):
        roofline(deployment="mine")


def test_a_step_is_timed_within_microseconds() -> None:
    one, step = roofline("deepseek-r1", "h200", Layout(tp=8, precision="fp8")), StepShape(64, 64_000)
    best = min(timeit.repeat(lambda: one.seconds(step), number=2000, repeat=5)) / 2000
    assert best < 10e-6  # about 0.7 µs on an idle core
