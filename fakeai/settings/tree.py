"""The tree of settings: every name with its type, unit, bounds and text.

Knows what may be set; does not know where values come from, nor what they do (latency specs are parsed by the
simulator, model ids by the catalog).
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ByteSize, Field, PrivateAttr, SecretStr, field_validator, model_validator
from pydantic.fields import FieldInfo

from fakeai.settings.agents import Agents
from fakeai.settings.audio import Audio
from fakeai.settings.azure import Azure
from fakeai.settings.gateway import FrontDoor
from fakeai.settings.group import Group, Port, Seconds
from fakeai.settings.logs import Journal, Log
from fakeai.settings.media import Media
from fakeai.settings.store import Store
from fakeai.settings.webhooks import Webhooks
from fakeai.settings.work import Batches, FineTuning


class Server(Group):
    """The socket and its limits."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for all interfaces.")
    port: Port = Field(default=8000, description="TCP port; 0 picks a free one.")
    max_body_bytes: ByteSize = Field(
        default=ByteSize(64 * 2**20), gt=0, description="Largest request body in bytes (or `64MiB`); beyond it 413."
    )
    max_header_bytes: ByteSize = Field(
        default=ByteSize(64 * 2**10), ge=1024, description="Largest request head in bytes; beyond it 431."
    )
    header_timeout_s: Seconds = Field(default=10.0, description="Seconds in which a request's head must arrive.")
    body_timeout_s: Seconds = Field(default=30.0, description="Seconds in which the whole body must arrive; then 408.")
    idle_timeout_s: Seconds = Field(default=75.0, description="Seconds a kept-alive connection may stay idle.")
    max_message_bytes: ByteSize = Field(
        default=ByteSize(16 * 2**20), ge=1024, description="Largest message of a WebSocket in bytes; beyond it 1009."
    )
    ping_s: Seconds = Field(
        default=20.0,
        description="Seconds of silence after which a WebSocket is asked, and again, given up; and from one comment to the "
        "next in a stream of events, which keeps proxies from ending it.",
    )
    drain_s: float = Field(default=10.0, ge=0, le=3600, description="Seconds that open replies may take at shutdown.")
    access_log: bool = Field(default=False, description="Log a line for each request.")


class ModelLatency(Group):
    """Latencies of one model; what is not given falls back to the server's."""

    ttft: str | None = Field(default=None, description="Time to first token in milliseconds.")
    itl: str | None = Field(default=None, description="Time between tokens in milliseconds.")


class Latency(Group):
    """How long simulated answers take."""

    ttft: str = Field(
        default="0",
        description="Time to first token in milliseconds: `200`, `200:10%`, `200:20`, `uniform(100,300)`, "
        "`normal(200,20)`, `lognormal(200,50)` or `exponential(200)`.",
    )
    itl: str = Field(default="0", description="Time between tokens in milliseconds; same syntax as ttft.")
    models: dict[str, ModelLatency] = Field(
        default={}, description="ttft and itl by model id; JSON in the environment."
    )
    speed: float = Field(
        default=1.0, gt=0, le=1e6, allow_inf_nan=False, description="Simulated seconds that pass in one real second."
    )


class ModelCluster(Group):
    """The cluster of one model; what is not given is as the server's."""

    gpu: str | None = Field(default=None, description="GPU, as `cluster.gpu`.")
    model: str | None = Field(default=None, description="Whose shape it has, as `cluster.model`.")
    workers: int | None = Field(default=None, ge=1, description="Workers.")
    prefill_workers: int | None = Field(default=None, ge=0, description="Workers that only compute prompts.")
    tp: int | None = Field(default=None, ge=1, description="Tensor parallel ways.")
    pp: int | None = Field(default=None, ge=1, description="Pipeline stages.")
    ep: int | None = Field(default=None, ge=1, description="Expert parallel ways.")
    dp: int | None = Field(default=None, ge=1, description="Attention data parallel ways.")
    precision: str | None = Field(default=None, description="Format of the weights.")
    router: str | None = Field(default=None, description="Routing policy.")
    engine: str | None = Field(default=None, description="Scheduling policy.")
    timing: str | None = Field(default=None, description="Step times.")
    stragglers: str | None = Field(default=None, description="Speeds of single workers.")


