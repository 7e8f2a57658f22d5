"""Options of `fakeai simulate`: what they are called, and the workload and the cluster that they ask for.

Both verbs, one run and a sweep, take the same ones: a function of `Options` becomes a command by `command`.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import typer

if TYPE_CHECKING:
    from fakeai.sim.orders import At
    from fakeai.sim.simulate import Job
    from fakeai.sim.spec import ClusterSpec
    from fakeai.sim.workload import WorkloadSpec

Asked = TypeVar("Asked", bound="Options")


def _option(text: str, *names: str, metavar: str | None = None) -> Any:
    """Any: what typer looks for in an annotation."""
    return typer.Option(*names, help=text, metavar=metavar, show_default=False)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Everything that can be asked for. None and empty mean: as the simulator has it by itself."""

    trace: Annotated[
        Path | None,
        _option(
            "Requests of a file: Mooncake, Bailian, LLMServingSim or our journal (JSON lines), Azure, BurstGPT or "
            "Splitwise (CSV); .gz too.", metavar="FILE",
        ),
    ] = None  # fmt: skip
    format: Annotated[str, _option("The trace's format, if its content does not tell.")] = ""
    trace_block_size: Annotated[
        int, _option("Tokens of a block of the trace's hash_ids.  [default: Mooncake's 512, Bailian's 16]")
    ] = 0
    skip_broken: Annotated[bool, _option("Leave the trace's broken lines out, and say which.", "--skip-broken")] = False
    speed_up: Annotated[float, _option("The trace's requests come so many times faster.  [default: 1]")] = 1.0
    arrivals: Annotated[
        str,
        _option(
            "constant:RATE, poisson:RATE, gamma:RATE:CV, closed:USERS[:THINK_SECONDS] or burst. With a trace, instead "
            "of its times.",
        ),
    ] = ""  # fmt: skip
    isl: Annotated[
        str,
        _option(
            "Prompt tokens: 1024, 1024:10%, uniform(100,2000), normal(1024,100), lognormal(1024,500).  [default: 1024]"
        ),
    ] = "1024"
    osl: Annotated[str, _option("Tokens of answers; same syntax.  [default: 256]")] = "256"
    prefix: Annotated[str, _option("TOKENS:COUNT: before each prompt one of COUNT texts of TOKENS, as 512:10.")] = ""
    requests: Annotated[int, _option("At most so many requests.  [default: all of a trace, else 1000]")] = 0
    duration: Annotated[float, _option("No request comes after so many simulated seconds.")] = 0.0
    seed: Annotated[int, _option("Of everything that is drawn.  [default: 0]")] = 0

    model: Annotated[str | None, _option("The model's shape.  [default: llama-3.1-8b]")] = None
    gpu: Annotated[str | None, _option("The card.  [default: h100]")] = None
    workers: Annotated[int | None, _option("Engines; beside --prefill-workers, those that decode.  [default: 1]")] = (
        None
    )
    prefill_workers: Annotated[int | None, _option("Engines that only compute prompts.  [default: 0]")] = None
    disaggregate: Annotated[str, _option("P:D: P prefill and D decode workers.")] = ""
    tp: Annotated[int | None, _option("Tensor parallel ways of a worker.  [default: 1]")] = None
    pp: Annotated[int | None, _option("Pipeline stages of a worker.  [default: 1]")] = None
    ep: Annotated[int | None, _option("Expert parallel ways of a worker.  [default: 1]")] = None
    dp: Annotated[int | None, _option("Attention replicas of a worker.  [default: 1]")] = None
    precision: Annotated[str | None, _option("Of weights: bf16, fp16, fp8, fp4, int8, int4.  [default: bf16]")] = None
    kv_precision: Annotated[str | None, _option("Of the KV cache: bf16, fp16, fp8.  [default: bf16]")] = None
    gpu_memory_utilization: Annotated[float | None, _option("Part of a GPU's memory that is used.  [default: 0.9]")] = (
        None
    )
    router: Annotated[
        str | None, _option("kv, round-robin, least-loaded, power-of-two or random.  [default: round-robin]")
    ] = None
    router_temperature: Annotated[
        float | None, _option("Of the kv router's choice; 0 takes the best.  [default: 0]")
    ] = None
    straggler: Annotated[
        list[str] | None,
        _option("WORKER=SPEED, as 0=0.5: its steps take twice their time; repeatable.", metavar="WORKER=SPEED"),
    ] = None
    fail: Annotated[
        list[str] | None,
        _option("WORKER@SECONDS, as 1@30: it is lost then, and its requests go on elsewhere; repeatable.",
                metavar="WORKER@SECONDS"),
    ] = None  # fmt: skip
    drain: Annotated[
        list[str] | None,
        _option("WORKER@SECONDS: it gets no more requests from then on, and goes when it has none; repeatable.",
                metavar="WORKER@SECONDS"),
    ] = None  # fmt: skip
    planner: Annotated[str | None, _option("load or sla: start and stop workers as needed.  [default: none]")] = None

    engine: Annotated[str | None, _option("vllm, sglang or transformers: how steps are made up.  [default: vllm]")] = (
        None
    )
    timing: Annotated[
        str | None, _option("roofline, polynomial, or a file of fakeai calibrate.  [default: roofline]")
    ] = None
    block_size: Annotated[int | None, _option("Tokens of a KV block.  [default: the trace's own, else 16]")] = None
    max_num_seqs: Annotated[int | None, _option("Sequences in a step.  [default: the engine's for the GPU]")] = None
    max_num_batched_tokens: Annotated[int | None, _option("Tokens in a step.  [default: the engine's for the GPU]")] = (
        None
    )
    prefix_caching: Annotated[
        bool | None, _option("Find blocks of earlier prompts again, or not.", "--prefix-caching/--no-prefix-caching")
    ] = None
    host_gib: Annotated[float | None, _option("Host memory for KV blocks of each worker.  [default: 0]")] = None
    transfer_gbps: Annotated[float | None, _option("10^9 bytes/s from prefill to decode workers.  [default: 64]")] = (
        None
    )
    speculation: Annotated[
        str | None, _option("DRAFTS:ACCEPTED, as 3:2.4, 3:0.8,0.5,0.3 or 3:qwen3.5-mtp.  [default: none]")
    ] = None
    assignments: Annotated[
        list[str] | None,
        _option(
            "Anything else of a cluster: missing_only=yes, routing.cost=lmetric, planning.max_workers=16, "
            "stragglers=3:0.5; repeatable.", "--set", metavar="NAME=VALUE",
        ),
    ] = None  # fmt: skip

    slo: Annotated[
        str, _option("Limits for goodput, in seconds: ttft=0.5,itl=0.05,e2e=10 (also tpot, queue, 500ms).")
    ] = ""
    price_per_gpu_hour: Annotated[float, _option("USD, for the cost of the run.")] = 0.0
    json: Annotated[Path | None, _option("Write every figure to a file; - for standard output.", metavar="FILE")] = None
    plot: Annotated[Path | None, _option("Draw it: .svg, .png or .pdf (needs fakeai[plot]).", metavar="FILE")] = None

    def job(self) -> "Job":
        """The run. Raises ValueError."""
        from fakeai.sim.report import parse_slo
        from fakeai.sim.simulate import Job

        if self.price_per_gpu_hour < 0:
            raise ValueError(f"a price is a number from 0 on, not {self.price_per_gpu_hour}")
        return Job(
            workload=self.workload(),
            cluster=self.cluster(),
            own_blocks=self.block_size is None,
            orders=self.orders(),
            slo_s=parse_slo(self.slo) if self.slo else None,
            usd_per_gpu_hour=self.price_per_gpu_hour,
        )

    def workload(self) -> "WorkloadSpec":
        """What is asked. Raises ValueError."""
        from fakeai.sim.workload import WorkloadSpec

        return WorkloadSpec(
            trace=str(self.trace or ""), trace_format=self.format, trace_block=self.trace_block_size,
            skip_broken=self.skip_broken, speed_up=self.speed_up, arrivals=self.arrivals, isl=self.isl, osl=self.osl,
            prefix=self.prefix, requests=self.requests, duration_s=self.duration, seed=self.seed,
        )  # fmt: skip

    def orders(self) -> "tuple[At, ...]":
        """What is done to workers. Raises ValueError."""
        from fakeai.sim.orders import read_at

        failing = [read_at("--fail", "fail", text) for text in self.fail or ()]
        return (*failing, *[read_at("--drain", "drain", text) for text in self.drain or ()])

    def cluster(self) -> "ClusterSpec":
        """Who answers. Raises ValueError."""
        from fakeai.sim.orders import read_speeds
        from fakeai.sim.spec import ClusterSpec

        given = {name: value for name in _CLUSTER if (value := getattr(self, name)) is not None}
        if self.gpu_memory_utilization is not None:
            given["utilization"] = self.gpu_memory_utilization
        if self.disaggregate:
            given |= _split(self.disaggregate)
        hints = get_type_hints(ClusterSpec)
        for name, value in given.items():
            _among(name, hints[name], value)
        if self.straggler:
            given["stragglers"] = read_speeds("--straggler", ",".join(self.straggler))
        if self.trace is not None:
            given["max_context"] = 0
        spec = ClusterSpec(seed=self.seed, **given)
        if self.router_temperature is not None:
            spec = replace(spec, routing=replace(spec.routing, temperature=self.router_temperature))
        for assignment in self.assignments or ():
            name, equals, value = assignment.partition("=")
            if not equals:
                raise ValueError(f"--set takes NAME=VALUE, not {assignment!r}")
            spec = _with_field(spec, name.strip(), value)
        return spec


