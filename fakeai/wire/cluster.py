"""What `/fakeai/cluster` tells of simulated engines. Names end in their unit; what has none is a count.

Times are Clock seconds, in which the simulation lives; `unix` is the same instant in epoch seconds.
"""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from fakeai.core.events import WorkerState
from fakeai.wire.base import Wire


class ManageWorker(Wire):
    """Something to be done to a worker of a model's cluster: `role` is for `add`, `speed` for `slow`, `worker` for all else."""

    model: str
    action: Literal["add", "drain", "fail", "sleep", "wake", "slow"]
    worker: Annotated[int, Field(ge=0)] | None = None
    role: Literal["both", "prefill", "decode"] | None = None
    speed: float | None = None


class Queue(TypedDict):
    """Requests that run and that wait."""

    running: int
    waiting: int


class Cache(TypedDict):
    """KV blocks on the GPUs and in host memory; `block_size` in tokens. Blocks with content that may be found are cached."""

    block_size: int
    total_blocks: int
    used_blocks: int
    cached_blocks: int
    host_blocks: int
    host_used_blocks: int


class Worker(TypedDict):
    """One engine. `speed` is 1, or less for a straggler; memory is that of each of its GPUs."""

    worker: int
    role: Literal["both", "prefill", "decode"]
    state: WorkerState
    queue: Queue
    cache: Cache
    active_prefill_tokens: int
    max_running: int
    max_step_tokens: int
    context_window_tokens: int
    steps: int
    steps_tokens: int
    speed: float
    loras: list[str]
    running_loras: list[str]
    waiting_loras: list[str]
    gpus: int
    gpu: str
    memory_used_bytes: int
    memory_total_bytes: int


class ManagedWorker(Worker):
    """A worker as it is after what was done to it; it may be gone."""

    object: Literal["cluster.worker"]
    model: str


class Decision(TypedDict):
    """A router's choice of a worker; `costs` by worker, in the unit of its policy (blocks), empty for those without."""

    at_s: float
    request_id: str
    worker: int
    prompt_tokens: int
    block_size: int
    overlap_blocks: int
    best_overlap_blocks: int
    costs: dict[str, float]


class Model(TypedDict):
    """One model's engines, all together and one by one, and its router's latest decisions, newest last."""

    model: str
    queue: Queue
    cache: Cache
    workers: list[Worker]
    decisions: list[Decision]


class Cluster(TypedDict):
    """Everything at one instant. In a stream, `type` says whether it is the first look or a change."""

    object: Literal["cluster"]
    type: NotRequired[Literal["snapshot", "change"]]
    at_s: float
    unix: float
    sleeping: bool
    in_flight: int
    loras: list[str]
    models: list[Model]
