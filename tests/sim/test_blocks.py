"""Blocks against a slow pool written like vLLM's: numbered blocks in a linked queue, a hash map, reference counts."""

from collections.abc import Hashable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.sim.blocks import BlockPool


class Told:
    """What a pool tells, in order."""

    def __init__(self) -> None:
        self.stores: list[tuple[list[Hashable], Hashable | None, str]] = []
        self.removals: list[tuple[list[Hashable], str]] = []

    def stored(self, blocks: Sequence[Hashable], parent: Hashable | None, medium: str) -> None:
        self.stores.append((list(blocks), parent, medium))

    def removed(self, blocks: Sequence[Hashable], medium: str) -> None:
        self.removals.append((list(blocks), medium))

    def evicted(self, medium: str = "GPU") -> list[Hashable]:
        return [key for keys, of in self.removals if of == medium for key in keys]


class Block:
    """One numbered block of the slow pool, and its neighbours in the queue of free ones."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.key: Hashable | None = None
        self.references = 0
        self.before: Block | None = None
        self.after: Block | None = None


class SlowPool:
    """vLLM's pool as it is written there. A block gets a key unless another block has it."""

    def __init__(self, total: int) -> None:
        self.head, self.tail = Block(-1), Block(-2)
        self.head.after, self.tail.before = self.tail, self.head
        self.free = 0
        self.by_key: dict[Hashable, Block] = {}
        self.evicted: list[Hashable] = []
        for number in range(total):
            self._link(Block(number), self.tail)

    def _link(self, block: Block, behind: Block) -> None:
        """Put a block into the queue before `behind`."""
        before = behind.before
        assert before is not None
        before.after = behind.before = block
        block.before, block.after = before, behind
        self.free += 1

    def _unlink(self, block: Block) -> None:
        assert block.before is not None
        assert block.after is not None
        block.before.after, block.after.before = block.after, block.before
        block.before = block.after = None
        self.free -= 1

    def hits(self, keys: Sequence[Hashable]) -> list[Block]:
        found = []
        for key in keys:
            if key not in self.by_key:
                break
            found.append(self.by_key[key])
        return found

    def touch(self, blocks: list[Block]) -> None:
        for block in blocks:
            if not block.references:
                self._unlink(block)
            block.references += 1

    def new(self, count: int) -> list[Block]:
        taken = []
        for _ in range(count):
            block = self.head.after
            assert block is not None
            assert block is not self.tail
            self._unlink(block)
            if block.key is not None:
                del self.by_key[block.key]
                self.evicted.append(block.key)
                block.key = None
            block.references = 1
            taken.append(block)
        return taken

    def hash(self, block: Block, key: Hashable) -> None:
        if key not in self.by_key:
            self.by_key[key] = block
            block.key = key

    def give_back(self, table: list[Block]) -> None:
        for block in reversed(table):
            block.references -= 1
            front = self.head.after
            assert front is not None
            if not block.references:
                self._link(block, front if block.key is None else self.tail)


class Both:
    """Sequences over both pools at once: the same is asked of each, and they must agree on everything that shows."""

    def __init__(self, total: int) -> None:
        self.told = Told()
        self.pool = BlockPool(total, observer=self.told)
        self.slow = SlowPool(total)
        self.sequences: list[dict[str, Any]] = []
        self.lost = 0

    def begin(self, keys: Sequence[Hashable], loose: int) -> None:
        """A prompt of these full blocks and so many blocks more, if there is room."""
        hits = self.pool.match(keys, len(keys))
        found = self.slow.hits(keys)
        assert hits == len(found)
        idle = self.pool.idle_among(keys, hits)
        assert idle == sum(not block.references for block in found)
        more = len(keys) - hits + loose
        if more > self.pool.free - idle:
            self.lost += 1
            return
        self.pool.claim(keys, hits)
        self.slow.touch(found)
        self.pool.take(more)
        fresh = self.slow.new(more)
        owned = list(keys[:hits]) + self.pool.publish(keys, hits, len(keys))
        for block, key in zip(fresh, keys[hits:], strict=False):
            self.slow.hash(block, key)
        self.sequences.append({"owned": owned, "held": len(keys) + loose, "table": found + fresh, "keys": list(keys)})

    def grow(self, at: int, key: Hashable | None) -> None:
        """One block more for a sequence, which is full and findable by `key`, if any."""
        sequence = self.sequences[at]
        if not self.pool.free:
            return
        self.pool.take(1)
        block = self.slow.new(1)
        sequence["held"] += 1
        if key is not None:
            sequence["keys"].append(key)
            end = len(sequence["keys"])
            sequence["owned"] += self.pool.publish(sequence["keys"], end - 1, end)
            self.slow.hash(block[0], key)
        sequence["table"] += block

    def end(self, at: int) -> None:
        sequence = self.sequences.pop(at)
        self.pool.release(sequence["owned"], sequence["held"] - len(sequence["owned"]))
        self.slow.give_back(sequence["table"])

    def agree(self) -> None:
        assert self.pool.free == self.slow.free
        assert self.pool.findable == len(self.slow.by_key)
        assert self.told.evicted() == self.slow.evicted
        held = {block.number for sequence in self.sequences for block in sequence["table"]}
        assert self.pool.free + len(held) == self.pool.total
        assert self.pool.used == len(held)


