"""Histograms count as they say, labels cannot break the text, and rows come and go with their workers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from fakeai.core.events import Bus, Preempted, WorkerChanged, WorkerSnapshot
from fakeai.metrics.base import (
    Buckets,
    Names,
    Row,
    Table,
    Tally,
    Workers,
    counter,
    gauge,
    histogram,
    label_text,
    written,
)

from .scene import SNAPSHOT

BUCKETS = Buckets(0, 0.5, 1, 10)


class Count(Row):
    def __init__(self, snapshot: WorkerSnapshot | None) -> None:
        self.known = snapshot is not None
        self.events = 0


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 5.0, 10.0, 11.0]), max_size=100))
def test_many_values_count_as_each_by_itself(values):
    together, one_by_one = Tally(BUCKETS), Tally(BUCKETS)
    together.observe_all(values)
    for value in values:
        one_by_one.observe(value)
    assert together.counts == one_by_one.counts
    assert together.sum == pytest.approx(one_by_one.sum)
    assert together.count == len(values)


def test_a_bound_belongs_to_its_bucket():
    tally = Tally(BUCKETS)
    for value in (0, 0.5, 0.6, 10, 10.1):
        tally.observe(value)
    assert tally.counts == [1, 1, 1, 1, 1]


def test_tallies_add_up():
    one, other = Tally(BUCKETS), Tally(BUCKETS)
    one.observe(0.2, times=3)
    other.observe(7)
    one.add(other)
    assert (one.counts, one.count, one.sum) == ([0, 3, 0, 1, 0], 4, pytest.approx(7.6))


def test_a_histogram_is_written_cumulatively():
    table: Table[Tally] = Table(("who",), (histogram("h", "A text.", lambda tally: tally),))
    tally = Tally(BUCKETS)
    tally.observe_all((0.2, 0.3, 5))
    assert "".join(written(table, [('who="x"', tally)])) == (
        "# HELP h A text.\n# TYPE h histogram\n"
        'h_bucket{who="x",le="0.0"} 0\nh_bucket{who="x",le="0.5"} 2\nh_bucket{who="x",le="1.0"} 2\n'
        'h_bucket{who="x",le="10.0"} 3\nh_bucket{who="x",le="+Inf"} 3\nh_sum{who="x"} 5.5\nh_count{who="x"} 3\n'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (0.1, "0.1"),
        (np.float64(0.25), "0.25"),
        (np.int64(7), "7"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
        (float("nan"), "NaN"),
    ],
)
def test_numbers_are_written_as_prometheus_reads_them(value, text):
    table: Table[float] = Table((), (gauge("g", "A text.", lambda row: row),))
    assert "".join(written(table, [("", value)])).endswith(f"\ng {text}\n")


@given(st.text())
def test_any_text_is_a_label_that_comes_back(value):
    table: Table[int] = Table(("who",), (counter("c_total", "A text.", lambda row: row),))
    text = "".join(written(table, [(label_text(("who",), (value,)), 1)]))
    (family,) = text_string_to_metric_families(text)
    assert family.samples[0].labels == {"who": value}


def test_own_labels_come_after_those_of_the_table():
    metric = counter("c_total", "A text.", lambda row: {("a",): row, ("b",): 2 * row}, ("kind",))
    assert list(written(Table(("who",), (metric,)), [('who="x"', 4)]))[1:] == [
        'c_total{who="x",kind="a"} 4\n',
        'c_total{who="x",kind="b"} 8\n',
    ]
    assert list(written(Table((), (metric,)), [("", 4)]))[1:] == ['c_total{kind="a"} 4\n', 'c_total{kind="b"} 8\n']


def test_what_has_no_sample_is_left_out_unless_asked_for():
    table: Table[None] = Table((), (gauge("g", "A text.", lambda row: row),))
    assert list(written(table, [("", None)])) == []
    assert list(written(table, [("", None)], empty=True)) == ["# HELP g A text.\n# TYPE g gauge\n"]


def test_the_first_names_are_kept_and_the_others_are_one():
    names = Names(2)
    assert [names(name) for name in ("a", "b", "c", "a", "d")] == ["a", "b", "other", "a", "other"]


# -- rows


def rows(*snapshots: WorkerSnapshot) -> tuple[Bus, list[WorkerSnapshot], Workers[Count]]:
    bus, now = Bus(), list(snapshots)
    return bus, now, Workers(bus, lambda: now, Count)


def test_a_row_knows_the_latest_snapshot_of_its_worker():
    _, now, workers = rows(SNAPSHOT)
    (row,) = workers.rows()
    assert (row.model, row.worker, row.now) == ("llama", 0, SNAPSHOT)
    now[0] = SNAPSHOT._replace(running=9)
    assert workers.rows() == [row]
    assert row.now is now[0]


def test_an_event_finds_the_row_and_what_is_known_of_its_worker():
    _, _, workers = rows(SNAPSHOT)
    row = workers.of(Preempted(1.0, "llama", 0))
    assert row.known
    assert workers.of(Preempted(2.0, "llama", 0)) is row
    assert not workers.of(Preempted(1.0, "elsewhere", 0)).known
    assert [(one.model, one.now) for one in workers.rows()] == [("elsewhere", None), ("llama", SNAPSHOT)]


def test_the_row_of_a_worker_that_is_gone_goes():
    bus, now, workers = rows(SNAPSHOT, SNAPSHOT._replace(worker=1))
    assert len(workers.rows()) == 2
    bus.publish(WorkerChanged(1.0, "llama", 1, "gone"))
    now[1] = now[1]._replace(state="gone")
    assert [row.worker for row in workers.rows()] == [0]


def test_a_worker_that_came_back_keeps_its_row():
    bus, _, workers = rows(SNAPSHOT)
    (row,) = workers.rows()
    bus.publish(WorkerChanged(1.0, "llama", 0, "gone"))
    bus.publish(WorkerChanged(2.0, "llama", 0, "starting"))
    assert workers.rows() == [row]


def test_workers_of_models_beyond_the_limit_are_told_together():
    snapshots = [SNAPSHOT._replace(model=f"m{number:03}") for number in range(203)]
    _, _, workers = rows(*snapshots)
    told = workers.rows()
    assert len(told) == 201
    (other,) = [row for row in told if row.model == "other"]
    assert other.now is not None
    assert (other.now.running, other.now.used_blocks, other.now.total_blocks) == (9, 750, 3000)
    assert workers.of(Preempted(1.0, "m202", 0)) is other
