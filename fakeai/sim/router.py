"""Which worker gets a request: policies over views of the workers and what they hold of the prompt.

A policy sees only its arguments, so recorded situations can be replayed; its draws come from a stream handed in. It
remembers where requests of one affinity went, and nothing else but a turn. Knows no engine and no clock.

The `kv` policy's cost, its defaults and its choice among equals are those of Dynamo 1.6's KV router
(lib/kv-router/src/scheduling/selector.rs). One term differs: Dynamo leaves out of the incoming request's decode blocks
those that active requests of the worker share; views do not tell which, so all of them count, on every worker alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite
from typing import Literal, Protocol

from fakeai.core.chance import Chance
from fakeai.sim.types import Busy, Choice, Overlap, SimRequest, WorkerView

Pool = Literal["both", "prefill", "decode"]

MAX_AFFINITIES = 65_536
"""Affinities remembered; the one not used for longest is forgotten first."""

_NONE = Overlap()


@dataclass(frozen=True, slots=True)
class RouterConfig:
    """Parameters of all policies, with Dynamo's defaults. A value out of range raises ValueError."""

    overlap_score_credit: float = 1.0
    """Blocks of prefill saved by a block of the prompt on the worker's GPUs."""
    overlap_score_credit_decay: float = 0.0
    """How fast that credit shrinks with prefill waiting beyond the least busy worker's, in prompts of this length."""
    host_cache_hit_weight: float = 0.75
    """Blocks of prefill saved by a block in the worker's host memory."""
    prefill_load_scale: float = 1.0
    """Cost of a block of prefill, in blocks of decode."""
    decode_active_request_weight: float = 0.0
    """Cost of each request the worker has, in blocks of decode."""
    temperature: float = 0.0
    """0 takes the lowest cost; above, a softmax over costs scaled to their range is drawn from."""
    cost: Literal["sum", "lmetric"] = "sum"
    """sum: scaled prefill + decode blocks; lmetric: prefill × (decode blocks + 1)."""
    track_active_blocks: bool = True
    """Whether decode blocks count."""
    track_prefill_tokens: bool = True
    """Whether prefill counts."""
    active_decode_blocks_threshold: float | None = None
    """A worker whose decode blocks are more than this fraction of its blocks is busy. None: never."""
    active_prefill_tokens_threshold: int | None = None
    """A worker with more prompt tokens to compute than this is busy. None: never."""

    def __post_init__(self) -> None:
        for name in (
            "overlap_score_credit",
            "overlap_score_credit_decay",
            "host_cache_hit_weight",
            "prefill_load_scale",
            "decode_active_request_weight",
            "temperature",
            "active_decode_blocks_threshold",
            "active_prefill_tokens_threshold",
        ):
            value = getattr(self, name)
            if value is not None and not (isfinite(value) and value >= 0):
                raise ValueError(f"{name} is a number from 0 on, not {value!r}")
        if self.cost not in ("sum", "lmetric"):
            raise ValueError(f"cost is sum or lmetric, not {self.cost!r}")

    @property
    def sheds(self) -> bool:
        """Whether any worker can be busy."""
        return self.active_decode_blocks_threshold is not None or self.active_prefill_tokens_threshold is not None


class Router(Protocol):
    """A routing policy."""

    needs_views: bool
    """Whether more than the views' ids is looked at."""
    needs_overlap: bool
    """Whether overlaps are looked at, other than to be told in the Choice."""

    sheds: bool
    """Whether workers can be busy."""

    def choose(
        self, request: SimRequest, views: Sequence[WorkerView], overlaps: Mapping[int, Overlap], now: float,
        *, accepted: bool = False,
    ) -> Choice:  # fmt: skip
        """The worker for `request`. Busy when none of `views` takes it; the Choice's costs are in their order.

        One that was `accepted` before, and has lost its worker or waited for one, is given to busy workers, too.
        """

    def all_busy(self, views: Sequence[WorkerView]) -> bool:
        """Whether none of them takes a request."""


