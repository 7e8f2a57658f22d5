"""Fit the coefficients of step times and of the serving around them to measured rows, and write them down.

    python benchmarks/fit.py --rows ../shared/reference/serving-truth-dev.csv

writes fakeai/data/calibration.toml (step times: what the simulator uses) and benchmarks/serving.json (what only the
prediction of benchmark rows uses: coefficients of serving, protocols' effects, and smooth corrections).

The method. log y = log f(θ) + g + noise for both TPOT and TTFT, with f the closed loop over the roofline. A row's log θ is
an average plus an effect for each of its kinds (model, GPU, engine, …), each with a normal prior around nothing, so that
kinds with few rows stay near what they share with others (partial pooling). g is a smooth function of users, lengths and
layout, with a normal-process prior over the same kinds. The noise has heavy tails (Student's t), since repeated
measurements differ by 0.4 % in the median and 38 % at the 90th percentile. The most probable θ and g are found by
Gauss-Newton steps in the rows' own space: effects never appear as unknowns, only their prior covariance between rows.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.closed_loop import NAMES, PLACE, SERVING, START, STEP, loads, predict
from benchmarks.serving_rows import WEIGHT, Floats, Row, outcomes, read_rows

ROOT = Path(__file__).resolve().parents[1]
CALIBRATION = ROOT / "fakeai" / "data" / "calibration.toml"
SERVING_FILE = ROOT / "benchmarks" / "serving.json"

SPREAD = {
    "model": 0.3, "precision": 0.2, "gpu": 0.2, "engine": 0.4, "model precision": 0.2, "engine gpu": 0.25, "model engine": 0.25,
    "deployment": 0.25, "engine layout": 0.2, "layout": 0.15, "deployment protocol": 0.25, "engine protocol": 0.3,
}  # fmt: skip
"""Standard deviation of the effects of each kind, in logarithms, before any row is seen."""
AVERAGE_SPREAD = 0.7
FREEDOM = {**dict.fromkeys(STEP, 0.7), **dict.fromkeys(SERVING, 0.2), "queue": 1.4}
"""What SPREAD is multiplied by for each coefficient: lengths of waits have little to say about their own coefficients."""
PROTOCOLS = ("deployment protocol", "engine protocol")
NOISE = (0.06, 0.15)
"""Of log TPOT and log TTFT."""
TAILS = 4.0
"""Degrees of freedom of the noise."""
MODEST = 0.97
"""What the median of a TTFT is multiplied by: too high counts more than too low in a relative error, by about its variance."""
STEPS = 12
FEW = 3.0
"""Rows without anything to correct that a mean is taken with."""


class Smooth(NamedTuple):
    """One part of g: its size, the kind within which it is shared, and over what change of each feature it varies."""

    size: float
    kind: str
    lengths: tuple[float, ...]
    """Of log users, log ISL, log OSL, log tp, log dp, whether experts are shared out."""


def _smooth(size: float) -> tuple[Smooth, ...]:
    return (
        Smooth(size, "engine", (2.0, 2.5, 3.0, 2.0, 2.0, 2.0)),
        Smooth(size * 0.8, "engine protocol", (1.5, 2.0, 2.0, 2.0, 2.0, 2.0)),
        Smooth(size * 0.8, "model", (2.0, 2.5, 3.0, 2.0, 2.0, 2.0)),
        Smooth(size * 0.8, "deployment", (1.5, 2.0, 2.0, 2.0, 2.0, 2.0)),
        Smooth(size * 0.5, "layout", (0.7, 2.0, 2.0, 9.0, 9.0, 9.0)),
        Smooth(size * 0.5, "deployment protocol", (1.0, 1.0, 1.0, 1.5, 2.0, 2.0)),
    )


CORRECTIONS = (_smooth(0.12), _smooth(0.45))
"""Of TPOT and TTFT."""


class Predicted(NamedTuple):
    """Seconds for each row. `step_tpot` is TPOT from step times alone, without protocol and correction."""

    tpot: Floats
    ttft: Floats
    step_tpot: Floats


@dataclass(frozen=True)
class Fitted:
    """A fit: effects by kind and name, and the points that g leans on."""

    average: Floats
    effects: Mapping[str, Mapping[str, Floats]]
    """Kind → name → what it adds to the logarithm of each coefficient."""
    points: Floats
    """Features of the points, (points, 6)."""
    names: Mapping[str, Sequence[str]]
    """Kind → the points' names."""
    weights: Floats
    """What each point gives to the corrections of TPOT and TTFT, (2, points)."""
    shift: Mapping[str, Mapping[str, float]]
    """Kind → name → mean logarithm of what is corrected there: the simulator multiplies all its times by it."""

    def predict(self, rows: list[Row]) -> Predicted:
        """Token times of rows, from their deployment and load alone."""
        load, kinds = loads(rows), [row.kinds for row in rows]
        tpot, _, ttft, _ = predict(load, np.exp(self._logs(kinds, ())))
        step_tpot, *_ = predict(load, np.exp(self._logs(kinds, PROTOCOLS)))
        points = features(rows)
        for place, (parts, seconds) in enumerate(zip(CORRECTIONS, (tpot, ttft), strict=True)):
            seconds *= np.exp(covariance(parts, points, kinds, self.points, self.names) @ self.weights[place])
        return Predicted(tpot, MODEST * ttft, step_tpot * np.exp([self._shift(row) for row in kinds]))

    def _shift(self, row: dict[str, str]) -> float:
        return sum(names.get(row[kind], 0.0) for kind, names in self.shift.items())

    def knows(self, row: Row) -> bool:
        """Whether anything like the row was measured: its model in its precision on its engine and GPU."""
        return row.kinds["deployment"] in self.effects["deployment"]

    def _logs(self, kinds: list[dict[str, str]], without: Sequence[str]) -> Floats:
        none = np.zeros(len(NAMES))
        return np.array(
            [
                self.average
                + sum(self.effects[kind].get(name, none) for kind, name in row.items() if kind not in without)
                for row in kinds
            ]
        ).reshape(len(kinds), len(NAMES))


