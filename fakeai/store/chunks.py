"""The SQL of passages: what the files of vector stores say, in pieces, each with what an index needs of it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import and_, delete, insert, or_, select

from fakeai.store.base import Tx
from fakeai.store.tables import CHUNKS

_T = CHUNKS.c
_AT_ONCE = 200


class Passage(NamedTuple):
    """A piece of a file. Up to the character `fresh` it repeats the piece before; the rest is what an index needs."""

    number: int
    text: str
    fresh: int
    vector: bytes
    terms: bytes
    counts: bytes
    words: int


class Indexed(NamedTuple):
    """What an index is made of: which passage of which file, and what is known of it."""

    file: str
    number: int
    vector: bytes
    terms: bytes
    counts: bytes
    words: int


def put(tx: Tx, store: str, file: str, passages: Iterable[Passage]) -> None:
    """Keep a file's passages, in place of those it had."""
    forget(tx, store, file)
    rows = [{"store": store, "file": file, **passage._asdict()} for passage in passages]
    for at in range(0, len(rows), _AT_ONCE):
        tx.execute(insert(CHUNKS), rows[at : at + _AT_ONCE])


def forget(tx: Tx, store: str, file: str | None = None) -> None:
    """Remove the passages of a file, or of all files of a store."""
    tx.execute(delete(CHUNKS).where(_T.store == store, *(() if file is None else (_T.file == file,))))


def indexed(tx: Tx, store: str) -> list[Indexed]:
    """All passages of a store, by file and number."""
    wanted = select(_T.file, _T.number, _T.vector, _T.terms, _T.counts, _T.words)
    found = tx.execute(wanted.where(_T.store == store).order_by(_T.file, _T.number))
    return [Indexed(*row) for row in found]


def texts(tx: Tx, store: str, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The text of some passages, by file and number."""
    if not wanted:
        return {}
    # The store stands in each of them, so that SQLite looks up rows and does not look through all of the store's.
    these = or_(*(and_(_T.store == store, _T.file == file, _T.number == number) for file, number in wanted))
    rows = tx.execute(select(_T.file, _T.number, _T.text).where(these))
    return {(row.file, row.number): row.text for row in rows}


def text(tx: Tx, store: str, file: str) -> Iterator[str]:
    """What each passage of a file adds, in order: together the file's text. Not to be iterated beyond the transaction."""
    rows = tx.execute(select(_T.text, _T.fresh).where(_T.store == store, _T.file == file).order_by(_T.number))
    return (row.text[row.fresh :] for row in rows)
