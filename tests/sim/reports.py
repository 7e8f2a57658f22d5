"""Reports of small runs, for the tests of whatever shows them."""

from fakeai.sim.collector import Collector
from fakeai.sim.figures import Report
from fakeai.sim.simulate import Job, run
from fakeai.sim.spec import ClusterSpec
from fakeai.sim.workload import WorkloadSpec


def small(*, slo_s=None, usd=0.0, cluster=None, **workload) -> Report:
    """A run of a few requests on one H100, unless told otherwise."""
    asked = WorkloadSpec(**{"arrivals": "poisson:20", "isl": "200", "osl": "20", "requests": 60, **workload})
    job = Job(workload=asked, cluster=ClusterSpec(**(cluster or {})), slo_s=slo_s, usd_per_gpu_hour=usd)
    return run(job, asked.load(), Collector())
