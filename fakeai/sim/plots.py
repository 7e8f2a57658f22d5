"""Draws reports: distributions and the run over time, or what a sweep changed. Needs matplotlib (`fakeai[plot]`).

Knows figures and axes; runs nothing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakeai.sim.figures import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".svg", ".png", ".pdf")

_INK, _GRID = "#333333", "#dddddd"
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8c6d31", "#555555")
"""Okabe and Ito's, which the colour-blind can tell apart."""
_MARKS = "osD^vPX*"
_MARKED = (50.0, 99.0)
"""Percents that get a dot."""


class PlotError(ValueError):
    """What cannot be drawn, and what to do about it."""


def check(path: Path) -> None:
    """Raise PlotError unless a plot can be written there: before an hour of simulation, not after."""
    if path.suffix.lower() not in FORMATS:
        raise PlotError(f"{path}: plots are {', '.join(FORMATS)}")
    if not path.absolute().parent.is_dir():
        raise PlotError(f"{path}: there is no such directory")
    _figure(1.0, 1.0)


def draw(report: Report, path: Path) -> None:
    """One run: distributions above, the run over time below."""
    series = report.series
    panels = [("requests", _states), ("KV blocks, %", _usage), ("output tokens/s", _rate)]
    if series.watts:
        panels.append(("power, kW", _power))
    shown = panels if len(series.t_s) > 1 else []
    figure = _figure(11.0, 3.4 + 1.75 * len(shown))
    figure.suptitle(_title(report.setup), fontsize=11, color=_INK)
    grid = figure.add_gridspec(1 + len(shown), 3, height_ratios=[1.75] + [1.0] * len(shown))
    curves = report.curves
    for column, (title, values, spread) in enumerate(
        (
            ("TTFT", curves.ttft_s, report.latency.ttft_s),
            ("ITL", curves.itl_s, report.latency.itl_s),
            ("E2E", curves.e2e_s, report.latency.e2e_s),
        )
    ):
        axes = figure.add_subplot(grid[0, column])
        _distribution(axes, title, curves.percent, values, {"p50": spread.p50, "p99": spread.p99})
        if column == 0:
            axes.set_ylabel("% of requests")
        elif column == 1:
            axes.set_ylabel("% of tokens")
    first: Axes | None = None
    for row, (title, fill) in enumerate(shown, 1):
        axes = figure.add_subplot(grid[row, :], sharex=first)
        first = first or axes
        fill(axes, report)
        axes.set_ylabel(title)
        axes.set_ylim(bottom=0)
        _tidy(axes)
        if row < len(shown):
            axes.tick_params(labelbottom=False)
        else:
            axes.set_xlabel("simulated time, s")
            axes.set_xlim(0, report.duration_s)
    _save(figure, path)


def draw_sweep(grid: Sequence[str], runs: Sequence[tuple[Sequence[str], Report]], path: Path) -> None:
    """Many runs: each figure over the grid's first name, one line for each combination of the others."""
    figure = _figure(11.0, 6.4)
    figure.suptitle(_title(runs[0][1].setup, without=grid), fontsize=11, color=_INK)
    ticks = list(dict.fromkeys(values[0] for values, _ in runs))
    places = _places(ticks)
    lines: dict[str, list[tuple[float, Report]]] = {}
    for values, report in runs:
        lines.setdefault(", ".join(values[1:]), []).append((places[values[0]], report))
    panels = _PANELS if any(report.goodput for _, report in runs) else _PANELS[:-1] + _NO_GOODPUT
    for place, (title, get) in enumerate(panels):
        axes = figure.add_subplot(2, 3, place + 1)
        for number, (label, points) in enumerate(lines.items()):
            axes.plot(
                [x for x, _ in points],
                [get(report) for _, report in points],
                label=label,
                markersize=4,
                color=_COLOURS[number % len(_COLOURS)],
                marker=_MARKS[number // len(_COLOURS) % len(_MARKS)],
            )
        axes.set_title(title, fontsize=10, loc="left", color=_INK)
        axes.set_ylim(bottom=0)
        if place >= 3:
            axes.set_xlabel(grid[0])
        axes.set_xticks(list(places.values()), ticks)
        _tidy(axes)
    if len(lines) > 1:
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            title=", ".join(grid[1:]),
            loc="outside lower center",
            ncols=min(len(labels), 6),
            frameon=False,
        )
    _save(figure, path)


