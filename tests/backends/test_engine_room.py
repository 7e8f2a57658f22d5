"""The clusters behind the models: which model has which, and what is done to them all."""

import asyncio
from dataclasses import replace
from typing import Any

import openai
import pytest

from fakeai.app import clusters
from fakeai.backends.engine_room import MOST_UNNAMED, EngineRoom
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import WallClock
from fakeai.core.errors import Unavailable
from fakeai.core.events import Bus, KvRemoved, KvStored, Routed, SequenceEnded, WorkerChanged
from fakeai.settings import load
from fakeai.sim.spec import ClusterSpec
from fakeai.testing import FakeAI
from tests.backends.served import MODEL, Served, served

SPEC = ClusterSpec(workers=2)


def room(specs: dict[str, ClusterSpec] | None = None, **more: Any) -> EngineRoom:
    return EngineRoom(WallClock(), Bus(), {"": SPEC} if specs is None else specs, **more)


async def test_without_a_cluster_in_the_settings_no_model_has_one():
    made = room({})
    assert made.driver(ModelCard("gpt-4o")) is None
    assert (made.snapshot(), made.in_flight(), made.sleeping()) == ([], 0, False)
    made.sleep(1)
    made.wake_up()


async def test_every_model_has_a_cluster_of_its_own_from_when_it_is_asked_for():
    made = room()
    assert made.snapshot() == []
    first, other = made.driver(ModelCard("gpt-4o")), made.driver(ModelCard("o3"))
    assert first is made.driver(ModelCard("gpt-4o")) is not other
    assert [(one.model, one.worker) for one in made.snapshot()] == [("gpt-4o", 0), ("gpt-4o", 1), ("o3", 0), ("o3", 1)]


async def test_clients_who_think_of_more_and_more_names_get_no_more_clusters():
    bus = Bus()
    made = EngineRoom(WallClock(), bus, {"": SPEC, "named": SPEC})
    gone: list[str] = []
    bus.listen(WorkerChanged, lambda event: gone.append(event.model) if event.state == "gone" else None)
    made.driver(ModelCard("named"))
    for n in range(MOST_UNNAMED):
        made.driver(ModelCard(f"model-{n}"))
    first = made.driver(ModelCard("model-0"))
    assert gone == []
    made.driver(ModelCard("one-more"))
    assert gone == ["model-1", "model-1"]
    assert first is made.driver(ModelCard("model-0"))
    assert len({one.model for one in made.snapshot()}) == MOST_UNNAMED + 1


async def test_clusters_at_work_are_not_closed_for_others():
    made = room()
    reading = []
    for n in range(MOST_UNNAMED):
        driver = made.driver(ModelCard(f"model-{n}"))
        assert driver is not None
        reading.append(asyncio.ensure_future(driver.read([[1, 2, 3]])))
    await asyncio.sleep(0)
    assert made.in_flight() == MOST_UNNAMED
    with pytest.raises(Unavailable, match="64 models are at work"):
        made.driver(ModelCard("one-more"))
    await asyncio.gather(*reading)
    assert made.driver(ModelCard("one-more")) is not None


async def test_only_models_that_are_named_have_one_where_only_those_are():
    made = room({"gpt-4o": SPEC})
    assert made.driver(ModelCard("o3")) is None
    assert made.driver(ModelCard("gpt-4o")) is not None


async def test_models_that_are_named_start_before_anybody_asks():
    made = room({"": SPEC, "gpt-4o": replace(SPEC, workers=3)})
    made.open()
    assert [one.model for one in made.snapshot()] == ["gpt-4o"] * 3


def test_without_a_loop_they_do_not_start_yet():
    made = room({"gpt-4o": SPEC})
    made.open()
    assert made.snapshot() == []


async def test_a_fine_tuned_model_is_an_adapter_of_its_base():
    made = room()
    base = made.driver(ModelCard("gpt-4o"))
    assert made.driver(ModelCard("ft:gpt-4o:org::abc")) is base
    assert made.driver(ModelCard("rhymes", parent="gpt-4o")) is base
    assert made.driver(ModelCard("ft:odd")) is not base


async def test_embedding_models_have_one_only_where_they_are_named():
    made = room({"": SPEC, "text-embedding-3-small": SPEC})
    assert made.reader(ModelCard("text-embedding-3-small")) is not None
    assert made.reader(ModelCard("text-embedding-3-large")) is None


@pytest.mark.parametrize(
    ("model", "named", "shape"),
    [
        ("gpt-4o", False, "llama-3.1-8b"),
        ("meta-llama/Llama-3.2-3B-Instruct", False, "Llama-3.2-3B"),
        ("meta-llama/Llama-3.2-3B-Instruct", True, "llama-3.1-8b"),
    ],
)
async def test_a_model_has_its_own_shape_where_one_is_known_and_none_is_given(model, named, shape):
    made = room({model if named else "": SPEC})
    driver = made.driver(ModelCard(model))
    assert driver is not None
    assert shape.lower() in driver.parts.shape.name.lower()