def fit(rows: list[Row], report: bool = False) -> Fitted:
    """The most probable coefficients and corrections for rows that have both outcomes."""
    solver = _Solver(rows)
    for step in range(STEPS):
        gain = solver.step()
        if report:
            print(f"step {step + 1}: {solver.objective:.1f}", flush=True)
        if gain < 2e-3 * abs(solver.objective) + 1.0:
            break
    fitted = solver.fitted()
    return replace(fitted, shift=_shifts(fitted, rows))


def _shifts(fitted: Fitted, rows: list[Row]) -> dict[str, dict[str, float]]:
    """Mean logarithms of what is corrected in a deployment, and then in a layout of it; few rows give less than their mean."""
    predicted = fitted.predict(rows)
    left = np.log(predicted.tpot / predicted.step_tpot)
    shifts: dict[str, dict[str, float]] = {}
    for kind in ("deployment", "layout"):
        names = np.array([row.kinds[kind] for row in rows])
        shifts[kind] = {
            str(name): float(left[names == name].sum() / ((names == name).sum() + FEW)) for name in np.unique(names)
        }
        left = left - np.array([shifts[kind][name] for name in names])
    return shifts


class _Solver:
    """Gauss-Newton over rows. Twice as many residuals as rows: TPOT first."""

    def __init__(self, rows: list[Row]) -> None:
        self.kinds, self.load, self.points = [row.kinds for row in rows], loads(rows), features(rows)
        names = {kind: [row[kind] for row in self.kinds] for kind in SPREAD}
        self.names = names
        count = len(rows)
        self.same = np.full((count, count), AVERAGE_SPREAD**2)
        for kind, spread in SPREAD.items():
            self.same += spread**2 * _equal(names[kind], names[kind])
        self.smooth = [covariance(parts, self.points, self.kinds, self.points, names) for parts in CORRECTIONS]
        self.freedom = np.array([FREEDOM[name] for name in NAMES])
        self.start = np.log([START[name] for name in NAMES])
        self.target = np.log(np.concatenate(outcomes(rows)))
        self.noise = np.repeat(NOISE, count)
        self.weight = np.tile([WEIGHT.get(row.tier, 0.5) for row in rows], 2)
        self.logs = np.tile(self.start, (count, 1))
        self.pull = np.zeros_like(self.logs)
        """What each row gives to the effects: logs = start + same @ pull."""
        self.correction, self.lean = np.zeros(2 * count), np.zeros(2 * count)
        self.value, self.slope = self._evaluate(self.logs)
        self.objective = self._objective(self.value, self.logs, self.pull, self.correction, self.lean)

    def step(self) -> float:
        """Take the best part of one Gauss-Newton step; what the objective gained, 0 if nothing."""
        count = len(self.kinds)
        residual = self.target - self.value
        scaled = (residual - self.correction) / self.noise
        weight = np.sqrt(self.weight * (TAILS + 1.0) / (TAILS + scaled**2)) / self.noise
        slope = self.slope * self.freedom
        system = np.tile(self.same, (2, 2)) * (slope @ slope.T)
        system[:count, :count] += self.smooth[0]
        system[count:, count:] += self.smooth[1]
        system *= weight[:, None] * weight
        system[np.diag_indices(2 * count)] += 1.0
        moved = np.tile(self.logs - self.start, (2, 1))
        lean = weight * np.linalg.solve(system, weight * (residual + (self.slope * moved).sum(axis=1)))
        pull = lean[:, None] * slope * self.freedom
        pull = pull[:count] + pull[count:]
        logs = self.start + self.same @ pull
        correction = np.concatenate([self.smooth[0] @ lean[:count], self.smooth[1] @ lean[count:]])
        for part in 0.5 ** np.arange(7):
            tried = [
                old + part * (new - old)
                for old, new in (
                    (self.logs, logs),
                    (self.pull, pull),
                    (self.correction, correction),
                    (self.lean, lean),
                )
            ]
            value, changed = self._evaluate(tried[0])
            objective = self._objective(value, *tried)
            if objective < self.objective:
                gain = self.objective - objective
                self.logs, self.pull, self.correction, self.lean = tried
                self.value, self.slope, self.objective = value, changed, objective
                return gain
        return 0.0

    def _evaluate(self, logs: Floats) -> tuple[Floats, Floats]:
        tpot, tpot_slope, ttft, ttft_slope = predict(self.load, np.exp(np.clip(logs, -40.0, 6.0)))
        value = np.log(np.concatenate([tpot, ttft]))
        return value, np.concatenate([tpot_slope / tpot[:, None], ttft_slope / ttft[:, None]])

    def _objective(self, value: Floats, logs: Floats, pull: Floats, correction: Floats, lean: Floats) -> float:
        scaled = (self.target - value - correction) / self.noise
        loss = (self.weight * (TAILS + 1.0) / 2.0 * np.log1p(scaled**2 / TAILS)).sum()
        prior = ((logs - self.start) * pull / self.freedom**2).sum() + correction @ lean
        return float(loss + prior / 2.0)

    def fitted(self) -> Fitted:
        """Effects from what their rows pull; equal points of g merged."""
        effects: dict[str, dict[str, Floats]] = {}
        for kind, spread in SPREAD.items():
            effects[kind] = {}
            for name, pull in zip(self.names[kind], self.pull, strict=True):
                effects[kind][name] = effects[kind].get(name, 0.0) + spread**2 * pull
        average = self.start + AVERAGE_SPREAD**2 * self.pull.sum(axis=0)
        count = len(self.kinds)
        merged: dict[tuple[Any, ...], int] = {}
        weights = np.zeros((2, count))
        for row in range(count):
            key = (*self.points[row], *self.kinds[row].values())
            place = merged.setdefault(key, len(merged))
            weights[:, place] += self.lean[[row, count + row]]
        first: dict[int, int] = {}
        for row in range(count):
            first.setdefault(merged[(*self.points[row], *self.kinds[row].values())], row)
        keep = list(first.values())
        names = {kind: [column[row] for row in keep] for kind, column in self.names.items()}
        return Fitted(average, effects, self.points[keep], names, weights[:, : len(keep)], {})


