"""How a model lies on GPUs: parallel ways, number formats, and what of the memory is left for KV blocks.

Knows bytes and counts; does not know how long anything takes.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from fakeai.core.hardware import GIB, GpuCard, ModelShape

Precision = Literal["bf16", "fp16", "fp8", "fp4", "int8", "int4"]
KvPrecision = Literal["bf16", "fp16", "fp8"]

_BYTES: dict[str, float] = {"bf16": 2.0, "fp16": 2.0, "fp8": 1.0, "int8": 1.0, "fp4": 0.5625, "int4": 0.53125}
"""Bytes of an element; 4-bit formats with their scales (one FP8 byte for 16 elements, one FP16 for 64)."""

_ACTIVATIONS = int(1.5 * GIB)
"""Of each GPU: CUDA context, graphs and activations, what vLLM's profiling run finds for common models."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Ways of parallelism of one engine, and the formats of weights and KV cache.

    `tp` splits heads and matrices, `pp` splits layers, `dp` repeats the attention for different sequences and splits
    the experts, `ep` of the `tp × dp` GPUs share out whole experts (1: each expert is split over all of them).
    Raises ValueError.
    """

    tp: int = 1
    pp: int = 1
    ep: int = 1
    dp: int = 1
    precision: Precision = "bf16"
    kv_precision: KvPrecision = "bf16"
    utilization: float = 0.9
    """Fraction of a GPU's memory that the engine takes (vLLM's gpu_memory_utilization)."""

    def __post_init__(self) -> None:
        for name, ways in (("tp", self.tp), ("pp", self.pp), ("ep", self.ep), ("dp", self.dp)):
            if ways < 1:
                raise ValueError(f"{name} is a count of GPUs from 1 on, not {ways}")
        if self.precision not in get_args(Precision):
            raise ValueError(f"unknown precision {self.precision!r}: write {', '.join(get_args(Precision))}")
        if self.kv_precision not in get_args(KvPrecision):
            raise ValueError(f"unknown KV precision {self.kv_precision!r}: write {', '.join(get_args(KvPrecision))}")
        if not 0.0 < self.utilization <= 1.0:
            raise ValueError(f"utilization is a fraction of the GPU's memory, above 0 up to 1, not {self.utilization}")

    @property
    def gpus(self) -> int:
        """GPUs of the engine."""
        return self.tp * self.pp * self.dp

    @property
    def expert_gpus(self) -> int:
        """GPUs that one layer's experts lie on."""
        return self.tp * self.dp

    @property
    def weight_element_bytes(self) -> float:
        """Bytes of a weight."""
        return _BYTES[self.precision]

    @property
    def kv_element_bytes(self) -> float:
        """Bytes of an element of the KV cache."""
        return _BYTES[self.kv_precision]

    def check(self, shape: ModelShape, gpu: GpuCard) -> None:
        """Raise ValueError unless the model can be split so, and its weights leave room for KV on the GPU."""
        if shape.heads % self.tp:
            ways = [n for n in range(1, min(shape.heads, 64) + 1) if shape.heads % n == 0]
            raise ValueError(f"tp {self.tp} does not divide {shape.name}'s {shape.heads} heads: {_listed(ways)} do")
        if self.pp > shape.layers:
            raise ValueError(f"pp {self.pp} is more than {shape.name}'s {shape.layers} layers")
        self._check_experts(shape)
        if self.precision == "fp8" and gpu.vendor == "NVIDIA" and not gpu.fp8_tflops and gpu.arch < "80":
            raise ValueError(f"{gpu.name} has no kernels for fp8: write bf16, fp16, int8 or int4")
        free = self.kv_bytes(shape, gpu)
        if free <= 0:
            need = weight_bytes(shape, self) + _ACTIVATIONS
            raise ValueError(
                f"{shape.name} in {self.precision} needs {need / GIB:.1f} GiB on each of {self.gpus} GPUs; "
                f"{gpu.name} gives {gpu.memory_gib * self.utilization:.1f}: take more GPUs (tp, pp) or fewer bits"
            )

    def _check_experts(self, shape: ModelShape) -> None:
        if self.ep == 1:
            return
        if not shape.experts:
            raise ValueError(f"ep {self.ep}: {shape.name} has no experts to share out; leave it at 1")
        if self.expert_gpus % self.ep or shape.experts % self.ep:
            ways = [n for n in range(1, self.expert_gpus + 1) if self.expert_gpus % n == 0 and shape.experts % n == 0]
            raise ValueError(
                f"ep {self.ep} divides not both tp × dp = {self.expert_gpus} GPUs and {shape.experts} experts: "
                f"{_listed(ways)} do"
            )

    def kv_bytes(self, shape: ModelShape, gpu: GpuCard) -> int:
        """Bytes of each GPU left for KV blocks; below 1 when the model does not fit."""
        return int(gpu.memory_bytes * self.utilization) - weight_bytes(shape, self) - _ACTIVATIONS

    def blocks(self, shape: ModelShape, gpu: GpuCard, block_size: int) -> int:
        """KV blocks of `block_size` tokens that fit, of one attention replica. Raises ValueError as `check` does."""
        self.check(shape, gpu)
        return max(1, int(self.kv_bytes(shape, gpu) / (kv_token_bytes(shape, self) * block_size)))


