"""The SQL of jobs: claimed by one worker at a time, each claim with a fence higher than the last."""

from typing import Any, NamedTuple

import orjson
from sqlalchemy import and_, delete, func, insert, or_, select, update

from fakeai.store.base import Tx
from fakeai.store.tables import JOBS

_T = JOBS.c
_NOBODY = ""


class Claimed(NamedTuple):
    """A job's row when it was claimed."""

    seq: int
    kind: str
    key: str
    owner: str
    payload: dict[str, Any]
    fence: int
    attempts: int


def add(tx: Tx, kind: str, key: str, owner: str, payload: dict[str, Any], run_at: float) -> None:
    """A job to be done from `run_at` on; one of the kind and key that is there already is left as it is."""
    taken = tx.execute(select(_T.seq).where(_T.kind == kind, _T.key == key)).first()
    if taken is None:
        row = {"kind": kind, "key": key, "owner": owner, "payload": orjson.dumps(payload).decode(), "run_at": run_at}
        tx.execute(insert(JOBS).values(**row, lease_until=0.0, worker=_NOBODY, fence=0, attempts=0))


def hasten(tx: Tx, kind: str, key: str, run_at: float) -> None:
    """Have a waiting job done sooner."""
    tx.execute(update(JOBS).where(_T.kind == kind, _T.key == key, _T.run_at > run_at).values(run_at=run_at))


def take(tx: Tx, kind: str, key: str, worker: str, lease_until: float) -> Claimed:
    """The job of that kind and key, from here on ours, whoever was at it."""
    found = tx.execute(select(JOBS).where(_T.kind == kind, _T.key == key).with_for_update()).one()
    ours = {"worker": worker, "lease_until": lease_until, "fence": found.fence + 1, "attempts": 1}
    tx.execute(update(JOBS).where(_T.seq == found.seq).values(ours))
    return Claimed(found.seq, kind, key, found.owner, orjson.loads(found.payload), found.fence + 1, 1)


def crowded(tx: Tx, kind: str, owner: str, most: int) -> bool:
    """Whether so many jobs of the kind are an owner's; no more of them are counted."""
    theirs = select(_T.seq).where(_T.kind == kind, _T.owner == owner).limit(most).subquery()
    return bool(tx.execute(select(func.count()).select_from(theirs)).scalar_one() >= most)


def claim(tx: Tx, kinds: list[str], worker: str, now: float, real: float, lease_s: float, most: int) -> list[Claimed]:
    """Up to `most` jobs that are due and that nobody is at (or whose worker has not been heard of), from here on ours."""
    due = and_(_T.kind.in_(kinds), _T.run_at <= now, or_(_T.worker == _NOBODY, _T.lease_until < real))
    found = tx.execute(
        select(JOBS).where(due).order_by(_T.run_at, _T.seq).limit(most).with_for_update(skip_locked=True)
    ).all()
    for row in found:
        ours = {"worker": worker, "lease_until": real + lease_s, "fence": row.fence + 1, "attempts": row.attempts + 1}
        tx.execute(update(JOBS).where(_T.seq == row.seq).values(ours))
    return [
        Claimed(row.seq, row.kind, row.key, row.owner, orjson.loads(row.payload), row.fence + 1, row.attempts + 1)
        for row in found
    ]


def held(tx: Tx, seq: int, fence: int) -> bool:
    """Whether the claim of that fence is still the last one; it stays so until this transaction is over."""
    found = tx.execute(select(_T.seq).where(_T.seq == seq, _T.fence == fence, _T.worker != _NOBODY).with_for_update())
    return found.first() is not None


def renew(tx: Tx, seq: int, fence: int, lease_until: float) -> bool:
    """Hold the claim longer; False if it is not ours any more."""
    mine = and_(_T.seq == seq, _T.fence == fence, _T.worker != _NOBODY)
    return bool(tx.execute(update(JOBS).where(mine).values(lease_until=lease_until)).rowcount)


def release(tx: Tx, seq: int, fence: int, run_at: float | None, attempts: int) -> None:
    """Let somebody do it from `run_at` on (None: when it was due)."""
    values: dict[str, Any] = {"worker": _NOBODY, "lease_until": 0.0, "attempts": attempts}
    if run_at is not None:
        values["run_at"] = run_at
    tx.execute(update(JOBS).where(_T.seq == seq, _T.fence == fence).values(values))


def let_go(tx: Tx) -> None:
    """Nobody is at any job: the rows are of another time, and whoever was at one then is not to go on."""
    tx.execute(update(JOBS).values(worker=_NOBODY, lease_until=0.0))


def done(tx: Tx, seq: int, fence: int) -> None:
    """Forget the job."""
    tx.execute(delete(JOBS).where(_T.seq == seq, _T.fence == fence))


def waiting(tx: Tx, kinds: list[str]) -> tuple[float | None, float | None]:
    """When the next job is due that nobody is at, and when the next lease ends; None for none."""
    of = select(_T.run_at).where(_T.kind.in_(kinds), _T.worker == _NOBODY).order_by(_T.run_at).limit(1)
    ends = select(_T.lease_until).where(_T.kind.in_(kinds), _T.worker != _NOBODY).order_by(_T.lease_until).limit(1)
    return tx.execute(of).scalar(), tx.execute(ends).scalar()
