"""Measurements of a server that is known to the last coefficient: a plain step loop, written a second time and slowly."""

from dataclasses import dataclass, field

from fakeai.sim.measured import Point, Sample
from fakeai.sim.types import StepShape, StepTiming


@dataclass(eq=False)
class One:
    """A request. `computed` is of its prompt."""

    sent: float
    prompt: int
    output: int
    computed: int = 0
    arrivals: list[float] = field(default_factory=list)


def asked(
    timing: StepTiming, users: int, prompt: int, output: int = 32, *, rounds: int = 3, seqs: int = 256, budget: int = 8192,
    overhead_s: float = 0.0, wake_s: float = 1e-4,
) -> Point:  # fmt: skip
    """A closed loop of `users`, each asking `rounds` times; every token arrives when its step ends."""
    left = users * rounds - users
    everyone = [One(0.0, prompt, output) for _ in range(users)]
    arriving, waiting, running, now = list(everyone), [], [], 0.0
    while arriving or waiting or running:
        if not (waiting or running):
            now = max(now, min(one.sent for one in arriving) + overhead_s + wake_s)
        here = [one for one in arriving if one.sent + overhead_s < now]  # who asks as a step ends misses the next one
        arriving = [one for one in arriving if one not in here]
        waiting += here
        while waiting and len(running) < seqs:
            running.append(waiting.pop(0))
        now += step(timing, running, budget)
        for one in running:
            if one.arrivals and one.arrivals[-1] < 0:
                one.arrivals[-1] = now
            if len(one.arrivals) == output and left:
                left -= 1
                everyone.append(One(now, prompt, output))
                arriving.append(everyone[-1])
        running = [one for one in running if len(one.arrivals) < output]
    samples = tuple(Sample(prompt, output, one.sent, tuple(one.arrivals)) for one in everyone)
    return Point(users, prompt, samples, warm=users)


def step(timing: StepTiming, running: list[One], budget: int) -> float:
    """Compute one step: a token for those whose prompts are read, prompts in the order of the list with what is left.

    Returns its seconds; a token that was made is a time below zero, to be set when the step ends.
    """
    decoding = [one for one in running if one.computed == one.prompt]
    new, pairs, chunks, done = 0, 0.0, 0, 0
    for one in running:
        tokens = min(budget - len(decoding) - new, one.prompt - one.computed)
        if one in decoding or not tokens:
            continue
        pairs += tokens * (one.computed + (tokens + 1) / 2)
        one.computed += tokens
        new, chunks = new + tokens, chunks + 1
        if one.computed == one.prompt:
            done += 1
            one.arrivals.append(-1.0)
    kv = sum(one.prompt + len(one.arrivals) for one in decoding)
    for one in decoding:
        one.arrivals.append(-1.0)
    return timing.seconds(StepShape(len(decoding), kv, new, int(pairs), chunks, done))
