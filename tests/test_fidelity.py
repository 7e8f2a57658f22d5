"""Predicted token times: the closed loop agrees with the roofline, derivatives with differences, fits with their files."""

import csv
import json
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import fidelity, fit, replay
from benchmarks.closed_loop import NAMES, START, STEP, _step, loads, oversubscribed, predict
from benchmarks.serving_rows import outcomes, read_rows, stratified_folds
from fakeai.core.hardware import gpu, shape
from fakeai.sim.calibration import Coefficients, coefficients
from fakeai.sim.layout import Layout
from fakeai.sim.roofline import Roofline
from fakeai.sim.spec import ClusterSpec
from fakeai.sim.types import StepShape

ROOT = Path(__file__).parents[1]
COLUMNS = [
    "tier",
    "kind",
    "model",
    "gpu",
    "n_gpus",
    "tp",
    "pp",
    "attn_dp",
    "moe_tp",
    "moe_ep",
    "precision",
    "engine",
    "mode",
    "isl",
    "osl",
    "concurrency",
    "ttft_ms",
    "tpot_ms",
]
GOOD = {
    "tier": "A", "kind": "serving_closed_loop", "model": "meta-llama/Llama-3.1-8B-Instruct", "gpu": "H100-SXM5-80GB",
    "n_gpus": "1", "tp": "1", "pp": "1", "attn_dp": "1", "moe_tp": "1", "moe_ep": "1", "precision": "", "engine": "vllm",
    "mode": "agg", "isl": "1024", "osl": "512", "concurrency": "16", "ttft_ms": "100", "tpot_ms": "9",
}  # fmt: skip


def file_of(tmp_path: Path, *changes: dict[str, str]) -> Path:
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({**GOOD, **change} for change in changes)
    return path


VARIETY = [
    {
        "concurrency": str(users),
        "model": model,
        "gpu": card,
        "tp": tp,
        "n_gpus": gpus,
        "precision": precision,
        "isl": isl,
    }
    for users in (1, 16, 300)
    for model, card, tp, gpus, precision in (
        ("meta-llama/Llama-3.1-8B", "H100-SXM5-80GB", "1", "1", ""),
        ("openai/gpt-oss-120b", "B200-SXM-180GB", "2", "2", "fp4"),
        ("zhipuai/GLM-5", "H200-SXM-141GB", "8", "8", "fp8"),
        ("deepseek-ai/DeepSeek-R1", "B200-SXM-180GB", "1", "8", "fp8"),
    )
    for isl in ("128", "20000")
]


