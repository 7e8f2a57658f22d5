"""GPUs and shapes of language models, read from `data/gpus.toml` and `data/shapes.toml` when first asked for.

Knows figures of data sheets and config files; does not know how fast anything runs.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

Attention = Literal["mha", "gqa", "mla", "dsa", "sliding", "hybrid-linear", "hybrid-mamba"]

GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuCard:
    """One GPU. Dense peaks; 0 for a number format that it has no units for."""

    name: str
    aliases: tuple[str, ...] = ()
    vendor: str
    arch: str = ""
    bf16_tflops: float
    fp8_tflops: float = 0.0
    fp4_tflops: float = 0.0
    int8_tops: float = 0.0
    memory_gib: float
    memory_gbps: float
    """10^9 bytes per second."""
    link: str
    link_gbps: float = 0.0
    """One direction of the link to other GPUs of its node, 10^9 bytes per second; 0 without one."""
    pcie_gbps: float = 0.0
    node_gbps: float
    """What leaves the node for each of its GPUs, 10^9 bytes per second."""
    gpus_per_node: int
    tdp_w: float
    source: str

    @property
    def memory_bytes(self) -> int:
        """All its memory."""
        return int(self.memory_gib * GIB)

    @property
    def wire_gbps(self) -> float:
        """What it sends to a peer in its node: over the link, or else over PCIe or the network."""
        return self.link_gbps or self.pcie_gbps or self.node_gbps


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """The widths and counts of a decoder-only language model."""

    name: str
    aliases: tuple[str, ...] = ()
    attention: Attention
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    """Width of a query and key head; with latent attention, its unrotated and rotated parts together."""
    v_dim: int = 0
    """Width of a value head where it is another."""
    ffn: int = 0
    """Inner width of the dense feed-forward layers."""
    ffn_matrices: int = 3
    """Matrices of a feed-forward network: 3 gated, 2 plain."""
    dense_layers: int = -1
    """Layers with a dense feed-forward network; -1 for all."""
    moe_layers: int = 0
    experts: int = 0
    active_experts: int = 0
    expert_ffn: int = 0
    expert_width: int = 0
    """Width that the routed experts work on, where it is not `hidden`."""
    shared_ffn: int = 0
    """Inner width of the experts that every token takes."""
    attention_layers: int = -1
    """Layers that attend and keep KV; -1 for all that keep no state."""
    window: int = 0
    window_layers: int = 0
    """Of the attention layers, those that attend to the last `window` tokens only."""
    state_layers: int = 0
    """Linear-attention or Mamba layers: a fixed state for each sequence."""
    state_elements: int = 0
    """Elements of that state in one layer."""
    kv_lora_rank: int = 0
    q_lora_rank: int = 0
    nope_dim: int = 0
    rope_dim: int = 0
    index_topk: int = 0
    """Sparse attention: tokens that a query attends to, at most."""
    index_heads: int = 0
    index_dim: int = 0
    kv_token_bytes: int = 0
    """KV bytes of a token at 2 bytes an element, where the widths do not give it."""
    vocab: int
    max_context: int
    tied: bool = False
    """Whether input and output embeddings are one matrix."""
    params_b: float = 0.0
    """10^9 parameters, where the widths do not give them."""
    active_b: float = 0.0
    dtype: str = "bfloat16"
    source: str

    @property
    def kv_layers(self) -> int:
        """Layers that keep keys and values."""
        return self.layers - self.state_layers if self.attention_layers < 0 else self.attention_layers

    @property
    def full_layers(self) -> int:
        """Of those, the ones that attend to the whole context."""
        return self.kv_layers - self.window_layers

    @property
    def ffn_layers(self) -> int:
        """Layers with a dense feed-forward network."""
        return self.layers if self.dense_layers < 0 else self.dense_layers

    @property
    def kv_width(self) -> int:
        """Elements that one layer keeps for one token."""
        if self.kv_lora_rank:
            return self.kv_lora_rank + self.rope_dim
        return self.kv_heads * (self.head_dim + (self.v_dim or self.head_dim))

    @property
    def attention_params(self) -> int:
        """Parameters of the projections of one attention layer."""
        value = self.v_dim or self.head_dim
        output = self.heads * value * self.hidden
        if not self.kv_lora_rank:
            return self.hidden * (self.heads * self.head_dim + self.kv_heads * (self.head_dim + value)) + output
        width = self.heads * self.head_dim
        query = self.q_lora_rank * (self.hidden + width) if self.q_lora_rank else self.hidden * width
        latent = self.hidden * (self.kv_lora_rank + self.rope_dim)
        return query + latent + self.kv_lora_rank * self.heads * (self.nope_dim + value) + output

    @property
    def expert_params(self) -> int:
        """Parameters of one routed expert in one layer."""
        return self.ffn_matrices * (self.expert_width or self.hidden) * self.expert_ffn

    @property
    def embedding_params(self) -> int:
        """Parameters of one embedding matrix."""
        return self.vocab * self.hidden

    @property
    def routed_params(self) -> int:
        """Parameters of all routed experts."""
        return self.moe_layers * self.experts * self.expert_params

    @property
    def always_params(self) -> int:
        """Parameters that every token's layers use: attention, dense and shared feed-forward, routers, state layers."""
        mixing = self.kv_layers * self.attention_params + self.ffn_layers * self.ffn_matrices * self.hidden * self.ffn
        shared = self.moe_layers * self.hidden * (self.ffn_matrices * self.shared_ffn + self.experts)
        counted = mixing + shared
        if self.params_b:
            embeddings = self.embedding_params * (1 if self.tied else 2)
            return max(counted, int(self.params_b * 1e9) - self.routed_params - embeddings)
        return counted

    @property
    def params(self) -> int:
        """All parameters."""
        return self.always_params + self.routed_params + self.embedding_params * (1 if self.tied else 2)

    @property
    def active_params(self) -> int:
        """Parameters that one token's computation reads, the output embedding included."""
        routed = self.moe_layers * self.active_experts * self.expert_params
        return self.always_params + routed + self.embedding_params * (1 if self.tied else 2)