def chain(name: str, blocks: int) -> list[Hashable]:
    """Keys of a prompt that shares its beginning with those whose names begin alike."""
    return [name[: at + 1] if at < len(name) else (name, at) for at in range(blocks)]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.sampled_from(["a", "ab", "abc", "abd", "x", "xy"]), st.integers(0, 6)),
        st.tuples(st.just("grow"), st.integers(0, 7), st.sampled_from([None, "k", "l"])),
        st.tuples(st.just("end"), st.integers(0, 7), st.none()),
    ),
    max_size=60,
)


@settings(max_examples=400, deadline=None)
@given(st.integers(4, 24), STEPS)
def test_hits_free_blocks_and_evictions_are_those_of_vllms_pool(total, steps):
    both = Both(total)
    for what, which, more in steps:
        if what == "begin":
            both.begin(chain(which, more), loose=len(which) % 2)
        elif both.sequences:
            at = which % len(both.sequences)
            if what == "end":
                both.end(at)
            else:
                both.grow(at, None if more is None else (*both.sequences[at]["keys"][-1:], more))
        both.agree()
    while both.sequences:
        both.end(0)
        both.agree()
    assert both.pool.free == total


def test_a_sequences_last_block_goes_first_and_the_least_recently_used_sequence_before_the_others():
    told = Told()
    pool = BlockPool(6, observer=told)
    for name in "ab":
        pool.take(3)
        pool.release(pool.publish([name + "0", name + "1", name + "2"], 0, 3), 0)
    pool.claim(["a0"], 1)
    pool.release(["a0"], 0)
    pool.take(6)
    assert told.evicted() == ["a2", "a1", "b2", "b1", "b0", "a0"]


def test_blocks_without_content_are_taken_before_any_with():
    told = Told()
    pool = BlockPool(4, observer=told)
    pool.take(3)
    pool.release(pool.publish(["a"], 0, 1), 2)
    pool.take(3)
    assert told.evicted() == []
    assert pool.match(["a"], 1) == 1


def test_only_what_comes_before_the_first_gap_is_found_and_no_more_than_asked_for():
    pool = BlockPool(4)
    pool.take(3)
    pool.publish(["a", "b", "c"], 0, 3)
    assert pool.match(["a", "b", "x", "c"], 4) == 2
    assert pool.match(["a", "b", "c"], 1) == 1
    assert pool.match(["b"], 1) == 1
    assert pool.match([], 1) == 0


def test_a_block_is_told_of_with_the_one_before_it():
    told = Told()
    pool = BlockPool(8, observer=told)
    pool.take(4)
    keys = ["a", "b", "c", "d"]
    pool.publish(keys, 0, 2)
    pool.publish(keys, 2, 4)
    assert pool.publish(keys, 0, 4) == []
    assert told.stores == [(["a", "b"], None, "GPU"), (["c", "d"], "b", "GPU")]


def test_without_reuse_nothing_is_found_and_nothing_kept():
    pool = BlockPool(4, reuse=False)
    pool.take(4)
    assert pool.publish(["a"], 0, 1) == []
    pool.release([], 2, "owner", 2)
    assert (pool.free, pool.findable, pool.run_of("owner"), pool.match(["a"], 1)) == (4, 0, 0, 0)
    pool.take(4)