_CLUSTER = (
    "model", "gpu", "workers", "prefill_workers", "tp", "pp", "ep", "dp", "precision", "kv_precision", "router", "planner",
    "engine", "timing", "block_size", "max_num_seqs", "max_num_batched_tokens", "prefix_caching", "host_gib",
    "transfer_gbps", "speculation",
)  # fmt: skip
"""Options that are fields of a ClusterSpec by the same name."""


def _split(spec: str) -> dict[str, int]:
    prefill, colon, decode = spec.partition(":")
    if not (colon and prefill.isdecimal() and decode.isdecimal() and int(prefill) and int(decode)):
        raise ValueError(f"--disaggregate takes P:D, the numbers of prefill and decode workers, not {spec!r}")
    return {"prefill_workers": int(prefill), "workers": int(decode)}


def command(run: Callable[[Asked], None], options: type[Asked]) -> Callable[..., None]:
    """A command for typer: its parameters are the fields of `options`, of which `run` gets one."""

    def call(**given: Any) -> None:
        run(options(**given))

    parameters = [
        inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=each.type)
        for each in fields(options)
    ]
    call.__doc__ = run.__doc__
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # inspect reads it
    return call


# -- values by name


def with_value(options: Asked, name: str, text: str) -> Asked:
    """The same options but for one, whose value is written as on the command line. Raises ValueError.

    A name that is no option is taken for a further field of the cluster, as by `--set`.
    """
    known = {each.name: each for each in fields(options) if each.name not in _NOT_IN_GRIDS}
    each = known.get(name.replace("-", "_"))
    if each is None:
        return replace(options, assignments=[*(options.assignments or ()), f"{name}={text}"])
    return replace(options, **{each.name: _read(name, get_args(each.type)[0], text)})


