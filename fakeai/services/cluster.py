"""The simulated cluster for people and dashboards: workers, queues, caches and routing, once or as they change."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import orjson

from fakeai.backends.base import Engines
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.clock import Clock
from fakeai.core.errors import BadRequest
from fakeai.core.events import (
    Bus,
    RequestEnded,
    RequestStarted,
    Routed,
    SequenceEnded,
    StepRan,
    WorkerChanged,
    WorkerSnapshot,
)
from fakeai.core.feed import Feed
from fakeai.wire import cluster as wire

_STIRS: tuple[type, ...] = (RequestStarted, Routed, StepRan, SequenceEnded, WorkerChanged, RequestEnded)
"""Events after which the cluster may look different."""
_DECISIONS = 20
_MOST_DECISIONS = 200
"""As many as the engine room remembers."""
_INTERVAL_S = 1.0
_LEAST_S, _MOST_S = 0.05, 60.0


class ClusterView:
    """`GET /fakeai/cluster`."""

    ENDPOINTS = (
        Endpoint(
            "GET", "/fakeai/cluster", "look", "Workers, queues, caches and routing", reply="events", tag="Cluster"
        ),
    )

    def __init__(self, engine_room: Engines, clock: Clock, bus: Bus) -> None:
        self._engines = engine_room
        self._clock = clock
        self._bus = bus

    async def look(self, call: Call) -> Reply:
        """The cluster now, or a stream of it: with `stream=true`, or by the client's `accept` header.

        `model` leaves out the others, `decisions` is how many of each model's are told, and a stream has at most one
        event every `interval` Clock seconds. Raises BadRequest for a number that is none or out of bounds.
        """
        models = call.query.get("model", ())
        decisions = int(_number(call, "decisions", _DECISIONS, 0, _MOST_DECISIONS))
        interval = _number(call, "interval", _INTERVAL_S, _LEAST_S, _MOST_S)
        look = partial(self.view, models, decisions)
        if not _streams(call):
            return Reply(look())
        return Reply(events=Feed(Watch(look, self._clock, self._bus, interval)))

    def view(self, models: Sequence[str], decisions: int) -> wire.Cluster:
        """Everything at this instant, of `models` (all, if there are none)."""
        engines = self._engines
        workers: dict[str, list[WorkerSnapshot]] = {}
        for worker in engines.snapshot():
            workers.setdefault(worker.model, []).append(worker)
        routed: dict[str, list[Routed]] = {}
        for decision in engines.decisions():
            routed.setdefault(decision.model, []).append(decision)
        shown = [model for model in dict.fromkeys((*workers, *routed)) if not models or model in models]
        return {
            "object": "cluster",
            "at_s": self._clock.now(),
            "unix": self._clock.unix(),
            "sleeping": engines.sleeping(),
            "in_flight": engines.in_flight(),
            "loras": engines.loras(),
            "models": [_model(name, workers.get(name, ()), routed.get(name, ()), decisions) for name in shown],
        }


class Watch:
    """A feed's source: the cluster when it is begun, and after whatever stirs it, at most once every `interval_s`.

    Nothing ticks while nothing happens, so a stream that is open does not drive virtual time.
    """

    def __init__(self, look: Callable[[], wire.Cluster], clock: Clock, bus: Bus, interval_s: float) -> None:
        self._look = look
        self._clock = clock
        self._bus = bus
        self._interval_s = interval_s
        self._timer: asyncio.TimerHandle | None = None
        self._last: wire.Cluster | None = None
        self._paused = False
        self._missed = False

    def begin(self, feed: Feed[list[bytes]], /) -> None:
        """The first look."""
        self._feed = feed
        for kind in _STIRS:
            self._bus.listen(kind, self._stirred)
        self._tell("snapshot")

    def cancel(self) -> None:
        """The client has left."""
        for kind in _STIRS:
            self._bus.forget(kind, self._stirred)
        if self._timer is not None:
            self._timer.cancel()

    def pause(self) -> None:
        """What comes now is left out; what it leads to is told later."""
        self._paused = True

    def resume(self) -> None:
        """Tell how it is, if it was about to be told."""
        self._paused = False
        if self._missed:
            self._missed = False
            self._due()

    def _stirred(self, event: Any) -> None:
        """Any: one of several kinds, all alike to us."""
        if self._timer is None:
            assert self._last is not None, "begun"
            when = max(self._clock.now(), self._last["at_s"] + self._interval_s)
            self._timer = self._clock.call_at(when, self._due)

    def _due(self) -> None:
        self._timer = None
        if self._paused:
            self._missed = True
        else:
            self._tell("change")

    def _tell(self, kind: Any) -> None:
        """Push the cluster, unless it looks as it did. Any: one of two words."""
        view = self._look()
        if self._last is None or _changed(self._last, view):
            self._last = view
            self._feed.push([orjson.dumps({"type": kind, **view})])


def _changed(before: wire.Cluster, after: wire.Cluster) -> bool:
    return {**before, "at_s": 0.0, "unix": 0.0} != {**after, "at_s": 0.0, "unix": 0.0}


def _model(name: str, workers: Sequence[WorkerSnapshot], routed: Sequence[Routed], decisions: int) -> wire.Model:
    return {
        "model": name,
        "queue": {"running": sum(one.running for one in workers), "waiting": sum(one.waiting for one in workers)},
        "cache": {
            "block_size": workers[0].block_size if workers else 0,
            "total_blocks": sum(one.total_blocks for one in workers),
            "used_blocks": sum(one.used_blocks for one in workers),
            "cached_blocks": sum(one.cached_blocks for one in workers),
            "host_blocks": sum(one.host_blocks for one in workers),
            "host_used_blocks": sum(one.host_used_blocks for one in workers),
        },
        "workers": [worker_view(one) for one in workers],
        "decisions": [_decision(one) for one in routed[len(routed) - decisions if decisions < len(routed) else 0 :]],
    }


def worker_view(of: WorkerSnapshot) -> wire.Worker:
    """One worker."""
    return {
        "worker": of.worker,
        "role": of.role,
        "state": of.state,
        "queue": {"running": of.running, "waiting": of.waiting},
        "cache": {
            "block_size": of.block_size,
            "total_blocks": of.total_blocks,
            "used_blocks": of.used_blocks,
            "cached_blocks": of.cached_blocks,
            "host_blocks": of.host_blocks,
            "host_used_blocks": of.host_used_blocks,
        },
        "active_prefill_tokens": of.active_prefill_tokens,
        "max_running": of.max_running,
        "max_step_tokens": of.max_step_tokens,
        "context_window_tokens": of.context_window,
        "steps": of.steps,
        "steps_tokens": of.steps_tokens,
        "speed": of.speed,
        "loras": list(of.loras),
        "running_loras": list(of.running_loras),
        "waiting_loras": list(of.waiting_loras),
        "gpus": of.gpus,
        "gpu": of.gpu,
        "memory_used_bytes": of.memory_used_bytes,
        "memory_total_bytes": of.memory_total_bytes,
    }


def _decision(of: Routed) -> wire.Decision:
    return {
        "at_s": of.at,
        "request_id": of.request_id,
        "worker": of.worker,
        "prompt_tokens": of.prompt_tokens,
        "block_size": of.block_size,
        "overlap_blocks": of.overlap_blocks,
        "best_overlap_blocks": of.best_overlap_blocks,
        "costs": {str(worker): float(cost) for worker, cost in of.costs.items()},
    }


def _streams(call: Call) -> bool:
    wish = call.query.get("stream", ("",))[-1].lower()
    return wish in ("true", "1") or (not wish and "text/event-stream" in call.headers.get("accept", ""))


def _number(call: Call, name: str, default: float, least: float, most: float) -> float:
    """A query parameter within bounds."""
    text = call.query.get(name, (str(default),))[-1]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise BadRequest(f"'{name}' should be a number from {least:g} to {most:g}.", param=name, code="invalid_value")
    return value
