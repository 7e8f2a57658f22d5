"""`fakeai calibrate`: measure a server, fit the times of its steps, and say how far a simulation of it is off.

What is done, in order: a closed loop at each concurrency and prompt length; a fit to some of these points; the same
closed loops simulated with what was fitted; a table of both; a file for `fakeai serve` and `fakeai simulate`.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from fakeai.cli.options import BAD_SETTINGS, fail

if TYPE_CHECKING:
    from fakeai.cli.measuring import Plan
    from fakeai.sim.fitting import Fitted
    from fakeai.sim.measured import Point
    from fakeai.sim.rehearsal import Choice, Row

MOST = 4096
"""Users, at most; one connection each."""
_LOCAL = "local"
"""What a model is called that is served for the occasion."""
_INTERRUPTED = 130


def calibrate(
    base_url: Annotated[
        str, typer.Option(help="An OpenAI-compatible server, with its /v1.", metavar="URL", show_default=False)
    ] = "",
    model: Annotated[str, typer.Option(help="The model's id there.", show_default=False)] = "",
    api_key: Annotated[str, typer.Option(help="The server's key.", show_default=False)] = "",
    model_path: Annotated[
        Path | None,
        typer.Option(
            help="Instead of a server: a directory of a Hugging Face model, served by fakeai for the occasion.",
            metavar="DIR",
            show_default=False,
        ),
    ] = None,
    device: Annotated[
        str, typer.Option(help="With --model-path: auto, cpu, cuda or cuda:1.  [default: auto]", show_default=False)
    ] = "auto",
    concurrency: Annotated[
        str, typer.Option(help="Users at once; 1 is always among them.  [default: 1,2,4,8,16,32]", show_default=False)
    ] = "1,2,4,8,16,32",
    prompt: Annotated[
        str, typer.Option(help="Prompt tokens.  [default: 128,512,2048]", show_default=False)
    ] = "128,512,2048",
    output: Annotated[
        int,
        typer.Option(
            help="Tokens of an answer on average, a quarter more or less.  [default: 64]",
            min=2,
            max=100_000,
            show_default=False,
        ),
    ] = 64,
    requests_per_point: Annotated[
        int | None,
        typer.Option(
            help="Requests of each point, besides one of each user to warm up.  [default: two of each user, at least 16]",
            min=1,
            max=1_000_000,
            show_default=False,
        ),
    ] = None,
    hold_out: Annotated[
        str,
        typer.Option(
            help="Concurrencies that nothing is fitted to, to test it by; or none.  [default: every second one]",
            show_default=False,
        ),
    ] = "",
    engine: Annotated[
        str,
        typer.Option(
            help="Whose scheduling the simulation has: vllm, sglang or transformers.  [default: what fits best]",
            show_default=False,
        ),
    ] = "",
    max_num_batched_tokens: Annotated[
        int | None,
        typer.Option(help="Tokens of one step of the server.  [default: what fits best]", min=1, show_default=False),
    ] = None,
    max_seconds: Annotated[
        float, typer.Option(help="Measure no longer than this.  [default: 900]", min=1.0, show_default=False)
    ] = 900.0,
    out: Annotated[
        Path, typer.Option(help="Write the profile here: .toml or .json.  [default: profile.toml]", show_default=False)
    ] = Path("profile.toml"),
) -> None:
    """Measure a real server, fit a timing profile for the simulator, and print its error."""
    from fakeai.cli.measuring import Plan

    if (model_path is None) != bool(base_url and model):
        raise fail("give --base-url and --model, or --model-path alone", BAD_SETTINGS)
    users = sorted({1, *_numbers("--concurrency", concurrency, MOST)})
    plan = Plan(users, _numbers("--prompt", prompt, 10_000_000), output, requests_per_point)
    aside = _aside(users, hold_out)
    _check_engine(engine)
    _check_out(out)
    if model_path is not None:
        engine, max_num_batched_tokens = _own(engine, max_num_batched_tokens)
    source = Source(base_url.rstrip("/"), model, api_key, model_path, device)
    points = _measured(source, plan, max_seconds)
    try:
        found = calibration(points, aside, engine, max_num_batched_tokens)
    except ValueError as error:
        raise fail(str(error), 1) from None
    told = found.text()
    print(told)
    _write(out, found.profile(out, [f"Fitted by fakeai calibrate to {source.name}; measured and predicted:", told]))
    print(f"\n{out} is written: give it as --timing, or as the setting of that name")


class Source(NamedTuple):
    """Who is measured."""

    base_url: str
    model: str
    api_key: str = ""
    path: Path | None = None
    """A model that is to be served first; then the other fields do not count."""
    device: str = "auto"

    @property
    def name(self) -> str:
        """For people."""
        return f"the model of {self.path}" if self.path is not None else f"{self.model} at {self.base_url}"


class Calibration(NamedTuple):
    """What came of it."""

    fitted: "Fitted"
    choice: "Choice"
    rows: "list[Row]"

    def text(self) -> str:
        """Table, errors, and what the server is like."""
        from fakeai.cli import calibration_text
        from fakeai.sim.rehearsal import errors

        fitted = errors([row for row in self.rows if not row.held_out])
        held_out = errors([row for row in self.rows if row.held_out])
        parts = (
            calibration_text.table(self.rows),
            calibration_text.summary(fitted, held_out),
            calibration_text.server(self.choice, self.fitted),
        )
        return "\n\n".join(parts)

    def profile(self, path: Path, notes: Sequence[str]) -> str:
        """The profile's file."""
        from fakeai.cli import calibration_text

        return calibration_text.profile(path, self.choice, notes)


