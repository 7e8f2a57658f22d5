"""A cluster in words, and the cluster made of them: model, GPUs, layout, engine, router, and what else there is.

The only module of the simulator that knows cards and shapes as well as engines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Literal, NamedTuple, TypeVar, get_args

from fakeai.core.chance import Chance
from fakeai.core.events import WorkerSnapshot
from fakeai.core.hardware import GpuCard, ModelShape, gpu, shape
from fakeai.core.registry import Registry
from fakeai.sim.calibration import ENGINES as ROOFLINES
from fakeai.sim.cluster import Cluster
from fakeai.sim.engine import Engine, Policy
from fakeai.sim.engine_config import EngineConfig
from fakeai.sim.layout import KvPrecision, Layout, Precision, engine_defaults, kv_token_bytes, sglang_defaults
from fakeai.sim.orders import check_speed, told
from fakeai.sim.planner import Capacity, LoadPlanner, Planner, PlannerConfig, SlaPlanner
from fakeai.sim.roofline import Roofline
from fakeai.sim.router import KvAware, LeastLoaded, PowerOfTwo, Random, RoundRobin, RouterConfig
from fakeai.sim.router import Policy as RoutingPolicy
from fakeai.sim.scaling import Scaler
from fakeai.sim.scheduler import SglangScheduler, VllmScheduler
from fakeai.sim.speculative import CURVES, Speculation
from fakeai.sim.tables import Polynomial, load_profile
from fakeai.sim.transfer import Link
from fakeai.sim.turns import TurnsScheduler
from fakeai.sim.types import Observer, StepTiming
from fakeai.sim.worker import Role, Worker

T = TypeVar("T")
_PlannerName = Literal["", "load", "sla"]

ROUTERS: tuple[tuple[str, type[RoutingPolicy]], ...] = (
    ("kv", KvAware),
    ("round-robin", RoundRobin),
    ("least-loaded", LeastLoaded),
    ("power-of-two", PowerOfTwo),
    ("random", Random),
)
ENGINES: tuple[tuple[str, type[VllmScheduler] | type[SglangScheduler] | type[TurnsScheduler]], ...] = (
    ("vllm", VllmScheduler),
    ("sglang", SglangScheduler),
    ("transformers", TurnsScheduler),
)


def find(kind: str, rows: tuple[tuple[str, T], ...], name: str) -> T:
    """The row called `name`; ValueError with the known names and the closest."""
    registry: Registry[T] = Registry(kind)
    for known, thing in rows:
        registry.add(known, thing)
    try:
        return registry.get(name)
    except KeyError as error:
        raise ValueError(error.args[0]) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSpec:
    """Everything about a cluster. None takes what the engine would for such a GPU. `check` and `build` raise ValueError."""

    model: str = "llama-3.1-8b"
    gpu: str = "h100"
    workers: int = 1
    """Workers that do both; beside `prefill_workers`, those that decode."""
    prefill_workers: int = 0
    tp: int = 1
    pp: int = 1
    ep: int = 1
    dp: int = 1
    precision: Precision = "bf16"
    kv_precision: KvPrecision = "bf16"
    utilization: float = 0.9
    engine: str = "vllm"
    block_size: int = 16
    blocks: int | None = None
    """KV blocks of a worker; by default what fits beside the weights."""
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    max_context: int | None = None
    """Tokens of prompt and answer together; the model's own window by default, 0 for what the blocks hold."""
    long_prefill_token_threshold: int = 0
    chunked_prefill: bool = True
    prefix_caching: bool = True
    prefill_schedule_interval: int = 1
    priority: bool = False
    host_gib: float = 0.0
    """Host memory for KV blocks, of each worker."""
    host_gbps: float = 14.0
    """10^9 bytes a second between host memory and GPUs, of each worker."""
    max_loras: int = 8
    lora_load_s: float = 0.05
    speculation: str = ""
    """`3:0.8,0.5,0.3` is drafts and their acceptance by position, `3:2.4` drafts and mean length, `3:qwen3.5-mtp` a curve."""
    router: str = "round-robin"
    routing: RouterConfig = field(default_factory=RouterConfig)
    transfer_gbps: float = 64.0
    """10^9 bytes a second from prefill to decode workers, shared among transfers; 0 for no time at all."""
    transfer_latency_s: float = 0.001
    missing_only: bool = False
    """Transfer only blocks that the decode worker lacks, not the whole prompt's."""
    planner: _PlannerName = ""
    planning: PlannerConfig = field(default_factory=PlannerConfig)
    startup_s: float = 60.0
    """From the decision for a worker until it takes requests: its process, its weights, its graphs."""
    stragglers: Mapping[int, float] = field(default_factory=dict)
    """Speed of single workers, by id: 0.5 takes twice as long for a step."""
    timing: str = "roofline"
    """`roofline`, `polynomial` (Dynamo's mocker) or a file that `fakeai calibrate` wrote."""
    deployment: str = ""
    """A named deployment whose coefficients were fitted to its own request log."""
    seed: int = 0