_PANELS: tuple[tuple[str, Any], ...] = (  # Any: functions of a Report
    ("output tokens/s per GPU", lambda report: report.throughput.output_tokens_per_s_per_gpu),
    ("TTFT p50, ms", lambda report: report.latency.ttft_s.p50 * 1e3),
    ("TTFT p99, ms", lambda report: report.latency.ttft_s.p99 * 1e3),
    ("ITL p50, ms", lambda report: report.latency.itl_s.p50 * 1e3),
    ("prefix cache hits, %", lambda report: report.cache.hit_rate * 1e2),
    ("goodput, % of requests", lambda report: report.goodput.share * 1e2 if report.goodput else 0.0),
)
_NO_GOODPUT: tuple[tuple[str, Any], ...] = (("E2E p50, s", lambda report: report.latency.e2e_s.p50),)


def _distribution(
    axes: "Axes", title: str, percent: Sequence[float], values: Sequence[float], marks: Mapping[str, float]
) -> None:
    """A cumulative distribution with its median and 99th percentile."""
    scale, unit = (1e3, "ms") if (values[-1] if values else 0.0) < 2.0 else (1.0, "s")
    axes.plot([value * scale for value in values], percent, color=_COLOURS[0], linewidth=1.8)
    if values and values[-1] > 30 * values[len(values) // 2] > 0:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
    axes.plot([value * scale for value in marks.values()], _MARKED, "o", color=_COLOURS[1], markersize=4)
    told = ", ".join(f"{name} {value * scale:.3g} {unit}" for name, value in marks.items())
    axes.set_title(f"{title}   {told}", fontsize=10, loc="left", color=_INK)
    axes.set_xlabel(unit)
    axes.set_ylim(0, 103)
    _tidy(axes)


def _states(axes: "Axes", report: Report) -> None:
    series = report.series
    axes.plot(series.t_s, series.running, color=_COLOURS[0], label="running", linewidth=1.2)
    axes.plot(series.t_s, series.waiting, color=_COLOURS[1], label="waiting", linewidth=1.2)
    if len(set(series.workers)) > 1:
        axes.step(series.t_s, series.workers, where="post", color=_COLOURS[2], label="workers", linewidth=1.2)
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.legend(loc="upper right", fontsize=8.5, frameon=False, ncols=3)


def _usage(axes: "Axes", report: Report) -> None:
    axes.fill_between(
        report.series.t_s, [100 * each for each in report.series.kv_usage], color=_COLOURS[4], alpha=0.6, linewidth=0
    )


def _rate(axes: "Axes", report: Report) -> None:
    axes.plot(report.series.t_s, report.series.output_tokens_per_s, color=_COLOURS[2], linewidth=1.2)
    axes.yaxis.set_major_formatter("{x:,.0f}")


def _power(axes: "Axes", report: Report) -> None:
    axes.plot(report.series.t_s, [each / 1e3 for each in report.series.watts], color=_COLOURS[5], linewidth=1.2)


def _title(setup: Mapping[str, object], without: Sequence[str] = ()) -> str:
    """What was run: bare numbers with what they count."""
    told = [
        str(value) if isinstance(value, str) and name not in ("isl", "osl", "prefix") else f"{name} {value}"
        for name, value in setup.items()
        if name not in without
    ]
    return " · ".join(told)


def _places(ticks: Sequence[str]) -> dict[str, float]:
    """Where values of a grid are on an axis: numbers where they belong, words one after the other."""
    try:
        return {tick: float(tick) for tick in ticks}
    except ValueError:
        return {tick: float(place) for place, tick in enumerate(ticks)}


def _tidy(axes: "Axes") -> None:
    axes.grid(color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8.5, colors=_INK)
    axes.yaxis.label.set_fontsize(9)
    axes.xaxis.label.set_fontsize(9)


def _figure(width: float, height: float) -> "Figure":
    """An empty figure, in inches; without pyplot, which keeps state and looks for a screen."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise PlotError("plots need matplotlib: pip install 'fakeai[plot]'") from None
    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: "Figure", path: Path) -> None:
    figure.savefig(path, dpi=150, facecolor="white", metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
