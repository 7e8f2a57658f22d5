"""The simulator's words: what is asked of an engine, what one of its steps computes, and who watches.

Times are Clock seconds, sizes are tokens or blocks of tokens. Nothing here acts.
"""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class SimRequest(NamedTuple):
    """What the simulator knows of a request: sizes, and keys of its content; never words."""

    id: str
    prompt_tokens: int
    output_tokens: int
    """Tokens that will be made; at least 1."""
    blocks: Sequence[Hashable] = ()
    """A key for each full block of the prompt, in order. A key stands for its block and all before it (a hash chain).

    Fewer than the prompt has: the rest is like no other request's.
    """
    output_blocks: Sequence[Hashable] = ()
    """Keys of the full blocks that the output completes, going on from `blocks`."""
    max_tokens: int = 0
    """Tokens it may make at most, if a limit was given."""
    choices: int = 1
    """Choices of the request that this sequence is one of."""
    priority: int = 0
    """Lower goes first, under the priority policy."""
    lora: str = ""
    affinity: str = ""
    """Requests with the same non-empty key go to the same worker while it lives."""
    streamed: bool = True


class StepShape(NamedTuple):
    """What one engine step computes, summed over its sequences."""

    decodes: int
    """Sequences that decode, one token each (and `drafts` more between them)."""
    decode_kv: int
    """Tokens they attend to: the sum of their contexts, the new token included."""
    prefill_tokens: int = 0
    """New prompt tokens; cached ones are not computed."""
    prefill_attention: int = 0
    """Pairs of tokens that prefill attends over: the sum over chunks of new × (before + (new + 1) / 2)."""
    prefills: int = 0
    """Sequences with prompt tokens in this step."""
    prefills_done: int = 0
    """Those whose prompt is complete with it: each yields its first token."""
    drafts: int = 0
    """Speculative tokens verified beside the decoding sequences' own."""


class StepTiming(Protocol):
    """How long steps take. Pure: equal shapes, equal seconds."""

    def seconds(self, shape: StepShape) -> float:
        """Duration of one step. Above zero, never NaN."""

    def decode_seconds(self, decodes: int, kv: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Durations of steps that only decode `decodes` sequences over contexts `kv`, elementwise.

        Bit for bit what `seconds(StepShape(decodes, kv_i))` says: runs of steps are taken in one jump.
        """


class Use(NamedTuple):
    """What a step takes of each GPU, as fractions of its peak: for telemetry and power."""

    compute: float
    """Floating-point operations done over those possible at dense peak."""
    memory: float
    """Bytes moved over those that the memory's bandwidth allows."""
    link: float = 0.0
    """Bytes sent to other GPUs over those that one direction of the link allows."""


@runtime_checkable
class MeasuresUse(Protocol):
    """A timing that also knows where the time goes."""

    def use(self, shape: StepShape, seconds: float) -> Use:
        """Of a step of that shape that took `seconds`."""


class WorkerView(NamedTuple):
    """What a router sees of a worker."""

    id: int
    active_prefill_tokens: int
    """Prompt tokens not computed yet, of all its requests, running or waiting."""
    decode_blocks: int
    """Blocks that its requests hold or will hold for their prompts and outputs so far."""
    running: int
    waiting: int
    total_blocks: int
    used_blocks: int
    """Blocks referenced by a request."""
    max_running: int


class Choice(NamedTuple):
    """A router's decision."""

    worker: int
    overlap_blocks: int = 0
    """Blocks of the prompt that the router believes to be on that worker's GPUs."""
    host_blocks: int = 0
    """More blocks after those in its host memory."""
    costs: tuple[float, ...] = ()
    """The cost of each worker looked at, in the order of the views; empty for policies without costs."""


class Overlap(NamedTuple):
    """Leading blocks of a prompt that a worker holds."""

    device: int = 0
    host: int = 0
    """Leading blocks beyond `device` that are in host memory."""


class Busy(Exception):  # a state, not a mistake
    """No worker takes the request: all are above the router's busy thresholds."""


Ends: TypeAlias = "Sequence[float] | NDArray[np.float64]"


class Observer:
    """Who is told what engines do, while they do it. A subclass says what it wants to hear; all else is passed over."""

    def routed(self, at: float, request: SimRequest, workers: Sequence[int], choice: Choice, best: int) -> None:
        """A request was given to one of `workers`; `best` is the most leading blocks that any of them had on its GPUs."""

    def changed(self, at: float, worker: int, state: str) -> None:
        """A worker has another state (`core.events.WorkerState`)."""

    def stepped(self, worker: int, start: float, ends: "Ends", shape: StepShape, tokens: int) -> None:
        """Steps have run one after another from `start`, ending at `ends`.

        One step, or several that only decode: `shape` is the first one's; the context of each later one is longer by
        `shape.decodes`. `tokens` were made in each.
        """

    def admitted(self, worker: int, at: float, queried: int, device: int, host: int) -> None:
        """A sequence was admitted: prompt tokens looked up in the prefix cache, and found in GPU and host memory."""

    def preempted(self, worker: int, at: float) -> None:
        """A running sequence lost its blocks."""

    def stored(self, worker: int, at: float, blocks: Sequence[Hashable], parent: Hashable | None, medium: str) -> None:
        """Blocks became findable; `medium` is GPU or CPU."""

    def removed(self, worker: int, at: float, blocks: Sequence[Hashable], medium: str) -> None:
        """Blocks were evicted."""

    def ended(self, worker: int, sequence: "Ended") -> None:
        """A sequence is over, for whatever reason."""


class Ended(Protocol):
    """What is known of a sequence at its end. Times are None where it never came so far."""

    request: SimRequest
    arrived: float
    scheduled: float | None
    """First admission to a running batch."""
    first_token: float | None
    last_token: float | None
    made: int
    """Tokens made."""
    cached_tokens: int
    """Prompt tokens found in the prefix cache at first admission."""
    preemptions: int
    transfer_s: float
    stalls: list[float]
    """Gaps between two of its tokens that hold a preemption or a move to another worker."""
    reason: str
    """stop, length or abort."""
