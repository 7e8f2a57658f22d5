"""Who waits, loads, runs and holds blocks, in the worst company: small pools, adapters, host memory, drafts, hand-overs,
workers that sleep, fail and come. Nobody is lost, nobody waits for ever, and blocks are counted right at every event."""

from collections import Counter
from random import Random
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fakeai.sim.cluster import Cluster
from fakeai.sim.engine import Engine
from fakeai.sim.router import KvAware, LeastLoaded, RoundRobin
from fakeai.sim.sequence import Sequence, State
from fakeai.sim.speculative import Speculation
from fakeai.sim.transfer import Link
from tests.sim.engines import Notes, cluster, prompt

LAST = 20.0
"""When all workers are awake for good."""


def a_scene(dice: Random) -> dict[str, Any]:
    pick = dice.choice
    return {
        "policy": pick(["vllm", "vllm", "sglang", "transformers"]),
        "router": pick([RoundRobin, KvAware, LeastLoaded]),
        "workers": pick([1, 1, 2, 3]),
        "prefill_workers": pick([0, 1, 2]),
        "missing_only": pick([False, True]),
        "blocks": pick([6, 8, 12, 20, 40]),
        "block_size": pick([1, 2, 4]),
        "max_num_seqs": pick([1, 2, 4, 8]),
        "max_num_batched_tokens": pick([8, 16, 64]),
        "max_loras": pick([1, 2, 3]),
        "host_blocks": pick([0, 5, 30]),
        "priority": pick([False, True]),
        "chunked_prefill": pick([False, True]),
        "prefix_caching": pick([False, True]),
        "watermark_blocks": pick([0, 1]),
        "prefill_schedule_interval": pick([1, 3]),
        "speculation": pick([None, None, Speculation([0.7, 0.4])]),
        "block_bytes": 100,
    }


def an_act(dice: Random) -> tuple[Any, ...]:
    pick = dice.choice
    what = pick(["ask"] * 14 + ["cancel", "cancel", "fail", "drain", "add", "sleep", "wake"])
    if what == "ask":
        tokens, output, shared = pick([1, 2, 5, 9, 16, 23, 30]), pick([1, 1, 2, 5, 12, 25]), pick([0, 4, 8, 16])
        return what, tokens, output, shared, pick(["", "", "A", "B", "C", "D"]), pick([0, 1, 2])
    how = {
        "cancel": range(30),
        "fail": range(6),
        "drain": range(6),
        "add": ["prefill", "decode"],
        "sleep": [False, True],
    }
    return (what, pick(how[what])) if what in how else (what,)


def acts(dice: Random) -> list[tuple[float, tuple[Any, ...]]]:
    return [(dice.choice([0.0, 0.0, 0.001, 0.02, 0.1, 0.5]), an_act(dice)) for _ in range(dice.randint(2, 40))]


