"""Acceptance by position: rates come out as given, means as measured, and one draw or many agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.chance import Chance
from fakeai.sim.speculative import CURVES, Speculation

rates = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8)


@given(rates.map(lambda found: sorted(found, reverse=True)), st.integers(0, 99), st.integers(0, 40))
def test_one_draw_and_many_agree_and_stay_in_range(acceptance: list[float], seed: int, n: int) -> None:
    speculation = Speculation(acceptance)
    one, many = Chance(seed), Chance(seed)
    drawn = [speculation.draw(one) for _ in range(n)]
    assert speculation.draw_many(many, n).tolist() == drawn
    assert all(0 <= accepted <= speculation.drafts for accepted in drawn)


@pytest.mark.parametrize("acceptance", [(0.9, 0.7, 0.7, 0.1), (1.0, 1.0, 0.5), (0.25,), (0.0, 0.0), (1.0,)])
def test_each_position_is_accepted_as_often_as_its_rate_says(acceptance: tuple[float, ...]) -> None:
    speculation = Speculation(acceptance)
    drawn = speculation.draw_many(Chance("rates"), 40_000)
    for position, rate in enumerate(acceptance):
        assert (drawn > position).mean() == pytest.approx(rate, abs=0.01 if 0 < rate < 1 else 0.0)
    assert 1 + drawn.mean() == pytest.approx(speculation.mean_length, abs=0.02)


@given(st.integers(1, 8).flatmap(lambda k: st.tuples(st.just(k), st.floats(1.0, k + 1.0))))
def test_a_mean_length_is_kept_with_the_least_variance(asked: tuple[int, float]) -> None:
    drafts, length = asked
    speculation = Speculation.of_length(length, drafts)
    assert speculation.drafts == drafts
    assert speculation.mean_length == pytest.approx(length)
    drawn = set(speculation.draw_many(Chance("least"), 200).tolist())
    assert drawn <= {int(length) - 1, min(int(length), drafts)}  # only the whole numbers around the mean


def test_vllms_synthetic_rates_by_hand() -> None:
    assert Speculation.of_length(3.25, 4).acceptance == (1.0, 1.0, 0.25, 0.0)


def test_conditional_rates_multiply_up_to_each_position() -> None:
    assert Speculation.of_conditional().acceptance == pytest.approx((0.85, 0.255, 0.0, 0.0, 0.0))
    assert Speculation.of_conditional((0.5, 0.5, 0.5), 2).acceptance == (0.5, 0.25)


@given(rates, st.integers(0, 9))
def test_conditional_rates_draw_like_one_coin_after_another(conditional: list[float], seed: int) -> None:
    speculation = Speculation.of_conditional(conditional)
    coins, tosses, total = Chance(seed), 2000, 0
    for _ in range(tosses):
        for rate in conditional:
            if coins.unit() >= rate:
                break
            total += 1
    assert 1 + total / tosses == pytest.approx(speculation.mean_length, abs=0.06 * len(conditional))


@pytest.mark.parametrize("name", [name for name, _ in CURVES])
def test_published_curves_give_their_measured_means(name: str) -> None:
    lengths = dict(CURVES)[name].lengths
    for drafts, length in enumerate(lengths, 1):
        assert Speculation.published(name, drafts).mean_length == pytest.approx(length)


def test_a_published_curves_rates_are_its_gains() -> None:
    assert Speculation.published("kimi-k2.5-eagle3", 4).acceptance == pytest.approx((0.83, 0.60, 0.45, 0.36))
    # MiniMax's last gain, 0.21, is above those before it, 0.10 and 0.08: the three share 0.39.
    assert Speculation.published("minimax-m3-eagle3", 8).acceptance == pytest.approx(
        (0.78, 0.60, 0.45, 0.28, 0.24, 0.13, 0.13, 0.13)
    )


def test_what_is_no_acceptance_is_refused_with_what_is() -> None:
    for wrong, said in (
        ([], "1 to 64 drafts, not 0"),
        ([1.2], "from 0 to 1"),
        ([0.5, 0.6], "never rise"),
        ([float("nan")], "from 0"),
    ):
        with pytest.raises(ValueError, match=said):
            Speculation(wrong)
    with pytest.raises(ValueError, match=r"from 1 to 4, not 4\.5"):
        Speculation.of_length(4.5, 3)
    with pytest.raises(ValueError, match="3 drafts need as many"):
        Speculation.of_conditional((0.5, 0.5), 3)
    with pytest.raises(ValueError, match=r"known: kimi-k2\.5-eagle3, qwen3\.5-mtp"):
        Speculation.published("kimi", 3)
    with pytest.raises(ValueError, match="has 1 to 5 drafts, not 6"):
        Speculation.published("deepseek-v4-mtp", 6)