def features(rows: list[Row]) -> Floats:
    """What g is smooth in, (rows, 6)."""
    return np.array(
        [
            [*np.log([row.users, row.isl, row.osl, row.layout.tp, row.layout.dp]), float(row.layout.ep > 1)]
            for row in rows
        ]
    ).reshape(len(rows), 6)


def covariance(
    parts: Sequence[Smooth],
    left: Floats,
    kinds: list[dict[str, str]],
    right: Floats,
    names: Mapping[str, Sequence[str]],
) -> Floats:
    """Prior covariance of g between two sets of points, (left, right)."""
    total = np.zeros((len(left), len(right)))
    for part in parts:
        a, b = left / part.lengths, right / part.lengths
        distance = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2.0 * a @ b.T
        shared = _equal([row[part.kind] for row in kinds], names[part.kind])
        total += part.size**2 * np.exp(-np.maximum(distance, 0.0) / 2.0) * shared
    return total


def _equal(left: Sequence[str], right: Sequence[str]) -> Floats:
    return (np.array(left)[:, None] == np.array(right)).astype(np.float64)


def write(fitted: Fitted, calibration: Path = CALIBRATION, serving: Path = SERVING_FILE) -> None:
    """Write a fit into its two files; named deployments in the first are kept."""
    text = calibration.read_text("utf-8")
    start = text.find("[deployments")
    kept = "" if start < 0 else "\n" + text[start:]
    step = [PLACE[name] for name in STEP]
    lines = [
        "# Coefficients of step times, read by fakeai/sim/calibration.py; written by benchmarks/fit.py from measured serving",
        "# results (serving-truth-dev.csv). Logarithms of what peak times are multiplied by, or of seconds (*_s). An effect is",
        "# added for each kind that a deployment is of; a shift to all of them: it is the mean of what the fit corrects there.",
        "# Deployments, at the end, were fitted to logs of their own.",
        f"coefficients = [{', '.join(repr(name) for name in STEP)}]",
        f"average = {_numbers(fitted.average[step])}",
    ]
    for kind, effects in fitted.effects.items():
        if kind not in PROTOCOLS:
            lines += ["", f"[effects.'{kind}']"]
            lines += [f"'{name}' = {_numbers(effect[step])}" for name, effect in sorted(effects.items())]
    for kind, shifts in fitted.shift.items():
        lines += ["", f"[shift.{kind}]", *(f"'{name}' = {shift:.4f}" for name, shift in sorted(shifts.items()))]
    calibration.write_text("\n".join(lines) + "\n" + kept, "utf-8")
    serving.write_text(json.dumps(_serving(fitted), separators=(",", ":")) + "\n", "utf-8")


