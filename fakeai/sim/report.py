"""Works out the figures of a run (`figures.Report`) from what a Collector has collected."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fakeai.sim.collector import Collector, Run, Sequences, apart
from fakeai.sim.energy import dynamic_watts
from fakeai.sim.figures import (
    Cache,
    Cost,
    Curves,
    Energy,
    Goodput,
    Latency,
    Report,
    Requests,
    Series,
    Throughput,
    WorkerLoad,
)
from fakeai.sim.gaps import WorkerSteps
from fakeai.sim.power import PowerModel
from fakeai.sim.spread import PERCENTS, Sample
from fakeai.sim.types import MeasuresUse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SLO_NAMES = ("ttft", "itl", "tpot", "e2e", "queue")
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)(ms|s)?")


def parse_slo(spec: str) -> Mapping[str, float]:
    """Read `ttft=0.5,itl=0.05,e2e=10` or `ttft=500ms`, in seconds; ValueError says what is accepted."""
    limits = {}
    for part in filter(None, (each.strip() for each in spec.split(","))):
        name, _, value = part.partition("=")
        found = _LIMIT.fullmatch(value.strip())
        if name.strip() not in SLO_NAMES or found is None:
            raise ValueError(
                f"{part!r} is no limit: write NAME=SECONDS or NAME=500ms, names {', '.join(SLO_NAMES)}; "
                "itl and tpot are both a request's mean time between tokens"
            )
        limits[name.strip()] = float(found[1]) / (1000.0 if found[2] == "ms" else 1.0)
    if not limits:
        raise ValueError(f"there is no limit in {spec!r}: write ttft=0.5,itl=0.05")
    return limits


class Power(NamedTuple):
    """What a GPU draws: for the energy of a run."""

    timing: MeasuresUse
    model: PowerModel


def build(
    collector: Collector,
    setup: Mapping[str, object],
    *,
    slo_s: Mapping[str, float] | None = None,
    usd_per_gpu_hour: float = 0.0,
    power: Power | None = None,
) -> Report:
    """The report on a run that is over."""
    runs, sequences = collector.runs(), collector.sequences()
    steps = {worker: apart(mine) for worker, mine in runs.items()}
    done = _done(sequences)
    times = _times(done)
    duration = max([float(each.ends[-1]) for each in steps.values()], default=0.0)
    gpus = _mean_gpus(collector, duration)
    output, prompts = int(done.made.sum()), int(done.prompt.sum())
    samples = {name: Sample(values) for name, values in times.items()}
    itl = Sample(*collector.gaps(steps, sequences))
    per_s = 1.0 / duration if duration else 0.0
    per_gpu = per_s / gpus if gpus else 0.0
    hits = collector.found + collector.found_host
    watts = None if power is None else _Watts.of(collector, runs, steps, power)
    return Report(
        setup=setup,
        requests=_requests(collector, sequences, len(done.made)),
        duration_s=duration,
        gpus=gpus,
        latency=Latency(
            samples["ttft"].spread(), itl.spread(), samples["tpot"].spread(), samples["e2e"].spread(),
            samples["queue"].spread(),
        ),
        throughput=Throughput(
            len(done.made) * per_s, output * per_s, (output + prompts) * per_s, output * per_gpu,
            (output + prompts) * per_gpu,
        ),
        goodput=_goodput(times, slo_s, collector.asked, per_s, per_gpu) if slo_s else None,
        cache=Cache(
            collector.queried, collector.found, collector.found_host, hits / collector.queried if collector.queried else 0.0
        ),
        preemptions=collector.preemptions,
        energy=None if watts is None else _energy(watts, gpus, duration, output),
        cost=_cost(gpus * duration / 3600.0 * usd_per_gpu_hour, output, len(done.made)) if usd_per_gpu_hour else None,
        workers=_loads(steps, done, duration),
        curves=Curves(PERCENTS, samples["ttft"].curve(), itl.curve(), samples["e2e"].curve()),
        series=_series(collector, steps, duration, watts),
    )  # fmt: skip


def _done(sequences: Sequences) -> Sequences:
    """Those that ended by themselves, with at least one token."""
    return sequences.those(sequences.complete & ~np.isnan(sequences.first_token))


def _times(done: Sequences) -> dict[str, "Floats"]:
    """Durations of each request in seconds, by name; not-a-number where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        tpot = np.where(done.made > 1, (done.last_token - done.first_token) / (done.made - 1), np.nan)
    return {
        "ttft": done.first_token - done.arrived,
        "tpot": tpot,
        "e2e": done.last_token - done.arrived,
        "queue": done.scheduled - done.arrived,
    }


