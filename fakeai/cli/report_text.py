"""Reports of simulated runs as text: one run on a page, or many in one table. Knows figures and columns, runs nothing."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakeai.sim.figures import Report
    from fakeai.sim.spread import Spread

_ROWS = (("TTFT", "ttft_s"), ("ITL", "itl_s"), ("TPOT", "tpot_s"), ("E2E", "e2e_s"), ("queue", "queue_s"))


def page(report: "Report") -> str:
    """All of one run."""
    lines = [f"{name}  {value}" for name, value in _aligned(report.setup.items())]
    lines += ["", *_latencies(report), ""]
    lines += [f"{name}  {value}" for name, value in _aligned(_facts(report))]
    return "\n".join(lines)


def table(grid: Sequence[str], runs: Iterable[tuple[Sequence[str], "Report"]]) -> str:
    """One line for each run: its values of the grid, and what came of them."""
    rows = list(runs)
    head = [
        *grid, "done", "requests/s", "output tok/s", "… per GPU", "TTFT p50", "TTFT p99", "ITL p50", "ITL p99",
        "E2E p50", "E2E p99", "cache hits",
    ]  # fmt: skip
    optional = (("goodput", "goodput"), ("J/token", "energy"), ("USD/Mtok", "cost"))
    shown = [(title, name) for title, name in optional if any(getattr(report, name) for _, report in rows)]
    cells = [[*head, *(title for title, _ in shown)]]
    for values, report in rows:
        latency, rates = report.latency, report.throughput
        cells.append(
            [
                *values,
                f"{report.requests.done:,}",
                f"{rates.requests_per_s:,.2f}",
                f"{rates.output_tokens_per_s:,.0f}",
                f"{rates.output_tokens_per_s_per_gpu:,.0f}",
                *(
                    duration(value)
                    for spread in (latency.ttft_s, latency.itl_s, latency.e2e_s)
                    for value in (spread.p50, spread.p99)
                ),
                f"{report.cache.hit_rate:.1%}",
                *(_optional(report, name) for _, name in shown),
            ]
        )
    return "\n".join(_columns(cells))


def duration(seconds: float) -> str:
    """Seconds for people: three digits, in ms below a second."""
    if seconds < 1.0:
        return f"{seconds * 1000.0:.3g} ms" if seconds < 0.0995 else f"{seconds * 1000.0:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 100.0 else f"{seconds:,.0f} s"


def _optional(report: "Report", name: str) -> str:
    match name:
        case "goodput":
            return f"{report.goodput.share:.1%}" if report.goodput else ""
        case "energy":
            return f"{report.energy.joules_per_output_token:.3g}" if report.energy else ""
    return f"{report.cost.usd_per_million_output_tokens:.3g}" if report.cost else ""


def _latencies(report: "Report") -> list[str]:
    cells = [["", "mean", "p50", "p90", "p95", "p99", "max", "n", "p50 in 95 %", "p99 in 95 %"]]
    for title, name in _ROWS:
        spread: Spread = getattr(report.latency, name)
        figures = (spread.mean, spread.p50, spread.p90, spread.p95, spread.p99, spread.max)
        intervals = (f"{duration(low)} … {duration(high)}" for low, high in (spread.p50_interval, spread.p99_interval))
        cells.append([title, *(duration(each) for each in figures), f"{spread.n:,}", *intervals])
    return _columns(cells)


def _facts(report: "Report") -> Iterable[tuple[str, str]]:
    asked, rates, cache = report.requests, report.throughput, report.cache
    fates = (
        (asked.too_long, "too long"),
        (asked.shed, "shed"),
        (asked.aborted, "aborted"),
        (asked.unfinished, "unfinished"),
    )
    told = [f"{asked.done:,} of {asked.asked:,} done", *(f"{number:,} {fate}" for number, fate in fates if number)]
    yield "requests", ", ".join(told)
    if asked.reason:
        yield "", f"too long: {asked.reason}"
    yield (
        "throughput",
        f"{rates.requests_per_s:,.2f} requests/s, {rates.output_tokens_per_s:,.0f} output tokens/s, "
        f"{rates.total_tokens_per_s:,.0f} tokens/s with prompts",
    )
    yield (
        "per GPU",
        f"{rates.output_tokens_per_s_per_gpu:,.0f} output tokens/s, {rates.total_tokens_per_s_per_gpu:,.0f} with prompts "
        f"({report.gpus:g} GPUs)",
    )
    if report.goodput is not None:
        limits = ", ".join(f"{name} ≤ {duration(limit)}" for name, limit in report.goodput.slo_s.items())
        yield (
            "goodput",
            f"{report.goodput.share:.1%} of requests kept {limits}: {report.goodput.requests_per_s:,.2f} requests/s, "
            f"{report.goodput.requests_per_s_per_gpu:,.3g} per GPU",
        )
    host = f", {cache.host_tokens:,} in host memory" if cache.host_tokens else ""
    yield (
        "prefix cache",
        f"{cache.hit_rate:.1%} hits: {cache.gpu_tokens:,} of {cache.queried_tokens:,} prompt tokens{host}",
    )
    yield "preemptions", f"{report.preemptions:,}"
    if report.energy is not None:
        yield (
            "energy",
            f"{report.energy.wh:,.1f} Wh, {report.energy.joules_per_output_token:.3g} J per output token, "
            f"{report.energy.mean_watts_per_gpu:.0f} W per GPU",
        )
    if report.cost is not None:
        yield (
            "cost",
            f"{report.cost.usd:,.2f} USD, {report.cost.usd_per_million_output_tokens:,.2f} per million output tokens, "
            f"{report.cost.usd_per_1000_requests:,.2f} per 1,000 requests",
        )
    if len(report.workers) > 1:
        busy = [each.busy for each in report.workers]
        yield "workers", f"{len(busy)}, busy {min(busy):.0%} to {max(busy):.0%} of the time"
    yield "simulated", f"{duration(report.duration_s)}" + _wall(report)


def _wall(report: "Report") -> str:
    if not report.wall:
        return ""
    wall = report.wall
    return (
        f" in {duration(wall['seconds'])}: {wall['times_real_time']:,.0f} times real time, "
        f"{wall['requests_per_s']:,.0f} requests a second"
    )


def _aligned(pairs: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    found = list(pairs)
    width = max((len(name) for name, _ in found), default=0)
    return [(name.ljust(width), value) for name, value in found]


def _columns(cells: Sequence[Sequence[str]]) -> list[str]:
    """Rows with aligned columns, the first to the left and figures to the right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        ).rstrip()
        for row in cells
    ]
