"""Draws are uniform, repeatable, and independent from stream to stream; ids are unique."""

import re
from collections import Counter
from hashlib import blake2b
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.chance import Chance, Ids

SEEDS = st.one_of(st.binary(max_size=80), st.text(max_size=30), st.integers())


def draws(chance: Chance, count: int = 40) -> list[int]:
    return [chance.bits() for _ in range(count)]


@given(SEEDS)
def test_one_seed_gives_one_sequence(seed) -> None:
    assert draws(Chance(seed)) == draws(Chance(seed))


def test_the_sequence_is_blake2b_of_a_counter_in_words_of_32_bits() -> None:
    blocks = b"".join(blake2b(n.to_bytes(8, "little"), key=b"seed").digest() for n in range(3))
    expected = [int.from_bytes(blocks[at : at + 4], "little") for at in range(0, len(blocks), 4)]
    assert draws(Chance(b"seed"), 48) == expected


def test_a_digest_is_drawn_itself_before_blocks_of_its_key() -> None:
    digest = blake2b(b"a request").digest()
    expected = [int.from_bytes(digest[at : at + 4], "little") for at in range(0, 64, 4)]
    assert draws(Chance.of_digest(digest), 56) == expected + draws(Chance(digest), 40)


def test_a_number_and_its_text_are_the_same_seed() -> None:
    assert draws(Chance(42)) == draws(Chance("42")) == draws(Chance(b"42"))


def test_seeds_longer_than_a_key_count_in_full() -> None:
    assert draws(Chance(b"x" * 64 + b"a")) != draws(Chance(b"x" * 64 + b"b"))


def test_any_text_is_a_seed_lone_surrogates_too() -> None:
    assert draws(Chance("\ud800")) != draws(Chance("\ud801"))


def test_entropy_differs_from_server_to_server() -> None:
    assert draws(Chance.from_entropy()) != draws(Chance.from_entropy())


@given(SEEDS, st.text(max_size=10), st.integers(min_value=0, max_value=50))
def test_a_stream_depends_on_seed_and_name_and_not_on_what_was_drawn(seed, name, drawn) -> None:
    base = Chance(seed)
    expected = draws(base.stream(name))
    draws(base, drawn)
    assert draws(base.stream(name)) == expected


def test_streams_of_different_names_or_seeds_share_nothing() -> None:
    words = [
        word
        for seed in range(20)
        for name in ("", "a", "b", "text", "latency")
        for word in draws(Chance(seed).stream(name), 30)
    ]
    # 3,000 words of 32 bits: a shared one has a probability of 0.001
    assert len(set(words)) == len(words)


def test_streams_of_sibling_names_are_uncorrelated() -> None:
    base = Chance(7)
    one, other = ([s.unit() for _ in range(4000)] for s in (base.stream("one"), base.stream("other")))
    product = fmean((x - 0.5) * (y - 0.5) for x, y in zip(one, other, strict=True))
    assert abs(product * 12) < 0.06  # correlation; its standard deviation is 1/sqrt(4000) = 0.016


@pytest.mark.parametrize("n", [2, 3, 7, 10, 64])
def test_integers_below_n_are_uniform(n: int) -> None:
    chance = Chance(f"below {n}")
    counts = Counter(chance.below(n) for _ in range(1000 * n))
    assert set(counts) == set(range(n))
    squares = sum((count - 1000) ** 2 / 1000 for count in counts.values())
    assert squares < n - 1 + 4 * (2 * (n - 1)) ** 0.5  # chi-squared, four standard deviations


@given(SEEDS, st.integers(min_value=1, max_value=2**64))
def test_integers_below_n_are_below_n(seed, n: int) -> None:
    chance = Chance(seed)
    assert all(0 <= chance.below(n) < n for _ in range(20))