class Policy:
    """What all policies share: busy workers are passed over, and an affinity keeps its worker while that is there.

    A worker that an affinity leads to gets the request even when it is busy, unless all are.
    """

    needs_overlap = False
    _looks = True

    def __init__(self, config: RouterConfig, block_size: int, chance: Chance, pool: Pool = "both") -> None:
        if block_size < 1:
            raise ValueError(f"a block has at least 1 token, not {block_size}")
        self._config = config
        self._block_size = block_size
        self._chance = chance
        self._pool = pool
        self._kept: dict[str, int] = {}
        self.needs_views = self._looks or config.sheds
        self.sheds = config.sheds

    def choose(
        self, request: SimRequest, views: Sequence[WorkerView], overlaps: Mapping[int, Overlap], now: float,
        *, accepted: bool = False,
    ) -> Choice:  # fmt: skip
        """The worker for `request`; see Router."""
        rows: Sequence[int] = range(len(views))
        if self._config.sheds and not accepted:
            rows = [row for row in rows if not self._busy(views[row])]
        if not rows:
            raise Busy(f"all {len(views)} workers are busy" if views else "there is no worker")
        costs: tuple[float, ...] = ()
        worker = self._home(request.affinity, views) if request.affinity else None
        if worker is None:
            row, costs = self._pick(request, views, rows, overlaps)
            worker = views[row].id
            if request.affinity:
                self._keep(request.affinity, worker)
        device, host = overlaps.get(worker, _NONE)
        return Choice(worker, device, host, costs)

    def all_busy(self, views: Sequence[WorkerView]) -> bool:
        """See Router."""
        return self.sheds and all(self._busy(view) for view in views)

    def _pick(
        self,
        request: SimRequest,
        views: Sequence[WorkerView],
        rows: Sequence[int],
        overlaps: Mapping[int, Overlap],
    ) -> tuple[int, tuple[float, ...]]:
        """One of `rows`, the places in `views` of workers that are not busy; and the cost of each view, if any."""
        raise NotImplementedError

    def _busy(self, view: WorkerView) -> bool:
        blocks, tokens = self._config.active_decode_blocks_threshold, self._config.active_prefill_tokens_threshold
        if blocks is not None and view.total_blocks and view.decode_blocks > blocks * view.total_blocks:
            return True
        return tokens is not None and view.active_prefill_tokens > tokens

    def _home(self, affinity: str, views: Sequence[WorkerView]) -> int | None:
        worker = self._kept.get(affinity)
        if worker is None or all(view.id != worker for view in views):
            return None
        self._keep(affinity, worker)
        return worker

    def _keep(self, affinity: str, worker: int) -> None:
        self._kept.pop(affinity, None)
        self._kept[affinity] = worker
        if len(self._kept) > MAX_AFFINITIES:
            del self._kept[next(iter(self._kept))]

    def _lowest(self, rows: Sequence[int], costs: Sequence[float]) -> int:
        """The row of the lowest cost, drawn among equals."""
        best, ties = rows[0], 1
        for row in rows[1:]:
            if costs[row] < costs[best]:
                best, ties = row, 1
            elif costs[row] == costs[best]:
                ties += 1
                if self._chance.below(ties) == 0:
                    best = row
        return best


class RoundRobin(Policy):
    """Each in turn."""

    _looks = False
    _turn = -1

    def _pick(
        self, request: SimRequest, views: Sequence[WorkerView], rows: Sequence[int], overlaps: Mapping[int, Overlap]
    ) -> tuple[int, tuple[float, ...]]:
        self._turn += 1
        return rows[self._turn % len(rows)], ()


class Random(Policy):
    """Any, each as likely."""

    _looks = False

    def _pick(
        self, request: SimRequest, views: Sequence[WorkerView], rows: Sequence[int], overlaps: Mapping[int, Overlap]
    ) -> tuple[int, tuple[float, ...]]:
        return self._chance.pick(rows), ()