class Cluster(Group):
    """Simulated GPUs behind the models that generate text. Without a GPU there are none, and `latency` rules."""

    gpu: str = Field(
        default="", description="GPU of every worker, such as `h100`, `b200`, `mi300x`; empty for no cluster."
    )
    model: str = Field(
        default="llama-3.1-8b", description="Shape of models that have none of their own in `fakeai simulate --list`."
    )
    workers: int = Field(default=1, ge=1, le=1024, description="Workers; with prefill_workers, those that decode.")
    prefill_workers: int = Field(default=0, ge=0, le=1024, description="Workers that only compute prompts.")
    tp: int = Field(default=1, ge=1, description="Tensor parallel ways of a worker.")
    pp: int = Field(default=1, ge=1, description="Pipeline stages of a worker.")
    ep: int = Field(default=1, ge=1, description="Ways in which whole experts are shared out.")
    dp: int = Field(default=1, ge=1, description="Ways of data parallel attention.")
    precision: Literal["bf16", "fp16", "fp8", "fp4", "int8", "int4"] = Field(
        default="bf16", description="Number format of the weights."
    )
    kv_precision: Literal["bf16", "fp16", "fp8"] = Field(default="bf16", description="Number format of the KV cache.")
    utilization: float = Field(default=0.9, gt=0, le=1, description="Fraction of a GPU's memory that the engine takes.")
    engine: str = Field(
        default="vllm",
        description="Scheduling: `vllm` (one token budget), `sglang` (prefill first) or `transformers` (prompts and tokens "
        "by turns, as fakeai's own models).",
    )
    block_size: int = Field(default=16, ge=1, le=4096, description="Tokens of a KV block.")
    blocks: int | None = Field(
        default=None, ge=1, description="KV blocks of a worker; by default what its memory holds."
    )
    max_num_seqs: int | None = Field(default=None, ge=1, description="Most sequences in a step; by GPU by default.")
    max_num_batched_tokens: int | None = Field(
        default=None, ge=1, description="Token budget of a step; by GPU by default."
    )
    max_context: int | None = Field(
        default=None, ge=0, description="Tokens of prompt and answer; the model's by default."
    )
    prefix_caching: bool = Field(default=True, description="Whether full blocks are found again by later prompts.")
    chunked_prefill: bool = Field(default=True, description="Whether a prompt may be computed over several steps.")
    prefill_schedule_interval: int = Field(default=1, ge=1, description="Steps between admissions while others decode.")
    priority: bool = Field(default=False, description="Serve by the requests' `priority`, lowest first.")
    host_gib: float = Field(default=0.0, ge=0, description="GiB of host memory for KV blocks, of each worker.")
    max_loras: int = Field(default=8, ge=1, description="Adapters on a worker at once.")
    lora_load_s: float = Field(default=0.05, ge=0, description="Seconds to load an adapter.")
    speculation: str = Field(
        default="",
        description="Speculative decoding: `3:0.8,0.5,0.3` (drafts and acceptance by position), `3:2.4` (mean length) or "
        "`3:qwen3.5-mtp` (a measured curve).",
    )
    router: str = Field(
        default="round-robin", description="`kv`, `round-robin`, `least-loaded`, `power-of-two` or `random`."
    )
    router_temperature: float = Field(
        default=0.0, ge=0, description="Of the kv router's choice; 0 takes the lowest cost."
    )
    busy_blocks: float | None = Field(
        default=None,
        gt=0,
        description="A worker with a larger part of its blocks asked for takes no requests; all busy: 503.",
    )
    busy_prefill_tokens: int | None = Field(
        default=None, ge=0, description="A worker with more prompt tokens to compute takes no requests; all busy: 503."
    )
    transfer_gbps: float = Field(
        default=64.0, ge=0, description="10^9 bytes a second from prefill to decode workers; 0 takes no time."
    )
    planner: Literal["", "load", "sla"] = Field(default="", description="Who adds and removes workers; empty: nobody.")
    max_workers: int = Field(default=64, ge=1, description="Most workers of a pool that the planner starts.")
    startup_s: float = Field(default=60.0, ge=0, description="Seconds until a worker that was added takes requests.")
    timing: str = Field(
        default="roofline", description="Step times: `roofline`, `polynomial`, or a file written by `fakeai calibrate`."
    )
    stragglers: str = Field(
        default="",
        description="Speeds of single workers by number, 1 without: `0=0.5,3=0.8` has worker 0 take twice as long.",
    )
    models: dict[str, ModelCluster] = Field(
        default={}, description="What differs by model id; JSON in the environment."
    )


