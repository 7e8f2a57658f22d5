"""What a calibration found, as text: the table of measured and predicted figures, and the profile's file."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakeai.sim.fitting import Fitted
    from fakeai.sim.rehearsal import Choice, Errors, Row

_HEAD = (
    "concurrency", "prompt", "TTFT measured", "predicted", "error", "TPOT measured", "predicted", "error", "",
)  # fmt: skip


def table(rows: "Sequence[Row]") -> str:
    """A line for each point, in milliseconds; points that nothing was fitted to are marked."""
    cells = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _cells(row: "Row") -> tuple[str, ...]:
    return (
        str(row.users),
        str(row.prompt),
        _ms(row.ttft_s),
        _ms(row.ttft_predicted_s),
        _percent(row.ttft_error),
        _ms(row.tpot_s),
        _ms(row.tpot_predicted_s),
        _percent(row.tpot_error),
        "held out" if row.held_out else "",
    )


def _ms(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1e3:.2f} ms"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:+.1%}"


def summary(fitted: "Errors | None", held_out: "Errors | None") -> str:
    """Mean (MAPE) and median errors, of the points of the fit and of the others."""
    lines = []
    for name, found in (("fitted", fitted), ("held out", held_out)):
        if found is None:
            lines.append(f"{name}: no points")
            continue
        lines.append(
            f"{name}: {found.points} points; TTFT off by {found.ttft_mean:.1%} in the mean, {found.ttft_median:.1%} in the "
            f"median; TPOT {found.tpot_mean:.1%} and {found.tpot_median:.1%}"
        )
    return "\n".join(lines)


def server(choice: "Choice", fitted: "Fitted") -> str:
    """What the profile does not say of the server."""
    stage = choice.stage
    lines = [
        f"the server is closest to the engine {stage.engine} with {stage.max_num_batched_tokens} tokens a step and "
        f"{stage.overhead_s * 1e3:.1f} ms of each request outside of steps"
    ]
    if fitted.max_running is not None:
        lines.append(f"it runs {fitted.max_running} sequences at once")
    return "\n".join(lines)


def profile(path: Path, choice: "Choice", notes: Sequence[str]) -> str:
    """The profile's file: TOML with `notes` as comments, or JSON, by the name's ending."""
    from fakeai.sim.tables import dump_profile

    text = dump_profile(choice.timing)
    if path.suffix == ".json":
        return text
    # Numbers, lists of numbers and plain words are written alike in JSON and TOML.
    lines = [f"# {line}" for note in notes for line in note.splitlines()]
    lines += [f"{name} = {json.dumps(value)}" for name, value in json.loads(text).items()]
    return "\n".join(lines) + "\n"
