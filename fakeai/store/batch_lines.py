"""The SQL of answered lines of batches: each line once, however often it is worked on."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from fakeai.store.base import Tx
from fakeai.store.tables import BATCH_LINES

_T = BATCH_LINES.c
_PAGE = 1_000


class Answered(NamedTuple):
    """A line of the output file, or of the error file if it has `failed`."""

    line: int
    failed: bool
    input: int
    cached: int
    output: int
    reasoning: int
    data: str


class Sums(NamedTuple):
    """Of all lines of a batch so far."""

    completed: int
    failed: int
    input: int
    cached: int
    output: int
    reasoning: int


def put(tx: Tx, batch: str, lines: Sequence[Answered]) -> None:
    """Keep answers; a line that has one already keeps it."""
    into = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    rows = [{"batch": batch, **line._asdict()} for line in lines]
    if rows:
        tx.execute(into(BATCH_LINES).on_conflict_do_nothing(), rows)


def numbers(tx: Tx, batch: str) -> set[int]:
    """The lines that have an answer."""
    return set(tx.execute(select(_T.line).where(_T.batch == batch)).scalars())


def sums(tx: Tx, batch: str) -> Sums:
    """How many lines are answered, and the tokens they took."""
    failed = func.coalesce(func.sum(case((_T.failed, 1), else_=0)), 0)
    tokens = (func.coalesce(func.sum(column), 0) for column in (_T.input, _T.cached, _T.output, _T.reasoning))
    row = tx.execute(select(func.count(), failed, *tokens).where(_T.batch == batch)).one()
    count, wrong, *rest = (int(value) for value in row)
    return Sums(count - wrong, wrong, *rest)


def every(tx: Tx, batch: str, failed: bool) -> Iterator[str]:
    """The lines of one of the two files, in the order of the input; not to be iterated beyond the transaction."""
    last = 0
    while True:
        of = (_T.batch == batch, _T.failed == failed, _T.line > last)
        rows = tx.execute(select(_T.line, _T.data).where(*of).order_by(_T.line).limit(_PAGE)).all()
        yield from (row.data for row in rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1].line


def forget(tx: Tx, batch: str) -> None:
    """Remove the lines of a batch."""
    tx.execute(delete(BATCH_LINES).where(_T.batch == batch))
