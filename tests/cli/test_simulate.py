"""`fakeai simulate` as a user runs it."""

import json
import sys

import pytest

from fakeai.cli.program import run

SMALL = ["--arrivals", "poisson:20", "--isl", "200", "--osl", "20", "--requests", "40"]


@pytest.fixture
def trace(tmp_path):
    file = tmp_path / "t.jsonl"
    rows = [
        {"timestamp": 500 * n, "input_length": 1100 + n, "output_length": 5, "hash_ids": [0, 1, 10 + n]}
        for n in range(20)
    ]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return file


def test_a_trace_over_eight_workers_prints_a_page_and_writes_json(trace, tmp_path, capsys):
    out = tmp_path / "out.json"
    assert (
        run(["simulate", "--trace", str(trace), "--workers", "8", "--router", "round-robin", "--json", str(out)]) == 0
    )
    printed, errors = capsys.readouterr()
    assert errors == ""
    for word in (
        "TTFT",
        "ITL",
        "TPOT",
        "E2E",
        "queue",
        "20 of 20 done",
        "requests/s",
        "prefix cache",
        "preemptions",
        "Wh",
    ):
        assert word in printed
    written = json.loads(out.read_text())
    assert written["workload"]["trace"] == str(trace)
    assert written["cluster"]["workers"] == 8
    assert written["cluster"]["block_size"] == 512
    assert written["requests"]["done"] == 20
    assert (
        0
        < written["latency"]["ttft_s"]["p50"]
        <= written["latency"]["ttft_s"]["p99"]
        <= written["latency"]["ttft_s"]["max"]
    )
    assert written["throughput"]["output_tokens_per_s"] == pytest.approx(100 / written["duration_s"])
    assert len(written["workers"]) == 8
    assert len(written["series"]["t_s"]) == len(written["series"]["running"]) > 10
    assert len(written["curves"]["percent"]) == len(written["curves"]["ttft_s"])
    assert written["wall"]["seconds"] > 0


def test_equal_runs_differ_in_their_wall_time_only(capsys):
    found = []
    for _ in range(2):
        assert run(["simulate", *SMALL, "--seed", "5", "--json", "-"]) == 0
        found.append(json.loads(capsys.readouterr().out))
        del found[-1]["wall"]
    assert found[0] == found[1]


def test_limits_prices_and_a_split_cluster_are_in_the_page(capsys):
    options = ["--disaggregate", "1:2", "--slo", "ttft=500ms,itl=0.05", "--price-per-gpu-hour", "2.5"]
    assert run(["simulate", *SMALL, *options]) == 0
    printed = capsys.readouterr().out
    assert "prefill-workers  1" in printed
    assert "kept ttft ≤ 500 ms, itl ≤ 50 ms" in printed
    assert "USD" in printed
    assert "3 GPUs" in printed


