"""From options to the workload and the cluster that they ask for."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fakeai.cli.simulate_options import Options, command, with_value
from fakeai.sim.orders import At, Order
from fakeai.sim.spec import ClusterSpec
from fakeai.sim.workload import WorkloadSpec


def test_what_is_not_given_is_as_the_simulator_has_it():
    assert Options().cluster() == ClusterSpec()
    assert Options(arrivals="poisson:3").workload() == WorkloadSpec(arrivals="poisson:3")


def test_options_are_the_clusters_fields():
    spec = Options(workers=4, tp=2, gpu_memory_utilization=0.8, router="kv", router_temperature=0.3, seed=7).cluster()
    assert (spec.workers, spec.tp, spec.utilization, spec.router, spec.routing.temperature, spec.seed) == (
        4,
        2,
        0.8,
        "kv",
        0.3,
        7,
    )


def test_a_split_cluster_is_written_as_its_two_numbers():
    spec = Options(disaggregate="2:3").cluster()
    assert (spec.prefill_workers, spec.workers) == (2, 3)


def test_everything_else_is_set_by_its_name():
    names = [
        "missing_only=yes",
        "routing.cost=lmetric",
        "planning.max_workers=16",
        "stragglers=3:0.5,4:0.25",
        "blocks=99",
    ]
    spec = Options(assignments=[*names, "routing.active_decode_blocks_threshold=0.8"]).cluster()
    assert spec.missing_only is True
    assert (spec.routing.cost, spec.routing.active_decode_blocks_threshold) == ("lmetric", 0.8)
    assert spec.planning.max_workers == 16
    assert spec.stragglers == {3: 0.5, 4: 0.25}
    assert spec.blocks == 99


@pytest.mark.parametrize(
    ("assignment", "match"),
    [
        ("blocks=many", "blocks is a whole number"),
        ("missing_only=2", "missing_only is yes or no"),
        ("stragglers=3", "stragglers is written as 3:0.5"),
        ("routing.cost=max", "cost is one of sum, lmetric"),
        ("workers.x=1", r"a cluster has no 'workers\.x'"),
        ("routing.x=1", "a cluster has no 'x'"),
    ],
)
def test_a_wrong_assignment_is_refused_with_what_is_accepted(assignment, match):
    with pytest.raises(ValueError, match=match):
        Options(assignments=[assignment]).cluster()


def test_a_value_by_name_is_read_as_on_the_command_line():
    options = Options(assignments=["blocks=9"])
    assert with_value(options, "max-num-seqs", "64").max_num_seqs == 64
    assert with_value(options, "speed-up", "2.5").speed_up == 2.5
    assert with_value(options, "prefix-caching", "no").prefix_caching is False
    assert with_value(options, "trace", "x.csv").trace == Path("x.csv")
    assert with_value(options, "arrivals", "poisson:4").arrivals == "poisson:4"
    assert with_value(options, "routing.cost", "sum").assignments == ["blocks=9", "routing.cost=sum"]
    assert options == Options(assignments=["blocks=9"])


def test_what_is_done_to_workers_is_written_with_worker_and_time():
    options = Options(arrivals="burst", straggler=["0=0.5", "2=0.8,3=2"], fail=["1@30"], drain=["2@60", "0@7.5"])
    assert options.cluster().stragglers == {0: 0.5, 2: 0.8, 3: 2.0}
    assert options.job().orders == (
        At(30.0, Order("fail", 1)),
        At(60.0, Order("drain", 2)),
        At(7.5, Order("drain", 0)),
    )
    assert with_value(options, "fail", "0@3").fail == ["0@3"]
    with pytest.raises(ValueError, match="--drain takes WORKER@SECONDS, as 1@30, not '1'"):
        Options(arrivals="burst", drain=["1"]).job()


def test_a_command_takes_the_fields_as_options():
    seen = []

    def look(options: Options) -> None:
        """Look."""
        seen.append(options)

    cli = typer.Typer()
    cli.command()(command(look, Options))
    assert (
        CliRunner().invoke(cli, ["--workers", "3", "--no-prefix-caching", "--set", "a=1", "--set", "b=2"]).exit_code
        == 0
    )
    assert seen == [Options(workers=3, prefix_caching=False, assignments=["a=1", "b=2"])]