def test_a_file_is_scored_from_the_command_line(tmp_path: Path) -> None:
    path, out = (
        file_of(tmp_path, {}, {"concurrency": ""}, {"mode": "disagg"}, {"model": "unheard-of"}),
        tmp_path / "out.json",
    )
    command = [sys.executable, "benchmarks/fidelity.py", "--rows", str(path), "--json", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    found = json.loads(out.read_text())
    assert (found["rows_given"], found["rows"]) == (3, 1)
    assert 0 < found["tpot"]["mape"] < 60


def test_a_prediction_does_not_see_what_was_measured(tmp_path: Path) -> None:
    _, rows = read_rows(file_of(tmp_path, {}, {"ttft_ms": "1", "tpot_ms": "999", "tier": "C"}))
    predicted = fit.read().predict(rows)
    assert predicted.tpot[0] == predicted.tpot[1]
    assert predicted.ttft[0] == predicted.ttft[1]


def test_errors_are_relative_to_the_measured() -> None:
    assert fidelity.error(np.array([1.1, 0.5, 3.0]), np.array([1.0, 1.0, np.nan])) == {"mape": 30.0, "median": 30.0}


@pytest.mark.parametrize(
    "change",
    [
        {"concurrency": ""},
        {"model": "none"},
        {"gpu": "none"},
        {"engine": "tgi"},
        {"precision": "fp2"},
        {"tp": "16", "n_gpus": "16"},
    ],
)
def test_rows_beyond_the_model_are_left_out(change: dict[str, str], tmp_path: Path) -> None:
    given, rows = read_rows(file_of(tmp_path, {}, change))
    assert (given, len(rows)) == (2, 1)


def test_what_gpus_are_left_are_replicas(tmp_path: Path) -> None:
    changes = (
        {"tp": "2", "n_gpus": "8", "attn_dp": "4"},
        {"tp": "2", "n_gpus": "2", "attn_dp": "2"},  # an importer's artefact
        {"model": "Qwen/Qwen3-235B-A22B-FP8", "tp": "1", "n_gpus": "1", "moe_tp": "4", "precision": "fp8"},
    )
    _, rows = read_rows(file_of(tmp_path, *changes))
    assert [(row.layout.tp, row.layout.dp) for row in rows] == [(2, 4), (2, 1), (1, 4)]


def test_users_without_room_wait(tmp_path: Path) -> None:
    _, rows = read_rows(file_of(tmp_path, {"isl": "16000"}, {"isl": "16000", "concurrency": "400"}))
    over = oversubscribed(loads(rows))
    assert over[0] == 1.0
    assert 10 < over[1] < 25  # about 430 thousand tokens of room


def test_steps_over_arrays_are_the_rooflines(tmp_path: Path) -> None:
    _, rows = read_rows(file_of(tmp_path, *VARIETY))
    values = np.tile([START[name] for name in NAMES], (len(rows), 1))
    given = Coefficients(**{name: START[name] for name in STEP}, step_s=0.0)
    n = np.full(len(rows), 8.0)
    seconds, _ = _step(loads(rows), values, n, n * 1000, n * 25, n * 900, n)
    for row, second in zip(rows, seconds, strict=True):
        dp = row.layout.dp
        shaped = StepShape(8 * dp, 8000 * dp, 200 * dp, 7200 * dp)
        assert Roofline(row.shape, row.gpu, row.layout, calibration=given).seconds(shaped) == pytest.approx(second)


def test_derivatives_are_what_differences_say(tmp_path: Path) -> None:
    _, rows = read_rows(file_of(tmp_path, *VARIETY))
    load, values = loads(rows), np.tile([START[name] for name in NAMES], (len(rows), 1))
    tpot, tpot_slope, ttft, ttft_slope = predict(load, values)
    for place in range(len(NAMES)):
        more = values.copy()
        more[:, place] *= 1.0 + 1e-6
        moved_tpot, _, moved_ttft, _ = predict(load, more)
        assert (moved_tpot - tpot) / 1e-6 == pytest.approx(tpot_slope[:, place], rel=1e-3, abs=1e-6)
        assert (moved_ttft - ttft) / 1e-6 == pytest.approx(ttft_slope[:, place], rel=1e-3, abs=1e-4)


def test_groups_stay_whole_and_a_deployments_groups_apart(tmp_path: Path) -> None:
    changes = [{"isl": str(isl), "concurrency": str(users)} for isl in (1, 2, 3, 4, 5) for users in (1, 2)]
    _, rows = read_rows(file_of(tmp_path, *changes))
    folds = stratified_folds(rows, 5)
    assert folds[::2].tolist() == folds[1::2].tolist()
    assert sorted(folds[::2].tolist()) == [0, 1, 2, 3, 4]


@pytest.fixture(scope="module")
def fitted_and_rows(tmp_path_factory: pytest.TempPathFactory) -> tuple[fit.Fitted, list]:
    changes = [
        {"concurrency": str(users), "isl": isl, "gpu": card}
        for users in (4, 8, 16, 32)
        for isl in ("1024", "8192")
        for card in ("H100-SXM5-80GB", "B200-SXM-180GB")
    ]
    _, rows = read_rows(file_of(tmp_path_factory.mktemp("rows"), *changes))
    values = np.log([START[name] for name in NAMES]) + np.linspace(-0.2, 0.3, len(NAMES))
    tpot, _, ttft, _ = predict(loads(rows), np.tile(np.exp(values), (len(rows), 1)))
    rows = [replace(row, tpot=float(a), ttft=float(b)) for row, a, b in zip(rows, tpot, ttft, strict=True)]
    return fit.fit(rows), rows


def test_a_fit_finds_what_rows_were_made_with(fitted_and_rows: tuple[fit.Fitted, list]) -> None:
    fitted, rows = fitted_and_rows
    tpot, ttft = outcomes(rows)
    predicted = fitted.predict(rows)
    assert predicted.tpot == pytest.approx(tpot, rel=0.02)
    assert predicted.step_tpot == pytest.approx(tpot, rel=0.05)
    assert predicted.ttft == pytest.approx(fit.MODEST * ttft, rel=0.05)


def test_a_fit_comes_back_from_its_files(fitted_and_rows: tuple[fit.Fitted, list], tmp_path: Path) -> None:
    fitted, rows = fitted_and_rows
    calibration, serving = tmp_path / "calibration.toml", tmp_path / "serving.json"
    calibration.write_text("[deployments.kept]\nweights = 1.0\n")
    fit.write(fitted, calibration, serving)
    again = fit.read(calibration, serving)
    for new, old in zip(again.predict(rows), fitted.predict(rows), strict=True):
        assert new == pytest.approx(old, rel=0.01)
    assert calibration.read_text().endswith("[deployments.kept]\nweights = 1.0\n")


def test_the_simulator_and_the_prediction_share_step_times(tmp_path: Path) -> None:
    _, (row,) = read_rows(file_of(tmp_path, {"isl": "8", "osl": "1000", "concurrency": "1", "engine": "trtllm"}))
    timing = Roofline(row.shape, row.gpu, row.layout, engine="trtllm")
    context = int((8 + 500) * 0.95)
    alone = fit.read().predict([row]).step_tpot[0]
    assert alone == pytest.approx(timing.seconds(StepShape(1, context)), rel=0.01)


def test_what_ships_is_a_fit_for_each_engine() -> None:
    found = {
        engine: coefficients(shape("llama-3.1-70b"), gpu("h200"), Layout(tp=2, precision="fp8"), engine)
        for engine in ("vllm", "sglang", "trtllm")
    }
    assert len(set(found.values())) == 3
    for one in found.values():
        assert 0.5 < one.weights < 2.5
        assert 0.8 < one.prefill < 4.0


# -- logs of requests


@pytest.mark.skipif(not replay.LOGS.is_dir(), reason="the logs are not here")
def test_replayed_logs_come_within_the_gates() -> None:
    for found in replay.report().values():
        assert abs(found["ttft"]) <= 3.0
        assert abs(found["tpot"]) <= 3.0
        assert abs(found["ttft_p99"]) <= 10.0
        assert abs(found["tpot_p99"]) <= 10.0
        assert found["running"] >= 95.0
        assert found["waiting"] >= 85.0


def small_log() -> replay.Log:
    arrived = np.arange(20) * 0.02
    empty = np.zeros(20)
    return replay.Log(arrived, empty, empty, empty, [200 + 10 * n for n in range(20)], [20] * 20)


def test_a_fit_to_a_log_finds_the_server_that_left_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = ClusterSpec(max_num_seqs=8)
    truth = coefficients(shape("llama-3.1-8b"), gpu("h100"), Layout(), "vllm")
    log = replay.replay(small_log(), cluster, truth._replace(weights=truth.weights * 1.5, prefill=truth.prefill * 0.7))
    monkeypatch.setattr(replay, "TRIES", 150)
    found = replay.calibrate_from_requests(log, cluster)
    before = replay.errors(replay.replay(log, cluster, truth), log)
    after = replay.errors(replay.replay(log, cluster, found), log)
    assert abs(before.tpot) > 0.1
    assert max(map(abs, after)) < 0.04


def test_a_log_is_counted_from_the_first_arrival(tmp_path: Path) -> None:
    rows = [
        {"input_toks": 5, "output_toks": 3, "arrival_time": 1000.5, "queued_ts": 7.6, "scheduled_ts": 7.7, "first_token_ts": 8.0, "last_token_ts": 9.0},
        {"input_toks": 4, "output_toks": 2, "arrival_time": 1000.0, "queued_ts": 7.0, "scheduled_ts": 7.0, "first_token_ts": 7.5, "last_token_ts": 8.0},
    ]  # fmt: skip
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    log = replay.read_log(path)
    assert log.arrived.tolist() == [0.0, 0.5]
    assert log.ttft == pytest.approx([0.5, 0.5])
    assert log.tpot == pytest.approx([0.5, 0.5])
    assert log.prompts == [4, 5]


def test_series_overlap_wholly_with_themselves_and_less_with_others() -> None:
    log = replay.replay(small_log(), ClusterSpec(max_num_seqs=8))
    later = replace(log, scheduled=log.scheduled + 5.0, last=log.last + 5.0)
    assert set(replay.overlap(log, log).values()) <= {0.0, 1.0}
    assert replay.overlap(later, log)["running"] < 0.5


def test_named_deployments_are_written_in_place_of_older_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "calibration.toml"
    path.write_text("average = [1.0]\n\n[deployments.'a']\nweights = 1\n\n[deployments.'b']\nweights = 2\n")
    monkeypatch.setattr(replay, "CALIBRATION", path)
    replay.write("a", Coefficients(weights=3.0))
    found = tomllib.loads(path.read_text())
    assert found["average"] == [1.0]
    assert (found["deployments"]["a"]["weights"], found["deployments"]["b"]["weights"]) == (3.0, 2.0)
