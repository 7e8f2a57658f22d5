"""What is counted of an engine, as vLLM counts: when a step, an admission, a preemption or a sequence is over.

The time of a sequence is cut into queue (until first admission), prefill (until its first token) and decode, which add
up to its latency, also when it was cancelled in one of them. Source of buckets: vLLM 0.33, `v1/metrics/loggers.py`.
"""

from fakeai.core.events import PromptCached, SequenceEnded, StepRan, WorkerSnapshot
from fakeai.metrics.base import Buckets, Row, Tally

_LATENCY = Buckets(
    0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
)  # fmt: skip
_TTFT = Buckets(
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560
)  # fmt: skip
_ITL = Buckets(
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
)  # fmt: skip
_STEP_TOKENS = Buckets(1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
_PREEMPTIONS = Buckets(1, 2, 3, 4, 5, 10, 20)
_CHOICES = Buckets(1, 2, 5, 10, 20)
_WINDOW = 131_072
"""Tokens that bound the buckets of lengths where no engine says its context window."""
_REASONS = ("stop", "length", "abort", "error", "repetition")


def lengths(limit: int) -> Buckets:
    """1, 2, 5, 10, 20, 50, … up to `limit` tokens."""
    bounds = [digit * 10**power for power in range(len(str(limit))) for digit in (1, 2, 5)]
    return Buckets(*(bound for bound in bounds if bound <= limit))


class Engine(Row):
    """What is counted of one engine. Durations in seconds, the rest in tokens or sequences."""

    def __init__(self, snapshot: WorkerSnapshot | None) -> None:
        sizes = lengths(snapshot.context_window or _WINDOW if snapshot else _WINDOW)
        self.ttft, self.itl, self.tpot = Tally(_TTFT), Tally(_ITL), Tally(_ITL)
        self.e2e, self.queue, self.prefill = Tally(_LATENCY), Tally(_LATENCY), Tally(_LATENCY)
        self.decode, self.inference = Tally(_LATENCY), Tally(_LATENCY)
        self.prompts, self.completions, self.longest = Tally(sizes), Tally(sizes), Tally(sizes)
        self.max_tokens, self.computed = Tally(sizes), Tally(sizes)
        self.choices, self.preempted = Tally(_CHOICES), Tally(_PREEMPTIONS)
        self.step_tokens = Tally(_STEP_TOKENS)
        self.success = dict.fromkeys(_REASONS, 0)
        self.made = self.preemptions = self.queried = self.missed = self.device = self.host = 0
        self.local = self.hits = self.transferred = 0
        self.drafting = self.drafts = 0
        self.accepted: list[int] = []
        self.siblings: dict[int, tuple[int, int]] = {}
        """By number of choices: how many of a request's are over, and the most tokens that one of them has."""

    def step(self, event: StepRan) -> None:
        """A step has run."""
        self.made += event.tokens
        self.step_tokens.observe(event.tokens + event.prefill_tokens)
        if event.drafts:
            self.drafting += event.decodes
            self.drafts += event.drafts
            self.accepted += [0] * (len(event.accepted) - len(self.accepted))
            for position, count in enumerate(event.accepted):
                self.accepted[position] += count

    def admit(self, event: PromptCached) -> None:
        """A sequence was admitted, its prompt looked up."""
        self.queried += event.queried
        self.missed += event.queried - event.device
        self.device += event.device
        self.host += event.host

    def end(self, event: SequenceEnded) -> None:
        """A sequence is over."""
        self.success[event.reason] += 1
        self.preempted.observe(event.preemptions)
        self._count_times(event)
        self._count_tokens(event)
        self._count_request(event)

    def _count_times(self, event: SequenceEnded) -> None:
        end = event.at
        if event.reason in ("stop", "length") and event.last_token is not None:
            end = event.last_token
        scheduled = end if event.scheduled is None else event.scheduled
        first = end if event.first_token is None else event.first_token
        self.e2e.observe(end - event.arrived)
        self.queue.observe(scheduled - event.arrived)
        self.prefill.observe(first - scheduled)
        self.decode.observe(end - first)
        self.inference.observe(end - scheduled)
        if event.first_token is not None:
            self.ttft.observe(event.first_token - event.arrived)
        spread = 0.0
        if event.completion > 1 and event.first_token is not None and event.last_token is not None:
            spread = (event.last_token - event.first_token) / (event.completion - 1)
        self.tpot.observe(spread)
        self.itl.observe_all(event.gaps_s)

    def _count_tokens(self, event: SequenceEnded) -> None:
        new = event.prompt - event.cached
        self.prompts.observe(event.prompt)
        self.completions.observe(event.completion)
        self.computed.observe(new)
        if event.first_token is None:
            return
        self.hits += event.cached
        if event.transfer_s:
            self.transferred += new
        else:
            self.local += new

    def _count_request(self, event: SequenceEnded) -> None:
        """What vLLM counts once for all choices of a request: choices that end one after another are taken for siblings."""
        ended, longest = self.siblings.pop(event.choices, (0, 0))
        ended, longest = ended + 1, max(longest, event.completion)
        if event.max_tokens:
            self.max_tokens.observe(event.max_tokens)
        if ended < event.choices:
            self.siblings[event.choices] = ended, longest
            return
        self.choices.observe(event.choices)
        self.longest.observe(longest)