def weight_bytes(shape: ModelShape, layout: Layout) -> int:
    """Bytes of weights on one GPU. Embeddings are kept in 16 bits."""
    always_element, routed_element = element_bytes(shape, layout)
    always = shape.always_params * always_element / (layout.tp * layout.pp)
    routed = shape.routed_params * routed_element / (layout.expert_gpus * layout.pp)
    embeddings = shape.embedding_params * 2.0 * (1 if shape.tied or layout.pp > 1 else 2) / layout.tp
    return int(always + routed + embeddings)


def element_bytes(shape: ModelShape, layout: Layout) -> tuple[float, float]:
    """Bytes of a weight that every token uses, and of a routed expert's: 4-bit models of experts keep the rest in 16."""
    element = layout.weight_element_bytes
    return (2.0 if shape.experts and element < 1.0 else element), element


def kv_heads_share(shape: ModelShape, layout: Layout) -> float:
    """The part of a layer's KV that lies on one GPU: heads are split, and repeated where there are fewer than GPUs."""
    if shape.kv_lora_rank:
        return 1.0
    return max(1.0 / layout.tp, 1.0 / shape.kv_heads)


def kv_token_bytes(shape: ModelShape, layout: Layout) -> float:
    """KV bytes of a token on one GPU in the layers that attend to everything (the last `window` tokens have more).

    `2·layers·kv_heads·head_dim·bytes`; latent attention keeps `kv_lora_rank + rope_dim` elements. A model that only
    has windows counts them as if they were not: its blocks are allocated all the same. Source: simulation.md, 2.6.
    """
    element = layout.kv_element_bytes
    if shape.kv_token_bytes:
        return shape.kv_token_bytes * element / 2.0 / layout.pp
    layers = shape.full_layers or shape.kv_layers
    index = shape.index_dim * layers if shape.attention == "dsa" else 0
    return (layers * shape.kv_width * kv_heads_share(shape, layout) * element + index) / layout.pp


def kv_window_bytes(shape: ModelShape, layout: Layout) -> float:
    """KV bytes of a token on one GPU in the layers with a window."""
    if not shape.full_layers:
        return 0.0
    width = shape.kv_width * kv_heads_share(shape, layout)
    return shape.window_layers * width * layout.kv_element_bytes / layout.pp


def state_bytes(shape: ModelShape, layout: Layout) -> float:
    """Bytes of one sequence's state on one GPU in linear-attention and Mamba layers, in 32 bits."""
    return shape.state_layers * shape.state_elements * 4.0 / (layout.tp * layout.pp)


def engine_defaults(gpu: GpuCard) -> tuple[int, int]:
    """vLLM's max_num_batched_tokens and max_num_seqs for its API server on such a GPU. Source: simulation.md, 2.1."""
    if gpu.memory_gib >= 160:
        return 16_384, 1_024
    if gpu.memory_gib >= 70 and "A100" not in gpu.name:
        return 8_192, 1_024
    return 2_048, 256


def sglang_defaults(gpu: GpuCard) -> tuple[int, int]:
    """SGLang's chunked_prefill_size and largest decode batch on such a GPU. Source: simulation.md, 2.2."""
    for below, chunk, batch in ((20, 2_048, 8), (35, 2_048, 160), (60, 4_096, 160), (90, 8_192, 512)):
        if gpu.memory_gib < below:
            return chunk, batch
    return (8_192, 512) if gpu.memory_gib < 160 else (16_384, 512)


def _listed(ways: list[int]) -> str:
    return ", ".join(map(str, ways))
