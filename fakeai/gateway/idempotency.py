"""The same `Idempotency-Key` twice is one request: it is worked on once, and both get its answer.

Remembers answers that are JSON, or empty, and no refusal for a day, in the database, so that any process that shares it knows them.
What was refused, streamed or broken off may be tried again under its key.
"""

import re
from contextlib import suppress
from hashlib import blake2b

from fakeai.core.call import Call, Handler, Origin, Reply
from fakeai.core.clock import Clock, off_loop
from fakeai.core.errors import BadRequest
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Collection

_KEPT_S = 86_400.0
_LONGEST_WORK_S = 600.0
"""How long a first request may take; then somebody else may do it."""
_LOOK_AGAIN_S = 0.05
_MOST_KEY = 255
_BOUNDARY = re.compile(r"^multipart/.*;\s*boundary=\"?([^\";]+)", re.IGNORECASE)
_MOST_PIECES = 2_000
"""Of a form; beyond them its end is one. A form that is none to the parser, which takes fewer, does not come here."""
_INLINE = 2**18
"""Bytes of a body that is hashed on the loop."""


class Idempotency:
    """Stands behind `parse`: a body that is none claims no key. In the way only of calls that have the header."""

    origins: frozenset[Origin] = frozenset({"http"})
    header = "idempotency-key"

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._answers = Collection("idempotency")

    async def __call__(self, call: Call, next: Handler) -> Reply:
        """Raises BadRequest for a key that is none, or has been used for something else."""
        if call.endpoint.method != "POST":
            return await next(call)
        key = call.headers[self.header].strip()
        if not 0 < len(key) <= _MOST_KEY:
            raise BadRequest(f"The Idempotency-Key header must have 1 to {_MOST_KEY} characters.")
        name = _digest(f"{call.path}\n{key}".encode())
        boundary = _boundary(call.headers.get("content-type", ""))
        large = len(call.raw) > _INLINE
        asked = await off_loop(_asked, call.raw, boundary) if large else _asked(call.raw, boundary)
        known = await self._claim(call, name, asked)
        if known is not None:
            if known["asked"] != asked:
                raise BadRequest(
                    "This Idempotency-Key was used for a request with other parameters. Use another key.",
                    code="idempotency_key_reused",
                )
            return Reply(known["body"], known["status"], {"idempotent-replayed": "true"})
        return await self._work(call, next, name, asked)

    async def _work(self, call: Call, next: Handler, name: str, asked: str) -> Reply:
        owner = call.principal.owner
        try:
            reply = await next(call)
        except BaseException:
            await self._db.run(lambda tx: self._answers.delete(tx, owner, name))
            raise
        if reply.events is None and isinstance(reply.body, dict | None):
            answer = {"id": name, "asked": asked, "status": reply.status, "body": reply.body}
            with suppress(KeyError):  # it took so long that somebody else is at it
                await self._db.run(
                    lambda tx: self._answers.replace(tx, owner, answer, expires=self._db.now() + _KEPT_S)
                )
        else:
            await self._db.run(lambda tx: self._answers.delete(tx, owner, name))
        return reply

    async def _claim(self, call: Call, name: str, asked: str) -> Object | None:
        """The answer under `name`, waited for if somebody is at it; None if it is now ours to give."""
        owner = call.principal.owner
        claim = {"id": name, "asked": asked, "status": 0, "body": None}

        def take(tx: Tx) -> Object | None:
            known = self._answers.get(tx, owner, name)
            if known is None:
                self._answers.discard_expired(tx, owner, name)
                self._answers.add(tx, owner, claim, expires=self._db.now() + _LONGEST_WORK_S)
            return known

        while True:
            try:
                known = await self._db.run(take)
            except KeyError:  # another process has been quicker
                continue
            if known is None or known["status"] or known["asked"] != asked:
                return known
            await self._clock.sleep(_LOOK_AGAIN_S)


def _boundary(media_type: str) -> bytes:
    """What stands between the parts of a form; empty for a body that is none."""
    found = _BOUNDARY.search(media_type)
    return b"--" + found[1].strip().encode() if found else b""


def _asked(raw: bytes, boundary: bytes) -> str:
    """What two bodies that ask for the same have in common: clients draw a form's boundary anew each time.

    A form's is that of its pieces, each with its length, so that no bytes of a file look like the end of one. Copies none.
    """
    if not boundary:
        return _digest(raw)
    pieces, whole, at, left = blake2b(digest_size=16), memoryview(raw), 0, _MOST_PIECES
    while at <= len(raw):
        end = raw.find(boundary, at) if left else -1
        end = len(raw) if end < 0 else end
        pieces.update((end - at).to_bytes(8))
        pieces.update(whole[at:end])
        at = end + len(boundary)
        left -= 1
    return pieces.hexdigest()


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()
