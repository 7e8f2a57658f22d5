"""Small engines and clusters for tests: a timing by hand, an observer that writes everything down."""

from collections.abc import Sequence as Row
from typing import Any

import numpy as np

from fakeai.core.chance import Chance
from fakeai.sim.cluster import Cluster
from fakeai.sim.engine import Engine
from fakeai.sim.engine_config import EngineConfig
from fakeai.sim.router import RoundRobin, RouterConfig
from fakeai.sim.scheduler import SglangScheduler, VllmScheduler
from fakeai.sim.sequence import Sequence
from fakeai.sim.turns import TurnsScheduler
from fakeai.sim.types import Observer, SimRequest, StepShape
from fakeai.sim.worker import Role

POLICIES = {"vllm": VllmScheduler, "sglang": SglangScheduler, "transformers": TurnsScheduler}


class Steady:
    """10 ms a step, 1 ms a decoding sequence, 1 µs a token attended to, 0.1 ms a prompt token."""

    def seconds(self, shape: StepShape) -> float:
        return 0.01 + shape.decodes * 0.001 + shape.decode_kv * 1e-6 + shape.prefill_tokens * 1e-4

    def decode_seconds(self, decodes: int, kv: Any) -> Any:
        return 0.01 + decodes * 0.001 + kv * 1e-6 + 0 * 1e-4


class Notes(Observer):
    """Everything an engine tells, and each token's time."""

    def __init__(self) -> None:
        self.ended_by_id: dict[str, Sequence] = {}
        self.steps: list[tuple[int, float, float, int, int]] = []
        """worker, start, end, tokens, prompt tokens."""
        self.admissions: list[tuple[int, float, int, int, int]] = []
        self.preemptions = 0
        self.findable: set[Any] = set()
        self.routes: list[Any] = []
        self.changes: list[tuple[float, int, str]] = []

    def stepped(self, worker: int, start: float, ends: Any, shape: StepShape, tokens: int) -> None:
        for end in ends:
            self.steps.append((worker, float(start), float(end), tokens, shape.prefill_tokens))
            start = end

    def admitted(self, worker: int, at: float, queried: int, device: int, host: int) -> None:
        self.admissions.append((worker, at, queried, device, host))

    def preempted(self, worker: int, at: float) -> None:
        self.preemptions += 1

    def stored(self, worker: int, at: float, blocks: Row[Any], parent: Any, medium: str) -> None:
        for block in blocks:
            assert (worker, block, medium) not in self.findable
            self.findable.add((worker, block, medium))

    def removed(self, worker: int, at: float, blocks: Row[Any], medium: str) -> None:
        for block in blocks:
            self.findable.remove((worker, block, medium))

    def routed(self, at: float, request: SimRequest, workers: Row[int], choice: Any, best: int) -> None:
        self.routes.append((request.id, choice, best))

    def changed(self, at: float, worker: int, state: str) -> None:
        self.changes.append((at, worker, state))

    def ended(self, worker: int, sequence: Any) -> None:
        assert sequence.request.id not in self.ended_by_id
        self.ended_by_id[sequence.request.id] = sequence

    def story(self) -> dict[str, tuple[Any, ...]]:
        """What became of each request."""
        return {
            name: (
                one.scheduled,
                one.first_token,
                one.last_token,
                one.made,
                one.cached_tokens,
                one.preemptions,
                one.reason,
            )
            for name, one in self.ended_by_id.items()
        }


def cluster(
    *, policy: str = "vllm", workers: int = 1, notes: Observer | None = None, router: Any = RoundRobin, **options: Any
) -> Cluster:
    """A cluster of small engines; `options` beyond the cluster's own go to EngineConfig."""
    own = ("prefill_workers", "link", "block_bytes", "startup_s", "missing_only")
    mine = {name: options.pop(name) for name in own if name in options}
    options["block_bytes"] = mine.get("block_bytes", 0)
    config = EngineConfig(**{"blocks": 64, "block_size": 4, "max_num_seqs": 8, "max_num_batched_tokens": 64, **options})

    def make(id: int, role: Role, observer: Observer) -> Engine:
        chance = Chance(7).stream(f"engine {id}")
        return Engine(id, config, Steady(), POLICIES[policy](), observer, chance, prefill_only=role == "prefill")

    routers = [router(RouterConfig(), config.block_size, Chance(3).stream(name)) for name in ("router", "decode")]
    return Cluster(make, routers[0], workers=workers, decode_router=routers[1], observer=notes, **mine)


def prompt(id: str, tokens: int, output: int, *, shared: int = 0, size: int = 4, **more: Any) -> SimRequest:
    """A request whose first `shared` tokens any other has that shares as many, and the rest nobody."""
    full, common = tokens // size, shared // size
    blocks = tuple([("shared", n) for n in range(min(full, common))] + [(id, n) for n in range(common, full)])
    return SimRequest(id, tokens, output, blocks, **more)


def step_by_step(cluster: Cluster, until: float = float("inf")) -> None:
    """Advance one event at a time."""
    while (at := cluster.next_at()) is not None and at <= until:
        cluster.advance(at)


__all__ = ["POLICIES", "Chance", "Notes", "Steady", "cluster", "np", "prompt", "step_by_step"]