_ADDRESS = r"(tcp://(\*|\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}|ipc://.+)"


class KvEvents(Group):
    """What simulated engines hold in their KV caches, told over ZMQ as vLLM tells it. Needs the extra `kv-events`."""

    enabled: bool = Field(default=False, description="Publish KV events over ZMQ while the server runs.")
    endpoint: str = Field(
        default="tcp://*:5557",
        pattern=f"^{_ADDRESS}$",
        description="Where worker 0 publishes: bound with a `*`, else connected to. Worker n takes the port n above.",
    )
    replay_endpoint: str | None = Field(
        default=None, pattern=f"^{_ADDRESS}$", description="Where worker 0 repeats batches; worker n as above."
    )
    topic: str = Field(default="", description="Topic of the messages; `{model}` and `{worker}` are replaced.")
    buffer_steps: int = Field(default=10_000, ge=0, description="Batches kept for replay, in number.")
    hwm: int = Field(
        default=100_000, ge=0, description="Messages queued for a slow subscriber, in number; 0: no limit."
    )


_LOCAL = frozenset({"path", "device", "dtype", "max_batch", "context_window", "shortens", "family"})
_REMOTE = frozenset({"base_url", "api_key", "upstream_model", "timeout_s", "family"})
_FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "simulated": frozenset(),
        "transformers": _LOCAL,
        "vllm": _LOCAL - {"shortens", "family", "device"},
        "openai": _REMOTE,
    }
)
"""What each backend of a model reads besides its name."""
_NEEDED: Mapping[str, str] = MappingProxyType({"transformers": "path", "vllm": "path", "openai": "base_url"})


