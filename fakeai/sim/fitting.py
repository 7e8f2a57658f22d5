"""From what a client saw of a server to the times of its engine's steps: a table, or a straight line.

Decode steps are medians of gaps between tokens that hold nothing else; prompts are what one user alone waits for a first
token, less `overhead_s`: the time a request takes outside the engine's steps. How much that is, and whether a step that
does both takes what every step takes once or twice, cannot be seen by one user; `rehearsal` tries.
Knows no server and no clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import median
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from fakeai.sim.measured import Point, Steps, decode_steps, limit
from fakeai.sim.tables import SHORTEST_S, Linear, MeasuredTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["table", "split-table", "linear"]
"""`table`: what every step takes is counted once in a step that prefills and decodes; `split-table`: twice, as by
servers that read prompts in passes of their own; `linear`: five coefficients."""

FEWEST_STEPS = 8
"""Steps that a cell of the table is the median of, at least; with fewer, the straight line through the others fills it."""
_SWEEPS = 8
_CURVE = 3
_MOST_PAIRS = 0.9
"""Of a prompt's seconds, at most, is put down to its pairs of tokens."""


class _Cell(NamedTuple):
    batch: int
    prompt: int
    """As asked for: which column it is."""
    context: float
    seconds: float
    steps: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """What can be read off the measurements without a simulation. Arrays are as `tables.MeasuredTable` says."""

    batches: tuple[int, ...]
    contexts: tuple[float, ...]
    decode_s: tuple[tuple[float, ...], ...]
    measured: tuple[tuple[int, ...], ...]
    """Steps behind each cell of `decode_s`; 0 for one that was filled."""
    prompts: tuple[float, ...]
    ttft_s: tuple[float, ...]
    """What one user alone waits for the first token, at `prompts`."""
    line: tuple[float, float, float]
    """Seconds for a decode step, each of its sequences, and each token that they attend to."""
    max_running: int | None
    """Sequences that the server runs at once, if there were more users."""

    @property
    def shortest_s(self) -> float:
        """A decode step of the fewest sequences over the shortest context."""
        return self.decode_s[0][0]

    @property
    def spare_s(self) -> float:
        """The most that may pass outside of steps: a prompt takes at least what a decode step does."""
        return max(0.0, min(self.ttft_s) - self.shortest_s)

    def timing(self, kind: Kind, overhead_s: float) -> MeasuredTable | Linear:
        """Step times, when so much of each time to first token passed outside of steps."""
        prefill = [max(each - overhead_s, SHORTEST_S) for each in self.ttft_s]
        if kind == "linear":
            return self._linear(prefill)
        pair_s, rest = self._without_pairs(prefill)
        axis, values = [1.0, *self.prompts], [min(self.shortest_s, rest[0]), *rest]
        if kind == "split-table":
            axis, values = [0.0, *axis], [SHORTEST_S, *values]
        return MeasuredTable(self.batches, self.contexts, self.decode_s, axis, rising(values), pair_s)

    def _without_pairs(self, prefill: Sequence[float]) -> tuple[float, list[float]]:
        """Seconds for each pair of prompt tokens, and what is left of the prompts without them.

        Three lengths tell a curve from a line. A prompt that is read in parts, or several in one step, have as many pairs
        as they have, whatever their tokens together.
        """
        tokens, seconds = np.array(self.prompts), np.array(prefill)
        pairs = _pairs(tokens)
        if len(tokens) < _CURVE:
            return 0.0, list(prefill)
        *_, pair_s = positive_fit(np.column_stack((np.ones_like(tokens), tokens, pairs)), seconds, seconds)
        pair_s = min(pair_s, float((_MOST_PAIRS * seconds / pairs).min()))
        return pair_s, [float(each) for each in seconds - pair_s * pairs]

    def _linear(self, prefill: Sequence[float]) -> Linear:
        step, sequence, context = self.line
        tokens = np.array(self.prompts)
        rest = np.maximum(np.array(prefill) - step, 0.0)
        columns = np.column_stack((tokens, _pairs(tokens)))
        prompt_s, pair_s = positive_fit(columns, rest, np.array(prefill))
        return Linear(max(step, SHORTEST_S), sequence, context, prompt_s, pair_s)


