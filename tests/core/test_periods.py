"""Periods end later than now, whenever that is."""

from datetime import UTC, datetime

import pytest

from fakeai.core.periods import end_of


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-01-31T23:59:59", "2026-02-01"),
        ("2026-02-01T00:00:00", "2026-03-01"),
        ("2026-12-05T10:00:00", "2027-01-01"),
        ("2028-02-29T12:00:00", "2028-03-01"),
    ],
)
def test_a_month_ends_with_the_calendar(now: str, end: str) -> None:
    assert end_of("month", epoch(now)) == epoch(end)


def test_thirty_days_are_thirty_days() -> None:
    assert end_of("30d", epoch("2026-02-20T06:00:00")) == epoch("2026-03-22T06:00:00")
