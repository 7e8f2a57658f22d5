"""Calls that the front door has let in: a row each, the oldest of which go."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from fakeai.store.base import Tx


class CallRow(NamedTuple):
    """One of them. `at` is the epoch second of its arrival, `params` JSON; `prompt` and `output` are None where not kept."""

    at: float
    organization: str
    key: str
    request_id: str
    route: str
    model: str
    params: str
    prompt: str | None
    output: str | None
    latency_us: int
    prompt_tokens: int
    completion_tokens: int
    cached: bool
    status: int
    error: str


class Wanted(NamedTuple):
    """Which: those of an organization, from `start` to `end` (excluded), for which all that is not None is so."""

    organization: str
    start: float | None = None
    end: float | None = None
    key: str | None = None
    model: str | None = None
    route: str | None = None
    status: int | None = None
    cached: bool | None = None


class CallSum(NamedTuple):
    """What calls to one model with one key come to."""

    model: str
    key: str
    requests: int
    errors: int
    cached: int
    prompt_tokens: int
    completion_tokens: int
    latency_us: int


def add(tx: Tx, rows: Sequence[CallRow], limit: int) -> None:
    """Add rows; of all that there are then, the newest `limit` stay."""
    from sqlalchemy import delete, func, insert, select

    from fakeai.store.tables import CALLS

    tx.execute(insert(CALLS), [row._asdict() for row in rows])
    newest = select(func.max(CALLS.c.seq)).scalar_subquery()
    tx.execute(delete(CALLS).where(CALLS.c.seq <= newest - limit))


def page(tx: Tx, wanted: Wanted, limit: int, offset: int) -> tuple[list[tuple[int, CallRow]], int]:
    """Some with their numbers, the newest first, and how many there are."""
    from sqlalchemy import func, select

    from fakeai.store.tables import CALLS

    of, these = CALLS.c, _these(wanted)
    columns = [of[name] for name in CallRow._fields]
    found = select(of.seq, *columns).where(*these).order_by(of.at.desc(), of.seq.desc()).limit(limit).offset(offset)
    total = tx.execute(select(func.count()).select_from(CALLS).where(*these)).scalar()
    return [(int(row[0]), CallRow(*row[1:])) for row in tx.execute(found)], int(total or 0)


def sums(tx: Tx, wanted: Wanted) -> list[CallSum]:
    """What they come to, by model and key."""
    from sqlalchemy import case, func, select

    from fakeai.store.tables import CALLS

    of = CALLS.c
    numbers = (
        func.count(),
        func.sum(case((of.error != "", 1), else_=0)),
        func.sum(case((of.cached, 1), else_=0)),
        func.sum(of.prompt_tokens),
        func.sum(of.completion_tokens),
        func.sum(of.latency_us),
    )
    by = of.model, of.key
    found = tx.execute(select(*by, *numbers).where(*_these(wanted)).group_by(*by).order_by(*by))
    return [CallSum(row[0], row[1], *map(int, row[2:])) for row in found]


def _these(wanted: Wanted) -> list[Any]:
    """The conditions. Any: expressions of SQLAlchemy's, which is not to be imported before it is needed."""
    from fakeai.store.tables import CALLS

    of = CALLS.c
    found: list[Any] = [of.organization == wanted.organization]
    if wanted.start is not None:
        found.append(of.at >= wanted.start)
    if wanted.end is not None:
        found.append(of.at < wanted.end)
    for name in ("key", "model", "route", "status", "cached"):
        value = getattr(wanted, name)
        if value is not None:
            found.append(of[name] == value)
    return found