class ServedModel(Group):
    """Who answers for one model id, and what that takes."""

    backend: Literal["simulated", "transformers", "vllm", "openai"] = Field(
        default="simulated",
        description="`simulated`; `transformers` or `vllm`: a real model in this process; `openai`: an OpenAI-compatible server.",
    )
    family: Literal["chat", "embedding"] = Field(
        default="chat", description="`chat` for a model that generates text, `embedding` for one that makes vectors."
    )
    path: str | None = Field(
        default=None, min_length=1, description="Directory of a Hugging Face model, or its name on the hub."
    )
    device: str = Field(default="auto", description="`cpu`, `cuda`, `cuda:1`; `auto`: a GPU if there is one.")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto", description="Type of the weights; `auto`: as the model's files say, float32 on a CPU."
    )
    context_window: int | None = Field(
        default=None, ge=8, description="Tokens of prompt and answer, in number, where fewer than the model's own."
    )
    max_batch: int = Field(default=16, ge=1, le=4096, description="Answers generated together, in number.")
    shortens: bool = Field(default=False, description="Whether its vectors may be asked for with fewer `dimensions`.")
    base_url: str | None = Field(default=None, description="Where the server is, with its `/v1`.")
    api_key: SecretStr | None = Field(
        default=None, description="The server's key; without one, each client's own is passed on."
    )
    upstream_model: str | None = Field(
        default=None, min_length=1, description="The model's name there, where it is another."
    )
    timeout_s: Seconds = Field(default=600.0, description="Seconds that server may take from one byte to the next.")

    @field_validator("device")
    @classmethod
    def _is_device(cls, device: str) -> str:
        if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", device):
            raise ValueError("should be 'auto', 'cpu', 'cuda' or 'cuda:' and a number")
        return device

    @field_validator("base_url")
    @classmethod
    def _is_url(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(r"https?://[^/?#\s@]+(/[^?#\s]*)?", url):
            raise ValueError(
                "should be an http or https URL without user and query, such as 'http://localhost:8001/v1'"
            )
        return url

    @model_validator(mode="after")
    def _fits(self) -> "ServedModel":
        needed = _NEEDED.get(self.backend)
        if needed is not None and getattr(self, needed) is None:
            raise ValueError(f"backend {self.backend!r} needs {needed!r}")
        idle = sorted(self.model_fields_set - _FIELDS[self.backend] - {"backend"})
        if idle:
            raise ValueError(f"backend {self.backend!r} has no use for {', '.join(map(repr, idle))}")
        return self


_CONFORMANCE = (("validation", "schema"), ("unknown_ids", "synthesize"))


class Settings(Group):
    """Everything that can be set."""

    server: Server = Server()
    latency: Latency = Latency()
    cluster: Cluster = Cluster()
    kv_events: KvEvents = KvEvents()
    store: Store = Store()
    batches: Batches = Batches()
    fine_tuning: FineTuning = FineTuning()
    media: Media = Media()
    webhooks: Webhooks = Webhooks()
    prompts: dict[str, str] = Field(
        default={},
        description="Templates that responses may name as `prompt`, by id: text with `{{variables}}`; "
        "JSON in the environment.",
    )
    agents: Agents = Agents()
    audio: Audio = Audio()
    azure: Azure = Azure()
    gateway: FrontDoor = FrontDoor()
    journal: Journal = Journal()
    log: Log = Log()
    models: dict[str, ServedModel] = Field(
        default={},
        description="Who answers for a model, by its id: see [real models](backends.md); JSON in the environment.",
    )
    models_file: str | None = Field(
        default=None,
        min_length=1,
        description="YAML file that lists the models that there are, who answers for each, and the default: see "
        "[models of your own](gateway.md#models).",
    )
    only_models: str = Field(
        default="",
        description="The models that there are, and no others, separated by spaces; by default the whole catalog.",
    )
    seed: int | None = Field(
        default=None, description="Seed of ids and answers; without one, ids differ at each start."
    )
    strict_models: bool = Field(default=False, description="Answer 404 `model_not_found` for ids outside the catalog.")
    validation: Literal["strict", "schema"] = Field(
        default="strict", description="`strict`: OpenAI's own rules; `schema`: only what its OpenAPI document says."
    )
    unknown_ids: Literal["error", "synthesize"] = Field(
        default="error", description="`error`: 404 for an object id never seen; `synthesize`: a plausible object."
    )
    conformance: bool = Field(
        default=False,
        description="For the official SDK's own test suite: validation=schema and unknown_ids=synthesize.",
    )
    organization: str = Field(
        default="org-fakeai", min_length=1, description="The organization of calls that name none."
    )
    default_model: str = Field(
        default="gpt-4o-mini", min_length=1, description="Model of a request that names none (validation=schema only)."
    )
    stored_completions: int = Field(
        default=10_000,
        ge=0,
        description="Stored chat completions kept of a project, in number; beyond it the oldest go.",
    )

    _origins: Mapping[str, str] = PrivateAttr(default_factory=lambda: MappingProxyType({}))

    @model_validator(mode="after")
    def _apply_conformance(self) -> "Settings":
        if self.conformance:
            for name, value in _CONFORMANCE:
                object.__setattr__(self, name, value)  # the tree is frozen for everybody else
        return self

    def sources(self) -> dict[str, str]:
        """Where each value came from, by dotted name.

        A variable, a file, `command line`, `conformance`, `code` (the constructor) or `default`.
        """
        values = self.flat()
        found = {}
        for name, info in leaves(Settings):
            origins = (self._origins[key] for key in self._origins if key == name or key.startswith(name + "."))
            unset = values[name] == info.get_default()
            found[name] = next(origins, "default" if unset else "code")
        if self.conformance:
            found.update({name: "conformance" for name, _ in _CONFORMANCE})
        return found

    def flat(self) -> dict[str, Any]:
        """Values by dotted name, as JSON values (hence Any)."""
        tree = self.model_dump(mode="json")
        found = {}
        for name, _ in leaves(Settings):
            value: Any = tree
            for part in name.split("."):
                value = value[part]
            found[name] = value
        return found

    def came_from(self, origins: Mapping[str, str]) -> "Settings":
        """These settings, remembering where values came from (dotted name → place)."""
        self._origins = MappingProxyType(dict(origins))
        return self


def leaves(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """All settings below `model` in order: dotted name and field."""
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, Group):
            yield from leaves(kind, f"{prefix}{name}.")
        else:
            yield prefix + name, info