def _serving(fitted: Fitted) -> dict[str, Any]:
    own = [PLACE[name] for name in SERVING]
    layouts = sorted(set(zip(*(fitted.names[kind] for kind in SPREAD), strict=True)))
    at = {names: place for place, names in enumerate(layouts)}
    return {
        "coefficients": NAMES,
        "average": _rounded(fitted.average[own]),
        "effects": {
            kind: {
                name: _rounded(effect if kind in PROTOCOLS else effect[own]) for name, effect in sorted(effects.items())
            }
            for kind, effects in fitted.effects.items()
        },
        "kinds": list(SPREAD),
        "layouts": layouts,
        "points": [
            [at[names], *np.round(np.exp(point[:5])).astype(int).tolist(), int(point[5]), *_rounded(pair)]
            for names, point, pair in zip(
                zip(*(fitted.names[kind] for kind in SPREAD), strict=True), fitted.points, fitted.weights.T, strict=True
            )
        ],
    }


def read(calibration: Path = CALIBRATION, serving: Path = SERVING_FILE) -> Fitted:
    """The fit that the two files keep."""
    import tomllib

    steps = tomllib.loads(calibration.read_text("utf-8"))
    around = json.loads(serving.read_text("utf-8"))
    effects: dict[str, dict[str, Floats]] = {}
    for kind, found in around["effects"].items():
        effects[kind] = {
            name: np.array(values if kind in PROTOCOLS else [*steps["effects"][kind][name], *values])
            for name, values in found.items()
        }
    points = np.array([row[1:7] for row in around["points"]], np.float64)
    points[:, :5] = np.log(points[:, :5])
    names = {
        kind: [around["layouts"][row[0]][place] for row in around["points"]]
        for place, kind in enumerate(around["kinds"])
    }
    average = np.array([*steps["average"], *around["average"]])
    return Fitted(average, effects, points, names, np.array([row[7:] for row in around["points"]]).T, steps["shift"])


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), 4) for value in values]


def _numbers(values: Floats) -> str:
    return f"[{', '.join(f'{value:.4f}' for value in values)}]"


def main() -> None:
    """Fit all rows of a file."""
    parser = argparse.ArgumentParser(description="Fit step times and serving to measured rows.")
    parser.add_argument("--rows", type=Path, required=True, help="a file in the format of serving-truth-dev.csv")
    given, rows = read_rows(parser.parse_args().rows)
    rows = [row for row in rows if row.tpot > 0 and row.ttft > 0]
    print(f"{len(rows)} of {given} rows")
    write(fit(rows, report=True))


if __name__ == "__main__":
    main()
