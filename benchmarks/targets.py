"""The figures the server is held to, a measured row, and the table they are printed as.

Knows arithmetic and text; does not know how anything is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple


class Target(NamedTuple):
    """One promise: what is measured, and the most it may be. `strict`: equal is not enough; `least`: it may be more."""

    group: str
    figure: str
    limit: float
    unit: str
    strict: bool = False
    least: bool = False

    @property
    def sign(self) -> str:
        """How the measured figure is to compare with the limit."""
        return "≥" if self.least else "<" if self.strict else "≤"


TARGETS = MappingProxyType(
    {
        "cpu_ratio": Target("cpu", "CPU per chat request, one sent again and again, in bare uvicorn's", 1.6, "×"),
        "cpu_peer": Target("cpu", "CPU per chat request, one sent again and again, in aimock's", 1.0, "×", strict=True),
        "cpu_new_ratio": Target("cpu", "CPU per chat request, every prompt new, in bare uvicorn's", 1.6, "×"),
        "cpu_new_peer": Target("cpu", "CPU per chat request, every prompt new, in aimock's", 1.0, "×", strict=True),
        "stream_token": Target("stream", "CPU per streamed token, 64 connections", 4.0, "µs"),
        "responses_paced": Target(
            "responses", "CPU per token of a response, a token a millisecond, in chat's", 1.3, "×"
        ),
        "responses_stream": Target("responses", "CPU per token of a response without latency, in chat's", 2.2, "×"),
        "responses_whole": Target("responses", "CPU per response that is not streamed, in chat's", 3.0, "×"),
        "pacing_itl": Target("pacing", "1,000 streams: p99 ITL error", 3.0, "ms"),
        "pacing_drift": Target("pacing", "1,000 streams: p99 drift of a stream", 3.0, "ms"),
        "pacing_itl_2000": Target("pacing", "2,000 streams: p99 ITL error", 6.0, "ms"),
        "open_stream": Target("open", "memory per open stream", 20.0, "kB"),
        "socket_open": Target("sockets", "1,000 WebSockets: memory per open session", 60.0, "kB"),
        "socket_kept": Target("sockets", "growth when 1,000 more have come and gone", 3.0, "MB"),
        "socket_answer": Target("sockets", "p99 of an answer while 1,000 are open", 10.0, "ms"),
        "start": Target("start", "start to first 200 of /healthz", 0.6, "s"),
        "first_chat": Target("start", "first chat answered after that", 0.3, "s"),
        "idle": Target("idle", "idle memory, vocabulary loaded", 90.0, "MB"),
        "long_prompt": Target("prompt", "100,000-token prompt: longest stop of the loop", 50.0, "ms"),
        "growth": Target("growth", "growth over 200,000 requests", 5.0, "MB"),
        "list_page": Target("listing", "page of a list of 100,000 objects on disk", 20.0, "ms"),
        "search": Target("search", "search of a vector store of 50,000 passages", 50.0, "ms"),
        "batch_lines": Target("batch", "batch of 5,000 chat lines without latency", 2_000, "lines/s", least=True),
        "sim_trace": Target("simulate", "trace of 12,000 requests, 8 workers", 5_000, "requests/s", least=True),
        "sim_trace_kv": Target(
            "simulate", "trace of 12,000 requests, 8 workers, kv router", 5_000, "requests/s", least=True
        ),
        "sim_half": Target(
            "simulate", "8,000 requests of 512/128 tokens, a worker half busy", 27_000, "requests/s", least=True
        ),
        "sim_full": Target(
            "simulate", "8,000 requests of 512/128 tokens, a worker saturated", 27_000, "requests/s", least=True
        ),
        "cluster_token": Target(
            "cluster", "CPU per token of a simulated cluster, 64 streams, in a latency profile's", 1.2, "×"
        ),
        "cluster_lag": Target(
            "cluster", "1,000 streams of a simulated cluster: p99 lag, as the server says", 5.0, "ms"
        ),
        "cluster_late": Target(
            "cluster", "1,000 streams of a simulated cluster: p99 lag, as a client sees it", 5.0, "ms"
        ),
        "cluster_overload": Target(
            "cluster", "4,000 streams, too many for a core: p99 lag, as the server says", 5.0, "ms", least=True
        ),
    }
)
"""Key of a row → its target, in the table's order."""

GROUPS = tuple(dict.fromkeys(target.group for target in TARGETS.values()))


@dataclass(frozen=True, slots=True)
class Row:
    """A target and what was measured: the figure itself, how it came about, and what stands beside it in the same run.

    `measured` is None when it could not be measured; `beside` then says why. `data` goes to the JSON file only.
    """

    key: str
    measured: float | None
    detail: str = ""
    beside: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        """What it is held to."""
        return TARGETS[self.key]

    @property
    def held(self) -> bool | None:
        """Whether the target is kept; None when nothing was measured."""
        if self.measured is None:
            return None
        limit = self.target.limit
        if self.target.least:
            return self.measured >= limit
        return self.measured < limit if self.target.strict else self.measured <= limit


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a `share` of all values does not exceed (nearest rank); 0 of nothing."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * (len(ordered) - 1) + 0.5))]


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Round by round, so that a machine that drifts between rounds cancels out."""
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Median, and the range when there is one: `31.2 (30.1–33.0)`."""
    middle = f"{median(values):.{digits}f}"
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return middle if low == high else f"{middle} ({low}–{high})"


def number(value: float, unit: str) -> str:
    """A figure with three significant digits and its unit."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}"


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table whose columns line up."""
    lines: list[tuple[str, ...]] = [("figure", "target", "measured", "held", "how", "beside it in the same run")]
    for row in rows:
        target = row.target
        lines.append(
            (
                target.figure,
                f"{target.sign} {target.limit:,g} {target.unit}",
                "–" if row.measured is None else number(row.measured, target.unit),
                {True: "yes", False: "NO", None: "–"}[row.held],
                row.detail,
                row.beside,
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows for a machine to read."""
    return [
        {
            "key": row.key,
            **row.target._asdict(),
            "measured": row.measured,
            "held": row.held,
            "detail": row.detail,
            "beside": row.beside,
            **({"data": row.data} if row.data else {}),
        }
        for row in rows
    ]