def test_a_journal_is_a_trace_again(tmp_path, capsys):
    journal = tmp_path / "j.jsonl"
    assert run(["simulate", *SMALL, "--journal", str(journal), "--json", "-"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert run(["simulate", "--trace", str(journal), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["latency"] == first["latency"]


def test_broken_lines_stop_it_or_are_told(trace, capsys):
    trace.write_text(trace.read_text() + "{\n")
    assert run(["simulate", "--trace", str(trace)]) == 2
    printed, errors = capsys.readouterr()
    assert printed == ""
    assert f"fakeai: {trace}: line 21: not JSON" in errors
    assert run(["simulate", "--trace", str(trace), "--skip-broken"]) == 0
    printed, errors = capsys.readouterr()
    assert "20 of 20 done" in printed
    assert "1 broken lines are left out" in errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "a workload is a trace or an arrival process"),
        (["--arrivals", "poisson:-3"], "poisson:RATE"),
        (["--arrivals", "poisson:3", "--isl", "0"], "at least 1 token"),
        ([*SMALL, "--router", "dns"], "kv, round-robin"),
        ([*SMALL, "--gpu", "h1000"], "unknown"),
        ([*SMALL, "--model", "llama-9000b"], "unknown"),
        ([*SMALL, "--tp", "7"], "tp 7 does not divide"),
        ([*SMALL, "--model", "llama-3.1-70b"], "take more GPUs"),
        ([*SMALL, "--workers", "0"], "workers is at least 1"),
        ([*SMALL, "--precision", "fp7"], "precision is one of bf16, fp16"),
        ([*SMALL, "--planner", "magic"], "planner is one of load, sla"),
        ([*SMALL, "--slo", "speed=1"], "names ttft"),
        ([*SMALL, "--price-per-gpu-hour", "-1"], "a price is a number from 0 on"),
        ([*SMALL, "--disaggregate", "2"], "P:D"),
        ([*SMALL, "--set", "colour=red"], "a cluster has no 'colour': there are model"),
        ([*SMALL, "--set", "colour"], "NAME=VALUE"),
        ([*SMALL, "--set", "routing.temperature=hot"], "is a number, not 'hot'"),
        ([*SMALL, "--plot", "x.gif"], ".svg, .png, .pdf"),
        ([*SMALL, "--json", "/no/such/place/x.json"], "no such directory"),
        (["--trace", "/no/such/trace"], "No such file"),
        ([*SMALL, "sweep", "--grid", "workers=1"], "come after the word sweep"),
    ],
)
def test_what_cannot_be_run_ends_with_2_and_what_is_accepted(options, message, capsys):
    assert run(["simulate", *options]) == 2
    printed, errors = capsys.readouterr()
    assert printed == ""
    assert message in errors
    assert "Traceback" not in errors


def test_a_file_that_cannot_be_written_ends_with_1(tmp_path, capsys):
    assert run(["simulate", *SMALL, "--json", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_a_plot_is_drawn(tmp_path):
    file = tmp_path / "run.svg"
    assert run(["simulate", *SMALL, "--plot", str(file)]) == 0
    assert "<svg" in file.read_text()


def test_without_matplotlib_a_plot_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert run(["simulate", *SMALL, "--plot", str(tmp_path / "run.svg")]) == 2
    assert "pip install 'fakeai[plot]'" in capsys.readouterr().err


def test_a_terminal_has_a_progress_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run(["simulate", *SMALL]) == 0
    assert "requests" in capsys.readouterr().err


# -- sweeps


def test_a_sweep_has_a_line_for_each_combination(capsys):
    assert run(["simulate", "sweep", *SMALL, "--grid", "workers=1,2", "--grid", "router=kv,round-robin"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["workers", "router"]
    assert [row.split()[:3] for row in rows] == [
        ["1", "kv", "40"], ["1", "round-robin", "40"], ["2", "kv", "40"], ["2", "round-robin", "40"],
    ]  # fmt: skip


def test_a_sweep_writes_what_each_run_would(tmp_path, capsys):
    out, plot = tmp_path / "s.json", tmp_path / "s.png"
    grid = ["--grid", "isl=100,uniform(10,300)", "--grid", "routing.temperature=0.5"]
    assert run(["simulate", "sweep", *SMALL, *grid, "--json", str(out), "--plot", str(plot)]) == 0
    written = json.loads(out.read_text())
    assert written["grid"] == ["isl", "routing.temperature"]
    assert [each["values"]["isl"] for each in written["runs"]] == ["100", "uniform(10,300)"]
    assert written["runs"][0]["cluster"]["routing"]["temperature"] == 0.5
    assert plot.read_bytes().startswith(b"\x89PNG")
    capsys.readouterr()
    alone = [*SMALL[:2], "--isl", "100", *SMALL[4:], "--set", "routing.temperature=0.5", "--json", "-"]
    assert run(["simulate", *alone]) == 0
    assert json.loads(capsys.readouterr().out)["latency"] == written["runs"][0]["latency"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "a sweep needs a grid"),
        (["--grid", "workers"], "NAME=VALUE,VALUE"),
        (["--grid", "workers="], "NAME=VALUE,VALUE"),
        (["--grid", "workers=1,two"], "workers is a whole number, not 'two'"),
        (["--grid", "skip-broken=maybe"], "skip-broken is yes or no, not 'maybe'"),
        (["--grid", "colour=red,blue"], "a cluster has no 'colour'"),
        (["--grid", "tp=1,3"], "tp 3 does not divide"),
        (
            ["--grid", "seed=" + ",".join(map(str, range(101))), "--grid", "isl=" + ",".join(map(str, range(1, 101)))],
            "10100",
        ),
    ],
)
def test_a_sweep_that_cannot_be_run_ends_with_2_before_it_begins(options, message, capsys):
    assert run(["simulate", "sweep", *SMALL, *options]) == 2
    printed, errors = capsys.readouterr()
    assert printed == ""
    assert message in errors


def test_workers_are_lost_drained_and_slowed(tmp_path, capsys):
    out = tmp_path / "out.json"
    options = ["--workers", "3", "--straggler", "0=0.5", "--fail", "1@0.5", "--drain", "2@1", "--json", str(out)]
    assert run(["simulate", *SMALL, *options]) == 0
    printed = capsys.readouterr().out
    assert "stragglers  0=0.5\n" in printed
    assert "orders      fail 1@0.5, drain 2@1\n" in printed
    assert "40 of 40 done" in printed
    written = json.loads(out.read_text())
    assert written["orders"] == [
        {"action": "fail", "worker": 1, "at_s": 0.5},
        {"action": "drain", "worker": 2, "at_s": 1.0},
    ]
    assert written["cluster"]["stragglers"] == {"0": 0.5}
    assert run(["simulate", *SMALL, "--fail", "3@1"]) == 2
    assert capsys.readouterr().err == "fakeai: fail 3@1: there is no worker 3: there is 0\n"


def test_a_sweep_compares_losses(capsys):
    assert run(["simulate", "sweep", *SMALL, "--workers", "2", "--grid", "fail=0@0.5,0@1"]) == 0
    assert "0@0.5" in capsys.readouterr().out
