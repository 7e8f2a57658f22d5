"""Carries out what a planner wants: starts workers and drains them, and counts what planners look at."""

from typing import TYPE_CHECKING

from fakeai.sim.planner import Observation, Planner
from fakeai.sim.types import Ended, SimRequest

if TYPE_CHECKING:
    from fakeai.sim.cluster import Cluster
    from fakeai.sim.worker import Role


class Scaler:
    """One planner over one cluster, asked whenever it wants to be."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._requests = self._prompt = self._cached = self._output = 0
        self._began = 0.0

    def start(self, now: float) -> None:
        """Time begins at `now`."""
        self._began = now

    @property
    def next_at(self) -> float:
        """When the planner wants to see the cluster."""
        return max(self._began, self._planner.next_at)

    def submitted(self, request: SimRequest) -> None:
        """A request has come."""
        self._requests += 1
        self._prompt += request.prompt_tokens
        self._output += request.output_tokens

    def ended(self, sequence: Ended) -> None:
        """A sequence is over: what it found in caches is known."""
        self._cached += sequence.cached_tokens

    def act(self, cluster: "Cluster", now: float) -> None:
        """Ask the planner at `now` and start or drain workers accordingly, the newest first; none while all sleep."""
        views = {
            role: [one.view() for one in cluster.workers.values() if one.role == role and one.state == "ready"]
            for role in ("both", "prefill", "decode")
        }
        decoding = views["decode"] if cluster.disaggregated else views["both"]
        seen = Observation(views["prefill"], decoding, self._requests, self._prompt, self._cached, self._output)
        desired = self._planner.observe(now, seen)
        if cluster.asleep:  # nobody is ready, and no newcomer would be
            return
        pools: dict[Role, int] = {"both": desired.decode}
        if cluster.disaggregated:
            pools = {"prefill": desired.prefill, "decode": desired.decode}
        for role, wanted in pools.items():
            alive = [one for one in cluster.workers.values() if one.role == role and one.state in ("ready", "starting")]
            for _ in range(wanted - len(alive)):
                cluster.add(role)
            if wanted < len(alive):
                for worker in reversed(alive[wanted - len(alive) :]):
                    cluster.drain(worker.id, now)
