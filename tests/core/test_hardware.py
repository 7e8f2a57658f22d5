"""GPUs and shapes are found by any common name, and their widths add up to the published parameters."""

import csv
from pathlib import Path

import pytest

from fakeai.core.hardware import GIB, gpu, gpus, shape, shapes

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"


def test_there_are_enough_gpus_and_models() -> None:
    assert len(gpus()) == 34
    assert len(shapes()) == 54
    assert all(one.source for one in (*gpus(), *shapes()))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("h100", "H100-SXM5-80GB"),
        ("H100-SXM5-80GB", "H100-SXM5-80GB"),
        ("NVIDIA H200", "H200-SXM-141GB"),
        ("b200", "B200-SXM-180GB"),
        ("mi300x", "MI300X"),
        ("AMD MI300X", "MI300X"),
        ("rtx-4090", "RTX 4090"),
        ("RTX4090", "RTX 4090"),
        ("RTX PRO 6000 Blackwell", "RTX PRO 6000 Blackwell Server"),
        ("H100-SXM5-80GB (power capped)", "H100-SXM5-80GB"),
        ("GB10 (DGX Spark)", "GB10 (DGX Spark)"),
        ("gb10", "GB10 (DGX Spark)"),
    ],
)
def test_gpus_have_friendly_names(name: str, expected: str) -> None:
    assert gpu(name).name == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("llama-3.1-8b", "meta-llama/Llama-3.1-8B"),
        ("meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B"),
        ("nvidia/Llama-3.1-8B-Instruct-FP8", "meta-llama/Llama-3.1-8B"),
        ("meta-llama/Meta-Llama-3.1-70B-Instruct", "meta-llama/Llama-3.1-70B"),
        ("RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic", "meta-llama/Llama-4-Scout-17B-16E-Instruct"),
        ("Qwen/Qwen3-235B-A22B-FP8", "Qwen/Qwen3-235B-A22B"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", "Qwen/Qwen3-30B-A3B"),
        ("zhipuai/GLM-5", "zai-org/GLM-5"),
        ("nvidia/DeepSeek-R1-NVFP4", "deepseek-ai/DeepSeek-R1"),
        ("nvidia/DeepSeek-V3.1-NVFP4", "deepseek-ai/DeepSeek-V3"),
        ("moonshotai/Kimi-K2.5 (NVFP4)", "moonshotai/Kimi-K2.5"),
        ("mistralai/Mixtral-8x22B-Instruct-v0.1", "mistralai/Mixtral-8x22B-v0.1"),
        ("GPT-OSS-120B", "openai/gpt-oss-120b"),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16"),
    ],
)
def test_spellings_of_a_model_lead_to_one_shape(name: str, expected: str) -> None:
    assert shape(name).name == expected


def test_unknown_names_are_refused_with_those_that_come_close() -> None:
    with pytest.raises(ValueError, match=r"unknown GPU 'h300'; did you mean .*Known: A100-SXM4-80GB"):
        gpu("h300")
    with pytest.raises(
        ValueError, match=r"unknown model 'llama-3\.1-9b'; did you mean .*Known: meta-llama/Llama-3\.1-8B"
    ):
        shape("llama-3.1-9b")
    with pytest.raises(ValueError, match="unknown GPU ''"):
        gpu("")


def test_a_very_long_name_is_refused_shortly() -> None:
    with pytest.raises(ValueError, match="unknown model") as refusal:
        shape("x" * 100_000)
    assert len(str(refusal.value)) < 3000


@pytest.mark.parametrize(
    ("name", "total", "active"),
    [  # 10^9 parameters as published
        ("llama-3.1-8b", 8.03, 8.03),
        ("llama-3.1-70b", 70.6, 70.6),
        ("llama-3.1-405b", 405.9, 405.9),
        ("mixtral-8x7b", 46.7, 12.9),
        ("qwen3-235b-a22b", 235.1, 22.2),
        ("deepseek-v3", 671.0, 37.6),
        ("gpt-oss-120b", 116.8, 5.7),
        ("llama-4-scout", 107.8, 17.2),
        ("qwen3-0.6b", 0.6, 0.6),
        ("gemma-3-27b-it", 27.0, 27.0),
        ("nemotron-3-super", 120.0, 12.0),
        ("bloom-176b", 176.2, 176.2),
    ],
)
def test_widths_add_up_to_the_published_parameters(name: str, total: float, active: float) -> None:
    one = shape(name)
    assert one.params / 1e9 == pytest.approx(total, rel=0.01)
    assert one.active_params / 1e9 == pytest.approx(active, rel=0.06)


@pytest.mark.parametrize(
    ("name", "elements"),
    [
        ("llama-3.1-8b", 32 * 2 * 8 * 128),
        ("deepseek-v3", 61 * (512 + 64)),
        ("qwen3.5-397b-a17b", 15 * 2 * 2 * 256),
        ("nemotron-3-nano", 6 * 2 * 2 * 128),
    ],
)
def test_layers_that_keep_kv_and_their_width(name: str, elements: int) -> None:
    one = shape(name)
    assert one.kv_layers * one.kv_width == elements


def test_windows_and_interleaved_experts_are_told_apart() -> None:
    assert (shape("gpt-oss-120b").full_layers, shape("gpt-oss-120b").window_layers) == (18, 18)
    maverick = shape("llama-4-maverick")
    assert (maverick.moe_layers, maverick.ffn_layers) == (24, 24)
    assert (shape("deepseek-r1").moe_layers, shape("deepseek-r1").ffn_layers) == (58, 3)


def test_peaks_are_those_of_the_data_sheet() -> None:
    card = gpu("h100")
    assert (card.bf16_tflops, card.memory_gbps, card.tdp_w) == (989.0, 3350.0, 700.0)
    assert card.memory_bytes == 80 * GIB
    assert (gpu("gb10").wire_gbps, gpu("tpu v5e").wire_gbps) == (32.0, 200.0)


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference tables are not here")
def test_every_spelling_of_the_measured_rows_is_known() -> None:
    with (REFERENCE / "serving-truth-dev.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            assert shape(row["model"]).layers
            assert gpu(row["gpu"]).memory_bytes