class Parts(NamedTuple):
    """What a spec says, worked out."""

    spec: ClusterSpec
    shape: ModelShape
    gpu: GpuCard
    layout: Layout
    config: EngineConfig
    timing: StepTiming
    context: int
    """Tokens of prompt and answer that one request may have."""


def check(spec: ClusterSpec) -> Parts:
    """Work a spec out. Raises ValueError with what is accepted instead."""
    find("router", ROUTERS, spec.router)
    find("engine", ENGINES, spec.engine)
    if spec.workers < 1 or spec.prefill_workers < 0:
        raise ValueError(
            f"workers is at least 1 and prefill_workers at least 0, not {spec.workers} and {spec.prefill_workers}"
        )
    _check_numbers(spec)
    _check_stragglers(spec)
    model, card = shape(spec.model), gpu(spec.gpu)
    layout = Layout(spec.tp, spec.pp, spec.ep, spec.dp, spec.precision, spec.kv_precision, spec.utilization)
    layout.check(model, card)
    blocks = layout.blocks(model, card, spec.block_size) * layout.dp if spec.blocks is None else spec.blocks
    batched, seqs = (sglang_defaults if spec.engine == "sglang" else engine_defaults)(card)
    seqs = seqs if spec.max_num_seqs is None else spec.max_num_seqs
    block_bytes = int(kv_token_bytes(model, layout) * layout.gpus / layout.dp * spec.block_size)
    config = EngineConfig(
        blocks=blocks,
        block_size=spec.block_size,
        max_num_seqs=seqs,
        max_num_batched_tokens=max(batched, seqs)
        if spec.max_num_batched_tokens is None
        else spec.max_num_batched_tokens,
        long_prefill_token_threshold=spec.long_prefill_token_threshold,
        chunked_prefill=spec.chunked_prefill,
        prefix_caching=spec.prefix_caching,
        priority=spec.priority,
        prefill_schedule_interval=spec.prefill_schedule_interval,
        host_blocks=int(spec.host_gib * 2**30 / block_bytes) if spec.host_gib else 0,
        block_bytes=block_bytes,
        host_bytes_per_s=spec.host_gbps * 1e9,
        max_loras=spec.max_loras,
        lora_load_s=spec.lora_load_s,
        speculation=speculation(spec.speculation) if spec.speculation else None,
    )
    window = model.max_context if spec.max_context is None else spec.max_context
    context = min(window or blocks * spec.block_size, blocks * spec.block_size)
    return Parts(spec, model, card, layout, config, _timing(spec, model, card, layout), context)


def _check_numbers(spec: ClusterSpec) -> None:
    for name in _NOT_NEGATIVE:
        value = getattr(spec, name)
        if value is not None and not 0 <= value < inf:
            raise ValueError(f"{name} is a number from 0 on, not {value}")
    if not 0 < spec.host_gbps < inf:
        raise ValueError(f"host_gbps is above 0, not {spec.host_gbps}")
    if spec.block_size < 1:
        raise ValueError(f"block_size is at least 1, not {spec.block_size}")
    if spec.planner not in get_args(_PlannerName):
        raise ValueError(f"unknown planner {spec.planner!r}: write load or sla, or nothing for none")


_NOT_NEGATIVE = (
    "max_context", "long_prefill_token_threshold", "host_gib", "lora_load_s", "transfer_gbps", "transfer_latency_s",
    "startup_s",
)  # fmt: skip


def _check_stragglers(spec: ClusterSpec) -> None:
    workers = range(spec.prefill_workers + spec.workers)
    for worker, speed in spec.stragglers.items():
        if worker < 0 or not (worker in workers or spec.planner):
            raise ValueError(f"stragglers: there is no worker {worker}: {told(workers)}")
        check_speed(speed)


def _timing(spec: ClusterSpec, model: ModelShape, card: GpuCard, layout: Layout) -> StepTiming:
    if spec.timing == "roofline":
        if spec.engine not in ROOFLINES:
            raise ValueError(
                f"nobody has measured engine {spec.engine} on such GPUs: give it a timing, the name of a file that "
                "`fakeai calibrate` wrote, or take engine vllm or sglang"
            )
        return Roofline(model, card, layout, engine=spec.engine, deployment=spec.deployment)
    if spec.timing == "polynomial":
        return Polynomial(layout.blocks(model, card, spec.block_size) * spec.block_size)
    return load_profile(spec.timing)


