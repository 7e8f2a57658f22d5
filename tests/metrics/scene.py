"""What the tests of metrics share: a clock set by hand, events with few words, and a reader of the text."""

from collections.abc import Iterator, Sequence
from typing import Any

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from fakeai.core.events import (
    Bus,
    PromptCached,
    RequestEnded,
    RequestStarted,
    Routed,
    SequenceEnded,
    StepRan,
    WorkerSnapshot,
)
from fakeai.core.generation import Usage

MODEL = "llama"

SNAPSHOT = WorkerSnapshot(
    model=MODEL,
    worker=0,
    role="both",
    state="ready",
    running=3,
    waiting=2,
    block_size=16,
    total_blocks=1000,
    used_blocks=250,
    cached_blocks=400,
    host_blocks=500,
    host_used_blocks=50,
    active_prefill_tokens=700,
    max_running=256,
    max_step_tokens=8192,
    context_window=4096,
    speed=1.0,
    loras=(),
    running_loras=(),
    waiting_loras=(),
    gpus=2,
    gpu="H100-SXM5-80GB",
    memory_used_bytes=60 << 30,
    memory_total_bytes=80 << 30,
    steps=10,
    steps_tokens=100,
)


class Hands:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def unix(self) -> float:
        return 1_000_000.0 + self.at


class Scene:
    """A bus, workers, a clock, and whatever families listen."""

    def __init__(self, *snapshots: WorkerSnapshot) -> None:
        self.bus = Bus()
        self.clock: Any = Hands()
        self.snapshots: Sequence[WorkerSnapshot] = snapshots
        self.families: list[Any] = []

    def engines(self) -> Sequence[WorkerSnapshot]:
        return self.snapshots

    def text(self) -> str:
        return "".join(text for family in self.families for text in family.expose())

    def parsed(self) -> dict[str, Metric]:
        """Families by the name in their TYPE line."""
        found: dict[str, Metric] = {}
        text = self.text()
        names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
        for name, family in zip(names, text_string_to_metric_families(text), strict=True):
            assert name not in found, f"{name} is told twice"
            found[name] = family
        return found

    def values(self, name: str, **labels: str) -> list[float]:
        """Every sample of that name whose labels include these."""
        return [
            float(line.rpartition(" ")[2])
            for line in self.text().splitlines()
            if line.partition("{")[0].partition(" ")[0] == name
            and all(f'{label}="{value}"' in line for label, value in labels.items())
        ]

    def value(self, name: str, **labels: str) -> float:
        (found,) = self.values(name, **labels)
        return found

    # -- events

    def step(self, **changed: Any) -> None:
        step = StepRan(1.0, MODEL, 0, 0.02, 3, 0, 0, 3, 0, (), 0.2, 0.6, 0.1, 0.0)
        self.bus.publish(step._replace(**changed))

    def ended(self, **changed: Any) -> None:
        end = SequenceEnded(
            at=3.0,
            model=MODEL,
            worker=0,
            reason="stop",
            prompt=100,
            cached=32,
            completion=5,
            max_tokens=64,
            choices=1,
            preemptions=0,
            streamed=True,
            arrived=1.0,
            scheduled=1.25,
            first_token=2.0,
            last_token=3.0,
            transfer_s=0.0,
            gaps_s=(0.25, 0.25, 0.25, 0.25),
        )
        self.bus.publish(end._replace(**changed))

    def routed(self, **changed: Any) -> None:
        self.bus.publish(Routed(1.0, MODEL, "r", 0, 100, 16, 2, 4, {})._replace(**changed))

    def cached(self, **changed: Any) -> None:
        self.bus.publish(PromptCached(1.0, MODEL, 0, 100, 32, 16)._replace(**changed))

    def request(self, **changed: Any) -> None:
        self.bus.publish(RequestStarted(0.0, "/chat/completions", "http"))
        end = RequestEnded(
            1.0, "r", "/chat/completions", "http", MODEL, 200, "", 2.5, True, False, Usage(100, 5, cached=32)
        )
        self.bus.publish(end._replace(**changed))


def labels_of(family: Metric) -> set[str]:
    """Every label of a family, without the histograms' own."""
    return {label for sample in family.samples for label in sample.labels} - {"le"}


def buckets_of(family: Metric) -> list[float]:
    """The finite bounds of a histogram's first series."""

    def bounds() -> Iterator[float]:
        for sample in family.samples:
            if sample.name.endswith("_bucket"):
                yield float(sample.labels["le"])
                if sample.labels["le"] == "+Inf":
                    return

    *finite, last = bounds()
    assert last == float("inf")
    return finite