class LeastLoaded(Policy):
    """The one with the fewest requests."""

    def _pick(
        self, request: SimRequest, views: Sequence[WorkerView], rows: Sequence[int], overlaps: Mapping[int, Overlap]
    ) -> tuple[int, tuple[float, ...]]:
        return self._lowest(rows, [view.running + view.waiting for view in views]), ()


class PowerOfTwo(Policy):
    """The one with fewer requests of two drawn at random."""

    def _pick(
        self, request: SimRequest, views: Sequence[WorkerView], rows: Sequence[int], overlaps: Mapping[int, Overlap]
    ) -> tuple[int, tuple[float, ...]]:
        if len(rows) == 1:
            return rows[0], ()
        first = self._chance.below(len(rows))
        second = self._chance.below(len(rows) - 1)
        a, b = rows[first], rows[second + (second >= first)]
        more = views[b].running + views[b].waiting >= views[a].running + views[a].waiting
        return (a if more else b), ()


class KvAware(Policy):
    """Dynamo's: prefill not saved by the cache, plus decode, in blocks.

    A prefill pool counts no decode blocks. A decode pool computes no prompts: it costs its decode blocks less the
    credit for what is there already, so that less is transferred.
    """

    needs_overlap = True

    def _pick(
        self, request: SimRequest, views: Sequence[WorkerView], rows: Sequence[int], overlaps: Mapping[int, Overlap]
    ) -> tuple[int, tuple[float, ...]]:
        costs = self.costs(request, views, rows, overlaps)
        if self._config.temperature == 0.0:
            return self._lowest(rows, costs), costs
        return self._draw(rows, costs), costs

    def costs(
        self, request: SimRequest, views: Sequence[WorkerView], rows: Sequence[int], overlaps: Mapping[int, Overlap]
    ) -> tuple[float, ...]:
        """The cost of each view, busy or not, in blocks; `rows` are those that can be chosen."""
        config, block, prompt = self._config, self._block_size, request.prompt_tokens
        blocks = -(-prompt // block)
        decodes = self._pool == "decode"
        tracks_prefill = config.track_prefill_tokens and not decodes
        tracks_blocks = config.track_active_blocks and self._pool != "prefill"
        decay = config.overlap_score_credit_decay if tracks_prefill and blocks else 0.0
        floor = min(views[row].active_prefill_tokens for row in rows) if decay else 0
        per_device, per_host, scale = (
            config.overlap_score_credit,
            config.host_cache_hit_weight,
            config.prefill_load_scale,
        )
        per_request, lmetric = config.decode_active_request_weight, config.cost == "lmetric"
        held = overlaps.get
        costs = []
        for view in views:
            waiting = view.active_prefill_tokens
            decode = float(view.decode_blocks + blocks) if tracks_blocks else 0.0
            active = per_request * (view.running + view.waiting) if per_request else 0.0
            device, host = held(view.id, _NONE)
            credit = per_device * device
            if decay:
                credit /= 1.0 + decay * (max(waiting - floor, 0) / block / blocks)
            credit += per_host * host
            if decodes:
                costs.append(max(decode - credit, 0.0) + active)
                continue
            prefill = max((waiting + prompt) / block - credit, 0.0) if tracks_prefill else 0.0
            costs.append(prefill * (decode + 1.0) if lmetric else scale * prefill + decode + active)
        return tuple(costs)

    def _draw(self, rows: Sequence[int], costs: Sequence[float]) -> int:
        """A row drawn with weight exp(−cost / (range · temperature)), the range being that of the rows' costs."""
        low, high = min(costs[row] for row in rows), max(costs[row] for row in rows)
        spread = high - low or 1.0
        weights = [exp((low - costs[row]) / spread / self._config.temperature) for row in rows]
        left = self._chance.unit() * sum(weights)
        for row, weight in zip(rows, weights, strict=True):
            left -= weight
            if left < 0.0:
                return row
        return rows[-1]
