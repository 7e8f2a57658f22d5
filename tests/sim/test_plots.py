"""Plots: what is drawn, and what cannot be."""

import sys
from dataclasses import replace

import pytest

from fakeai.sim.figures import Series
from fakeai.sim.plots import PlotError, check, draw, draw_sweep
from tests.sim.reports import small


@pytest.fixture(scope="module")
def report():
    return small(slo_s={"ttft": 0.5})


def text_of(file):
    """The words of an SVG; matplotlib draws letters as paths and has each text in a comment."""
    return file.read_text()


def test_a_run_has_its_distributions_and_its_course(report, tmp_path):
    file = tmp_path / "run.svg"
    draw(report, file)
    drawn = text_of(file)
    for words in (
        "TTFT",
        "ITL",
        "E2E",
        "requests",
        "KV blocks",
        "output tokens/s",
        "power, kW",
        "simulated time",
        "h100",
    ):
        assert words in drawn, words


def test_a_run_that_was_not_sampled_has_its_distributions(report, tmp_path):
    file = tmp_path / "run.svg"
    draw(replace(report, series=Series()), file)
    assert "TTFT" in text_of(file)
    assert "simulated time" not in text_of(file)


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".SVG"])
def test_the_file_says_the_format(report, tmp_path, suffix):
    file = tmp_path / f"run{suffix}"
    draw(report, file)
    assert file.read_bytes()[:4] in (b"\x89PNG", b"%PDF", b"<?xm")


def test_equal_reports_are_equal_drawings(report, tmp_path):
    one, other = tmp_path / "a.png", tmp_path / "b.png"
    draw(report, one)
    draw(report, other)
    assert one.read_bytes() == other.read_bytes()


def test_a_sweep_has_a_line_for_each_combination_of_all_but_the_first(report, tmp_path):
    file = tmp_path / "sweep.svg"
    runs = [((workers, router), report) for router in ("kv", "random") for workers in ("1", "2", "8")]
    draw_sweep(("workers", "router"), runs, file)
    drawn = text_of(file)
    for words in ("TTFT p99", "goodput", "kv", "random", "workers", "router"):
        assert words in drawn, words


def test_a_sweep_over_words_and_without_limits(report, tmp_path):
    file = tmp_path / "sweep.svg"
    draw_sweep(("router",), [((router,), replace(report, goodput=None)) for router in ("kv", "random")], file)
    assert "E2E p50" in text_of(file)
    assert "goodput" not in text_of(file)


def test_what_cannot_be_drawn_is_said_beforehand(tmp_path, monkeypatch):
    check(tmp_path / "x.svg")
    with pytest.raises(PlotError, match=r"\.svg, \.png, \.pdf"):
        check(tmp_path / "x.jpg")
    with pytest.raises(PlotError, match="no such directory"):
        check(tmp_path / "nowhere" / "x.svg")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PlotError, match=r"pip install 'fakeai\[plot\]'"):
        check(tmp_path / "x.svg")
