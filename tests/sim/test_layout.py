"""Layouts say how many bytes lie where, and refuse what cannot be split or does not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.hardware import GIB, gpu, shape, shapes
from fakeai.sim.layout import (
    Layout,
    engine_defaults,
    kv_token_bytes,
    kv_window_bytes,
    sglang_defaults,
    state_bytes,
    weight_bytes,
)


def test_weights_of_a_dense_model_are_split_by_tp() -> None:
    one = shape("llama-3.1-8b")
    assert weight_bytes(one, Layout()) == pytest.approx(16.06e9, rel=0.001)
    assert weight_bytes(one, Layout(tp=4)) == pytest.approx(16.06e9 / 4, rel=0.001)
    embeddings = 2 * 128256 * 4096
    assert weight_bytes(one, Layout(precision="fp8")) == pytest.approx(8.03e9 + embeddings, rel=0.001)


def test_experts_are_split_over_attention_replicas_too() -> None:
    one = shape("deepseek-v3")
    routed = 58 * 256 * 3 * 7168 * 2048
    tensor = weight_bytes(one, Layout(tp=8, precision="fp8"))
    replicas = weight_bytes(one, Layout(tp=1, dp=8, ep=8, precision="fp8"))
    assert replicas - tensor == pytest.approx(
        (one.params - routed - 2 * 129280 * 7168) * 7 / 8 + 2 * 129280 * 7168 * 2 * 7 / 8, rel=1e-6
    )


@pytest.mark.parametrize(
    ("name", "layout", "expected"),
    [
        ("llama-3.1-8b", Layout(), 131_072),
        ("llama-3.1-70b", Layout(), 327_680),
        ("llama-3.1-70b", Layout(tp=8), 327_680 / 8),
        ("llama-3.1-8b", Layout(kv_precision="fp8"), 65_536),
        ("qwen3-235b-a22b", Layout(tp=8), 192_512 / 4),  # four heads on eight GPUs: each lies twice
        ("deepseek-v3", Layout(tp=8), 70_272),  # the latent is repeated
        ("gpt-oss-120b", Layout(), 73_728 / 2),  # half of the layers have windows
        ("llama-3.1-70b", Layout(pp=2), 163_840),
    ],
)
def test_kv_bytes_of_a_token(name: str, layout: Layout, expected: float) -> None:
    assert kv_token_bytes(shape(name), layout) == expected


def test_windows_and_states_are_counted_beside_the_context() -> None:
    assert kv_window_bytes(shape("gpt-oss-120b"), Layout()) == 73_728 / 2
    assert kv_window_bytes(shape("llama-3.1-8b"), Layout()) == 0
    assert state_bytes(shape("llama-3.1-8b"), Layout()) == 0
    assert state_bytes(shape("nemotron-3-nano"), Layout()) == 23 * 64 * 64 * 128 * 4


def test_blocks_fill_what_weights_leave() -> None:
    layout = Layout()
    blocks = layout.blocks(shape("llama-3.1-8b"), gpu("h100"), 16)
    weights = weight_bytes(shape("llama-3.1-8b"), layout)
    assert blocks * 16 * 131_072 <= 0.9 * 80 * GIB - weights < (blocks + 1) * 16 * 131_072 + 1.5 * GIB
    assert 25_000 < blocks < 30_000  # vLLM reports about 27 thousand on such a card


@pytest.mark.parametrize(
    ("layout", "model", "card", "reason"),
    [
        (
            Layout(),
            "llama-3.1-70b",
            "h100",
            r"needs 1\d\d\.\d GiB on each of 1 GPUs; H100-SXM5-80GB gives 72\.0: take more",
        ),
        (Layout(tp=3), "llama-3.1-8b", "h100", r"tp 3 does not divide .* 32 heads: 1, 2, 4, 8, 16, 32 do"),
        (Layout(pp=40), "llama-3.1-8b", "h100", "pp 40 is more than .* 32 layers"),
        (Layout(tp=2, ep=2), "llama-3.1-8b", "h100", "no experts to share out"),
        (Layout(tp=4, ep=3), "mixtral-8x7b", "h100", r"ep 3 divides not both .* 1, 2, 4 do"),
        (Layout(precision="fp8"), "llama-3.1-8b", "v100", "no kernels for fp8"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(layout: Layout, model: str, card: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        layout.blocks(shape(model), gpu(card), 16)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"tp": 0}, "tp is a count of GPUs"),
        ({"precision": "fp6"}, "unknown precision 'fp6': write bf16, fp16, fp8, fp4, int8, int4"),
        ({"kv_precision": "fp4"}, "unknown KV precision"),
        ({"utilization": 1.5}, "utilization is a fraction"),
    ],
)
def test_what_is_no_layout_is_refused(wrong: dict, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Layout(**wrong)


@given(st.sampled_from(shapes()), st.sampled_from([1, 2, 4, 8]), st.sampled_from(["bf16", "fp8", "fp4"]))
def test_more_gpus_never_hold_more_each(one, tp, precision) -> None:
    few, many = Layout(tp=tp, precision=precision), Layout(tp=2 * tp, precision=precision)
    assert weight_bytes(one, many) <= weight_bytes(one, few)
    assert kv_token_bytes(one, many) <= kv_token_bytes(one, few)


@pytest.mark.parametrize(
    ("card", "vllm", "sglang"),
    [
        ("b200", (16_384, 1_024), (16_384, 512)),
        ("h100", (8_192, 1_024), (8_192, 512)),
        ("a100", (2_048, 256), (8_192, 512)),
        ("l4", (2_048, 256), (2_048, 160)),
        ("t4", (2_048, 256), (2_048, 8)),
    ],
)
def test_engines_choose_their_budgets_by_memory(card: str, vllm: tuple[int, int], sglang: tuple[int, int]) -> None:
    assert engine_defaults(gpu(card)) == vllm
    assert sglang_defaults(gpu(card)) == sglang