class Story:
    """One run: what is done, and what became of it."""

    def __init__(self, scene: dict[str, Any], *, watched: bool) -> None:
        self.notes = Notes()
        self.size = scene["block_size"]
        self.cluster: Cluster = cluster(notes=self.notes, link=Link(1e4, 0.01), **scene)
        self.watched = watched
        self.asked: list[str] = []
        self.cancelled: set[str] = set()

    def run(self, acts: list[tuple[float, tuple[Any, ...]]]) -> None:
        now = 0.0
        for pause, (what, *how) in [*acts, (LAST, ("wake",))]:
            now += pause
            self.until(now)
            getattr(self, what)(now, *how)
            self.check()
        self.until(LAST * 1000)

    def until(self, now: float) -> None:
        if not self.watched:
            self.cluster.advance(now)
            return
        events = 0
        while (at := self.cluster.next_at()) is not None and at <= now:
            events += 1
            assert events < 20_000, "it goes on and on"
            self.cluster.advance(at)
            self.check()
        self.cluster.advance(now)

    def ask(self, now: float, tokens: int, output: int, shared: int, lora: str, priority: int) -> None:
        name = f"r{len(self.asked)}"
        request = prompt(name, tokens, output, shared=shared, size=self.size, lora=lora, priority=priority)
        try:
            self.cluster.submit(request, now)
        except ValueError:
            return  # too long for the pool
        self.asked.append(name)

    def cancel(self, now: float, number: int) -> None:
        self.cluster.cancel(f"r{number}", now)
        self.cancelled.add(f"r{number}")

    def add(self, now: float, role: Any) -> None:
        self.cluster.add(role if self.cluster.disaggregated else "both", startup_s=0.5)

    def fail(self, now: float, number: int) -> None:
        if (worker := self.dispensable(number)) is not None:
            self.cluster.fail(worker, now)

    def drain(self, now: float, number: int) -> None:
        if (worker := self.dispensable(number)) is not None:
            self.cluster.drain(worker, now)

    def dispensable(self, number: int) -> int | None:
        """One of the workers, unless it is the last of its kind."""
        workers = list(self.cluster.workers.values())
        chosen = workers[number % len(workers)]
        others = [one for one in workers if one.role == chosen.role and one.state != "draining" and one is not chosen]
        return chosen.id if others else None

    def sleep(self, now: float, finish: bool) -> None:
        ready = [one.id for one in self.cluster.workers.values() if one.state == "ready"]
        self.cluster.pause(ready, now, asleep=True, finish=finish)

    def wake(self, now: float) -> None:
        self.cluster.pause(list(self.cluster.workers), now, asleep=False)

    def check(self) -> None:
        for worker in self.cluster.workers.values():
            check(worker.engine)


def check(engine: Engine) -> None:
    """What the engine counts is what there is, counted one by one."""
    queued = Counter(one.request.lora for one in engine.waiting)
    assert queued == Counter(engine.queued_loras)
    assert list(engine.landed.keys() ^ {one for one in engine.waiting if one.state is State.LOADING}) == []
    everyone = [*engine.running, *engine.loading, *engine.holding, *engine.waiting]
    pool = engine.pool
    blocks = {one: held(engine, one) for one in everyone}
    shared = {key for one in everyone for key in one.owned}
    assert all(blocks[one] >= len(one.owned) for one in everyone)
    assert pool.used == len(shared) + sum(blocks[one] - len(one.owned) for one in everyone)
    to_compute = (State.WAITING, State.LOADING, State.PREFILLING)
    assert engine.pending_tokens == sum(one.target - one.computed for one in everyone if one.state in to_compute)


def held(engine: Engine, sequence: Sequence) -> int:
    if sequence.state is State.DECODING and engine.config.speculation is None:
        in_step = engine.next_at() is not None and engine._in_step
        return -(-(sequence.offset + engine.decode_steps + in_step) // engine.config.block_size)
    return sequence.held


@example(12141).via("something landed just when a step of a jump ended")
@example(365).via("a worker woke in the past")
@example(428).via("drafts took blocks that were not to be had")
@settings(max_examples=300, deadline=None)
@given(st.integers(0, 1 << 32))
def test_whatever_happens_nobody_is_lost_and_watching_changes_nothing(seed: int) -> None:
    dice = Random(seed)
    scene, done = a_scene(dice), acts(dice)
    watched = Story(scene, watched=True)
    watched.run(done)
    ended = watched.notes.ended_by_id
    assert sorted(ended) == sorted(watched.asked)
    for name, one in ended.items():
        assert one.reason == "stop" or name in watched.cancelled
        assert one.made == one.request.output_tokens or one.reason == "abort"
        assert one.cached_tokens % scene["block_size"] == 0
        assert one.cached_tokens < one.request.prompt_tokens
    assert not any(one.engine.pool.used for one in watched.cluster.workers.values())
    once = Story(scene, watched=False)
    once.run(done)
    assert once.notes.story() == watched.notes.story()