def _pairs(tokens: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Pairs that whole prompts attend over, as `StepShape.prefill_attention` counts them."""
    return tokens * (tokens + 1.0) / 2.0


def fit(points: Iterable[Point]) -> Fitted:
    """Fit measurements, of which some must be of a single user. Raises ValueError where they tell too little."""
    measured = list(points)
    alone = sorted((point for point in measured if point.users == 1), key=lambda point: point.prompt)
    if not alone:
        raise ValueError("no measurement with a concurrency of 1: it alone tells how long a prompt takes")
    most = limit(measured)
    cells = _cells(measured, most)
    if not cells:
        raise ValueError(
            "no answer came in two pieces, one after the other: its tokens came at once, or it has only one"
        )
    line = _line(cells)
    batches = sorted({cell.batch for cell in cells})
    columns = {
        asked: median(cell.context for cell in cells if cell.prompt == asked)
        for asked in {cell.prompt for cell in cells}
    }
    contexts = dict(sorted(columns.items(), key=lambda column: column[1]))
    found = {(cell.batch, cell.prompt): cell for cell in cells}
    grid = [[found.get((batch, asked)) for asked in contexts] for batch in batches]
    values = [
        [
            _along(line, batch, context) if cell is None else cell.seconds
            for cell, context in zip(row, contexts.values(), strict=True)
        ]
        for batch, row in zip(batches, grid, strict=True)
    ]
    prompts, ttft = _prompts(alone)
    return Fitted(
        batches=tuple(batches),
        contexts=tuple(contexts.values()),
        decode_s=tuple(tuple(row) for row in rising_both_ways(values)),
        measured=tuple(tuple(0 if cell is None else cell.steps for cell in row) for row in grid),
        prompts=prompts,
        ttft_s=ttft,
        line=line,
        max_running=most,
    )


def _prompts(alone: Sequence[Point]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Prompt tokens, each greater than the one before, and what a user waits for the first token after them."""
    waits: dict[float, list[float]] = {}
    for point in alone:
        tokens = float(median(sample.prompt for sample in point.samples))
        waits.setdefault(tokens, []).append(point.ttft_s)
    counted = sorted(each for each in waits if each > 1)
    if not counted:
        raise ValueError("the server counts no more than one token in any prompt")
    return tuple(counted), tuple(rising([median(waits[each]) for each in counted]))


def _cells(points: Iterable[Point], most: int | None) -> list[_Cell]:
    """Medians of steps by the number of sequences and the length that was asked for."""
    steps: dict[tuple[int, int], list[Steps]] = {}
    for point in points:
        found = decode_steps(point, most)
        if len(found.decodes):
            numbers, counts = np.unique(found.decodes, return_counts=True)
            batch = int(numbers[counts.argmax()])
            those = found.decodes == batch
            kept = Steps(found.decodes[those], found.context[those], found.seconds[those], found.whole)
            steps.setdefault((batch, point.prompt), []).append(kept)
    made = [_cell(batch, prompt, runs) for (batch, prompt), runs in steps.items()]
    enough = [cell for cell in made if cell.steps >= FEWEST_STEPS]
    return enough or made


def _cell(batch: int, prompt: int, runs: Sequence[Steps]) -> _Cell:
    seconds = np.concatenate([run.seconds for run in runs])
    context = np.concatenate([run.context for run in runs])
    middle = np.median(seconds) if all(run.whole for run in runs) else seconds.mean()
    return _Cell(batch, prompt, float(np.median(context)), max(float(middle), SHORTEST_S), len(seconds))


def _line(cells: Sequence[_Cell]) -> tuple[float, float, float]:
    rows = [(1.0, cell.batch, cell.batch * cell.context) for cell in cells]
    seconds = np.array([cell.seconds for cell in cells])
    step, sequence, context = positive_fit(np.array(rows), seconds, seconds)
    return step, sequence, context


def _along(line: tuple[float, float, float], batch: int, context: float) -> float:
    return max(line[0] + line[1] * batch + line[2] * batch * context, SHORTEST_S)


def positive_fit(
    columns: "NDArray[np.float64]", values: "NDArray[np.float64]", scale: "NDArray[np.float64]"
) -> tuple[float, ...]:
    """Coefficients from 0 on with the least squares of errors relative to `scale`.

    Of all sets of columns, the best whose own least squares need no negative coefficient; there are but two or three
    columns.
    """
    weighted, wanted = columns / scale[:, None], values / scale
    best, least = np.zeros(columns.shape[1]), float(wanted @ wanted)
    for used in product((False, True), repeat=columns.shape[1]):
        chosen = np.array(used)
        if not chosen.any():
            continue
        found = np.linalg.lstsq(weighted[:, chosen], wanted, rcond=None)[0]
        rest = weighted[:, chosen] @ found - wanted
        if (found >= 0.0).all() and float(rest @ rest) < least:
            best, least = np.zeros(columns.shape[1]), float(rest @ rest)
            best[chosen] = found
    return tuple(float(each) for each in best)


def rising(values: Sequence[float]) -> list[float]:
    """The closest values (least squares) of which none is below the one before: pools adjacent violators."""
    pools: list[tuple[float, int]] = []
    for value in values:
        mean, size = value, 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        pools.append((mean, size))
    return [mean for mean, size in pools for _ in range(size)]


def rising_both_ways(table: Sequence[Sequence[float]]) -> list[list[float]]:
    """A table whose rows and columns do not fall: more sequences and longer contexts take no less time."""
    rows = [list(row) for row in table]
    for _ in range(_SWEEPS):
        rows = [rising(row) for row in rows]
        rows = [list(row) for row in zip(*(rising(column) for column in zip(*rows, strict=True)), strict=True)]
    return [rising(row) for row in rows]
