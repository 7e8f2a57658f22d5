"""Pacing: how far tokens leave from when they should, with many streams at once.

Each stream is judged by its own first token: what counts is the rhythm a client sees.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import NamedTuple

from benchmarks import client, loadgen, requests, servers
from benchmarks.bare import TOKENS
from benchmarks.servers import Crowd, Server, cores
from benchmarks.targets import Row, median, percentile, spread

TTFT_MS = 200.0
ITL_MS = 20.0
_RAMP_S = 1.5


class Pacing(NamedTuple):
    """Errors of a run in milliseconds, and what the server spent and said of itself."""

    itl_p99: float
    drift_p99: float
    ttft_p99: float
    tokens: int
    cpu_us: float = 0.0
    others: float = 0.0
    lag: str = ""


def judge(streams: Sequence[Sequence[float]], ttft_ms: float, itl_ms: float) -> Pacing:
    """Errors of streams, each given as seconds from its request to its tokens. The ITL error and drift are absolute."""
    gaps = [abs((b - a) * 1e3 - itl_ms) for times in streams for a, b in pairwise(times)]
    drifts = [abs((times[-1] - times[0]) * 1e3 - itl_ms * (len(times) - 1)) for times in streams if times]
    firsts = [abs(times[0] * 1e3 - ttft_ms) for times in streams if times]
    return Pacing(percentile(gaps, 0.99), percentile(drifts, 0.99), percentile(firsts, 0.99), sum(map(len, streams)))


def lag_p99(before: str, after: str) -> str:
    """The server's own worst lateness of an answer, p99 of the answers between two readings of /metrics."""
    bound = lag_bound(before, after)
    if bound is None:
        return "not told"
    return "over 1 s" if bound == inf else f"≤ {bound * 1e3:g} ms"


def lag_bound(before: str, after: str, name: str = "fakeai_pacing_lag_seconds") -> float | None:
    """The upper bound in seconds of the bucket that a histogram's p99 is in, of what came between two readings."""
    earlier, later = _buckets(before, name), _buckets(after, name)
    counts = [(bound, count - earlier.get(bound, 0.0)) for bound, count in later.items()]
    total = counts[-1][1] if counts else 0.0
    return next((float(bound) for bound, count in counts if total and count >= 0.99 * total), None)


def measure(quick: bool) -> Iterator[Row]:
    """1,000 and 2,000 streams at TTFT 200 ms and ITL 20 ms, in turn with the baseline."""
    binary = loadgen.find()
    who = "arrivals stamped by the kernel" if binary else "timed by the Python client, its delays included"
    with (
        servers.fakeai("--ttft", f"{TTFT_MS:g}", "--itl", f"{ITL_MS:g}") as ours,
        servers.bare(ttft_ms=TTFT_MS, itl_ms=ITL_MS) as bare,
        servers.floor(TTFT_MS, ITL_MS) as floor,
    ):
        _run(binary, ours, 50)
        for streams, rounds in ((1_000, 1 if quick else 3), (2_000, 1 if quick else 3)):
            mine, theirs, least = [], [], []
            for _ in range(rounds):
                theirs.append(_run(binary, bare, streams))
                mine.append(_run(binary, ours, streams))
                least.append(_run(binary, floor, streams))
            yield from _rows(streams, mine, theirs, least, who)


def _rows(streams: int, mine: list[Pacing], theirs: list[Pacing], least: list[Pacing], who: str) -> Iterator[Row]:
    gaps, drifts = [run.itl_p99 for run in mine], [run.drift_p99 for run in mine]
    cost = f"{median([run.cpu_us for run in mine]):.1f} µs of CPU a token"
    bare = f"bare uvicorn, a task per stream, {spread([run.itl_p99 for run in theirs], 2)} ms"
    sends = (
        f"sockets alone, {spread([run.itl_p99 for run in least], 2)} ms, {median([run.cpu_us for run in least]):.1f} µs"
    )
    others = f"other programs used {median([run.others for run in mine]):.1f} of {cores()} cores"
    lag = f"own lag p99 {' / '.join(run.lag for run in mine)}"
    data = {
        "runs": [run._asdict() for run in mine],
        "bare": [run._asdict() for run in theirs],
        "floor": [run._asdict() for run in least],
    }
    yield Row(
        "pacing_itl" if streams == 1_000 else "pacing_itl_2000",
        median(gaps),
        f"{who}; runs {spread(gaps, 2)}; {cost}; {others}",
        f"{lag}; {bare}, {median([run.cpu_us for run in theirs]):.1f} µs a token; {sends}",
        data,
    )
    if streams == 1_000:
        beside = f"bare uvicorn {spread([run.drift_p99 for run in theirs], 2)} ms"
        beside += f"; sockets alone {spread([run.drift_p99 for run in least], 2)} ms"
        yield Row("pacing_drift", median(drifts), f"runs {spread(drifts, 2)}", beside)


def _run(binary: Path | None, server: Server, streams: int) -> Pacing:
    body = requests.essay_body(TOKENS)
    before, cpu, crowd = exposition(server), server.cpu_s(), Crowd(server)
    if binary is not None:
        times = loadgen.paced(binary, server.port, body, streams, _RAMP_S)
    else:
        times = client.paced(server.port, requests.post(body), streams, _RAMP_S)
    cpu, others = server.cpu_s() - cpu, crowd.others()
    found = judge(times, TTFT_MS, ITL_MS)
    if empty := sum(not arrived for arrived in times):
        raise RuntimeError(f"{server.name}: {empty} of {streams} streams had no token")
    cost = cpu * 1e6 / found.tokens
    return found._replace(cpu_us=cost, others=others, lag=lag_p99(before, exposition(server)))


def exposition(server: Server) -> str:
    return client.ask(server.port, requests.get("/metrics")).decode("utf-8", "replace")


def _buckets(text: str, name: str) -> dict[str, float]:
    """Cumulative counts of a histogram by upper bound, in order."""
    found = {}
    for line in text.splitlines():
        if line.startswith(f"{name}_bucket"):
            labels, _, count = line.rpartition(" ")
            found[labels.split('le="')[1].split('"')[0]] = float(count)
    return found
