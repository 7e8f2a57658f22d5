"""How long a step takes by physics: bytes over bandwidth and operations over peak, with coefficients fitted to servers.

One step of one engine, its shape summed over attention replicas (each has an even share):

    matrices   √((weights + experts touched)² + operations²), seconds each at peak times a coefficient. Experts touched:
               1 − (1 − active/experts)^tokens of them. Operations of decoding and prompt tokens have coefficients of
               their own, as their matrices have other shapes
    attention  KV bytes or operations of decoding, whichever takes longer; operations of prompts over pairs of tokens;
               windows and sparse attention through the mean context
    links      two all-reduces a layer (tp), experts' all-to-all (dp), the handoff between stages (pp): bytes
    overheads  seconds for each layer, layer of experts, hop of a layer's exchange, and sequence

Pipeline stages work on micro-batches at once: operations and KV are shared among them, each stage reads its weights for
each micro-batch, and overheads add up along the pipeline.

Formulas: simulation.md, 2.6 (operators) and 2.8 (what fits measured data). The coefficients are in
`data/calibration.toml` (see `calibration`); without a fitted one for a model, GPU or engine, the average of all holds.
Does not know the clock, requests or blocks.
"""

from math import log2, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fakeai.core.hardware import GpuCard, ModelShape
from fakeai.sim.calibration import Coefficients, coefficients, deployment_coefficients
from fakeai.sim.layout import Layout, element_bytes, kv_heads_share, state_bytes
from fakeai.sim.types import StepShape, Use

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Peaks(NamedTuple):
    """Seconds at peak of each GPU for what a step does, before any coefficient. Sums over the GPU's layers."""

    weights: float
    """Reading what every step reads."""
    experts: float
    """Reading all routed experts."""
    missed: float
    """Part of the experts that one token does not touch."""
    token: float
    """Operations of one token's matrices."""
    output: float
    """Operations of the output embedding for one token."""
    kv: float
    """Attending to one token of context in layers without a window."""
    window_kv: float
    window: float
    """Tokens of the window, or those that sparse attention picks."""
    state: float
    """Reading and writing one sequence's state."""
    pair: float
    """Attention of one pair of prompt tokens in layers without a window."""
    window_pair: float
    link: float
    """Sending one token's activations to other GPUs."""
    layers: float
    moe_layers: float
    hops: float
    """Layers times log2 of the GPUs that they are spread over."""


