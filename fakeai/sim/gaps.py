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
    tokens: "Ints"
    """Tokens made."""
    bounds: "Floats"
    """Start and end of each run of steps that was told at once: an array of pairs."""


def of_worker(steps: WorkerSteps, over: "Floats") -> tuple["Floats", "Ints"]:
    """Gaps between the tokens of one worker's sequences, and how many sequences had each.

    `over` are the times of all last tokens on this worker. Gaps that a preemption or a hand-over lies in are not
    among them, for the token after it comes from a step that computes a prompt.

    Most steps follow one in which all of their sequences had a token. An engine that runs prompts alone (SGLang, or any
    that had nothing to decode) is why others are looked for: those who begin between two decode steps have a shorter gap
    than those who wait there.
    """
    decoding = np.flatnonzero(steps.decodes)
    if not len(decoding):
        return np.zeros(0), np.zeros(0, np.int64)
    last = np.searchsorted(steps.ends, over).clip(max=len(steps.ends) - 1)
    alive = steps.done - np.bincount(last[steps.ends[last] == over], minlength=len(steps.ends))
    """After each step: sequences that began with it, less those that ended with it."""
    begun = np.flatnonzero((steps.decodes == 0) & (steps.done > 0))
    begun = begun[begun < decoding[-1]]
    then = np.searchsorted(decoding, begun)
    """For each step of `begun`, which of `decoding` is the next."""
    decodes, ends, fresh = steps.decodes[decoding], steps.ends[decoding], alive[begun]
    joined = np.bincount(then, fresh, len(decoding)).astype(np.int64)
    before = np.append(0, (decodes + alive[decoding])[:-1])
    _drop(fresh, then, joined, before + joined - decodes)
    gaps = np.concatenate((np.diff(ends), ends[then] - steps.ends[begun]))
    return gaps, np.concatenate(((decodes - joined)[1:], fresh)).clip(0)


def _drop(fresh: "Ints", then: "Ints", joined: "Ints", lost: "Ints") -> None:
    """Take those out who were preempted before they decoded: engines preempt the newest first."""
    for place in np.flatnonzero((lost > 0) & (joined > 0)).tolist():
        left = int(min(lost[place], joined[place]))
        joined[place] -= left
        for at in np.flatnonzero(then == place)[::-1].tolist():
            taken = min(left, int(fresh[at]))
            fresh[at] -= taken
            left -= taken
