"""Logs of requests to real servers, replayed through the simulated cluster: how far it is off, and the fit to a log.

    python benchmarks/replay.py --fit      fit the deployments' coefficients anew, into fakeai/data/calibration.toml

A log has for each request its lengths and, in seconds, when it arrived, was queued, and got its first and last token. The
simulator is given arrivals and lengths. A request's TTFT counts from its arrival, which includes what is left of the step
under way; the server's clocks are aligned by the request that waited least.

The fit moves some coefficients at a time by chance, further after a success and less far after a failure, and keeps what
brings the requests' times closer: batches, queues and mixed steps are those of the simulator itself, so it holds there.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.fit import CALIBRATION
from benchmarks.serving_rows import Floats
from fakeai.sim import spec
from fakeai.sim.calibration import Coefficients, coefficients, deployment_coefficients
from fakeai.sim.collector import Collector
from fakeai.sim.roofline import Roofline
from fakeai.sim.spec import ClusterSpec
from fakeai.sim.types import SimRequest

LOGS = Path(__file__).resolve().parents[2] / "shared" / "reference" / "truth-requests"

COMMON = {"gpu": "rtx-pro-6000", "max_num_seqs": 128, "max_num_batched_tokens": 2048, "prefix_caching": False}
DEPLOYMENTS: Mapping[str, tuple[str, ClusterSpec]] = MappingProxyType(
    {
        "rtx-pro-6000-llama-3.1-8b": (
            "llmservingsim_RTXPRO6000_Llama-3.1-8B.jsonl",
            ClusterSpec(model="llama-3.1-8b", **COMMON),
        ),
        "rtx-pro-6000-qwen3-30b-a3b": (
            "llmservingsim_RTXPRO6000_Qwen3-30B-A3B-Instruct-2507.jsonl",
            ClusterSpec(
                model="qwen3-30b-a3b", dp=2, ep=2, **{**COMMON, "max_num_seqs": 256, "max_num_batched_tokens": 4096}
            ),
        ),
    }
)
"""Name → its log, and its cluster. vLLM 0.19; the second has two data-parallel ranks with 128 sequences each, in step."""

FREE = ("weights", "experts", "decode", "prefill", "kv", "attention", "layer_s", "sequence_s")
STAY = 0.002
"""What a coefficient's squared logarithm costs: what the log does not tell stays where it was."""
TRIES = 800


@dataclass(frozen=True)
class Log:
    """Requests in the order of their arrival; times in seconds since the first."""

    arrived: Floats
    scheduled: Floats
    first: Floats
    last: Floats
    prompts: list[int]
    outputs: list[int]

    @property
    def ttft(self) -> Floats:
        """From arrival to first token."""
        return self.first - self.arrived

    @property
    def tpot(self) -> Floats:
        """Mean time between tokens."""
        return (self.last - self.first) / np.maximum(np.array(self.outputs) - 1, 1)


class Errors(NamedTuple):
    """Simulated over measured, less one, of means and 99th percentiles."""

    ttft: float
    ttft_p99: float
    tpot: float
    tpot_p99: float


def read_log(path: Path) -> Log:
    """Read a log of one JSON object a line."""
    rows = sorted(
        (json.loads(line) for line in path.read_text("utf-8").splitlines()), key=lambda row: row["arrival_time"]
    )
    arrived = np.array([row["arrival_time"] for row in rows])
    names = ("queued_ts", "scheduled_ts", "first_token_ts", "last_token_ts")
    queued, scheduled, first, last = (np.array([row[name] for row in rows]) for name in names)
    start = arrived[0] + (queued - arrived).min()
    sizes = ([row[name] for row in rows] for name in ("input_toks", "output_toks"))
    return Log(arrived - arrived[0], scheduled - start, first - start, last - start, *sizes)


def replay(log: Log, cluster: ClusterSpec, given: Coefficients | None = None) -> Log:
    """The log that the simulated cluster would have left; `given` replaces the cluster's coefficients."""
    parts = spec.check(cluster)
    if given is not None:
        parts = parts._replace(timing=Roofline(parts.shape, parts.gpu, parts.layout, calibration=given))
    built = spec.build(parts, Collector())
    asked = zip(log.arrived.tolist(), log.prompts, log.outputs, strict=True)
    made = [built.submit(SimRequest(str(n), prompt, output), at) for n, (at, prompt, output) in enumerate(asked)]
    while (at := built.next_at()) is not None:
        built.advance(at)
    names = ("scheduled", "first_token", "last_token")
    times = (np.array([getattr(one, name) for one in made], np.float64) for name in names)
    return Log(log.arrived, *times, log.prompts, log.outputs)


