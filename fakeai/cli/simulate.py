"""`fakeai simulate`: a workload through a simulated cluster, offline; `fakeai simulate sweep`: through many."""

import gc
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fakeai.cli.options import BAD_SETTINGS, fail
from fakeai.cli.simulate_options import Options, with_value
from fakeai.core.clock import stopwatch

if TYPE_CHECKING:
    from fakeai.sim.figures import Report
    from fakeai.sim.simulate import Job
    from fakeai.sim.workload import Workload

CANNOT = 1
"""Exit status when a result cannot be written."""
MAX_RUNS = 10_000
"""Of a sweep: more are taken for a mistake."""


@dataclass(frozen=True, kw_only=True)
class RunOptions(Options):
    """Those of one run."""

    journal: Annotated[
        Path | None,
        typer.Option(help="Write a line of JSON for each request.", metavar="FILE", show_default=False),
    ] = None
    context: typer.Context = None  # type: ignore[assignment]  # typer gives it


@dataclass(frozen=True, kw_only=True)
class SweepOptions(Options):
    """Those of a sweep."""

    grid: Annotated[
        list[str] | None,
        typer.Option(
            help="Values of an option, or of what --set takes: workers=1,2,4 (or a;b where values have commas); "
            "repeatable.",
            metavar="NAME=A,B,…",
        ),
    ] = None


def simulate(options: RunOptions) -> None:
    """Run a workload through a simulated cluster and report what came of it. Nothing waits: time is simulated."""
    if options.context.invoked_subcommand is not None:
        if replace(options, context=RunOptions().context) != RunOptions():
            raise fail("options of a sweep come after the word sweep", BAD_SETTINGS)
        return
    with _refusing():
        _check_outputs(options)
        job = options.job()
        begun = stopwatch()
        workload = _loaded(job)
        from fakeai.sim.collector import Collector
        from fakeai.sim.simulate import run

        collector = Collector()
        with _bar("requests") as progress, _no_collection():
            report = _with_wall(run(job, workload, collector, progress), stopwatch() - begun)
    if options.journal is not None:
        import orjson

        _write(options.journal, b"".join(orjson.dumps(record) + b"\n" for record in collector.journal()))
    _show(options, _record(job, report), lambda: _page(report), _plotted(report))


def sweep(options: SweepOptions) -> None:
    """Run a workload through every combination of a grid, on all processors: one line for each in a table."""
    with _refusing():
        _check_outputs(options)
        names, combinations = _grid(options.grid or [])
        jobs = [_with_all(options, names, values).job() for values in combinations]
        requests = sum(_limit(job) for job in jobs)
        from fakeai.sim.sweep import sweep as run_all

        with _bar("runs") as progress, _no_collection():
            reports = run_all(jobs, requests, progress)
    runs = list(zip(combinations, reports, strict=True))
    records = {
        "grid": names,
        "runs": [
            {"values": dict(zip(names, values, strict=True)), **_record(job, report)}
            for job, (values, report) in zip(jobs, runs, strict=True)
        ],
    }
    _show(options, records, lambda: _table(names, runs), _plotted_sweep(names, runs))


# -- before


@contextmanager
def _refusing() -> Iterator[None]:
    """End with status 2 and the reason when something cannot be run."""
    try:
        yield
    except ValueError as error:
        raise fail(str(error), BAD_SETTINGS) from None


def _loaded(job: "Job") -> "Workload":
    """The workload; says which lines of its trace are left out."""
    workload = job.workload.load()
    trace = workload.trace
    if trace is not None and trace.broken:
        from fakeai.sim.traces import describe

        print(f"fakeai: {trace.path}: {len(trace.broken)} broken lines are left out", file=sys.stderr)
        print("\n".join(f"  {line}" for line in describe(trace.broken).splitlines()), file=sys.stderr)
    return workload


def _limit(job: "Job") -> int:
    """Check a job of a sweep without running it; about how many requests it has."""
    from fakeai.sim import spec

    spec.check(job.cluster)
    return _loaded(job).limit or 1000


