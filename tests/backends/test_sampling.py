"""From logits to tokens, against the chances worked out by hand."""

from collections import Counter

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'transformers'")

from fakeai.backends.sampling import Drawn, Sampler, listed  # noqa: E402
from fakeai.core.chance import Chance  # noqa: E402
from fakeai.core.generation import Sampling  # noqa: E402

CHANCES = [0.5, 0.3, 0.15, 0.05]
LOGITS = torch.tensor(CHANCES).log() + 3.0  # softmax does not mind what is added to all
MANY = 4_000


def counts(**asked):
    sampler = Sampler(Sampling(**asked), Chance(7))
    return Counter(sampler.draw(LOGITS).token for _ in range(MANY))


def near(found, chances):
    """Whether counts are within five standard deviations of what `chances` lead to expect."""
    spread = [5 * (MANY * p * (1 - p)) ** 0.5 for p in chances]
    return all(abs(found[at] - MANY * p) <= spread[at] for at, p in enumerate(chances))


def test_tokens_come_as_often_as_the_model_says():
    assert near(counts(), CHANCES)


def test_temperature_sharpens_and_flattens():
    squares = [p * p for p in CHANCES]
    assert near(counts(temperature=0.5), [p / sum(squares) for p in squares])
    roots = [p**0.5 for p in CHANCES]
    assert near(counts(temperature=2.0), [p / sum(roots) for p in roots])


@pytest.mark.parametrize("asked", [{"temperature": 0.0}, {"temperature": 1e-9}, {"top_p": 0.0}, {"top_p": 0.5}])
def test_the_likeliest_token_is_taken_when_nothing_else_may_be(asked):
    assert counts(**asked) == {0: MANY}


def test_top_p_keeps_the_fewest_tokens_that_reach_it():
    assert near(counts(top_p=0.8), [5 / 8, 3 / 8, 0, 0])
    assert near(counts(top_p=0.81), [50 / 95, 30 / 95, 15 / 95, 0])


def test_equal_seeds_give_equal_tokens():
    draws = [[Sampler(Sampling(), Chance(seed)).draw(LOGITS).token for _ in range(1)] for seed in (1, 1)]
    assert draws[0] == draws[1]
    streams = [Sampler(Sampling(), Chance(seed)) for seed in (1, 1, 2)]
    told = [[sampler.draw(LOGITS).token for _ in range(50)] for sampler in streams]
    assert told[0] == told[1] != told[2]


def test_penalties_grow_with_each_time_a_token_was_said():
    sampler = Sampler(Sampling(temperature=0.0, frequency_penalty=0.4), Chance(1))
    # Differences to token 0: 0.51, 1.20, 2.30. It falls behind 1 after two times, and so on.
    assert [sampler.draw(LOGITS).token for _ in range(6)] == [0, 0, 1, 0, 1, 0]
    once = Sampler(Sampling(temperature=0.0, presence_penalty=1.0), Chance(1))
    assert [once.draw(LOGITS).token for _ in range(4)] == [0, 1, 0, 0]


def test_a_bias_lifts_or_bans_a_token_and_log_probabilities_do_not_see_it():
    lifted = Sampler(Sampling(temperature=0.0, logit_bias={3: 100.0, 99: 5.0}, top_logprobs=1), Chance(1)).draw(LOGITS)
    assert lifted.token == 3
    assert lifted.logprob == pytest.approx(-2.9957, abs=1e-3)
    assert 0 not in Counter(
        Sampler(Sampling(logit_bias={0: -100.0}), Chance(seed)).draw(LOGITS).token for seed in range(200)
    )


def test_a_mask_leaves_only_what_is_allowed():
    class Odd:
        def allowed(self):
            return torch.tensor([False, True, False, True])

    sampler = Sampler(Sampling(), Chance(1), Odd())
    assert near(Counter(sampler.draw(LOGITS).token for _ in range(MANY)), [0, 6 / 7, 0, 1 / 7])


def test_the_logits_are_left_as_they_were():
    before = LOGITS.clone()
    Sampler(Sampling(logit_bias={0: 5.0}), Chance(1)).draw(LOGITS)
    assert torch.equal(before, LOGITS)


def test_log_probabilities_are_of_the_model_itself_best_first_the_chosen_one_among_them():
    assert listed(LOGITS, 1, None) == Drawn(1)
    assert listed(LOGITS, 1, 0) == Drawn(1, pytest.approx(-1.20397, abs=1e-4))
    two = listed(LOGITS, 3, 2)
    assert [token for token, _ in two.top] == [0, 3]
    assert [logprob for _, logprob in two.top] == pytest.approx([-0.69315, -2.99573], abs=1e-4)
    assert len(listed(LOGITS, 0, 20).top) == 4
