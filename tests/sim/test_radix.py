"""The index of blocks agrees with sets kept by hand, and one walk along a prompt stays cheap."""

import time
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.radix import PrefixIndex
from fakeai.sim.types import Overlap

WORKERS = range(5)
KEYS = range(8)

changes = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["stored", "removed"]),
            st.sampled_from(WORKERS),
            st.lists(st.sampled_from(KEYS), max_size=8),
            st.sampled_from(["GPU", "CPU"]),
        ),
        st.tuples(st.just("cleared"), st.sampled_from(WORKERS)),
    ),
    max_size=20,
)


class Sets:
    """The same, slowly: a set of blocks for each worker and memory."""

    def __init__(self) -> None:
        self.held: dict[tuple[int, str], set[int]] = {(w, m): set() for w in WORKERS for m in ("GPU", "CPU")}

    def apply(self, change: tuple[Any, ...]) -> None:
        match change:
            case ("stored", worker, keys, medium):
                self.held[worker, medium] |= set(keys)
            case ("removed", worker, keys, medium):
                self.held[worker, medium] -= set(keys)
            case ("cleared", worker):
                self.held[worker, "GPU"] = set()
                self.held[worker, "CPU"] = set()

    def overlaps(self, keys: Sequence[int]) -> dict[int, Overlap]:
        found = {}
        for worker in WORKERS:
            device = 0
            while device < len(keys) and keys[device] in self.held[worker, "GPU"]:
                device += 1
            host = 0
            while device + host < len(keys) and keys[device + host] in self.held[worker, "CPU"]:
                host += 1
            if device or host:
                found[worker] = Overlap(device, host)
        return found

    def __len__(self) -> int:
        return sum(len(set().union(*(self.held[w, m] for w in WORKERS))) for m in ("GPU", "CPU"))


@given(changes, st.lists(st.lists(st.sampled_from(KEYS), max_size=8), max_size=4))
def test_index_agrees_with_sets_kept_by_hand(done: list[tuple[Any, ...]], prompts: list[list[int]]) -> None:
    index, sets = PrefixIndex(), Sets()
    for change in done:
        getattr(index, change[0])(*change[1:])
        sets.apply(change)
    for keys in [*prompts, list(KEYS)]:
        assert index.overlaps(keys) == sets.overlaps(keys)
    assert len(index) == len(sets)


def test_host_blocks_count_from_where_the_gpu_ends() -> None:
    index = PrefixIndex()
    index.stored(0, ["a", "b"])
    index.stored(0, ["b", "c", "d", "f"], "CPU")
    index.stored(1, ["b", "c"])
    index.stored(2, ["a"], "CPU")
    assert index.overlaps(["a", "b", "c", "d", "e", "f"]) == {0: Overlap(2, 2), 2: Overlap(0, 1)}


def test_nothing_is_kept_of_blocks_that_nobody_holds() -> None:
    index = PrefixIndex()
    index.stored(3, range(10))
    index.stored(4, range(10), "CPU")
    index.removed(3, range(10))
    index.cleared(4)
    assert len(index) == 0
    assert index.overlaps(range(10)) == {}


def test_a_walk_costs_less_than_the_bar_for_each_block() -> None:
    """0.15 µs a block; measured 0.06 µs. The bar here is wider: the machine is shared."""
    index = PrefixIndex()
    keys = [hash((i, "block")) for i in range(20_000)]
    for worker in range(8):
        index.stored(worker, keys[: 20_000 - worker])
    best = min(_seconds(index, keys) for _ in range(5))
    assert best / len(keys) < 0.5e-6


def _seconds(index: PrefixIndex, keys: list[int]) -> float:
    start = time.perf_counter()
    index.overlaps(keys)
    return time.perf_counter() - start


def test_workers_that_come_and_go_for_ever_take_no_more_room():
    index = PrefixIndex()
    for worker in range(1000):
        index.stored(worker, ["a"])
        index.stored(worker + 1, ["a", "b"])
        index.cleared(worker)
    assert index.overlaps(["a", "b"]) == {1000: Overlap(2)}
    assert max(index._device.values()) <= 0b10
