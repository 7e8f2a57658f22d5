"""The proof: a cluster behind HTTP does at the same times what the same cluster does offline, to the bit.

What a served cluster is asked is written down and asked again of a cluster that nobody serves.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from fakeai.core.events import PromptCached, Routed, SequenceEnded, StepRan, TokensPaced
from fakeai.sim import spec
from fakeai.sim.cluster import Cluster
from fakeai.sim.power import PowerModel
from fakeai.sim.types import Observer, SimRequest, StepShape, Use
from tests.backends.served import Arrival, Served, moments, served, serving, usage

CLUSTERS: dict[str, dict[str, Any]] = {
    "aggregated": {},
    "round robin": {"workers": 3},
    "kv router": {"workers": 3, "router": "kv"},
    "kv router with chance": {"workers": 3, "router": "kv", "router_temperature": 0.7},
    "power of two": {"workers": 4, "router": "power-of-two"},
    "disaggregated": {"workers": 2, "prefill_workers": 2, "router": "kv"},
    "disaggregated, slow link": {"workers": 2, "prefill_workers": 1, "transfer_gbps": 0.5},
    "sglang": {"engine": "sglang", "workers": 2},
    "speculation": {"speculation": "3:0.8,0.5,0.3", "workers": 2, "router": "least-loaded"},
    "short of blocks": {"blocks": 60, "workers": 2},
    "short of blocks, sglang": {"blocks": 60, "engine": "sglang"},
    "host memory": {"blocks": 60, "host_gib": 1.0},
    "priorities": {"priority": True, "max_num_seqs": 3},
    "planner": {"planner": "load", "startup_s": 0.5, "blocks": 60, "max_workers": 3, "max_num_seqs": 1},
}


HAPPENS: dict[str, Callable[[Served], bool]] = {
    "aggregated": lambda made: any(one.device for one in made.told(PromptCached)),
    "round robin": lambda made: {one.worker for one in made.told(Routed)} == {0, 1, 2},
    "kv router": lambda made: any(one.overlap_blocks for one in made.told(Routed)),
    "disaggregated": lambda made: sum(one.transfer_s > 0 for one in made.told(SequenceEnded)) > 40,
    "disaggregated, slow link": lambda made: max(one.transfer_s for one in made.told(SequenceEnded)) > 0.1,
    "speculation": lambda made: sum(sum(one.accepted) for one in made.told(StepRan)) > 500,
    "short of blocks": lambda made: sum(one.preemptions for one in made.told(SequenceEnded)) > 0,
    "short of blocks, sglang": lambda made: sum(one.preemptions for one in made.told(SequenceEnded)) > 0,
    "host memory": lambda made: any(one.host for one in made.told(PromptCached)),
    "planner": lambda made: len({one.worker for one in made.told(StepRan)}) > 1,
}
"""What each is for, and has to show."""


class Asked(NamedTuple):
    """A request to a cluster, and when it came."""

    at: float
    request: SimRequest


class Notes(Observer):
    """Everything that a cluster does, in order."""

    def __init__(self, parts: spec.Parts) -> None:
        self._use: Any = parts.timing
        self.steps: list[tuple[int, float, float, int, int, int]] = []
        self.routes: list[tuple[float, str, int, int, int]] = []
        self.admissions: list[tuple[int, float, int, int, int]] = []
        self.preemptions = 0
        self.ended_by_id: dict[str, Any] = {}
        self.joules = 0.0
        self._watts = PowerModel.of_tdp(parts.gpu.tdp_w)
        self._gpus = parts.layout.gpus

    def stepped(self, worker: int, start: float, ends: Any, shape: StepShape, tokens: int) -> None:
        for end in ends:
            seconds = float(end) - start
            use = self._use.use(shape, seconds)
            self.joules += self._watts.watts(use) * seconds * self._gpus
            self.steps.append((worker, float(end), seconds, shape.decodes, shape.prefill_tokens, tokens))
            start = float(end)
            shape = shape._replace(decode_kv=shape.decode_kv + shape.decodes)

    def routed(self, at: float, request: SimRequest, workers: Any, choice: Any, best: int) -> None:
        self.routes.append((at, request.id, choice.worker, choice.overlap_blocks, best))

    def admitted(self, worker: int, at: float, queried: int, device: int, host: int) -> None:
        self.admissions.append((worker, at, queried, device, host))

    def preempted(self, worker: int, at: float) -> None:
        self.preemptions += 1

    def ended(self, worker: int, sequence: Any) -> None:
        self.ended_by_id[sequence.request.id] = sequence


class Told(NamedTuple):
    """What a served cluster was asked, what it told, and what clients saw."""

    asked: list[Asked]
    made: Served
    parts: spec.Parts
    streams: dict[str, list[Arrival]]
    """By the id that the cluster gave the request."""
    began: float


PROMPTS = [
    "Tell me about the sea.",
    "Write a very long story about the sea, 1000 words.",
    "Summarize this text: " + "The tide comes in and the tide goes out. " * 40,
    "Translate this text: " + "The tide comes in and the tide goes out. " * 40,
    "Summarize this text: " + "The tide comes in and the tide goes out. " * 80,
]


async def trace(made: Served) -> Told:
    """A trace of forty requests: bursts, long prompts and short ones, common beginnings, several choices, conversations."""
    driver = made.driver()
    asked: list[Asked] = []
    submit = driver.cluster.submit

    def remember(request: SimRequest, now: float, seat: object = None) -> Any:
        asked.append(Asked(now, request))
        return submit(request, now, seat)

    driver.cluster.submit = remember  # type: ignore[method-assign]
    streams: dict[str, list[Arrival]] = {}

    async def one(n: int) -> None:
        await asyncio.sleep((n // 4) * 0.05 + (n % 3) * 0.001)
        talk: list[dict[str, Any]] = [{"role": "user", "content": PROMPTS[n % 5]}]
        extra = {"priority": n % 4, "cache_salt": "salt" if n % 7 == 6 else None}
        if n % 6 == 5:
            await made.chat(talk, max_tokens=20 + n, n=2, extra_body=extra)
            return
        for _ in range(1 + n % 2):
            before = len(asked)
            arrivals = await made.stream(talk, max_tokens=20 + n, extra_body=extra)
            mine = [each.request.id for each in asked[before:] if each.request.max_tokens == 20 + n]
            streams[mine[0]] = arrivals
            said = "".join(a.chunk.choices[0].delta.content or "" for a in arrivals if a.chunk.choices)
            talk += [{"role": "assistant", "content": said}, {"role": "user", "content": "Go on."}]

    began = driver.cluster.now
    await asyncio.gather(*(one(n) for n in range(40)))
    return Told(asked, made, driver.parts, streams, began)


def offline(told: Told, began: float, *, jump: bool = True) -> tuple[Notes, Cluster]:
    """Ask a cluster that nobody serves the same at the same times: told to advance when it must, or at every event."""
    notes = Notes(told.parts)
    cluster = spec.build(told.parts, notes, began)
    for at, request in told.asked:
        while not jump and (due := cluster.next_at()) is not None and due <= at:
            cluster.advance(due)
        cluster.submit(request, at)
    while len(notes.ended_by_id) < len(told.asked):
        due = cluster.next_at()
        assert due is not None
        cluster.advance(due + 1.0 if jump else due)
    return notes, cluster


@pytest.mark.parametrize("kind", CLUSTERS)
def test_a_served_cluster_does_what_it_does_offline(kind):
    def compare(told: Told, *, jump: bool) -> None:
        notes, _ = offline(told, told.began, jump=jump)
        made = told.made
        assert len(told.asked) > 50

        ended = {one.id: one for one in made.told(SequenceEnded)}
        assert ended.keys() == notes.ended_by_id.keys() == {one.request.id for one in told.asked}
        assert len(made.told(SequenceEnded)) == len(told.asked)
        for name, one in notes.ended_by_id.items():
            own = ended[name]
            assert (own.arrived, own.worker, own.completion) == (one.arrived, one.worker, one.made)
            assert (own.scheduled, own.first_token, own.last_token) == (
                one.scheduled,
                one.first_token,
                one.last_token,
            )
            assert (own.cached, own.preemptions, own.transfer_s) == (one.cached_tokens, one.preemptions, one.transfer_s)

        last = max(one.last_token for one in notes.ended_by_id.values())
        steps = [
            (one.worker, one.at, one.seconds, one.decodes, one.prefill_tokens, one.tokens)
            for one in made.told(StepRan)
            if one.at <= last
        ]
        assert sorted(steps) == sorted(step for step in notes.steps if step[1] <= last)
        routes = [
            (one.at, one.request_id, one.worker, one.overlap_blocks, one.best_overlap_blocks)
            for one in made.told(Routed)
        ]
        assert sorted(routes) == sorted(notes.routes)
        admissions = [(one.worker, one.at, one.queried, one.device, one.host) for one in made.told(PromptCached)]
        assert sorted(admissions) == sorted(notes.admissions)

        watts = PowerModel.of_tdp(told.parts.gpu.tdp_w)
        joules = sum(
            watts.watts(Use(one.compute, one.memory, one.link)) * one.seconds * told.parts.layout.gpus
            for one in made.told(StepRan)
            if one.at <= last
        )
        assert joules == pytest.approx(notes.joules, rel=1e-9)

        for name, arrivals in told.streams.items():
            one = notes.ended_by_id[name]
            at = moments(arrivals)
            assert len(at) == one.made
            assert (at[0], at[-1]) == pytest.approx((one.first_token, one.last_token), abs=1e-9)
            own_steps = {step[1] for step in notes.steps}
            assert all(
                any(abs(moment - end) < 1e-9 for end in own_steps) for moment in {at[0], at[-1], at[len(at) // 2]}
            )
            assert usage(arrivals).prompt_tokens_details.cached_tokens == one.cached_tokens
            assert usage(arrivals).prompt_tokens == one.request.prompt_tokens
            assert usage(arrivals).completion_tokens == one.made
        assert all(paced.lag_s < 1e-9 for paced in made.told(TokensPaced))

    async def scenario(made: Served) -> None:
        told = await trace(made)
        compare(told, jump=False)
        compare(told, jump=True)
        if what := HAPPENS.get(kind):
            assert what(made), "the trace does not show what it is for"

    served(scenario, seed=5, **CLUSTERS[kind])


def test_every_token_comes_when_it_is_made_offline():
    async def scenario(made: Served) -> None:
        told = await trace(made)
        notes, cluster = offline(told, told.began, jump=False)
        assert cluster.next_at() is None
        for name, arrivals in told.streams.items():
            one = notes.ended_by_id[name]
            ends = [
                end
                for worker, end, _, decodes, prompts, _ in notes.steps
                if worker == one.worker
                and one.first_token <= end <= one.last_token
                and (decodes or end == one.first_token or prompts == 0)
            ]
            assert moments(arrivals) == pytest.approx(ends, abs=1e-9)

    served(scenario, workers=2, router="kv")


def test_metrics_are_those_of_the_offline_cluster():
    async def scenario(made: Served) -> None:
        told = await trace(made)
        notes, cluster = offline(told, told.began)
        state = {
            worker.id: (worker.engine.steps, worker.engine.step_tokens, worker.engine.pool.findable)
            for worker in cluster.workers.values()
        }
        own = {one.worker: (one.steps, one.steps_tokens, one.cached_blocks) for one in made.driver().snapshot()}
        assert own == state
        text = made.app.exposition().decode()
        made_tokens = sum(one.made for one in notes.ended_by_id.values())
        found = [line for line in text.splitlines() if line.startswith("vllm:generation_tokens_total")]
        assert sum(float(line.rsplit(" ", 1)[1]) for line in found) == made_tokens
        hits = [line for line in text.splitlines() if line.startswith("vllm:prefix_cache_hits_total")]
        assert sum(float(line.rsplit(" ", 1)[1]) for line in hits) == sum(one[3] for one in notes.admissions)

    served(scenario, workers=3, router="kv")


def test_in_real_time_tokens_come_when_they_should_but_for_the_drivers_lag():
    async def main() -> None:
        async with serving(seed=5, workers=2, router="kv", latency__speed=20) as made:
            driver = made.driver()
            asked: list[Asked] = []
            submit = driver.cluster.submit

            def remember(request: SimRequest, now: float, seat: object = None) -> Any:
                asked.append(Asked(now, request))
                return submit(request, now, seat)

            driver.cluster.submit = remember  # type: ignore[method-assign]
            streams = await asyncio.gather(*(made.stream(f"{n} {PROMPTS[1]}", max_tokens=200) for n in range(4)))
            told = Told(asked, made, driver.parts, {}, 0.0)
        notes, _ = offline(told, 0.0)
        own = sorted(made.told(SequenceEnded), key=lambda one: one.arrived)
        for one, other in zip(own, sorted(notes.ended_by_id.values(), key=lambda one: one.arrived), strict=True):
            # the cluster is never late, whatever the wall clock says
            assert one.first_token == pytest.approx(other.first_token, abs=1e-6)
            assert one.last_token == pytest.approx(other.last_token, abs=1e-6)
            assert one.completion == other.made == 200
        ends = sorted(step[1] for step in notes.steps)
        seen = [moment * 20 for stream in streams for moment in moments(stream)]
        late = sorted(moment - ends[bisect_right(ends, moment + 1e-6) - 1] for moment in seen)
        assert late[len(late) // 2] < 20 * 0.1  # half of the tokens are there within 100 ms of real time
        assert min(seen) > min(one.first_token for one in own) - 1e-6
        assert sum(step.lag_s for step in made.told(StepRan)) / len(ends) < 20 * 0.5
        assert all(
            later > earlier for earlier, later in pairwise(step.at for step in made.told(StepRan) if not step.worker)
        )

    asyncio.run(main())