def test_numbers_of_more_than_32_bits_use_all_of_them() -> None:
    chance = Chance("wide")
    seen = [chance.below(2**64) for _ in range(200)]
    assert {number >> 60 for number in seen} == set(range(16))
    assert {number & 15 for number in seen} == set(range(16))


@given(SEEDS, st.integers(-1000, 1000), st.integers(0, 50))
def test_between_takes_both_ends(seed, low: int, width: int) -> None:
    chance = Chance(seed)
    assert all(low <= chance.between(low, low + width) <= low + width for _ in range(20))


def test_between_reaches_both_ends() -> None:
    chance = Chance("ends")
    assert {chance.between(-1, 2) for _ in range(200)} == {-1, 0, 1, 2}


def test_units_fill_the_interval_evenly() -> None:
    chance = Chance("unit")
    units = [chance.unit() for _ in range(10_000)]
    assert min(units) >= 0.0 and max(units) < 1.0
    tenths = Counter(int(unit * 10) for unit in units)
    assert all(870 < tenths[tenth] < 1130 for tenth in range(10))  # 1000 ± 4 standard deviations of 30, and some


def test_normal_draws_have_the_mean_and_deviation_asked_for() -> None:
    chance = Chance("normal")
    found = [chance.normal(5.0, 2.0) for _ in range(10_000)]
    assert abs(fmean(found) - 5.0) < 0.1  # five standard errors
    assert abs(pstdev(found) - 2.0) < 0.1
    within = sum(abs(x - 5.0) < 2.0 for x in found) / len(found)
    assert abs(within - 0.6827) < 0.02


def test_pick_takes_each_item_and_nothing_else() -> None:
    chance = Chance("pick")
    counts = Counter(chance.pick("abc") for _ in range(3000))
    assert set(counts) == set("abc") and min(counts.values()) > 850


@given(SEEDS, st.lists(st.integers()))
def test_shuffle_keeps_every_item(seed, items: list[int]) -> None:
    shuffled = list(items)
    Chance(seed).shuffle(shuffled)
    assert Counter(shuffled) == Counter(items)


def test_shuffle_gives_every_order_its_share() -> None:
    chance = Chance("shuffle")
    orders: Counter[str] = Counter()
    for _ in range(6000):
        items = list("abc")
        chance.shuffle(items)
        orders["".join(items)] += 1
    assert len(orders) == 6 and all(860 < count < 1140 for count in orders.values())


@given(SEEDS, st.integers(0, 200))
def test_data_is_as_long_as_asked_and_starts_alike(seed, size: int) -> None:
    data = Chance(seed).data(size)
    assert len(data) == size
    assert Chance(seed).data(size + 9).startswith(data)


@given(SEEDS, st.integers(0, 40), st.integers(0, 300))
def test_data_is_the_same_bits_whatever_was_drawn_before(seed, before: int, size: int) -> None:
    whole, single = Chance(seed), Chance(seed)
    for chance in (whole, single):
        for _ in range(before):
            chance.bits()
    words = b"".join(single.bits().to_bytes(4, "little") for _ in range((size + 3) // 4))
    assert whole.data(size) == words[:size]
    assert whole.bits() == single.bits()


def test_ids_are_prefix_and_29_letters_and_digits() -> None:
    ids = Ids(b"x")
    for _ in range(200):
        assert re.fullmatch(r"chatcmpl-[A-Za-z0-9]{29}", ids.make("chatcmpl-"))
        assert re.fullmatch(r"req_[0-9a-f]{32}", ids.hex("req_"))


def test_ids_never_repeat_nor_do_those_of_other_seeds() -> None:
    one, other = Ids(b"one"), Ids(b"other")
    made = [ids.make("") for ids in (one, other) for _ in range(2000)]
    assert len(set(made)) == 4000


def test_ids_of_one_seed_repeat_from_run_to_run() -> None:
    first, second = Ids(b"s"), Ids(b"s")
    assert [first.make("a"), first.hex("b"), first.make("c")] == [second.make("a"), second.hex("b"), second.make("c")]
