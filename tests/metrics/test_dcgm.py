"""Power adds up to energy, use is that of the steps, and each GPU has a name of its own."""

import re
from itertools import pairwise

import pytest

from fakeai.core.events import WorkerChanged
from fakeai.metrics.base import MAX_MODELS
from fakeai.metrics.dcgm import DcgmMetrics
from fakeai.sim.power import EnergyMeter, PowerModel

from .scene import MODEL, SNAPSHOT, Scene

CARD_W = 700.0
IDLE_W = PowerModel.of_tdp(CARD_W).idle_w
ENERGY, POWER = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "DCGM_FI_DEV_POWER_USAGE"


def scene(*snapshots, seed=b""):
    found = Scene(*snapshots)
    found.families = [
        DcgmMetrics(
            found.bus,
            found.clock,
            found.engines,
            lambda card, now: EnergyMeter(PowerModel.of_tdp(card.tdp_w), now),
            seed,
            "1.2",
        )
    ]
    return found


ONE = SNAPSHOT._replace(gpus=1, running=0)


def test_energy_is_the_integral_of_the_power_that_is_told():
    told = scene(ONE)
    told.text()
    integral = 0.0
    for second in range(1, 61):  # busy, idle and half-busy seconds; the power told at the end of each is its mean
        told.clock.at = float(second)
        if second % 3:
            steps = 10 if second % 3 == 1 else 5
            for step in range(1, steps + 1):
                told.step(at=second - (steps - step) * 0.1, seconds=0.1, compute=0.1 * (second % 7), memory=0.5)
        integral += told.value(POWER) * 1.0
    assert told.value(ENERGY) == pytest.approx(1000 * integral, rel=1e-6)
    assert integral > 60 * IDLE_W * 1.5


def test_energy_is_that_of_each_step_and_of_idling_between():
    told = scene(ONE)
    told.text()
    model = PowerModel.of_tdp(CARD_W)
    told.step(at=3.0, seconds=1.0, compute=0.2, memory=0.6)
    told.step(at=10.0, seconds=0.5, compute=0.9, memory=0.9)
    told.clock.at = 20.0
    busy = model.idle_w + (CARD_W - model.idle_w) * (0.17 + 0.72 * 0.6 + 1.9 * 0.2)
    assert busy < CARD_W
    assert told.value(ENERGY) == pytest.approx(1000 * (18.5 * model.idle_w + busy + 0.5 * CARD_W), rel=1e-9)


def test_energy_grows_while_nothing_runs_and_when_a_step_is_told_late():
    told = scene(ONE)
    found = []
    for at in (0.0, 5.0, 6.0):
        told.clock.at = at
        found.append(told.value(ENERGY))
    told.step(at=6.5, seconds=3.0)  # was under way in the scrape before
    told.clock.at = 6.5
    found.append(told.value(ENERGY))
    assert found[:3] == [pytest.approx(1000 * IDLE_W * at) for at in (0.0, 5.0, 6.0)]
    assert all(before < after for before, after in pairwise(found))


def test_a_clock_that_stands_still_or_goes_back_takes_no_energy_away():
    told = scene(ONE)
    told.text()
    told.clock.at = 50.0
    before = told.value(ENERGY)
    told.clock.at = 20.0
    assert told.value(ENERGY) == before


def test_use_is_that_of_the_last_second():
    told = scene(ONE)
    told.text()
    for number in range(1, 11):
        told.step(at=number * 0.05, seconds=0.05, compute=0.4, memory=0.8)
    told.clock.at = 1.0
    assert told.value("DCGM_FI_PROF_GR_ENGINE_ACTIVE") == pytest.approx(0.5)
    assert told.value("DCGM_FI_DEV_GPU_UTIL") == 50
    assert told.value("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE") == pytest.approx(0.2)
    assert told.value("DCGM_FI_PROF_DRAM_ACTIVE") == pytest.approx(0.4)
    assert told.value("DCGM_FI_DEV_MEM_COPY_UTIL") == 40
    told.clock.at = 3.0
    assert told.value("DCGM_FI_DEV_GPU_UTIL") == 0


def test_an_idle_hour_does_not_thin_the_second_after_it():
    told = scene(ONE)
    told.text()
    for number in range(1, 101):
        told.step(at=3600 + number * 0.02, seconds=0.02)
    told.clock.at = 3602.0
    assert told.value("DCGM_FI_PROF_GR_ENGINE_ACTIVE") == pytest.approx(1.0)


