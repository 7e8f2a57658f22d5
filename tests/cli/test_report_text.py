"""Reports as text."""

from dataclasses import replace

import pytest

from fakeai.cli.report_text import duration, page, table
from fakeai.sim.figures import Goodput
from tests.sim.reports import small


@pytest.fixture(scope="module")
def report():
    return small(slo_s={"ttft": 0.5}, usd=2.0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0 ms"), (0.00012, "0.12 ms"), (0.0123456, "12.3 ms"), (0.0999, "100 ms"), (0.9994, "999 ms"), (1.0, "1.00 s"),
     (99.994, "99.99 s"), (12345.6, "12,346 s")],
)  # fmt: skip
def test_durations_have_three_digits(seconds, text):
    assert duration(seconds) == text


def test_every_latency_has_its_figures_in_columns(report):
    lines = page(report).splitlines()
    head = next(line for line in lines if line.split()[:2] == ["mean", "p50"])
    row = next(line for line in lines if line.startswith("TTFT"))
    end = head.index("p99") + len("p99")
    assert row[:end].rstrip().endswith(duration(report.latency.ttft_s.p99))
    assert f"{report.latency.ttft_s.n:,}" in row


def test_a_page_tells_only_what_there_is(report):
    whole = page(report)
    for word in ("goodput", "energy", "cost"):
        assert f"\n{word} " in whole
    bare = page(replace(report, goodput=None, energy=None, cost=None))
    for word in ("goodput", "energy", "cost"):
        assert f"\n{word} " not in bare
    assert "times real time" not in whole
    timed = replace(report, wall={"seconds": 2.0, "requests_per_s": 30.0, "times_real_time": 5.0})
    assert "in 2.00 s: 5 times real time, 30 requests a second" in page(timed)


def test_fates_are_told_where_there_are_any(report):
    assert "60 of 60 done\n" in page(report)
    fates = replace(report.requests, asked=70, too_long=4, shed=6, reason="far too long")
    assert "60 of 70 done, 4 too long, 6 shed\n" in page(replace(report, requests=fates))
    assert "too long: far too long" in page(replace(report, requests=fates))


def test_a_table_has_the_grid_first_and_what_all_or_some_runs_have(report):
    other = replace(report, goodput=Goodput({"ttft": 0.5}, 30, 0.5, 1.0, 1.0), cost=None)
    head, first, second = table(["workers", "router"], [(["1", "kv"], report), (["12", "random"], other)]).splitlines()
    assert head.split()[:3] == ["workers", "router", "done"]
    assert first.split()[:3] == ["1", "kv", "60"]
    assert head.rstrip().endswith("USD/Mtok")
    assert len(second) <= len(head)
    assert "50.0%" in second
    assert "goodput" not in table([], [([], replace(report, goodput=None))])