def _check_outputs(options: Options) -> None:
    """Refuse files that cannot be written before the work, not after it."""
    if options.plot is not None:
        from fakeai.sim.plots import check

        check(options.plot)
    for path in (options.json, getattr(options, "journal", None)):
        if path is not None and str(path) != "-" and not path.absolute().parent.is_dir():
            raise ValueError(f"{path}: there is no such directory")


def _grid(specs: Sequence[str]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Names, and all combinations of their values."""
    if not specs:
        raise ValueError("a sweep needs a grid: --grid workers=1,2,4 --grid router=kv,round-robin")
    values: dict[str, list[str]] = {}
    for spec in specs:
        name, equals, rest = spec.partition("=")
        found = [value for value in _split(rest) if value]
        if not (equals and found):
            raise ValueError(f"--grid takes NAME=VALUE,VALUE,…, not {spec!r}")
        values[name.strip()] = found
    combinations = list(product(*values.values()))
    if len(combinations) > MAX_RUNS:
        raise ValueError(f"the grid has {len(combinations)} combinations; {MAX_RUNS} are the most")
    return list(values), combinations


def _split(text: str) -> list[str]:
    """Values between commas that are in no parentheses; between semicolons, if there is one."""
    if ";" in text:
        return [part.strip() for part in text.split(";")]
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _with_all(options: SweepOptions, names: Sequence[str], values: Sequence[str]) -> SweepOptions:
    for name, value in zip(names, values, strict=True):
        options = with_value(options, name, value)
    return options


# -- while it runs


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error, if that is a terminal: the function that moves it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    columns = BarColumn(), MofNCompleteColumn(), what, TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, of: shown.update(task, completed=done, total=of or None)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without looking for rings of garbage: a run keeps all it has made, and makes none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _with_wall(report: "Report", seconds: float) -> "Report":
    wall = {
        "seconds": seconds,
        "requests_per_s": report.requests.asked / seconds,
        "times_real_time": report.duration_s / seconds,
    }
    return replace(report, wall=wall)


# -- after


def _record(job: "Job", report: "Report") -> dict[str, Any]:
    """A run as JSON has it: what was asked for in full, and every figure. Any: JSON."""
    cluster = {**asdict(job.cluster), "block_size": report.setup["block-size"]}
    figures = {each.name: getattr(report, each.name) for each in fields(report)}
    orders = [{"action": at.order.action, "worker": at.order.worker, "at_s": at.seconds} for at in job.orders]
    return {"workload": asdict(job.workload), "cluster": cluster, "orders": orders, **figures}


def _show(options: Options, record: Mapping[str, Any], text: Callable[[], str], draw: Callable[[Path], None]) -> None:
    """Write and print what was asked for; text unless standard output is taken by JSON. Any: JSON."""
    if options.json is not None:
        import orjson

        data = orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS) + b"\n"
        if str(options.json) == "-":
            print(data.decode(), end="")
        else:
            _write(options.json, data)
    if str(options.json) != "-":
        print(text())
    if options.plot is not None:
        with _writing(options.plot):
            draw(options.plot)


def _page(report: "Report") -> str:
    from fakeai.cli.report_text import page

    return page(report)


def _table(names: Sequence[str], runs: Sequence[tuple[Sequence[str], "Report"]]) -> str:
    from fakeai.cli.report_text import table

    return table(names, runs)


def _plotted(report: "Report") -> Callable[[Path], None]:
    def draw(path: Path) -> None:
        from fakeai.sim import plots

        plots.draw(report, path)

    return draw


def _plotted_sweep(names: Sequence[str], runs: Sequence[tuple[Sequence[str], "Report"]]) -> Callable[[Path], None]:
    def draw(path: Path) -> None:
        from fakeai.sim import plots

        plots.draw_sweep(names, runs, path)

    return draw


def _write(path: Path, data: bytes) -> None:
    with _writing(path):
        path.write_bytes(data)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """End with status 1 when a file cannot be written."""
    try:
        yield
    except OSError as error:
        raise fail(f"{path}: {error.strerror or error}", CANNOT) from None
