"""How fast `fakeai simulate` is: the real command, from reading the trace to the finished report, on one thread.

The figure is what the command says of itself (`wall.requests_per_s`). Beside it, in the same rounds, the same run taken
one step of an engine at a time: what the jumps over steps that only decode bring. Both must report the same.

`python -m benchmarks.simulate …` is `fakeai simulate …` without jumps.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from benchmarks import mooncake_like
from benchmarks.servers import BUILD, ROOT
from benchmarks.targets import Row, median, ratios, spread

REQUESTS = 12_000
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_SYNTHETIC = ("--isl", "512", "--osl", "128", "--requests", "8000")


class Run(NamedTuple):
    """One run of the command."""

    per_s: float
    """Requests a second, of the simulation: reading, running and reporting."""
    wall_s: float
    cpu_s: float
    """Of the whole process, from its start."""
    report: dict[str, Any]


def measure(quick: bool) -> Iterator[Row]:
    """The trace with two routers, and a synthetic load at two rates."""
    rounds = 2 if quick else 7
    trace = mooncake_like.write(BUILD / f"mooncake-like-{REQUESTS}.jsonl", REQUESTS)
    traced = ("--trace", str(trace), "--workers", "8", "--router")
    for key, arguments in (
        ("sim_trace", (*traced, "round-robin")),
        ("sim_trace_kv", (*traced, "kv")),
        ("sim_half", ("--arrivals", "poisson:28", *_SYNTHETIC)),
        ("sim_full", ("--arrivals", "burst", *_SYNTHETIC)),
    ):
        yield _row(key, arguments, rounds)


def _row(key: str, arguments: Sequence[str], rounds: int) -> Row:
    mine, stepped = [], []
    for _ in range(rounds):
        stepped.append(run(arguments, jumps=False))
        mine.append(run(arguments))
    if difference := differs(mine[0].report, stepped[0].report):
        raise RuntimeError(f"{' '.join(arguments)}: with jumps and without, reports differ in {difference}")
    speeds, slow = [each.per_s for each in mine], [each.per_s for each in stepped]
    report = mine[0].report
    tokens = report["throughput"]["output_tokens_per_s"] * report["duration_s"] / median([run.wall_s for run in mine])
    detail = (
        f"rounds {spread(speeds, 0)}; {report['duration_s']:,.0f} s simulated, {tokens / 1e6:.2f} million tokens/s; "
        f"{median([run.cpu_s for run in mine]):.1f} s of CPU with the process's start"
    )
    gain = ratios(speeds, slow)
    beside = f"step by step {spread(slow, 0)}: jumps bring {spread(gain)} ×, the report is the same"
    data = {"per_s": speeds, "stepped_per_s": slow, "cpu_s": [run.cpu_s for run in mine]}
    return Row(key, median(speeds), detail, beside, data)


def run(arguments: Sequence[str], *, jumps: bool = True) -> Run:
    """Run the command in a process of its own."""
    module = "fakeai" if jumps else "benchmarks.simulate"
    command = [sys.executable, "-m", module, "simulate", *arguments, "--json", "-"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=ROOT, env=os.environ | _ONE_THREAD, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode(errors='replace')[-500:]}")
    report = json.loads(done.stdout)
    wall = report.pop("wall")
    cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Run(wall["requests_per_s"], wall["seconds"], cpu_s, report)


def differs(one: Any, other: Any, name: str = "the report") -> str:
    """The first place where two reports differ by more than the rounding of sums; empty when there is none.

    Energy is left out: it is worked out from every n-th run of steps, and without jumps each step is one.
    """
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        found = (differs(one[key], other[key], key) for key in one if key not in ("energy", "watts"))
        return next(filter(None, found), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return next(filter(None, (differs(a, b, name) for a, b in zip(one, other, strict=True))), "")
    if isinstance(one, float) and isinstance(other, float):
        return "" if abs(one - other) <= 1e-9 * max(1.0, abs(one)) else name
    return "" if one == other else name


def _without_jumps() -> int:
    """The command, with engines that never take several steps at once."""
    from fakeai.__main__ import main
    from fakeai.sim.engine import Engine

    def one_step(self: Engine, now: float, until: float, shape: Any, duration: float) -> float:
        return now + duration

    Engine._jump = one_step  # type: ignore[method-assign]
    return main()


if __name__ == "__main__":
    sys.exit(_without_jumps())