def _requests(collector: Collector, sequences: Sequences, done: int) -> Requests:
    refused = collector.shed + collector.too_long
    return Requests(
        collector.asked, done, collector.too_long, collector.shed, len(sequences.made) - done,
        collector.asked - refused - len(sequences.made), collector.reason,
    )  # fmt: skip


def _goodput(
    times: Mapping[str, "Floats"], slo_s: Mapping[str, float], asked: int, per_s: float, per_gpu: float
) -> Goodput:
    kept = np.ones(len(times["ttft"]), np.bool_)
    for name, limit in slo_s.items():
        values = times["tpot" if name == "itl" else name]
        kept &= np.isnan(values) | (values <= limit)
    good = int(kept.sum())
    return Goodput(slo_s, good, good / asked if asked else 0.0, good * per_s, good * per_gpu)


def _cost(usd: float, output: int, done: int) -> Cost:
    return Cost(usd, usd / output * 1e6 if output else 0.0, usd / done * 1e3 if done else 0.0)


def _mean_gpus(collector: Collector, duration: float) -> float:
    """GPUs at the samples, each weighted by the time until the next."""
    if not collector.states:
        return 0.0
    at = np.array([state.at for state in collector.states])
    gpus = np.array([state.gpus for state in collector.states], np.float64)
    spans = np.diff(np.minimum(at, duration), append=duration)
    return float(gpus @ spans / spans.sum()) if spans.sum() > 0 else float(gpus[0])


def _loads(steps: Mapping[int, WorkerSteps], done: Sequences, duration: float) -> tuple[WorkerLoad, ...]:
    return tuple(
        WorkerLoad(
            worker,
            int((done.worker == worker).sum()),
            int(each.tokens.sum()),
            float(np.diff(each.bounds).sum()) / duration,
        )
        for worker, each in steps.items()
    )


class _Watts(NamedTuple):
    """What a run drew. `sums` has for each worker times in order, and its energy above idle until then."""

    sums: Sequence[tuple["Floats", "Floats"]]
    idle_w: float
    """Of a GPU."""

    @classmethod
    def of(
        cls, collector: Collector, runs: Mapping[int, Sequence[Run]], steps: Mapping[int, WorkerSteps], power: Power
    ) -> "_Watts":
        """`runs` and their `steps` by worker."""
        states = collector.states
        gpus = states[0].gpus / states[0].workers if states and states[0].workers else 1.0
        sums = []
        for worker, mine in runs.items():
            bounds = steps[worker].bounds
            joules = dynamic_watts(mine, power.timing, power.model) * np.diff(bounds)[:, 0] * gpus
            total = joules.cumsum()
            sums.append((bounds.ravel(), np.column_stack((total - joules, total)).ravel()))
        return cls(sums, power.model.idle_w)

    def until(self, at: "Floats") -> "Floats":
        """Energy above idle of all GPUs until each of these moments."""
        return sum((np.interp(at, times, joules, left=0.0) for times, joules in self.sums), np.zeros(len(at)))


def _energy(watts: _Watts, gpus: float, duration: float, output: int) -> Energy:
    joules = float(watts.until(np.array([duration]))[0]) + watts.idle_w * gpus * duration
    return Energy(
        joules / 3600.0, joules / output if output else 0.0, joules / (gpus * duration) if gpus * duration else 0.0
    )


def _series(collector: Collector, steps: Mapping[int, WorkerSteps], duration: float, watts: _Watts | None) -> Series:
    states = [state for state in collector.states if state.at <= duration]
    at = np.array([state.at for state in states])
    if len(at) < 2:
        return Series()
    drawn: Sequence[float] = ()
    if watts is not None:
        gpus = np.array([state.gpus for state in states], np.float64)
        drawn = (_rates(at, watts.until(at)) + gpus * watts.idle_w).tolist()
    tokens = np.zeros(len(at))
    for each in steps.values():
        tokens += np.append(0, each.tokens.cumsum())[np.searchsorted(each.ends, at, "right")]
    return Series(
        t_s=at.tolist(),
        running=[state.running for state in states],
        waiting=[state.waiting for state in states],
        kv_usage=[state.used_blocks / state.total_blocks if state.total_blocks else 0.0 for state in states],
        workers=[state.workers for state in states],
        output_tokens_per_s=_rates(at, tokens).tolist(),
        watts=drawn,
    )


def _rates(at: "Floats", sums: "Floats") -> "Floats":
    """Growth per second between each moment and the one before; 0 at the first."""
    rates: Floats = np.diff(sums, prepend=sums[0]) / np.diff(at, prepend=at[0] - 1.0)
    return rates
