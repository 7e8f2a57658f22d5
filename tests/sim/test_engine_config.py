"""What an engine may be started with."""

import pytest

from fakeai.sim.engine_config import EngineConfig


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"blocks": 0}, "blocks must be at least 1"),
        ({"max_num_seqs": 0}, "max_num_seqs must be at least 1"),
        ({"max_num_batched_tokens": 4}, r"max_num_batched_tokens \(4\) must be at least max_num_seqs \(256\)"),
        ({"speed": 0.0}, "speed"),
    ],
)
def test_impossible_sizes_are_refused(wrong, text):
    with pytest.raises(ValueError, match=text):
        EngineConfig(**{"blocks": 8, **wrong})


def test_defaults_are_vllm_s() -> None:
    config = EngineConfig(blocks=100)
    assert (config.block_size, config.max_num_seqs, config.max_num_batched_tokens) == (16, 256, 8192)
    assert config.chunked_prefill
    assert config.prefix_caching
    assert not config.priority