def calibration(
    points: "Sequence[Point]", aside: Sequence[int], engine: str = "", budget: int | None = None
) -> Calibration:
    """Fit all points but those of the numbers of users `aside`, and compare. Raises ValueError where they tell too little.

    An empty `engine` and a `budget` of None: whichever fits best.
    """
    from fakeai.sim import fitting, rehearsal

    used = [point for point in points if point.users not in aside]
    fitted = fitting.fit(used)
    engines = (engine,) if engine else rehearsal.ENGINES
    choice = rehearsal.choose(used, fitted, engines=engines, budgets=rehearsal.BUDGETS if budget is None else (budget,))
    return Calibration(fitted, choice, rehearsal.compare(points, aside, choice.timing, choice.stage))


async def measured(source: Source, plan: "Plan", max_seconds: float, url: str = "") -> "list[Point]":
    """The points of a plan; `url` is that of a fakeai server, which is waited for. Raises measuring.Refused."""
    from fakeai.cli.measuring import Asker, connected, measure, until_ready
    from fakeai.core.chance import Chance

    base, model = (f"{url}/v1", _LOCAL) if url else (source.base_url, source.model)
    async with connected(base, source.api_key) as client:
        if url:
            await until_ready(client, url, _tell)
        # A seed of its own each time: a server may still have the prompts of the last one in its cache.
        return await measure(Asker(client, model, Chance.from_entropy().data(16)), plan, max_seconds, _tell)


def serving(source: Source, plan: "Plan") -> AbstractContextManager[str]:
    """The URL of a fakeai server for the source's model, while entered; an empty one where it has its own."""
    from fakeai.cli.local_server import local_server

    if source.path is None:
        return nullcontext("")
    settings = {"backend": "transformers", "path": source.path, "device": source.device, "max_batch": max(plan.users)}
    return local_server({f"models.{_LOCAL}.{name}": value for name, value in settings.items()})


def _measured(source: Source, plan: "Plan", max_seconds: float) -> "list[Point]":
    from fakeai.cli.local_server import NotStarted
    from fakeai.cli.measuring import Refused

    try:
        with serving(source, plan) as url:
            return asyncio.run(measured(source, plan, max_seconds, url))
    except (Refused, NotStarted) as error:
        raise fail(str(error), 1) from None
    except KeyboardInterrupt:
        raise fail("stopped; nothing is written", _INTERRUPTED) from None


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _numbers(option: str, text: str, most: int) -> list[int]:
    """`1,2,4` as numbers, each once, in order."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() and len(word) < 10 and 1 <= int(word) <= most for word in words):
        raise fail(f"{option} takes whole numbers from 1 to {most:,} with commas between, not {text!r}", BAD_SETTINGS)
    return sorted({int(word) for word in words})


def _aside(users: Sequence[int], text: str) -> list[int]:
    """The numbers of users that are held out: as said, or every second one between the first and the last."""
    if not text:
        return sorted(users[1:-1][::-1][::2])
    if text.strip() == "none":
        return []
    aside = _numbers("--hold-out", text, MOST)
    if 1 in aside or set(aside) - set(users):
        left = ",".join(str(each) for each in users[1:])
        raise fail(f"--hold-out takes some of {left or 'no numbers'} or none, not {text!r}", BAD_SETTINGS)
    return aside


def _check_engine(engine: str) -> None:
    from fakeai.sim.rehearsal import ENGINES

    if engine and engine not in ENGINES:
        raise fail(f"--engine takes one of {', '.join(ENGINES)}, not {engine!r}", BAD_SETTINGS)


def _own(engine: str, budget: int | None) -> tuple[str, int | None]:
    """Of our own server it is known how it schedules."""
    from fakeai.sim.turns import PART

    return (engine, budget) if engine else ("transformers", budget or PART)


def _check_out(out: Path) -> None:
    """Find out before the measurement, not after it."""
    if out.suffix not in (".toml", ".json"):
        raise fail(f"--out takes a name that ends in .toml or .json, not {out}", BAD_SETTINGS)
    if out.is_dir() or not os.access(out.parent, os.W_OK):
        raise fail(f"--out: {out} cannot be written", BAD_SETTINGS)


def _write(path: Path, text: str) -> None:
    """The whole file or nothing."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, "utf-8")
        draft.replace(path)
    except OSError as error:
        raise fail(f"--out: {path} cannot be written: {error.strerror}", 1) from None
    finally:
        draft.unlink(missing_ok=True)
