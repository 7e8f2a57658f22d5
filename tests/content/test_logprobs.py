"""Log probabilities that could be a model's: finite, ordered, at most certain, and the chosen token among them."""

from math import exp, isfinite
from timeit import repeat

import pytest

from fakeai.content.logprobs import logprobs
from fakeai.content.tokens import encoding
from fakeai.core.chance import Chance

ENC = encoding("o200k_base")
TEXT = 'Dr. Ada said: "It costs 42 €, or 1000 Yen." Größe? 日本語 👩‍🚀\n\n```py\nx = [1, 2]\n```\n the THE The cats' * 8
PIECES = ENC.pieces(TEXT)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("top", [1, 2, 5, 6, 7, 20])
def test_listed_tokens_are_ordered_distinct_possible_and_hold_the_chosen_one(top: int, temperature: float):
    result = logprobs(PIECES, top, Chance(1), ENC, temperature)
    assert [entry.token for entry in result] == PIECES
    for entry in result:
        values = [listed.logprob for listed in entry.top]
        assert len(values) == top
        assert len({listed.token for listed in entry.top}) == top
        assert values == sorted(values, reverse=True)
        assert len(set(values)) == top
        assert all(isfinite(value) and value <= 0 for value in values)
        assert sum(map(exp, values)) <= 1.0
        assert (entry.token, entry.logprob) in entry.top


def test_without_alternatives_only_the_chosen_token_has_a_number():
    result = logprobs(PIECES, 0, Chance(1), ENC, 1.0)
    assert all(entry.top == () and -20 < entry.logprob <= 0 for entry in result)


def test_at_temperature_zero_the_chosen_token_is_the_first():
    assert all(entry.top[0].token == entry.token for entry in logprobs(PIECES * 3, 5, Chance(2), ENC, 0.0))


def test_most_tokens_are_near_certain_and_some_are_close_calls():
    result = logprobs(PIECES * 20, 5, Chance(3), ENC, 1.0)
    values = [entry.logprob for entry in result]
    assert 0.7 < sum(value > -0.1 for value in values) / len(values) < 0.9
    assert 0.01 < sum(-3 < value < -0.9 for value in values) / len(values) < 0.1
    assert min(values) > -5
    second = sum(entry.top[0].token != entry.token for entry in result) / len(values)
    assert 0.01 < second < 0.1


def test_the_same_seed_gives_the_same_numbers():
    assert logprobs(PIECES, 5, Chance(4), ENC, 1.0) == logprobs(PIECES, 5, Chance(4), ENC, 1.0)
    assert logprobs(PIECES, 5, Chance(4), ENC, 1.0) != logprobs(PIECES, 5, Chance(5), ENC, 1.0)


def test_alternatives_look_like_the_token():
    tops = {
        e.token: [listed.token for listed in e.top] for e in logprobs([" world", "42", "Hello"], 6, Chance(1), ENC, 0.0)
    }
    assert {" World", "world"} <= set(tops[" world"])
    assert {"41", "43"} <= set(tops["42"])
    assert {"hello", " Hello"} <= set(tops["Hello"])
    for listed in tops[" world"] + tops["42"] + tops["Hello"]:
        assert ENC.count(listed) == 1


def test_no_tokens_give_no_entries():
    assert logprobs([], 5, Chance(1), ENC, 1.0) == []


def test_a_token_takes_microseconds():
    took = min(repeat(lambda: logprobs(PIECES, 5, Chance(1), ENC, 1.0), number=1, repeat=10))
    assert took / len(PIECES) < 10e-6  # 2.7 µs on an idle core, 5 µs is the budget