def test_settings_may_differ_by_model_and_are_refused_by_name():
    found = clusters(load(flags={"cluster.gpu": "h100", "cluster.models.o3.workers": 3, "cluster.tp": 2}, environ={}))
    assert (found[""].workers, found["o3"].workers, found["o3"].tp) == (1, 3, 2)
    assert clusters(load(environ={})) == {}
    only = clusters(load(flags={"cluster.models.o3.gpu": "h100"}, environ={}))
    assert list(only) == ["o3"]
    for name, value, said in [
        ("cluster.models.o3.gpu", "h1000", "cluster.models.o3: unknown GPU 'h1000'"),
        ("cluster.router", "magic", "cluster: unknown router 'magic'"),
        ("cluster.speculation", "3:9", "cluster: the mean acceptance length with 3 drafts is from 1 to 4, not 9"),
        ("cluster.model", "nobody", "cluster: unknown model 'nobody'"),
        ("cluster.tp", 7, "cluster: tp 7 does not divide"),
        ("cluster.max_num_seqs", 100_000, None),
    ]:
        flags = {"cluster.gpu": "h100", name: value}
        if said is None:
            FakeAI(flags).close()
            continue
        with pytest.raises(ValueError, match=said):
            FakeAI(flags)


async def test_adapters_are_on_the_gpus_of_their_base_or_of_all():
    made = room()
    made.load_lora("everywhere", "/a", None)
    made.driver(ModelCard("gpt-4o"))
    made.driver(ModelCard("o3"))
    made.load_lora("rhymes", "/b", "o3")
    assert made.loras() == ["everywhere", "rhymes"]
    assert [(one.model, list(one.loras)) for one in made.snapshot()] == [
        *[("gpt-4o", ["everywhere"])] * 2,
        *[("o3", ["everywhere", "rhymes"])] * 2,
    ]
    with pytest.raises(ValueError, match="'rhymes' is loaded already"):
        made.load_lora("rhymes", "/b", None)
    made.unload_lora("everywhere")
    with pytest.raises(KeyError):
        made.unload_lora("everywhere")
    assert [list(one.loras) for one in made.snapshot()] == [[], [], ["rhymes"], ["rhymes"]]


async def test_a_cluster_that_is_asked_for_while_all_sleep_sleeps_too():
    made = room()
    made.driver(ModelCard("gpt-4o"))
    made.sleep(1)
    made.driver(ModelCard("o3"))
    assert {one.state for one in made.snapshot()} == {"asleep"}
    assert made.sleeping()
    made.wake_up()
    assert {one.state for one in made.snapshot()} == {"ready"}
    made.driver(ModelCard("o1"))
    assert {one.state for one in made.snapshot()} == {"ready"}


def test_workers_are_told_of_when_they_can_be_looked_at():
    bus = Bus()
    made = EngineRoom(WallClock(), bus, {"": SPEC})
    seen: list[tuple[str, int]] = []
    bus.listen(WorkerChanged, lambda event: seen.append((event.state, len(made.snapshot()))))

    async def main() -> None:
        made.driver(ModelCard("gpt-4o"))

    asyncio.run(main())
    assert seen == [("ready", 2), ("ready", 2)]


@pytest.mark.parametrize("level", [0, 1])
def test_asleep_caches_are_kept_at_level_0_and_lost_from_1_on(level):
    async def scenario(made: Served) -> None:
        prompt = "word " * 200
        await made.chat(prompt, max_tokens=1)
        made.room.sleep(level)
        assert made.room.sleeping()
        made.room.wake_up()
        again = await made.chat(prompt, max_tokens=1)
        assert (again.usage.prompt_tokens_details.cached_tokens > 0) == (level == 0)
        assert bool(made.told(KvRemoved)) == (level == 1)
        assert {(one.worker, one.state) for one in made.told(WorkerChanged)} == {
            (0, "ready"),
            (0, "asleep"),
        }

    served(scenario)


def test_requests_in_flight_are_counted_choice_by_choice():
    async def scenario(made: Served) -> None:
        asking = [asyncio.ensure_future(made.chat(max_tokens=50, n=n)) for n in (1, 3)]
        await asyncio.sleep(0.05)
        assert made.room.in_flight() == 4
        await asyncio.gather(*asking)
        assert made.room.in_flight() == 0

    served(scenario)


def test_decisions_are_remembered_the_latest_last():
    async def scenario(made: Served) -> None:
        for n in range(3):
            await made.chat(f"{n}", max_tokens=1)
        assert list(made.room.decisions()) == made.told(Routed)
        assert [one.request_id for one in made.room.decisions()] == [one.id for one in made.told(SequenceEnded)]

    served(scenario)


def test_a_busy_model_does_not_push_out_the_decisions_of_another():
    bus = Bus()
    room = EngineRoom(WallClock(), bus, {})
    quiet = Routed(1.0, "quiet", "a", 0, 10, 16, 0, 0, {})
    bus.publish(quiet)
    for at in range(300):
        bus.publish(quiet._replace(at=float(at), model="busy"))
    told = room.decisions()
    assert [one for one in told if one.model == "quiet"] == [quiet]
    assert [one.at for one in told if one.model == "busy"] == [float(at) for at in range(100, 300)]


def test_what_is_in_blocks_is_told_where_kv_events_are_wanted():
    async def scenario(made: Served, told: bool) -> None:
        await made.chat("word " * 100, max_tokens=1)
        stored = made.told(KvStored)
        assert stored
        assert all(len(one.token_ids) == (16 * len(one.blocks) if told else 0) for one in stored)

    served(lambda made: scenario(made, False))
    served(lambda made: scenario(made, True), kv_events__enabled=True)


def test_a_model_whose_shape_does_not_fit_is_refused_by_name():
    async def scenario(made: Served) -> None:
        with pytest.raises(openai.BadRequestError, match=r"Llama-3.1-405B in bf16 needs .* GiB .* take more GPUs"):
            await made.chat(model="llama-3.1-405b")
        assert (await made.chat(max_tokens=2)).usage.completion_tokens == 2
        assert {one.model for one in made.room.snapshot()} == {MODEL}

    served(scenario)
