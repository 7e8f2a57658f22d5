"""Runs many jobs, on several processors where that is quicker."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from fakeai.sim.figures import Report
from fakeai.sim.simulate import Job, simulate

WORTH_A_PROCESS = 20_000
"""Requests below which a run is over before another process has begun."""


def sweep(
    jobs: Sequence[Job], requests: int = 0, progress: Callable[[int, int], None] | None = None, processors: int = 0
) -> list[Report]:
    """The reports of the jobs, in their order. Raises ValueError for a job that cannot be run.

    `requests` are those of all jobs together, if known. `progress` is told how many jobs are done, and of how many.
    `processors`: 0 for all there are.
    """
    found: dict[int, Report] = {}
    several = min(processors or _processors(), len(jobs))
    if several < 2 or requests < WORTH_A_PROCESS:
        for number, job in enumerate(jobs):
            found[number] = simulate(job)
            if progress is not None:
                progress(len(found), len(jobs))
    else:
        # Processes that begin afresh: a copy of one with threads, as numpy has, may stand still.
        with ProcessPoolExecutor(several, get_context("spawn")) as pool:
            places = {pool.submit(simulate, job): number for number, job in enumerate(jobs)}
            for future in as_completed(places):
                found[places[future]] = future.result()
                if progress is not None:
                    progress(len(found), len(jobs))
    return [found[number] for number in range(len(jobs))]


def _processors() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
