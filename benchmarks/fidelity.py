"""How close predicted token times are to measured ones.

    python benchmarks/fidelity.py                              five-fold cross-validation on the development rows
    python benchmarks/fidelity.py --rows FILE --json OUT       predict the rows of a file, with what is calibrated
    python benchmarks/fidelity.py --requests                   replay logs of requests through the cluster (see replay)

A prediction sees the model, GPU, layout, precision, engine, lengths and concurrency of a row, nothing else. It is in parts:

    step times    fakeai.sim.roofline with the coefficients of fakeai/data/calibration.toml: what the simulator runs on
    closed loop   benchmarks/closed_loop.py: batch, interleaved prompts and waits of a steady loop of users, in closed form
    correction    benchmarks/serving.json: how the harness loads the server, and what is left, smooth in load and layout

The cross-validation fits everything anew without the rows it predicts (groups of model, GPU, engine, mode, ISL and OSL
stay whole), and prints step times alone too. Left out are rows that the model does not know the like of (`read_rows`), and
rows with more than twice the users that find room for their KV, in a deployment never measured: how long such a queue gets
depends on what nothing was learned about.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks import replay
from benchmarks.closed_loop import loads, oversubscribed
from benchmarks.fit import Fitted, Predicted, fit, read
from benchmarks.serving_rows import Floats, Row, outcomes, read_rows, stratified_folds

DEVELOPMENT = Path(__file__).resolve().parents[2] / "shared" / "reference" / "serving-truth-dev.csv"
FOLDS = 5


def known(fitted: Fitted, rows: list[Row]) -> np.ndarray:
    """Which rows the fit may speak of."""
    return (oversubscribed(loads(rows)) <= 2.0) | np.array([fitted.knows(row) for row in rows], bool)


def error(predicted: Floats, measured: Floats) -> dict[str, float]:
    """Mean and median of the absolute relative error in per cent, of the rows that have one."""
    errors = np.abs(predicted / measured - 1.0)[np.isfinite(measured) & (measured > 0)] * 100.0
    if not len(errors):
        return {"mape": float("nan"), "median": float("nan")}
    return {"mape": round(float(errors.mean()), 2), "median": round(float(np.median(errors)), 2)}


def score(path: Path) -> dict[str, object]:
    """Predict the rows of a file with what is calibrated."""
    given, rows = read_rows(path)
    fitted = read()
    rows = [row for row, is_known in zip(rows, known(fitted, rows), strict=True) if is_known]
    predicted, (tpot, ttft) = fitted.predict(rows), outcomes(rows)
    return {
        "rows_given": given,
        "rows": len(rows),
        "tpot": error(predicted.tpot, tpot),
        "ttft": error(predicted.ttft, ttft),
    }


def cross_validate(path: Path) -> None:
    """Print fitted and held-out error: over all, by engine and GPU, of tier A, and by whether the deployment was seen."""
    given, rows = read_rows(path)
    rows = [row for row in rows if row.tpot > 0 and row.ttft > 0]
    folds = stratified_folds(rows, FOLDS)
    held, within = _empty(rows), _empty(rows)
    spoken, seen = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        fitted = fit([rows[place] for place in inside])
        for places, predicted in ((inside, within), (outside, held)):
            for kept, new in zip(predicted, fitted.predict([rows[place] for place in places]), strict=True):
                kept[places] = new
        apart = [rows[place] for place in outside]
        spoken[outside] = known(fitted, apart)
        seen[outside] = [fitted.knows(row) for row in apart]
    print(
        f"{given} rows given, {int(spoken.sum())} predicted, {len({row.group for row in rows})} groups in {FOLDS} folds"
    )
    _table(rows, within, held, spoken, seen)


def _empty(rows: list[Row]) -> Predicted:
    return Predicted(*(np.full(len(rows), np.nan) for _ in Predicted._fields))


def _table(rows: list[Row], within: Predicted, held: Predicted, spoken: np.ndarray, seen: np.ndarray) -> None:
    tpot, ttft = outcomes(rows)
    head = f"{'MAPE / median %':<34}{'rows':>6}{'TPOT fitted':>15}{'held out':>15}{'steps alone':>15}{'TTFT fitted':>15}{'held out':>15}"
    print(head)

    def line(name: str, choice: np.ndarray) -> None:
        chosen = choice & spoken
        cells = [(within.tpot, tpot), (held.tpot, tpot), (held.step_tpot, tpot), (within.ttft, ttft), (held.ttft, ttft)]
        texts = [_cell(error(predicted[chosen], measured[chosen])) for predicted, measured in cells]
        print(f"{name:<34}{int(chosen.sum()):>6}{''.join(f'{text:>15}' for text in texts)}")

    def where(test: Callable[[Row], bool]) -> np.ndarray:
        return np.array([test(row) for row in rows], bool)

    line("all", np.ones(len(rows), bool))
    line("tier A", where(lambda row: row.tier == "A"))
    line("deployment seen otherwise", seen)
    line("deployment never seen", ~seen)
    for engine in _sorted(row.engine for row in rows):
        line(engine, where(lambda row, engine=engine: row.engine == engine))
    for card in _sorted(row.gpu.name for row in rows):
        line(card, where(lambda row, card=card: row.gpu.name == card))


def _cell(found: dict[str, float]) -> str:
    return f"{found['mape']:.1f} / {found['median']:.1f}"


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(set(names))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Compare predicted token times with measured ones.")
    parser.add_argument(
        "--rows", type=Path, help="a file in the format of serving-truth-dev.csv; without, cross-validate"
    )
    parser.add_argument("--requests", action="store_true", help="replay the logs of requests")
    parser.add_argument("--json", type=Path, help="where to write the scores of --rows or --requests")
    asked = parser.parse_args()
    if asked.rows is None and not asked.requests:
        cross_validate(DEVELOPMENT)
        return
    found = json.dumps(replay.report() if asked.requests else score(asked.rows))
    print(found)
    if asked.json is not None:
        asked.json.write_text(found + "\n", "utf-8")


if __name__ == "__main__":
    main()