def speculation(text: str) -> Speculation:
    """Read `DRAFTS:RATES`, `DRAFTS:LENGTH` or `DRAFTS:CURVE`. Raises ValueError with what is accepted."""
    drafts, _, how = text.partition(":")
    curve = how in dict(CURVES)
    try:
        count = int(drafts)
        rates = [] if curve else [float(word) for word in how.split(",")]
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not a speculation: write 3:0.8,0.5,0.3 (acceptance by position), 3:2.4 (mean length) or "
            f"3:NAME with a name of {', '.join(name for name, _ in CURVES)}"
        ) from error
    if curve:
        return Speculation.published(how, count)
    if len(rates) == 1 and (count > 1 or rates[0] > 1.0):
        return Speculation.of_length(rates[0], count)
    if len(rates) != count:
        raise ValueError(f"{text!r} names {count} drafts and {len(rates)} rates")
    return Speculation(rates)


def build(parts: Parts, observer: Observer | None, now: float = 0.0) -> Cluster:
    """The cluster that a checked spec describes; its time begins at `now`."""
    spec, config = parts.spec, parts.config
    chance = Chance(spec.seed)

    def make(id: int, role: Role, watch: Observer) -> Engine:
        speed = spec.stragglers.get(id, 1.0)
        own = replace(config, speed=speed) if speed != 1.0 else config
        policy: Policy = find("engine", ENGINES, spec.engine)()
        stream = chance.stream(f"engine {id}")
        return Engine(id, own, parts.timing, policy, watch, stream, prefill_only=role == "prefill")

    split = spec.prefill_workers > 0
    policy = find("router", ROUTERS, spec.router)
    router = policy(spec.routing, spec.block_size, chance.stream("router"), "prefill" if split else "both")
    decode = policy(RouterConfig(), spec.block_size, chance.stream("decode router"), "decode") if split else None
    return Cluster(
        make,
        router,
        workers=spec.workers,
        prefill_workers=spec.prefill_workers,
        decode_router=decode,
        link=Link(spec.transfer_gbps * 1e9, spec.transfer_latency_s) if spec.transfer_gbps else None,
        block_bytes=config.block_bytes,
        observer=observer,
        startup_s=spec.startup_s,
        missing_only=spec.missing_only,
        context=parts.context,
        scaler=Scaler(_planner(parts)) if spec.planner else None,
        now=now,
    )


def _planner(parts: Parts) -> Planner:
    config = parts.config
    if parts.spec.planner == "load":
        return LoadPlanner(parts.spec.planning, parts.context)
    tokens = config.blocks * config.block_size
    capacity = Capacity(parts.timing, parts.spec.planning, max_running=config.max_num_seqs, kv_tokens=tokens)
    return SlaPlanner(parts.spec.planning, capacity)


def snapshot(parts: Parts, cluster: Cluster, model: str) -> list[WorkerSnapshot]:
    """Every worker as it is at the time the cluster has been advanced to; `model` is what they are said to serve."""
    return [look(parts, worker, model) for worker in cluster.workers.values()]


def look(parts: Parts, worker: Worker, model: str) -> WorkerSnapshot:
    """One worker as it is."""
    engine = worker.engine
    pool, config = engine.pool, engine.config
    return WorkerSnapshot(
        model=model,
        worker=worker.id,
        role=worker.role,
        state=worker.state,
        running=len(engine.running),
        waiting=len(engine.waiting) + len(engine.loading),
        block_size=config.block_size,
        total_blocks=pool.total,
        used_blocks=pool.used,
        cached_blocks=pool.findable,
        host_blocks=pool.host_total,
        host_used_blocks=pool.host_used,
        active_prefill_tokens=engine.pending_tokens,
        max_running=config.max_num_seqs,
        max_step_tokens=config.max_num_batched_tokens,
        context_window=parts.context,
        speed=engine.speed,
        loras=tuple(engine.loras),
        running_loras=tuple(sorted({one.request.lora for one in engine.running if one.request.lora})),
        waiting_loras=tuple(sorted({one.request.lora for one in engine.waiting if one.request.lora})),
        gpus=parts.layout.gpus,
        gpu=parts.gpu.name,
        memory_used_bytes=int(parts.gpu.memory_bytes * parts.spec.utilization),
        memory_total_bytes=parts.gpu.memory_bytes,
        steps=engine.steps,
        steps_tokens=engine.step_tokens,
    )
