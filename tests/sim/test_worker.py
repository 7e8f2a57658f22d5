"""A worker as routers see it."""

from fakeai.sim.radix import PrefixIndex
from fakeai.sim.types import Overlap
from fakeai.sim.worker import Watch
from tests.sim.engines import Notes, cluster, prompt


def test_a_view_counts_what_is_held_and_what_is_still_to_be_computed() -> None:
    made = cluster(blocks=64, max_num_batched_tokens=16)
    worker = made.workers[0]
    assert worker.idle()
    made.submit(prompt("a", 40, 5), 0.0)
    made.submit(prompt("b", 10, 5), 0.0)
    made.advance(0.001)
    view = worker.view()
    assert not worker.idle()
    assert (view.running, view.waiting) == (1, 1)
    assert view.active_prefill_tokens == 50
    assert view.used_blocks == 4
    assert view.decode_blocks == 4 + 13
    assert (view.total_blocks, view.max_running) == (64, 8)


def test_who_is_over_is_forgotten_and_told() -> None:
    notes = Notes()
    made = cluster(notes=notes)
    made.submit(prompt("a", 4, 1), 0.0)
    assert made.current("a") is not None
    made.advance(1.0)
    assert made.current("a") is None
    assert list(notes.ended_by_id) == ["a"]


def test_without_an_observer_nothing_is_told_and_nothing_breaks() -> None:
    live = {"a": object()}
    watch = Watch(live, None, None, None)  # type: ignore[arg-type]
    watch.stored(0, 0.0, ["k"], None, "GPU")
    watch.removed(0, 0.0, ["k"], "GPU")
    watch.admitted(0, 0.0, 1, 0, 0)
    watch.preempted(0, 0.0)
    assert live


def test_the_index_has_what_workers_have_and_the_observer_hears_of_it() -> None:
    index, notes = PrefixIndex(), Notes()
    watch = Watch({}, notes, index, None)
    watch.stored(3, 1.0, ["x", "y"], None, "GPU")
    watch.stored(3, 1.0, ["x"], None, "CPU")
    assert index.overlaps(["x", "y"]) == {3: Overlap(2, 0)}
    watch.removed(3, 2.0, ["y"], "GPU")
    assert index.overlaps(["x", "y"]) == {3: Overlap(1, 0)}
    assert notes.findable == {(3, "x", "GPU"), (3, "x", "CPU")}
    watch.admitted(1, 2.0, 40, 16, 8)
    watch.preempted(1, 3.0)
    assert (notes.admissions, notes.preemptions) == ([(1, 2.0, 40, 16, 8)], 1)
