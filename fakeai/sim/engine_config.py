"""What an engine is started with."""

from dataclasses import dataclass

from fakeai.sim.speculative import Speculation


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What an engine is started with. Defaults as vLLM 0.33's, but for sizes that follow from the GPU."""

    blocks: int
    """KV blocks on the GPUs."""
    block_size: int = 16
    max_num_seqs: int = 256
    max_num_batched_tokens: int = 8192
    long_prefill_token_threshold: int = 0
    """Most prompt tokens of one sequence in a step; 0 for no limit."""
    chunked_prefill: bool = True
    prefix_caching: bool = True
    watermark_blocks: int = 0
    """Blocks that admissions leave free."""
    priority: bool = False
    """Lowest `priority` first, instead of first come first served."""
    prefill_schedule_interval: int = 1
    """Admissions every so many steps, while others decode."""
    host_blocks: int = 0
    block_bytes: int = 0
    """Bytes of one block over all GPUs."""
    host_bytes_per_s: float = 14e9
    """From host memory to the GPUs; 14 GB/s as in Dynamo's mocker."""
    max_loras: int = 1
    """Adapters in one step."""
    lora_load_s: float = 0.05
    """Seconds to load an adapter that is not on the GPUs."""
    speculation: Speculation | None = None
    wake_s: float = 1e-4
    """An idle engine starts this long after a request came: the hop from the API server to the engine's process."""
    speed: float = 1.0
    """Of its steps; below 1 for a straggler."""

    def __post_init__(self) -> None:
        """Refuse sizes no engine starts with."""
        positive = (
            "blocks",
            "block_size",
            "max_num_seqs",
            "max_num_batched_tokens",
            "prefill_schedule_interval",
            "max_loras",
        )
        for name in positive:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.max_num_batched_tokens < self.max_num_seqs:
            raise ValueError(
                f"max_num_batched_tokens ({self.max_num_batched_tokens}) must be at least max_num_seqs ({self.max_num_seqs})"
            )
        if not self.speed > 0 or not self.host_bytes_per_s > 0 or self.lora_load_s < 0 or self.wake_s <= 0:
            raise ValueError("speed, host_bytes_per_s and wake_s must be above 0, and lora_load_s not below")
