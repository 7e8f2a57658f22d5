"""When a cron expression next comes true: five fields, in a time zone.

A day matches if the day of the month or the day of the week does, where both are restricted, as cron has it. Times that
a zone leaves out are left out; those that it has twice come true once.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from fakeai.core.errors import BadRequest

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(\*|[a-z]{3}|[0-9]{1,2})(?:-([a-z]{3}|[0-9]{1,2}))?(?:/([0-9]{1,2}))?", re.IGNORECASE)
_FARTHEST_DAYS = 366 * 8
"""No expression that comes true at all takes longer: there is a leap year in every eight."""


class Schedule(NamedTuple):
    """Values that match, by field."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool
    """Whether a day matches by either of its two fields."""

    def after(self, at: float, zone: ZoneInfo) -> float | None:
        """The first epoch second after `at` that matches; None if there is none."""
        start = datetime.fromtimestamp(at, zone)
        for ahead in range(_FARTHEST_DAYS):
            day = start.date() + timedelta(days=ahead)
            if self._on(day):
                found = self._within(day, at, zone)
                if found is not None:
                    return found
        return None

    def _on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_month, by_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_month or by_week if self.either else by_month and by_week

    def _within(self, day: date, at: float, zone: ZoneInfo) -> float | None:
        for hour in self.hours:
            for minute in self.minutes:
                local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                there = local.astimezone(UTC).astimezone(zone)
                if local.timestamp() > at and (there.hour, there.minute) == (hour, minute):
                    return local.timestamp()
        return None


def schedule(expression: str) -> Schedule:
    """A cron expression. Raises BadRequest."""
    words = expression.split()
    if len(words) != len(_FIELDS):
        raise _bad(f"expected {len(_FIELDS)} fields, but got {len(words)}")
    minutes, hours, days, months, weekdays = (_values(word, *field) for word, field in zip(words, _FIELDS, strict=True))
    weekdays = frozenset(day % 7 for day in weekdays)
    either = not words[2].startswith("*") and not words[4].startswith("*")
    return Schedule(tuple(sorted(minutes)), tuple(sorted(hours)), days, months, weekdays, either)


def zone_of(name: str) -> ZoneInfo:
    """An IANA time zone. Raises BadRequest."""
    try:
        if not re.fullmatch(r"[A-Za-z0-9_+/-]+", name):
            raise ValueError
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise BadRequest(f"Invalid 'timezone': '{name[:100]}' is no IANA time zone.", param="timezone") from None


def _values(word: str, name: str, least: int, most: int) -> frozenset[int]:
    found: set[int] = set()
    for part in word.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise _bad(f"'{part[:50]}' is no {name}")
        low, high, step = match.groups()
        first = least if low == "*" else _number(low, name)
        last = most if low == "*" or (high is None and step) else first
        last = last if high is None else _number(high, name)
        if not least <= first <= last <= most or step == "0":
            raise _bad(f"'{part[:50]}' is no {name}: it is from {least} to {most}")
        found.update(range(first, last + 1, int(step or 1)))
    return frozenset(found)


def _number(word: str, name: str) -> int:
    if word.isdigit():
        return int(word)
    words, first = (_MONTHS, 1) if name == "month" else (_DAYS, 0) if name == "day of the week" else ((), 0)
    if word.lower() not in words:
        raise _bad(f"'{word[:50]}' is no {name}")
    return words.index(word.lower()) + first


def _bad(why: str) -> BadRequest:
    return BadRequest(f"Invalid 'expression': {why}.", param="expression")
