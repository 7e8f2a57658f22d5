"""When cron expressions come true."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from fakeai.core.errors import BadRequest
from fakeai.services.agents.schedule import schedule, zone_of


def following(expression: str, after: str, zone: str = "UTC", count: int = 1) -> list[str]:
    at = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone)).timestamp()
    found = []
    for _ in range(count):
        at = schedule(expression).after(at, ZoneInfo(zone)) or 0.0
        found.append(datetime.fromtimestamp(at, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("* * * * *", ["2026-11-28 15:01", "2026-11-28 15:02"]),
        ("*/20 * * * *", ["2026-11-28 15:20", "2026-11-28 15:40"]),
        ("0 9 * * mon-fri", ["2026-11-30 09:00", "2026-12-01 09:00"]),
        ("30 8,20 * * *", ["2026-11-28 20:30", "2026-11-29 08:30"]),
        ("0 0 1 jan *", ["2027-01-01 00:00", "2028-01-01 00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0 0 1 * 7", ["2026-11-29 00:00", "2026-12-01 00:00"]),
        ("5/30 0 * * *", ["2026-11-29 00:05", "2026-11-29 00:35"]),
    ],
)
def test_the_next_times_are_those_of_cron(expression: str, wanted: list[str]) -> None:
    assert following(expression, "2026-11-28T15:00:30", count=2) == wanted


def test_a_time_that_the_zone_leaves_out_is_left_out() -> None:
    assert following("30 2 * * *", "2026-03-28T12:00", "Europe/Berlin", 2) == ["2026-03-30 02:30", "2026-03-31 02:30"]


def test_a_time_that_the_zone_has_twice_comes_true_once() -> None:
    assert following("30 2 * * *", "2026-10-24T12:00", "Europe/Berlin", 2) == ["2026-10-25 02:30", "2026-10-26 02:30"]


def test_a_day_that_there_never_is_never_comes() -> None:
    assert schedule("0 0 31 2 *").after(datetime(2026, 1, 1, tzinfo=UTC).timestamp(), ZoneInfo("UTC")) is None


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "5-1 * * * *",
        "x * * * *",
        "* * * mon *",
        "* * * * jan",
        "@daily",
        "1,,2 * * * *",
        "-1 * * * *",
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(BadRequest) as refused:
        schedule(expression)
    assert refused.value.param == "expression"


def test_zones_are_those_of_iana() -> None:
    assert zone_of("Europe/Berlin").key == "Europe/Berlin"
    for name in ("Mars/Base", "../etc/passwd", "", "/etc/localtime"):
        with pytest.raises(BadRequest):
            zone_of(name)
