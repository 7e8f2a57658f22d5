"""Sweeps give what single runs give, in one process or several."""

from dataclasses import replace

import pytest

from fakeai.sim.simulate import Job, simulate
from fakeai.sim.spec import ClusterSpec
from fakeai.sim.sweep import WORTH_A_PROCESS, sweep
from fakeai.sim.workload import WorkloadSpec

JOB = Job(workload=WorkloadSpec(arrivals="poisson:20", isl="100", osl="10", requests=30))
JOBS = [replace(JOB, cluster=ClusterSpec(workers=workers)) for workers in (3, 1, 2)]


@pytest.mark.parametrize("requests", [0, WORTH_A_PROCESS])
def test_reports_come_in_the_order_of_the_jobs(requests):
    told = []
    found = sweep(JOBS, requests, lambda done, of: told.append((done, of)), processors=2)
    assert found == [simulate(job) for job in JOBS]
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("requests", [0, WORTH_A_PROCESS])
def test_a_job_that_cannot_be_run_says_why(requests):
    with pytest.raises(ValueError, match="unknown router"):
        sweep([JOB, replace(JOB, cluster=ClusterSpec(router="dns"))], requests, processors=2)
