"""`python -m benchmarks.calibration`: calibrate the simulator to a model served on this machine, and print both side by side.

Makes a model of random weights, serves it through the transformers backend in a process of its own, measures it over
concurrency and prompt length, fits a profile to some of the points and simulates all of them. On a GPU that the package
has a card of, the roofline's prediction, to which nothing is fitted here, stands beside it.

    python -m benchmarks.calibration                                       a small model on the CPU
    python -m benchmarks.calibration --shape llama-3.1-8b --device cuda    that shape on a GPU (16 GB of disk)
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import random_model
from benchmarks.servers import machine
from benchmarks.targets import percentile
from fakeai.cli import calibration_text, measuring
from fakeai.cli.calibrate import Calibration, Source, calibration, measured, serving
from fakeai.core.hardware import ModelShape, gpu
from fakeai.sim.measured import Point
from fakeai.sim.rehearsal import Errors, Row, compare, errors
from fakeai.sim.turns import PART


def main(arguments: list[str] | None = None) -> int:
    """Run it; returns the exit status."""
    options = _options(arguments)
    os.environ["HF_HUB_OFFLINE"] = "1"
    if options.threads:
        os.environ["OMP_NUM_THREADS"] = str(options.threads)
    shape = random_model.known(options.shape)
    aside = options.concurrency[1:-1][::-1][::2]
    with tempfile.TemporaryDirectory(prefix="fakeai-model-") as folder:
        random_model.save(shape, Path(folder), options.device, measuring.WORDS.split())
        source = Source("", "", path=Path(folder), device=options.device)
        plan = measuring.Plan(options.concurrency, options.prompt, options.output, options.requests)
        with serving(source, plan) as url:
            rounds = [asyncio.run(measured(source, plan, options.max_seconds, url)) for _ in range(options.rounds)]
    points = _middle(rounds)
    found = calibration(points, aside, "transformers", PART)
    roofline = _roofline(shape, points, found)
    server = calibration_text.server(found.choice, found.fitted)
    text = "\n\n".join([f"{_model(shape)}; {_machine(options)}", *_tables(found, roofline), server])
    print(text)
    if options.json is not None:
        told = {"machine": _machine(options), "shape": _model(shape), "rows": _rows(found, roofline, points)}
        options.json.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
        options.json.with_suffix(".md").write_text(text + "\n")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__.partition("\n")[0])
    parser.add_argument("--shape", default="small", help="small, or a dense shape of the package's table")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=0, help="of torch on a CPU; 0 for its own choice")
    parser.add_argument("--concurrency", type=_numbers, default=[1, 2, 4, 8, 16, 32], metavar="N,…")
    parser.add_argument("--prompt", type=_numbers, default=[64, 256, 1024], metavar="TOKENS,…")
    parser.add_argument("--output", type=int, default=64, metavar="TOKENS")
    parser.add_argument("--requests", type=int, default=None, help="of each point, besides those to warm up")
    parser.add_argument(
        "--rounds", type=int, default=1, help="of all points; of each the one with the median TPOT counts"
    )
    parser.add_argument("--max-seconds", type=float, default=900.0, metavar="SECONDS")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there, and the text beside it as .md")
    options = parser.parse_args(arguments)
    options.concurrency = sorted({1, *options.concurrency})  # a single user tells how long prompts take
    return options


def _numbers(text: str) -> list[int]:
    return sorted({int(word) for word in text.split(",")})


def _middle(rounds: Sequence[Sequence[Point]]) -> list[Point]:
    """Of each point the round with the median TPOT: a shared machine is now and then busy with others."""
    fewest = min(len(points) for points in rounds)
    found = [sorted((points[at] for points in rounds), key=lambda point: point.tpot_s or 0.0) for at in range(fewest)]
    return [each[len(each) // 2] for each in found]


def _model(shape: ModelShape) -> str:
    """What was served."""
    return (
        f"{shape.name}: {shape.layers} layers of width {shape.hidden}, {shape.params / 1e6:,.0f} million random weights"
    )


def _machine(options: argparse.Namespace) -> str:
    """What it was measured on."""
    import torch

    on = torch.cuda.get_device_name() if options.device.startswith("cuda") else f"{options.threads or 'all'} threads"
    return f"{on}; {machine()}, torch {torch.__version__}, {platform.system()}"


def _roofline(shape: ModelShape, points: Sequence[Point], found: Calibration) -> list[Row] | None:
    """The same points by the roofline of this machine's GPU, as vLLM would run them; None without a GPU that is known."""
    import torch

    from fakeai.sim.layout import Layout
    from fakeai.sim.roofline import Roofline

    if not torch.cuda.is_available():
        return None
    try:
        card = gpu(torch.cuda.get_device_name())
    except ValueError:
        return None
    return compare(points, (), Roofline(shape, card, Layout()), found.choice.stage)


def _tables(found: Calibration, roofline: list[Row] | None) -> list[str]:
    head = ["concurrency", "prompt", "TTFT", "profile", "TPOT", "profile", "off (TTFT, TPOT)", ""]
    lines = [[*head[:-1], *(["roofline: TTFT", "TPOT"] if roofline else []), ""]]
    for at, row in enumerate(found.rows):
        cells = [str(row.users), str(row.prompt), _ms(row.ttft_s), _ms(row.ttft_predicted_s), _ms(row.tpot_s)]
        cells += [_ms(row.tpot_predicted_s), f"{row.ttft_error:+.1%}, {row.tpot_error:+.1%}"]
        if roofline:
            cells += [_ms(roofline[at].ttft_predicted_s), _ms(roofline[at].tpot_predicted_s)]
        lines.append([*cells, "held out" if row.held_out else ""])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    told = [
        ("fitted", [row for row in found.rows if not row.held_out]),
        ("held out", [r for r in found.rows if r.held_out]),
    ]
    told += [("roofline", roofline)] if roofline else []
    return ["\n".join(rows), "\n".join(_summary(name, errors(each)) for name, each in told)]


def _ms(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1e3:.1f} ms"


def _summary(name: str, found: Errors | None) -> str:
    if found is None:
        return f"{name}: no points"
    return (
        f"{name}, {found.points} points: TTFT MAPE {found.ttft_mean:.1%}, median {found.ttft_median:.1%}; "
        f"TPOT MAPE {found.tpot_mean:.1%}, median {found.tpot_median:.1%}"
    )


def _rows(found: Calibration, roofline: list[Row] | None, points: Sequence[Point]) -> list[dict[str, Any]]:
    rows = []
    for at, (row, point) in enumerate(zip(found.rows, points, strict=True)):
        ttft = [sample.ttft_s for sample in point.samples[point.warm :]]
        told = row._asdict() | {
            "requests": len(ttft),
            "ttft_p10_s": percentile(ttft, 0.1),
            "ttft_p90_s": percentile(ttft, 0.9),
        }
        if roofline:
            told |= {"ttft_roofline_s": roofline[at].ttft_predicted_s, "tpot_roofline_s": roofline[at].tpot_predicted_s}
        rows.append(told)
    return rows


if __name__ == "__main__":
    sys.exit(main())
