"""Records of what happened, and the bus that carries them to whoever counts.

Events are facts with their time; publishing costs one call a listener and never fails the request it tells of.
"""

import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from fakeai.core.generation import Usage

E = TypeVar("E")

_log = logging.getLogger("fakeai.events")


class RequestStarted(NamedTuple):
    """A call has entered the gateway, or a request has been turned away at the door."""

    at: float
    route: str
    origin: str


class RequestEnded(NamedTuple):
    """It is over, streamed replies after their last byte. `duration_s` since arrival; `cancelled`: the client left."""

    at: float
    request_id: str
    route: str
    origin: str
    model: str
    status: int
    error: str
    duration_s: float
    streamed: bool
    cancelled: bool
    usage: Usage | None
    key: str = ""
    """Id of the key that was shown, if it is one of ours."""
    label: str = ""
    """What that key is called at the front door."""


class RedisMissed(NamedTuple):
    """What processes share did not answer: this one went on by itself. `of`: what it counts, `keys` or `projects`."""

    at: float
    of: str


class TokensPaced(NamedTuple):
    """A paced answer has ended: its first token's time since submission, the gaps between tokens, the worst lateness.

    Durations in seconds; `ttft_s` is None and `gaps_s` empty when nobody watched (not streamed).
    `lag_s` is how late the driver was against the deadlines it was told: the server's own error.
    """

    at: float
    model: str
    ttft_s: float | None
    gaps_s: tuple[float, ...]
    lag_s: float


class Routed(NamedTuple):
    """A router has chosen a worker. `costs` by worker id, empty for policies without costs."""

    at: float
    model: str
    request_id: str
    worker: int
    prompt_tokens: int
    block_size: int
    overlap_blocks: int
    """Blocks of the prompt found on the chosen worker's GPUs."""
    best_overlap_blocks: int
    """The most that any worker had."""
    costs: Mapping[int, float]


class RequestShed(NamedTuple):
    """No worker took a request (503)."""

    at: float
    model: str
    reason: str


class StepRan(NamedTuple):
    """One engine step has ended. `compute`, `memory` and `link` are fractions of the GPUs' peaks over its `seconds`."""

    at: float
    model: str
    worker: int
    seconds: float
    decodes: int
    prefill_tokens: int
    prompts: int
    """Prompts completed: each gave its first token."""
    tokens: int
    """Tokens made, first tokens included."""
    drafts: int
    """Speculative tokens proposed."""
    accepted: Sequence[int]
    """Of them accepted, by position; their sum is part of `tokens`."""
    compute: float
    memory: float
    link: float
    lag_s: float
    """How late the driver was: this server's own error."""


class Preempted(NamedTuple):
    """A running sequence lost its blocks and waits again."""

    at: float
    model: str
    worker: int


class CacheAsked(NamedTuple):
    """The completion cache was asked for the answer to a prompt."""

    result: Literal["hit", "miss", "bypass"]


class PromptCached(NamedTuple):
    """A sequence was admitted: tokens looked up in the prefix cache and found, on the GPU and in host memory."""

    at: float
    model: str
    worker: int
    queried: int
    device: int
    host: int


class SequenceEnded(NamedTuple):
    """An engine is done with a sequence. Times in Clock seconds, None for what never came."""

    at: float
    model: str
    worker: int
    reason: Literal["stop", "length", "abort", "error"]
    prompt: int
    cached: int
    completion: int
    max_tokens: int
    """0 without a limit."""
    choices: int
    preemptions: int
    streamed: bool
    arrived: float
    scheduled: float | None
    first_token: float | None
    last_token: float | None
    transfer_s: float
    """Seconds in which its KV blocks were on their way from a prefill worker."""
    gaps_s: Sequence[float]
    """Between its tokens, from the first on."""
    id: str = ""
    """The sequence's own, as `Routed.request_id` has it."""
    lora: str = ""
    """The adapter it was for."""
    blocks: Sequence[Hashable] = ()
    """Keys of the full blocks of its prompt."""
    block_size: int = 0
    """Tokens a block."""


class KvStored(NamedTuple):
    """Blocks became findable. `parent` is the key of the block before the first; keys as the engine hashes them."""

    at: float
    model: str
    worker: int
    blocks: Sequence[Hashable]
    parent: Hashable | None
    medium: Literal["GPU", "CPU"]
    token_ids: Sequence[int] = ()
    """Of all the blocks, in order; empty where the engine knows keys only."""
    block_size: int = 0
    """Tokens a block."""
    lora: str = ""
    """The adapter that computed them."""


class KvRemoved(NamedTuple):
    """Blocks were evicted; without `blocks`, all of the worker's."""

    at: float
    model: str
    worker: int
    blocks: Sequence[Hashable]
    medium: Literal["GPU", "CPU"]


class WorkerChanged(NamedTuple):
    """A worker has another state: it starts (loads its weights), is ready, drains, sleeps, or is gone."""

    at: float
    model: str
    worker: int
    state: "WorkerState"


WorkerState = Literal["starting", "ready", "draining", "asleep", "gone"]


class WorkerSnapshot(NamedTuple):
    """One worker as it is now."""

    model: str
    worker: int
    role: Literal["both", "prefill", "decode"]
    state: WorkerState
    running: int
    waiting: int
    block_size: int
    total_blocks: int
    """0 for an engine without limits (latency profiles)."""
    used_blocks: int
    cached_blocks: int
    """Blocks that hold findable content, used or not."""
    host_blocks: int
    host_used_blocks: int
    active_prefill_tokens: int
    max_running: int
    max_step_tokens: int
    context_window: int
    speed: float
    """1, or less for a straggler."""
    loras: Sequence[str]
    running_loras: Sequence[str]
    waiting_loras: Sequence[str]
    gpus: int
    gpu: str
    """The card's name; empty without one."""
    memory_used_bytes: int
    """Of each GPU: weights, activations and the KV pool."""
    memory_total_bytes: int
    steps: int
    steps_tokens: int


class Bus:
    """Listeners by event type, called in the order they joined, inside `publish`."""

    def __init__(self) -> None:
        self._listeners: dict[type, list[Callable[[Any], None]]] = {}

    def listen(self, kind: type[E], listener: Callable[[E], None]) -> None:
        """Call `listener` with every event of exactly this type."""
        self._listeners.setdefault(kind, []).append(listener)

    def forget(self, kind: type[E], listener: Callable[[E], None]) -> None:
        """Stop calling `listener` with events of this type. An event being published may still come to it."""
        self._listeners[kind] = [kept for kept in self._listeners[kind] if kept != listener]

    def publish(self, event: object) -> None:
        """Tell every listener; one that raises is logged and the others still hear."""
        for listener in self._listeners.get(type(event), ()):
            try:
                listener(event)
            except Exception:  # noqa: BLE001  # a counter's defect must not fail the request it counts
                _log.exception("a listener failed on %s", type(event).__name__)
