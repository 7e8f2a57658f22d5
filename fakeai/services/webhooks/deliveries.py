"""Events on their way: one job for each event and endpoint, tried until it has arrived or three days are over.

A job is added in the transaction that brings the event about. It is delivered at least once, in no order that could be
relied on; all tries have the same `webhook-id`.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log2
from typing import Any, TypeAlias

import orjson

from fakeai.core.clock import WallClock, within
from fakeai.services.webhooks.sending import Outcome, Sender
from fakeai.services.webhooks.signing import signed
from fakeai.store.base import Database, Tx
from fakeai.store.jobs import Job, Jobs, Later
from fakeai.wire.webhooks.events import Event

KIND = "webhook"
RETRIED_S = 72 * 3600.0
"""Seconds in which an event is tried to be delivered."""

_FIRST_RETRY_S = 5.0
_AT_ONCE = 16
_AT_ONCE_EACH = 4
"""Of one endpoint: one that hangs is not to take all the places."""
_MOST_UNDER_WAY = 10_000
_PATIENCE_S = 0.25
_SPACING_S = 0.1
_GONE = 410

_log = logging.getLogger("fakeai.webhooks")


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where an event goes now, and the secrets that are good for it now."""

    url: str
    secrets: Sequence[str]


Find: TypeAlias = Callable[[Tx, str, str], Receiver | None]
"""The receiver of an owner's event by its name; None if there is no such any more."""


class Deliveries:
    """What is under way, and how it gets there."""

    def __init__(self, db: Database, jobs: Jobs, sender: Sender, find: Find) -> None:
        self._db = db
        self._jobs = jobs
        self._sender = sender
        self._find = find
        self._real = WallClock()
        self._gates: dict[str, _Gate] = {}
        jobs.register(KIND, self._work, apart=_AT_ONCE)

    def add(self, tx: Tx, owner: str, receiver: str, message: str, event: Event) -> None:
        """Have an event delivered once this transaction is committed. `message` is what its receiver knows it by.

        Receivers that are away for long do not fill the database: of an owner with too many events under way, no more are kept.
        """
        if self._jobs.crowded(tx, KIND, owner, _MOST_UNDER_WAY):
            _log.warning(
                "the event %s is dropped: %d others of its project are under way", event["id"], _MOST_UNDER_WAY
            )
            return
        payload = {"receiver": receiver, "event": event, "since": self._db.now()}
        self._jobs.add(tx, KIND, message, owner, payload)

    async def post(self, to: Receiver, message: str, event: Mapping[str, Any]) -> Outcome:
        """Send it once, whatever comes of it. Any: an Event, or what is kept of one."""
        body = orjson.dumps(event)
        # True time: it is compared with the receiver's own clock, whatever ours says.
        return await self._sender.send(to.url, signed(message, int(self._real.unix()), body, to.secrets), body)

    async def _work(self, job: Job) -> None:
        """Try once. Raises Later for what has not arrived."""
        name = job.payload["receiver"]
        to = await self._db.read(lambda tx: self._find(tx, job.owner, name))
        if to is None:
            return
        gate = self._gates.setdefault(to.url, _Gate())
        if not await gate.enter():
            raise Later(gate.turn(self._db.now()))
        try:
            outcome = await self.post(to, job.key, job.payload["event"])
        finally:
            if gate.leave():
                del self._gates[to.url]
        if outcome.arrived or outcome.status == _GONE:
            return
        name = name.partition("?")[0]
        told = f"answered {outcome.status}" if outcome.status is not None else outcome.fault
        at = next_try(job.payload["since"], self._db.now())
        if at is None:
            _log.warning(
                "the event %s is given up: the webhook endpoint %s: %s", job.payload["event"]["id"], name, told
            )
            return
        _log.info("the event %s is tried again: the webhook endpoint %s: %s", job.payload["event"]["id"], name, told)
        raise Later(at)


class _Gate:
    """Lets a few in at once. Who has waited a little while in vain comes back at a time of its own."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE_EACH)
        self._here = 0
        self._next = 0.0

    async def enter(self) -> bool:
        self._here += 1
        try:
            async with within(_PATIENCE_S):
                await self._free.acquire()
        except TimeoutError:
            self._here -= 1
            return False
        return True

    def leave(self) -> bool:
        """Whether nobody is here any more."""
        self._free.release()
        self._here -= 1
        return not self._here

    def turn(self, now: float) -> float:
        self._next = max(self._next, now) + _SPACING_S
        return self._next


def next_try(since: float, now: float) -> float | None:
    """When an event of `since` that has not arrived by `now` is tried again: 5 s after it came about, 10 s, 20 s, …

    It follows from the time alone, so that whoever carries it on goes on where it was. None when three days are over.
    """
    passed = now - since
    if passed >= RETRIED_S:
        return None
    after = _FIRST_RETRY_S
    if passed >= after:
        after *= 2 ** ceil(log2((passed + 0.5) / _FIRST_RETRY_S))
    return since + min(after, RETRIED_S)
