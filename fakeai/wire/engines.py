"""Bodies and replies of vLLM's endpoints for those who manage engines (vLLM 0.33)."""

from typing import Literal

from typing_extensions import TypedDict

from fakeai.core.errors import ApiError
from fakeai.wire.base import Wire
from fakeai.wire.errors import Refusal


class EngineRefusal(ApiError):
    """vLLM's own endpoints refuse as vLLM does: with a type in its words, and the status once more as `code`."""

    status = 400
    type = "BadRequestError"
    numbered = True

    def __init__(
        self, message: str, type: str = "BadRequestError", status: int = 400, param: str | None = None
    ) -> None:
        super().__init__(message, param=param)
        self.type = type
        self.status = status


class EngineRequest(Wire):
    """Base of the bodies of vLLM's own endpoints: their faults are told in vLLM's envelope."""

    @classmethod
    def reword(cls, refusal: Refusal) -> EngineRefusal:
        """Type, param and code as vLLM's; the sentence is the one every endpoint here has for such a fault."""
        param = ".".join(map(str, ("body", *refusal.location)))
        return EngineRefusal(refusal.error.message, "Bad Request", 400, param)


class LoadAdapter(EngineRequest):
    """An adapter to be loaded, under which name and from where.

    `base_model_name` says of which model, for servers of several; vLLM reads that of `--lora-modules` only.
    """

    lora_name: str
    lora_path: str
    load_inplace: bool = False
    is_3d_lora_weight: bool = False
    base_model_name: str | None = None


class UnloadAdapter(EngineRequest):
    """An adapter to be unloaded."""

    lora_name: str
    lora_int_id: int | None = None


class ServerLoad(TypedDict):
    """Requests under way."""

    server_load: int


class Version(TypedDict):
    """Which vLLM this is like, and whose it is, after a plus sign."""

    version: str
    release: str
    """NVIDIA NIM's name of the product's own version."""
    api: str


class Sleeping(TypedDict):
    """Whether the engines sleep."""

    is_sleeping: bool


class Slept(TypedDict):
    """They sleep."""

    status: Literal["sleeping"]
    level: int


class Woken(TypedDict):
    """They are awake, unless only a part of their memory was asked for; `tags` as asked."""

    status: Literal["awake", "sleeping"]
    tags: list[str] | None


class KvEventSource(TypedDict):
    """Where the KV events of one worker are published, by the number that is added to the ports.

    As vLLM's, with the model and the worker; `replay_endpoint` is None where nothing is replayed.
    """

    enable_kv_cache_events: bool
    publisher: Literal["zmq"]
    endpoint: str
    replay_endpoint: str | None
    buffer_steps: int
    hwm: int
    max_queue_size: int
    topic: str
    model: str
    worker: int