def test_a_scrape_amid_a_long_step_shows_what_came_before():
    told = scene(ONE._replace(running=1))
    told.text()
    told.step(at=2.0, seconds=2.0)
    told.clock.at = 4.0
    assert told.value("DCGM_FI_PROF_GR_ENGINE_ACTIVE") == pytest.approx(1.0)


def test_two_scrapes_at_once_say_the_same():
    told = scene(ONE)
    told.text()
    told.step(at=2.0, seconds=2.0)
    told.clock.at = 2.0
    assert told.text() == told.text()


def test_a_busy_gpu_is_warm_and_clocks_high():
    told = scene(ONE)
    told.text()
    cool, slow = told.value("DCGM_FI_DEV_GPU_TEMP"), told.value("DCGM_FI_DEV_SM_CLOCK")
    for number in range(1, 1001):
        told.step(at=number * 0.1, seconds=0.1)
    told.clock.at = 100.0
    assert told.value("DCGM_FI_DEV_GPU_TEMP") > cool + 10
    assert told.value("DCGM_FI_DEV_MEMORY_TEMP") > told.value("DCGM_FI_DEV_GPU_TEMP")
    assert told.value("DCGM_FI_DEV_SM_CLOCK") > slow


def test_memory_is_that_of_the_snapshot():
    told = scene(ONE)
    assert told.value("DCGM_FI_DEV_FB_USED") == 60 * 1024
    assert told.value("DCGM_FI_DEV_FB_FREE") == 20 * 1024


def test_what_is_sent_over_the_link_adds_up():
    told = scene(ONE)
    told.step(at=2.0, seconds=1.0, link=0.5)
    told.step(at=4.0, seconds=2.0, link=0.25)
    assert told.value("DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL") == round(1.0 * 450e9 / 1024)


def test_each_gpu_is_told_by_itself():
    told = scene(SNAPSHOT._replace(gpus=10), SNAPSHOT._replace(worker=1, gpus=1))
    text = told.text()
    assert len(told.values(POWER)) == 11
    assert len(set(re.findall(r'UUID="(GPU-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"', text))) == 11
    assert len(told.values(POWER, hostname="llama-0-node-0", pod=f"{MODEL}-0")) == 8
    assert told.value(POWER, hostname="llama-0-node-1", gpu="1", device="nvidia1") > 0
    assert len(told.values(POWER, modelName="NVIDIA H100-SXM5-80GB", DCGM_FI_DRIVER_VERSION="fakeai 1.2")) == 11


def test_names_of_gpus_follow_the_seed():
    assert scene(ONE, seed=b"a").text() == scene(ONE, seed=b"a").text()
    assert scene(ONE, seed=b"a").text() != scene(ONE, seed=b"b").text()


def test_a_meter_starts_with_its_worker():
    told = scene(ONE)
    told.bus.publish(WorkerChanged(10.0, MODEL, 0, "starting"))
    told.clock.at = 30.0
    assert told.value(ENERGY) == pytest.approx(1000 * 20 * IDLE_W)


@pytest.mark.parametrize("without", [{"gpus": 0}, {"gpu": ""}])
def test_workers_without_gpus_have_none(without):
    told = scene(SNAPSHOT._replace(**without))
    told.step()
    assert told.text() == ""


def test_without_meters_nothing_is_told():
    told = Scene(SNAPSHOT)
    told.families = [DcgmMetrics(told.bus, told.clock, told.engines)]
    told.step()
    assert told.text() == ""


def test_outside_a_loop_time_stands_at_the_last_reading():
    told = scene(ONE)
    told.step(at=10.0, seconds=10.0, compute=0.0, memory=0.0)

    def no_loop() -> float:
        raise RuntimeError("no running event loop")

    told.clock.now = no_loop
    assert told.value(ENERGY) == pytest.approx(1000 * 10 * (IDLE_W + 0.17 * (CARD_W - IDLE_W)))


def test_models_beyond_those_with_a_name_have_no_gpus_and_their_steps_may_overlap(caplog):
    told = scene(*(ONE._replace(model=f"m{number}") for number in range(MAX_MODELS + 2)))
    told.text()
    for number in range(MAX_MODELS + 2):
        told.step(model=f"m{number}", at=2.0, seconds=1.0)
    told.clock.at = 2.0
    pods = {sample.labels["pod"] for sample in told.parsed()[POWER].samples}
    assert pods == {f"m{number}-0" for number in range(MAX_MODELS)}
    assert not caplog.records
