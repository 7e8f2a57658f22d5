"""A served simulated cluster: what a token costs beside a latency profile's, and how late tokens leave.

The cluster is never late, only its driver can be. An outside client can see that where it knows when tokens are due: on
a GPU whose every step takes 30 ms, whatever is in it. The tokens of a stream are then due every 30 ms from its first.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks import client, loadgen, requests, servers
from benchmarks.bare import TOKENS
from benchmarks.client import drive
from benchmarks.pacing import exposition, lag_bound
from benchmarks.servers import BUILD, Crowd, Server, cores
from benchmarks.targets import Row, median, percentile, ratios, spread

STREAMS = 64
_H100 = ("--set", "cluster.gpu=h100", "--set", f"cluster.max_num_seqs={STREAMS}")
STEP_S = 0.03
_RAMP_S = 1.5
_OWN = "fakeai_pacing_lag_seconds"
_STEPS = "fakeai_step_lag_seconds"


class Late(NamedTuple):
    """How late tokens were, in milliseconds; `own` and `steps` are upper bounds of what the server says of itself."""

    client_p99: float
    client_p50: float
    own_p99: float
    steps_p99: float
    cpu_us: float
    busy: float
    """Of one core, while tokens came."""
    others: float


def measure(quick: bool) -> Iterator[Row]:
    """CPU of a token; lateness at 1,000 streams; what is said of it beyond what a core can do."""
    yield _tokens(quick)
    yield from _lateness(quick)


def _tokens(quick: bool) -> Row:
    """64 streams in steps of 64 sequences on an H100, and on a server whose profile has the same pace."""
    rounds, seconds = (2, 1.5) if quick else (7, 2.5)
    varied = requests.chats(tokens=TOKENS, stream=True)
    with ExitStack() as stack:
        ours = stack.enter_context(servers.fakeai(*_H100))
        load = drive(ours.port, varied, STREAMS, count=500)
        pace_ms = load.seconds / load.tokens * STREAMS * 1e3
        paced = stack.enter_context(servers.fakeai("--ttft", f"{pace_ms:.3f}", "--itl", f"{pace_ms:.3f}"))
        drive(paced.port, varied, STREAMS, count=500)
        mine, theirs = [], []
        for _ in range(rounds):
            theirs.append(_per_token(paced, varied, seconds))
            mine.append(_per_token(ours, varied, seconds))
    found = ratios(mine, theirs)
    detail = f"{spread(mine)} µs, every prompt new; rounds {spread(found, 2)}"
    beside = f"latency profile of the same pace, {pace_ms:.2f} ms a token, {spread(theirs)} µs"
    return Row("cluster_token", median(found), detail, beside, {"us": mine, "profile_us": theirs, "pace_ms": pace_ms})


def _per_token(server: Server, sent: Iterator[bytes], seconds: float) -> float:
    before = server.cpu_s()
    load = drive(server.port, sent, STREAMS, seconds=seconds)
    return (server.cpu_s() - before) * 1e6 / load.tokens


def _lateness(quick: bool) -> Iterator[Row]:
    binary = loadgen.find()
    who = "arrivals stamped by the kernel" if binary else "timed by the Python client, its delays included"
    rounds = 1 if quick else 3
    with servers.fakeai(*_steady(16, 64)) as ours, servers.floor(STEP_S * 1e3, STEP_S * 1e3) as floor:
        _run(binary, ours, 100)
        runs, least = [], []
        for _ in range(rounds):
            runs.append(_run(binary, ours, 1_000))
            least.append(percentile(lateness(_streams(binary, floor, 1_000), STEP_S), 0.99) * 1e3)
    seen = [run.client_p99 for run in runs]
    data = {"runs": [run._asdict() for run in runs]}
    load = f"{median([run.cpu_us for run in runs]):.1f} µs of CPU a token, {median([run.busy for run in runs]):.0%} of a core"
    others = f"other programs used {median([run.others for run in runs]):.1f} of {cores()} cores"
    yield Row(
        "cluster_lag",
        median([run.steps_p99 for run in runs]),
        f"bounds of its steps' p99 {_bounds([run.steps_p99 for run in runs])}; "
        f"of the worst token of each answer {_bounds([run.own_p99 for run in runs])}",
        f"{load}; {others}",
        data,
    )
    yield Row(
        "cluster_late",
        median(seen),
        f"{who}; runs {spread(seen, 2)}; p50 {median([run.client_p50 for run in runs]):.2f} ms",
        f"sockets alone {spread(least, 2)} ms; 16 workers of 64 sequences, every step {STEP_S * 1e3:g} ms",
    )
    with servers.fakeai(*_steady(64, 64)) as ours:
        beyond = _run(binary, ours, 4_000)
    yield Row(
        "cluster_overload",
        beyond.steps_p99,
        f"bound of its steps' p99 {_bounds([beyond.steps_p99])}; of the worst token of each answer "
        f"{_bounds([beyond.own_p99])}: the server says that it is too slow",
        f"p99 {beyond.client_p99:.0f} ms as the client sees it; {beyond.busy:.0%} of a core",
        beyond._asdict(),
    )


def _steady(workers: int, sequences: int) -> tuple[str, ...]:
    """Flags for a cluster whose steps all take the same time."""
    BUILD.mkdir(exist_ok=True)
    profile = BUILD / "steady.toml"
    profile.write_text(f'kind = "linear"\nstep_s = {STEP_S}\n')
    settings = {"gpu": "h100", "timing": profile, "workers": workers, "max_num_seqs": sequences}
    return tuple(part for name, value in settings.items() for part in ("--set", f"cluster.{name}={value}"))


def _run(binary: Path | None, server: Server, streams: int) -> Late:
    before, cpu, crowd = exposition(server), server.cpu_s(), Crowd(server)
    times = _streams(binary, server, streams)
    cpu, others, after = server.cpu_s() - cpu, crowd.others(), exposition(server)
    if empty := sum(not arrived for arrived in times):
        raise RuntimeError(f"{empty} of {streams} streams had no token")
    late = lateness(times, STEP_S)
    longest = _RAMP_S + max(arrived[-1] for arrived in times)
    own, steps = (lag_bound(before, after, name) for name in (_OWN, _STEPS))
    if own is None or steps is None:
        raise RuntimeError("the server says nothing of its lag")
    return Late(
        percentile(late, 0.99) * 1e3, percentile(late, 0.5) * 1e3, own * 1e3, steps * 1e3,
        cpu * 1e6 / sum(map(len, times)), cpu / longest, others,
    )  # fmt: skip


def _streams(binary: Path | None, server: Server, streams: int) -> list[list[float]]:
    """Of each stream, the seconds from its request to its tokens."""
    body = requests.essay_body(TOKENS)
    if binary is not None:
        return loadgen.paced(binary, server.port, body, streams, _RAMP_S)
    return client.paced(server.port, requests.post(body), streams, _RAMP_S)


def lateness(streams: Sequence[Sequence[float]], step_s: float) -> list[float]:
    """By how much each token came after it was due, against the most punctual one of its stream.

    The n-th token of a stream is due n steps after its first.
    """
    found: list[float] = []
    for times in streams:
        against = [at - number * step_s for number, at in enumerate(times)]
        best = min(against, default=0.0)
        found += [at - best for at in against]
    return found


def _bounds(values: Sequence[float]) -> str:
    return " / ".join(f"≤ {value:g} ms" for value in values)
