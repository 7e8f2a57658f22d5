"""Collects what engines tell while a workload runs, and turns it into columns of figures afterwards.

While steps run, nothing is computed: each call leaves one tuple. Whoever wants figures asks when all is over.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from fakeai.sim.gaps import WorkerSteps, of_worker
from fakeai.sim.types import Ended, Ends, Observer, StepShape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Run: TypeAlias = "tuple[int, float, Ends, StepShape, int]"

MAX_SAMPLES = 512
"""States kept over a run: when there are more, every second one is forgotten and the others come half as often."""


JOURNAL = (
    "worker", "arrived", "scheduled", "first_token", "last_token", "prompt", "completion", "reason", "cached",
    "preemptions", "transfer_s", "id",
)  # fmt: skip
"""Fields of a record of the journal."""


class Sequences(NamedTuple):
    """All sequences that are over, one element each. Times in seconds; not-a-number for what never came."""

    worker: "Ints"
    arrived: "Floats"
    scheduled: "Floats"
    first_token: "Floats"
    last_token: "Floats"
    prompt: "Ints"
    made: "Ints"
    complete: "NDArray[np.bool_]"
    """Ended by themselves, not aborted."""

    def those(self, keep: "NDArray[np.bool_]") -> "Sequences":
        """Some of them."""
        worker, arrived, scheduled, first_token, last_token, prompt, made, complete = self
        return Sequences(
            worker[keep], arrived[keep], scheduled[keep], first_token[keep], last_token[keep], prompt[keep], made[keep],
            complete[keep],
        )  # fmt: skip


class State(NamedTuple):
    """The cluster at one moment, summed over its workers."""

    at: float
    running: int
    waiting: int
    used_blocks: int
    total_blocks: int
    gpus: int
    workers: int


class Collector(Observer):
    """An Observer, and the tally of what was asked."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self.over = 0
        """Sequences that are over."""
        self.asked = 0
        self.shed = 0
        self.too_long = 0
        self.reason = ""
        """Why the first of those that are too long was refused."""
        self.queried = 0
        """Prompt tokens looked up in the prefix caches, at every admission."""
        self.found = 0
        self.found_host = 0
        self.preemptions = 0
        self.states: list[State] = []
        self.on_end: Callable[[float], None] | None = None
        """Is told when a sequence is over, for closed loops."""
        self._ended: list[tuple[object, ...]] = []
        self._stalls: list[Sequence[float]] = []

    # -- as an Observer

    def stepped(self, worker: int, start: float, ends: "Ends", shape: StepShape, tokens: int) -> None:
        """As `types.Observer` says."""
        self._runs.append((worker, start, ends, shape, tokens))

    def admitted(self, worker: int, at: float, queried: int, device: int, host: int) -> None:
        """As `types.Observer` says."""
        self.queried += queried
        self.found += device
        self.found_host += host

    def preempted(self, worker: int, at: float) -> None:
        """As `types.Observer` says."""
        self.preemptions += 1

    def ended(self, worker: int, sequence: Ended) -> None:
        """As `types.Observer` says."""
        request = sequence.request
        last = sequence.last_token
        self.over += 1
        self._ended.append(
            (
                worker, sequence.arrived, sequence.scheduled, sequence.first_token, last, request.prompt_tokens,
                sequence.made, sequence.reason, sequence.cached_tokens, sequence.preemptions, sequence.transfer_s,
                request.id,
            )
        )  # fmt: skip
        if sequence.stalls:
            self._stalls.append(sequence.stalls)
        if self.on_end is not None:
            self.on_end(sequence.arrived if last is None else last)

    # -- what was asked

    def refused(self, reason: str) -> None:
        """A request was longer than the cluster takes."""
        self.too_long += 1
        self.reason = self.reason or reason

    def sample(self, state: State) -> bool:
        """Keep the cluster's state at a moment; whether samples should come half as often from now on."""
        self.states.append(state)
        if len(self.states) <= MAX_SAMPLES:
            return False
        del self.states[1::2]
        return True

    # -- what there was

    def runs(self) -> dict[int, list["Run"]]:
        """Runs of steps as they were told, by worker: worker, start, ends, shape of the first step, tokens of each."""
        found: dict[int, list[Run]] = {}
        for run in self._runs:
            found.setdefault(run[0], []).append(run)
        return dict(sorted(found.items()))

    def sequences(self) -> Sequences:
        """Every sequence that is over."""
        if not self._ended:
            none, no = np.zeros(0), np.zeros(0, np.int64)
            return Sequences(no, none, none, none, none, no, no, np.zeros(0, np.bool_))
        worker, arrived, scheduled, first, last, prompt, made, reason, *_ = zip(*self._ended, strict=True)
        return Sequences(
            np.array(worker, np.int64), np.array(arrived, np.float64), np.array(scheduled, np.float64),
            np.array(first, np.float64), np.array(last, np.float64), np.array(prompt, np.int64), np.array(made, np.int64),
            np.array([one != "abort" for one in reason], np.bool_),
        )  # fmt: skip

    def gaps(self, steps: Mapping[int, WorkerSteps], sequences: Sequences) -> tuple["Floats", "Ints"]:
        """Times between tokens, and how many sequences had each: exact, with preemptions and hand-overs."""
        found = [of_worker(each, sequences.last_token[sequences.worker == worker]) for worker, each in steps.items()]
        stalls = np.array(list(chain.from_iterable(self._stalls)), np.float64)
        found.append((stalls, np.ones(len(stalls), np.int64)))
        return np.concatenate([gaps for gaps, _ in found]), np.concatenate([counts for _, counts in found])

    def journal(self) -> Iterable[dict[str, object]]:
        """A record for each sequence in the order they ended, its fields named as those of `core.events.SequenceEnded`."""
        for ended in self._ended:
            yield dict(zip(JOURNAL, ended, strict=True))


def apart(runs: "Sequence[Run]") -> WorkerSteps:
    """Every step of the runs of one worker by itself."""
    lengths = np.array([len(run[2]) for run in runs], np.int64)
    last = lengths.cumsum() - 1
    ends = np.empty(int(last[-1]) + 1)
    single = lengths == 1
    ends[last[single]] = [run[2][0] for run in runs if len(run[2]) == 1]
    several = [run[2] for run in runs if len(run[2]) > 1]
    if several:
        ends[np.repeat(~single, lengths)] = np.concatenate(several)
    decodes = np.array([run[3].decodes for run in runs], np.int64)
    tokens = np.array([run[4] for run in runs], np.int64)
    done = np.zeros(len(ends), np.int64)
    done[last] = [run[3].prefills_done for run in runs]
    bounds = np.column_stack((np.array([run[1] for run in runs], np.float64), ends[last]))
    return WorkerSteps(ends, np.repeat(decodes, lengths), done, np.repeat(tokens, lengths), bounds)
