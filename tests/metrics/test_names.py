"""Every series that dashboards expect is there, with its type, its labels and its buckets. Needs the list of names."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from fakeai.core.chance import Chance
from fakeai.core.events import KvStored, TokensPaced
from fakeai.metrics.dcgm import DcgmMetrics
from fakeai.metrics.dynamo_frontend import DynamoFrontendMetrics
from fakeai.metrics.dynamo_process import DynamoProcessMetrics
from fakeai.metrics.dynamo_router import DynamoRouterMetrics
from fakeai.metrics.dynamo_worker import DynamoWorkerMetrics
from fakeai.metrics.gateway import GatewayMetrics
from fakeai.metrics.sglang import SglangMetrics
from fakeai.metrics.vllm import VllmMetrics
from fakeai.metrics.vllm_engine import lengths
from fakeai.sim.power import EnergyMeter, PowerModel

from .scene import SNAPSHOT, Scene, buckets_of, labels_of

NAMES = Path(__file__).parents[3] / "shared" / "reference" / "metric-names.yaml"
ALL_CACHE_FIELDS = "all CacheConfig fields as strings + engine"
IN_LABELS = "exposed as a label on all series"


def everything(*snapshots: Any) -> Scene:
    scene = Scene(*snapshots)
    bus, clock, engines = scene.bus, scene.clock, scene.engines
    scene.families = [
        GatewayMetrics(bus, bool),
        VllmMetrics(bus, clock, engines),
        SglangMetrics(bus, engines),
        DynamoFrontendMetrics(bus, engines),
        DynamoRouterMetrics(bus, engines),
        DynamoWorkerMetrics(bus, clock, engines),
        DynamoProcessMetrics(bus, engines),
        DcgmMetrics(bus, clock, engines, lambda card, now: EnergyMeter(PowerModel.of_tdp(card.tdp_w), now)),
    ]
    return scene


def busy(scene: Scene) -> Scene:
    """One of everything on every worker."""
    for one in scene.snapshots:
        who = {"model": one.model, "worker": one.worker}
        scene.routed(**who)
        scene.cached(**who)
        for number in range(50):
            scene.step(at=1.0 + number * 0.02, **who)
        scene.ended(**who)
        scene.request(model=one.model)
        scene.bus.publish(KvStored(1.0, one.model, one.worker, (1, 2), None, "GPU"))
        scene.bus.publish(TokensPaced(1.0, one.model, 0.2, (0.02, 0.02), 0.001))
    scene.clock.at = 5.0
    return scene


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return busy(everything(SNAPSHOT._replace(loras=("a",), running_loras=("a",)))).parsed()


def wanted(section: str) -> list[dict[str, Any]]:
    if not NAMES.exists():
        pytest.skip("the list of names is not here")
    return [entry for entry in yaml.safe_load(NAMES.read_text("utf-8"))[section] if entry["tier"] in ("core", "legacy")]


def faults(entry: dict[str, Any], told: dict[str, Any]) -> list[str]:
    name = entry.get("exposed_as") or entry["name"]
    family = told.get(name)
    if family is None:
        return [f"{name} is missing"]
    found = [] if family.type == entry["type"] else [f"{name} is a {family.type}"]
    lacking = wanted_labels(entry["labels"]) - labels_of(family)
    if lacking:
        found.append(f"{name} lacks {sorted(lacking)}")
    bounds = entry.get("buckets")
    if bounds is not None:
        bounds = list(lengths(SNAPSHOT.context_window).bounds) if isinstance(bounds, str) else bounds
        if buckets_of(family) != bounds:
            found.append(f"{name} has buckets {buckets_of(family)}")
    return found


def wanted_labels(listed: list[str] | str) -> set[str]:
    if listed == ALL_CACHE_FIELDS:
        return {"engine", "block_size", "num_gpu_blocks"}
    assert isinstance(listed, list)
    return {label.partition(" ")[0] for label in listed if not label.startswith("optional")}


@pytest.mark.parametrize(
    ("section", "count"),
    [
        ("vllm", 36),
        ("vllm_legacy", 7),
        ("sglang", 16),
        ("dynamo_frontend_and_router", 124),
        ("dynamo_mocker_worker", 28),
        ("dynamo_mocker_worker_sglang", 7),
        ("dcgm_exporter", 24),
        ("llm_d_inference_sim", 23),
    ],
)
def test_every_core_name_is_told_as_it_should_be(section, count, told):
    entries = wanted(section)
    assert len(entries) == count
    wrong = [
        fault
        for entry in entries
        if not (entry["type"] == "label" and entry["labels"] == IN_LABELS)
        for fault in faults(entry, told)
    ]
    assert wrong == []


def test_what_is_exposed_as_a_label_is_on_all_series_of_gpus(told):
    labels = [entry["name"] for entry in wanted("dcgm_exporter") if entry["type"] == "label"]
    assert labels == ["DCGM_FI_DRIVER_VERSION"]
    gpus = [family for name, family in told.items() if name.startswith("DCGM_")]
    assert len(gpus) == 23
    assert all(set(labels) <= set(sample.labels) for family in gpus for sample in family.samples)


def test_nothing_is_told_of_models_before_there_are_any():
    families = everything().parsed()
    assert {name.partition("_")[0] for name in families} == {"fakeai"}


def test_no_family_tells_a_series_twice():
    lines = busy(everything(SNAPSHOT, SNAPSHOT._replace(worker=1), SNAPSHOT._replace(model="other/m"))).text()
    series = [line.rpartition(" ")[0] for line in lines.splitlines() if not line.startswith("#")]
    assert len(series) == len(set(series))


def test_models_beyond_two_hundred_share_series():
    scene = everything(*(SNAPSHOT._replace(model=f"m{number}", gpus=0) for number in range(205)))
    text = busy(scene).text()
    series = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(series) == len(set(series))
    assert scene.value("vllm:num_requests_running", model_name="other", engine="0") == 5 * SNAPSHOT.running
    assert scene.value("vllm:request_success_total", model_name="other", finished_reason="stop") == 5
    assert len(scene.values("vllm:num_requests_running")) == 201


def test_counters_and_histograms_only_grow():
    scene = everything(SNAPSHOT, SNAPSHOT._replace(worker=1))
    chance = Chance(7)
    readings = []
    for _ in range(20):
        scene.clock.at += chance.unit() * 3
        for _ in range(chance.below(4)):
            scene.clock.at += 0.5
            scene.step(at=scene.clock.at, seconds=0.4, worker=chance.below(2), compute=chance.unit())
            scene.ended(at=scene.clock.at, worker=chance.below(2), reason=chance.pick(["stop", "abort", "error"]))
            scene.cached(worker=chance.below(2))
        readings.append(
            {
                (sample.name, *sorted(sample.labels.items())): sample.value
                for family in scene.parsed().values()
                if family.type != "gauge"
                for sample in family.samples
            }
        )
    for before, after in pairwise(readings):
        assert [key for key, value in before.items() if after[key] < value] == []
    assert readings[-1] != readings[0]


def test_every_metric_told_is_in_its_familys_table(told):
    tables = {
        metric.name: (metric.kind, set(table.labels) | set(metric.labels))
        for family in everything().families
        for table in family.tables()
        for metric in table.metrics
    }
    for name, family in told.items():
        kind, labels = tables[name]
        assert (family.type, labels_of(family) - labels) == (kind, set()), name