def errors(simulated: Log, measured: Log) -> Errors:
    """How far a replay is off."""

    def of(left: Floats, right: Floats) -> tuple[float, float]:
        return float(left.mean() / right.mean() - 1.0), float(np.percentile(left, 99) / np.percentile(right, 99) - 1.0)

    return Errors(*of(simulated.ttft, measured.ttft), *of(simulated.tpot, measured.tpot))


def overlap(simulated: Log, measured: Log) -> dict[str, float]:
    """Running and waiting requests over time, sampled each second: what both have over what either has."""
    times = np.arange(0.0, measured.last.max(), 1.0)[:, None]
    found = {}
    for name, since, until in (("running", "scheduled", "last"), ("waiting", "arrived", "scheduled")):
        counts = [
            ((getattr(log, since) <= times) & (times < getattr(log, until))).sum(axis=1)
            for log in (simulated, measured)
        ]
        found[name] = float(np.minimum(*counts).sum() / max(np.maximum(*counts).sum(), 1))
    return found


def calibrate_from_requests(log: Log, cluster: ClusterSpec) -> Coefficients:
    """Coefficients with which the simulated cluster answers as the log says; starts from those of the cluster's kind."""
    parts = spec.check(cluster)
    start = coefficients(parts.shape, parts.gpu, parts.layout, cluster.engine)
    random = np.random.default_rng(0)
    place, least, step = np.zeros(len(FREE)), _badness(log, cluster, start, np.zeros(len(FREE))), 0.2
    for _ in range(TRIES):
        tried = place + step * random.standard_normal(len(FREE)) * (random.random(len(FREE)) < 0.5)
        badness = _badness(log, cluster, _moved(start, tried), tried)
        if badness < least:
            place, least, step = tried, badness, step * 1.5
        else:
            step = max(step * 0.95, 0.005)
    return _moved(start, place)


def _moved(start: Coefficients, place: Floats) -> Coefficients:
    return start._replace(
        **{name: getattr(start, name) * float(np.exp(by)) for name, by in zip(FREE, place, strict=True)}
    )


def _badness(log: Log, cluster: ClusterSpec, given: Coefficients, moved: Floats) -> float:
    """Relative distances: of means and high percentiles, and of each request."""
    simulated = replay(log, cluster, given)
    overall = sum(error * error for error in errors(simulated, log))
    each = np.mean((simulated.tpot / log.tpot - 1.0) ** 2) + np.mean(
        ((simulated.first - log.first) / log.ttft.mean()) ** 2
    )
    return 100.0 * overall + 10.0 * float(each) + STAY * float(moved @ moved)


def write(name: str, found: Coefficients) -> None:
    """Put a deployment's coefficients at the end of the calibration file, in place of older ones."""
    text = CALIBRATION.read_text("utf-8")
    head, *tables = text.split("\n[deployments.")
    kept = [table for table in tables if not table.startswith(f"'{name}']")]
    lines = [f"'{name}']", *(f"{field} = {value:.6g}" for field, value in found._asdict().items())]
    joined = "".join(f"\n[deployments.{table.strip()}\n" for table in [*kept, "\n".join(lines)])
    CALIBRATION.write_text(head.rstrip("\n") + "\n" + joined, "utf-8")


def report() -> dict[str, dict[str, float]]:
    """Replay all logs with the coefficients kept for them: errors and overlaps of series, in per cent."""
    found = {}
    for name, (file, cluster) in DEPLOYMENTS.items():
        log = read_log(LOGS / file)
        simulated = replay(log, cluster, deployment_coefficients(name))
        off, shared = errors(simulated, log)._asdict(), overlap(simulated, log)
        found[name] = {field: round(value * 100.0, 2) for field, value in (*off.items(), *shared.items())}
    return found


def main() -> None:
    """Fit if asked, then report."""
    parser = argparse.ArgumentParser(description="Replay logs of requests through the simulated cluster.")
    parser.add_argument("--fit", action="store_true", help="fit the deployments anew first")
    if parser.parse_args().fit:
        for name, (file, cluster) in DEPLOYMENTS.items():
            found = calibrate_from_requests(read_log(LOGS / file), cluster)
            print(name, found)
            write(name, found)
    else:
        print(json.dumps(report(), indent=1))


if __name__ == "__main__":
    main()
