"""Times between tokens, of all sequences of a run, from its steps alone: nothing is done for each token.

A step that decodes gives each of its sequences a token (with speculative decoding several at once, which count as one:
that is what a client sees in one piece), so the time since the step in which they had their last one is the gap of all
of them.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


class WorkerSteps(NamedTuple):
    """The steps of one worker in order, one element each."""

    ends: "Floats"
    decodes: "Ints"
    done: "Ints"
    """Prompts completed: each gave a token."""


def of_worker(steps: WorkerSteps, over: "Floats") -> tuple["Floats", "Ints"]:
    """Gaps between the tokens of one worker's sequences, and how many sequences had each.

    `over` are the times of all last tokens on this worker, sorted. Gaps that a preemption or a hand-over lies in are not
    among them, for the token after it comes from a step that computes a prompt.

    Most steps follow one in which all of their sequences had a token. An engine that runs prompts alone (SGLang) is why
    others are looked for: those who begin between two decode steps have a shorter gap than those who wait there.
    """
    decoding = np.flatnonzero(steps.decodes)
    if not len(decoding):
        return np.zeros(0), np.zeros(0, np.int64)
    ends = steps.ends[decoding]
    waited = steps.decodes[decoding].copy()
    begun = np.flatnonzero((steps.decodes == 0) & (steps.done > 0))
    begun = begun[begun < decoding[-1]]
    at = steps.ends[begun]
    alive = steps.done[begun] - (np.searchsorted(over, at, "right") - np.searchsorted(over, at, "left"))
    then = np.searchsorted(decoding, begun)
    np.subtract.at(waited, then, alive)
    gaps = np.concatenate((np.diff(ends), ends[then] - at))
    return gaps, np.concatenate((waited[1:], alive)).clip(0)
