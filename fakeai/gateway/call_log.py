"""Notes each call that the front door lets in and that uses a model: whose it was, what it asked for, how it ended.

Stands behind whoever lets calls in: of one without a key that counts there is no note. A note is written aside, when the call
is over: a stream's at its end, however it ends. What the door itself refuses is noted without a word of what was asked.
"""

from collections.abc import Awaitable, Mapping
from contextlib import suppress
from functools import partial
from typing import Literal

from fakeai.core.call import Call, Endpoint, Handler, Origin, Reply
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError
from fakeai.core.generation import Usage
from fakeai.core.redaction import hide
from fakeai.gateway.call_words import Asked, Heard, asked, said
from fakeai.gateway.permissions import named_model
from fakeai.gateway.refusals import ORIGIN
from fakeai.services.front.call_book import CallBook
from fakeai.services.front.door import Door
from fakeai.store.calls import CallRow

_NAME = 128
"""Characters of a model's name that are kept: it is anybody's word."""
_SHORTEST = 16
"""Characters of a key, at least."""


class CallLog:
    """In the way of calls that use a model, while the door is shut."""

    origins: frozenset[Origin] = frozenset({"http"})

    def __init__(
        self, clock: Clock, door: Door, call_book: CallBook, call_log: Literal["off", "metadata", "full"]
    ) -> None:
        self._clock = clock
        self._door = door
        self._book = call_book
        self._off = call_log == "off"
        self._words = call_log == "full"

    def applies(self, endpoint: Endpoint) -> bool:
        """Whether calls of this endpoint are to be noted."""
        return bool(endpoint.usage) and not self._off

    def __call__(self, call: Call, next: Handler) -> Awaitable[Reply]:
        """The reply as it is."""
        return self._noted(call, next) if call.principal.key and self._door.was_shut() else next(call)

    async def _noted(self, call: Call, next: Handler) -> Reply:
        try:
            reply = await next(call)
        except ApiError as error:
            refused = ORIGIN in error.headers
            with suppress(ApiError):  # of a body that nobody has read yet
                named_model(call)
            self._note(call, error.status, error.code or error.type, Asked() if refused else self._asked(call))
            raise
        except BaseException as error:
            left = not isinstance(error, Exception)
            self._note(call, 499 if left else 500, "cancelled" if left else "server_error", self._asked(call))
            raise
        if reply.lasts:
            heard = Heard() if self._words and reply.events is not None else None
            if heard is not None and reply.events is not None:
                reply.events.tap(heard.hear)
            reply.on_end(partial(self._over, call, reply, heard))
            return reply
        output = said(reply.body) if self._words else None
        self._note(call, reply.status, _failure(reply), self._asked(call), output, reply)
        return reply

    def _over(self, call: Call, reply: Reply, heard: Heard | None, error: Exception | None, cancelled: bool) -> None:
        word = "cancelled" if cancelled else ""
        if error is not None:
            word = getattr(error, "code", None) or "server_error"
        self._note(call, reply.status, word, self._asked(call), None if heard is None else heard.said(), reply)

    def _asked(self, call: Call) -> Asked:
        return asked(call, words=self._words, secrets=_shown(call.headers))

    def _note(
        self,
        call: Call,
        status: int,
        error: str,
        asked: Asked,
        output: str | None = None,
        reply: Reply | None = None,
    ) -> None:
        now, who = self._clock.now(), call.principal
        took = max(now - call.arrived, 0.0)
        usage: Usage | None = None if reply is None else reply.usage
        row = CallRow(
            self._clock.unix() - took,
            who.organization,
            who.key,
            hide(call.id),
            call.endpoint.path,
            hide(call.model)[:_NAME],
            asked.params,
            asked.prompt,
            None if output is None else asked.clean(output),
            round(took * 1_000_000),
            0 if usage is None else usage.prompt,
            0 if usage is None else usage.completion,
            reply is not None and reply.cached,
            status,
            error,
        )
        self._book.note(row)


def _failure(reply: Reply) -> str:
    """The word for what went wrong, where a reply is the refusal of somebody else."""
    if reply.status < 400:
        return ""
    told = reply.body.get("error") if isinstance(reply.body, dict) else None
    code = (told.get("code") or told.get("type")) if isinstance(told, dict) else None
    return code if isinstance(code, str) and code else "server_error"


def _shown(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The keys that a call shows, whatever they look like."""
    shown = (headers.get(name, "") for name in ("authorization", "x-api-key", "api-key"))
    values = {value.strip().rpartition(" ")[2] for value in shown}
    return tuple(value for value in values if len(value) >= _SHORTEST)