def _with_field(spec: Any, name: str, text: str) -> Any:
    """A ClusterSpec, or a part of one, with another value. Any: any of these dataclasses."""
    head, dot, rest = name.partition(".")
    hints = get_type_hints(type(spec))
    if head not in hints or (dot and not hasattr(getattr(spec, head), "__dataclass_fields__")):
        raise ValueError(f"a cluster has no {name!r}: there are {', '.join(_names(spec))}")
    value = _with_field(getattr(spec, head), rest, text) if dot else _read(name, hints[head], text)
    return replace(spec, **{head: value})


def _names(spec: Any, before: str = "") -> list[str]:
    """All that can be set. Any: as above."""
    found = []
    for each in fields(spec):
        value = getattr(spec, each.name)
        inner = hasattr(value, "__dataclass_fields__")
        found += _names(value, f"{before}{each.name}.") if inner else [f"{before}{each.name}"]
    return found


def _read(name: str, kind: Any, text: str) -> Any:
    """A value of this kind. Any: an annotation, and a value of what it says."""
    if get_origin(kind) is Mapping:
        return _pairs(name, text)
    kinds = [each for each in get_args(kind) or (kind,) if each is not NoneType]
    try:
        if bool in kinds:
            return _SWITCH[text.lower()]
        if list[str] in kinds:
            return [text]
        if Path in kinds:
            return Path(text)
        for number in (int, float):
            if number in kinds:
                return number(text)
    except (ValueError, KeyError):
        raise ValueError(f"{name} is {_told(kinds)}, not {text!r}") from None
    _among(name, kind, text)
    return text


def _pairs(name: str, text: str) -> dict[int, float]:
    """Numbers by worker."""
    try:
        return {int(worker): float(number) for worker, number in (each.split(":") for each in text.split(","))}
    except ValueError:
        raise ValueError(f"{name} is written as 3:0.5,4:0.25 (worker:number), not {text!r}") from None


def _among(name: str, kind: Any, value: object) -> None:
    """Raise ValueError for a word that is not among those of its kind. Any: an annotation."""
    if get_origin(kind) is Literal and value not in get_args(kind):
        raise ValueError(f"{name} is one of {', '.join(filter(None, get_args(kind)))}, not {value!r}")


def _told(kinds: list[Any]) -> str:
    """In words, for who wrote something else. Any: annotations."""
    if bool in kinds:
        return "yes or no"
    return "a whole number" if int in kinds and float not in kinds else "a number"


_SWITCH: Mapping[str, bool] = MappingProxyType(
    {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
)
_NOT_IN_GRIDS = frozenset({"json", "plot", "grid", "assignments"})
