"""Sums, worked out exactly."""

import pytest

from fakeai.content.arithmetic import evaluate


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2+2", "4"),
        ("12 x 7", "84"),
        ("(1+2)*3^2", "27"),
        ("-5 + 3", "-2"),
        ("7/2", "3.5"),
        ("1/3", "0.3333333333"),
        ("1,000 * 3", "3000"),
        ("2**10", "1024"),
        ("10 % 4", "2"),
        ("0.1 + 0.2", "0.3"),
        ("8 ÷ 2 × 3", "12"),
    ],
)
def test_sums_have_their_value(expression, value):
    assert evaluate(expression) == value


@pytest.mark.parametrize(
    "expression",
    ["", "2+", "1/0", "((((", "2 apples", "9" * 30, "(" * 40 + "1" + ")" * 40, "9^99999", "((9^64)^64)^64", "0^-1"],
)
def test_what_is_no_sum_or_too_large_has_none(expression):
    assert evaluate(expression) is None