def test_a_run_is_found_by_its_owner_and_goes_in_its_turn_from_its_end():
    told = Told()
    pool = BlockPool(8, observer=told)
    pool.take(8)
    first = pool.publish(["a"], 0, 1)
    pool.release(first, 1, "owner", 3)
    pool.release(pool.publish(["b"], 0, 1), 2)
    assert (pool.free, pool.run_of("owner")) == (8, 3)
    pool.take(4)  # three without content, and the last of the run
    assert (pool.run_of("owner"), told.evicted()) == (2, [])
    pool.reclaim("owner", 1)  # the rest of it is given up
    assert (pool.free, pool.run_of("owner")) == (3, 0)
    pool.take(3)
    assert told.evicted() == ["a", "b"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), max_size=30))
def test_runs_and_keys_together_conserve_blocks_though_an_owner_has_several(steps):
    pool = BlockPool(12)
    held: list[tuple[list[Hashable], int, int]] = []
    for number, (keys, loose, run) in enumerate(steps):
        size = keys + loose + run
        while size > pool.free:
            owned, slack, length = held.pop(0)
            pool.release(owned, slack, "again", length)
        pool.take(size)
        held.append((pool.publish([(number, at) for at in range(keys)], 0, keys), loose, run))
        assert pool.used == sum(len(owned) + slack + length for owned, slack, length in held)
    for number, (owned, slack, length) in enumerate(held):
        pool.release(owned, slack, number, length)
    assert pool.free == 12
    pool.take(12)
    assert pool.findable == pool.free == 0


# -- host memory


def test_host_memory_has_what_the_gpu_had_and_is_looked_at_behind_it():
    told = Told()
    pool = BlockPool(3, host_blocks=8, observer=told)
    keys = ["a", "b", "c"]
    pool.take(3)
    pool.release(pool.publish(keys, 0, 3), 0)
    pool.take(2)
    assert pool.match(keys, 3) == 1
    assert pool.match_host(keys, 1, 3) == 2
    assert pool.match_host(keys, 1, 2) == 1
    assert pool.match_host(["a", "x", "c"], 0, 3) == 1
    assert (pool.host_used, pool.host_total) == (3, 8)
    assert told.stores[0] == (keys, None, "CPU")


def test_host_memory_forgets_the_least_recently_written():
    told = Told()
    pool = BlockPool(4, host_blocks=3, observer=told)
    pool.take(3)
    pool.release(pool.publish(["a", "b", "c"], 0, 3), 0)
    pool.take(4)
    pool.publish(["a"], 0, 1)
    pool.publish(["a", "d"], 1, 2)
    assert told.evicted("CPU") == ["b"]
    assert pool.host_used == 3
    assert [pool.match_host([key], 0, 1) for key in "abcd"] == [1, 0, 1, 1]


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 6), STEPS)
def test_what_is_told_of_host_memory_adds_up_to_what_is_there(room, steps):
    told = Told()
    pool = BlockPool(10, host_blocks=room, observer=told)
    for what, which, more in steps:
        if what == "begin":
            keys = chain(which, min(more, 5))
            hits = pool.match(keys, len(keys))
            pool.claim(keys, hits)
            pool.take(len(keys) - hits)
            owned = list(keys[:hits]) + pool.publish(keys, hits, len(keys))
            pool.release(owned, len(keys) - len(owned))
        assert pool.host_used <= room
    written = [key for keys, _, medium in told.stores if medium == "CPU" for key in keys]
    assert len(written) - len(told.evicted("CPU")) == pool.host_used


def test_clearing_forgets_all_that_nobody_holds():
    told = Told()
    pool = BlockPool(8, host_blocks=8, observer=told)
    pool.take(5)
    idle, held = pool.publish(["a", "b"], 0, 2), pool.publish(["c"], 0, 1)
    pool.release(idle, 0, "owner", 2)
    pool.clear()
    assert (pool.free, pool.findable, pool.host_used, pool.run_of("owner")) == (7, 1, 0, 0)
    assert set(told.evicted()) == {"a", "b"}
    assert set(told.evicted("CPU")) == {"a", "b", "c"}
    pool.take(7)
    assert told.evicted() == ["b", "a"]
    pool.release(held, 7)
    assert pool.free == 8


@pytest.mark.parametrize(("total", "host"), [(0, 0), (-1, 0), (1, -1)])
def test_impossible_pools_are_refused(total, host):
    with pytest.raises(ValueError, match="at least one block and no negative host memory"):
        BlockPool(total, host_blocks=host)