def gpu(name: str) -> GpuCard:
    """The GPU of that name, in any case: `h100`, `H100-SXM5-80GB`, `rtx-4090`. ValueError names those known."""
    cards = _gpus()
    found = cards.get(_squeezed(name)) or cards.get(_squeezed(re.sub(r"\(.*?\)", "", name)))
    if found is None:
        raise ValueError(_unknown("GPU", name, (card.name for card in cards.values())))
    return found


def gpus() -> tuple[GpuCard, ...]:
    """All GPUs, in the order of the file."""
    return tuple(dict.fromkeys(_gpus().values()))


def shape(name: str) -> ModelShape:
    """The shape of a model, by any common spelling of its name. ValueError names the closest known.

    Case, the organisation, and endings that do not change the shape (`-Instruct`, `-FP8`, `-2507`, `(NVFP4)`) do not
    count.
    """
    known = _shapes()
    found = known.get(_plain(name))
    if found is None:
        raise ValueError(_unknown("model", name, (one.name for one in known.values())))
    return found


def shapes() -> tuple[ModelShape, ...]:
    """All shapes, in the order of the file."""
    return tuple(dict.fromkeys(_shapes().values()))


@lru_cache(maxsize=1)
def _gpus() -> dict[str, GpuCard]:
    return {
        _squeezed(name): card
        for card in (GpuCard(**row) for row in _rows("gpus.toml", "gpu"))
        for name in (card.name, *card.aliases)
    }


@lru_cache(maxsize=1)
def _shapes() -> dict[str, ModelShape]:
    return {
        _plain(name): one
        for one in (ModelShape(**row) for row in _rows("shapes.toml", "shape"))
        for name in (one.name, *one.aliases)
    }


def _rows(file: str, key: str) -> list[dict[str, Any]]:
    """The tables of a data file, lists as tuples; Any because TOML's values have the types that the file says."""
    rows: list[dict[str, Any]] = tomllib.loads(files("fakeai").joinpath("data", file).read_text("utf-8"))[key]
    return [{**row, "aliases": tuple(row.get("aliases", ()))} for row in rows]


_LONGEST = 256
_ENDING = re.compile(
    r"-(fp8|nvfp4|mxfp4|fp4|int4|int8|w4a16|w8a8|bf16|fp16|awq|gptq|dynamic|block|instruct|chat|thinking|hf|it|base|"
    r"\d{4}|v0\.\d|8k|turbo|original)$"
)
_BEGINNING = re.compile(r"^(meta|nvidia)-(?=llama|nemotron)")


def _plain(name: str) -> str:
    """A model's name without what does not change its shape."""
    text = re.sub(r"\(.*?\)", "", name[:_LONGEST]).strip().rsplit("/", 1)[-1].lower()
    text = _BEGINNING.sub("", re.sub(r"[\s_:]+", "-", text))
    while (shorter := _ENDING.sub("", text)) != text:
        text = shorter
    return text


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name[:_LONGEST].lower()).removeprefix("nvidia").removeprefix("amd")


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    names = list(dict.fromkeys(known))
    by_lower = {one.lower(): one for one in names}
    close = get_close_matches(name[:_LONGEST].lower(), by_lower, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(by_lower[one] for one in close)}?" if close else ""
    return f"unknown {kind} {name[:_LONGEST]!r}{hint} Known: {', '.join(names)}"
