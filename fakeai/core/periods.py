"""Periods that quotas are of: the calendar month in UTC, or thirty days from the first use."""

from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

Period: TypeAlias = Literal["month", "30d"]
_ROLLING = timedelta(days=30)


def end_of(period: Period, now: float) -> float:
    """When a period that is under way, or begins, at the epoch second `now` ends: always later than that."""
    at = datetime.fromtimestamp(now, UTC)
    if period == "30d":
        return (at + _ROLLING).timestamp()
    first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1).timestamp()