class Roofline:
    """Step times of one engine. Implements StepTiming and MeasuresUse."""

    def __init__(
        self,
        shape: ModelShape,
        gpu: GpuCard,
        layout: Layout,
        *,
        engine: str = "vllm",
        deployment: str = "",
        calibration: Coefficients | None = None,
    ) -> None:
        """`deployment` names coefficients fitted to one server's own log; `calibration` gives them. Raises ValueError."""
        if calibration is not None:
            self.coefficients = calibration
        elif deployment:
            self.coefficients = deployment_coefficients(deployment)
        else:
            self.coefficients = coefficients(shape, gpu, layout, engine)
        self.peaks = peaks(shape, gpu, layout)
        peak, fitted = self.peaks, self.coefficients
        self._weights = fitted.weights * peak.weights
        self._experts = fitted.experts * peak.experts
        self._missed = peak.missed
        self._decode = fitted.decode * peak.token
        self._output = fitted.decode * peak.output
        self._prefill = fitted.prefill * peak.token
        self._kv = fitted.kv * peak.kv
        self._window_kv = fitted.kv * peak.window_kv
        self._window = peak.window
        self._pair = fitted.attention * peak.pair
        self._window_pair = fitted.attention * peak.window_pair
        self._link = fitted.link * peak.link
        self._sequence = fitted.kv * peak.state + fitted.sequence_s / layout.dp
        self._fixed = (
            fitted.layer_s * peak.layers
            + fitted.moe_layer_s * peak.moe_layers
            + fitted.hop_s * peak.hops
            + fitted.step_s
        )

    def seconds(self, shape: StepShape) -> float:
        """Duration of one step. Above zero, never NaN."""
        decodes, kv, prompts, pairs, _, done, drafts = shape
        base = self._base(decodes, drafts, prompts, done)
        if prompts:
            base += self._pair * pairs + self._window_pair * min(pairs, prompts * self._window)
        return base + (self._kv * kv + self._window_kv * min(kv, decodes * self._window))

    def decode_seconds(self, decodes: int, kv: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Durations of steps that only decode `decodes` sequences over contexts `kv`; to the bit as `seconds` says."""
        base = self._base(decodes, 0, 0, 0)
        read = self._kv * kv
        if self._window_kv:
            read += self._window_kv * np.minimum(kv, decodes * self._window)
        read += base
        return read

    def _base(self, decodes: int, drafts: int, prompts: int, done: int) -> float:
        """All but attention."""
        decoded = decodes + drafts
        tokens = decoded + prompts
        read = self._weights + self._experts * (1.0 - self._missed**tokens)
        done_work = self._decode * decoded + self._prefill * prompts + self._output * (decoded + done)
        return sqrt(read * read + done_work * done_work) + self._link * tokens + self._sequence * decodes + self._fixed

    def use(self, shape: StepShape, seconds: float) -> Use:
        """Of a step of that shape that took `seconds`: fractions of peak, at most 1."""
        peak = self.peaks
        decodes, kv, prompts, pairs, _, done, drafts = shape
        tokens = decodes + drafts + prompts
        attended = peak.pair * pairs + peak.window_pair * min(pairs, prompts * peak.window)
        work = peak.token * tokens + peak.output * (decodes + drafts + done) + attended
        moved = peak.weights + peak.experts * (1.0 - peak.missed**tokens) + peak.state * decodes
        moved += peak.kv * kv + peak.window_kv * min(kv, decodes * peak.window)
        return Use(min(1.0, work / seconds), min(1.0, moved / seconds), min(1.0, peak.link * tokens / seconds))


def peaks(shape: ModelShape, gpu: GpuCard, layout: Layout) -> Peaks:
    """Seconds at peak for the parts of a step."""
    tp, pp, dp = layout.tp, layout.pp, layout.dp
    bandwidth = gpu.memory_gbps * 1e9
    fast = peak_flops(gpu, layout.precision)
    plain = gpu.bf16_tflops * 1e12
    always, routed = element_bytes(shape, layout)
    dense_flops = plain if always == 2.0 else fast
    active = shape.moe_layers * shape.active_experts * shape.expert_params
    spread = shape.full_layers, shape.window_layers, float(shape.window or 1)
    if shape.attention == "dsa":
        spread = 0, shape.full_layers, float(shape.index_topk)
    full, windows, window = spread
    one = _kv_layer(shape, layout, bandwidth, plain)
    value = shape.v_dim or shape.head_dim
    pair = 2.0 * shape.heads * (shape.head_dim + value) / tp / plain / (pp * dp)
    return Peaks(
        weights=(shape.always_params * always + shape.embedding_params * 2.0) / tp / bandwidth,
        experts=shape.routed_params * routed / layout.expert_gpus / bandwidth,
        missed=1.0 - shape.active_experts / shape.experts if shape.experts else 0.0,
        token=2.0 * (shape.always_params / dense_flops + active / fast) / (tp * pp * dp),
        output=2.0 * shape.embedding_params / plain / (tp * dp),
        kv=(one * full + _index_layer(shape, bandwidth, fast)) / (pp * dp),
        window_kv=one * windows / (pp * dp),
        window=window,
        state=2.0 * state_bytes(shape, layout) / bandwidth / dp,
        pair=pair * full,
        window_pair=pair * windows,
        link=_link(shape, gpu, layout),
        layers=float(shape.layers),
        moe_layers=float(shape.moe_layers),
        hops=shape.layers * log2(tp * dp) + (pp - 1),
    )


def peak_flops(gpu: GpuCard, precision: str) -> float:
    """Operations per second that matrices in a format run at: without units for it, those of 16 bits."""
    by_format = {"fp8": gpu.fp8_tflops, "fp4": gpu.fp4_tflops, "int8": gpu.int8_tops}
    return (by_format.get(precision) or gpu.bf16_tflops) * 1e12


def _kv_layer(shape: ModelShape, layout: Layout, bandwidth: float, flops: float) -> float:
    """Seconds for one sequence to attend to one token in one layer: its bytes, or its operations if they take longer."""
    element = layout.kv_element_bytes
    if shape.kv_token_bytes:
        width = shape.kv_token_bytes * element / 2.0 / shape.kv_layers
    else:
        width = shape.kv_width * kv_heads_share(shape, layout) * element
    if shape.kv_lora_rank:
        work = 2.0 * (2 * shape.kv_lora_rank + shape.rope_dim)
    else:
        work = 2.0 * (shape.head_dim + (shape.v_dim or shape.head_dim))
    return max(width / bandwidth, work * shape.heads / layout.tp / flops)


def _index_layer(shape: ModelShape, bandwidth: float, flops: float) -> float:
    """Seconds for sparse attention's index to look at one token, over all layers."""
    if shape.attention != "dsa":
        return 0.0
    return shape.full_layers * max(shape.index_dim / bandwidth, 2.0 * shape.index_heads * shape.index_dim / flops)


def _link(shape: ModelShape, gpu: GpuCard, layout: Layout) -> float:
    """Seconds to send one token's activations: ring all-reduces, all-to-all there (8 bits) and back, stage to stage."""
    tp, dp, spread = layout.tp, layout.dp, layout.expert_gpus
    wire = gpu.wire_gbps * 1e9
    reduced = 2.0 * shape.layers * 2.0 * (tp - 1) / tp * shape.hidden * 2.0 / dp
    exchanged = (
        shape.moe_layers * shape.active_experts * shape.hidden * 3.0 * (spread - 1) / spread / dp if dp > 1 else 0.0
    )
    handed = (layout.pp - 1) * shape.hidden * 2.0 / layout.pp / dp
    return (reduced + exchanged + handed) / wire
