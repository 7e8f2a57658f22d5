"""Responses that are kept: shown, told again as streams, listed by what they were given, cancelled and deleted."""

from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject
from fakeai.services.base import synthesizes
from fakeai.services.resource import SYNTHESIZED, listed, no_such_cursor
from fakeai.services.responses.replay import replayed
from fakeai.services.responses.responses import Responses
from fakeai.services.responses.rows import GIVEN, OVER
from fakeai.store.base import Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.listing import ListQuery

_ONE = "/responses/{response_id}"
_TAG = "Responses"


class StoredResponses:
    """`/responses/{response_id}`. Everybody sees only what their organization and project has made."""

    ENDPOINTS = (
        Endpoint("GET", _ONE, "retrieve", "Get a response, or its stream once more", reply="events", tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a response", tag=_TAG),
        Endpoint("POST", _ONE + "/cancel", "cancel", "Stop making a response in the background", tag=_TAG),
        Endpoint("GET", _ONE + "/input_items", "input_items", "List what a response was given", tag=_TAG),
    )

    def __init__(self, responses: Responses, *, synthesize: bool) -> None:
        self._rows = responses.rows
        self._told = responses.told
        self._background = responses.background
        self._synthesize = synthesize

    async def retrieve(self, call: Call) -> Reply:
        """A response as it is, or with `stream=true` its events from `starting_after` on. Raises NotFound, BadRequest."""
        row = await self._get(call)
        if _flag(call, "stream"):
            after = _number(call, "starting_after")
            if "_told" in row or row["status"] not in OVER:
                return Reply(events=self._told.follow(call.principal.owner, row["id"], after), framed=True)
            return Reply(events=replayed(shown(row), after), framed=True)
        return Reply(shown(row))

    async def delete(self, call: Call) -> Reply:
        """Forget a response. Raises NotFound."""
        await self._rows.settled()
        name, owner = call.params["response_id"], call.principal.owner

        def forget(tx: Tx, row: Object) -> None:
            self._told.events.delete_children(tx, owner, name)

        row = await self._rows.responses.remove(call, name, then=forget)
        if row["status"] not in OVER and SYNTHESIZED not in row:
            self._told.ring(name)
        return Reply({"id": name, "object": "response", "deleted": True})

    async def cancel(self, call: Call) -> Reply:
        """Stop making a response. Raises NotFound, and BadRequest for one that is not made in the background."""
        row = await self._get(call)
        if SYNTHESIZED in row:
            return Reply({**shown(row), "status": "cancelled"})
        if not row["background"]:
            raise BadRequest("Cannot cancel a synchronous response.")
        found = await self._background.cancel(call.principal.owner, row["id"])
        return Reply(shown(found or row))

    async def input_items(self, call: Call) -> Reply:
        """A page of a response's input, the newest first unless told otherwise. Raises NotFound, BadRequest."""
        query = ListQuery.from_query(call.query, order="desc")
        row = await self._get(call)
        items: list[JsonObject] = row.get(GIVEN, [])
        if query.newest_first:
            items = items[::-1]
        ids = [item["id"] for item in items]
        for name, cursor in (("after", query.after), ("before", query.before)):
            if cursor is None:
                continue
            if cursor in ids:
                at = ids.index(cursor)
                items = items[at + 1 :] if name == "after" else items[:at]
            elif not synthesizes(call, self._synthesize):
                raise no_such_cursor(name, cursor)
        return Reply(listed(items[: query.limit], len(items) > query.limit))

    async def _get(self, call: Call) -> Object:
        await self._rows.settled()
        return await self._rows.responses.get(call, call.params["response_id"])


def _flag(call: Call, name: str) -> bool:
    given = call.query.get(name)
    return given is not None and given[-1:] in (["true"], ["1"])


def _number(call: Call, name: str) -> int:
    given: Any = call.query.get(name)
    if not given:
        return -1
    if not (given[-1].isascii() and given[-1].isdigit()) or len(given[-1]) > 9:
        raise BadRequest(f"Invalid value for '{name}': expected a non-negative integer.", param=name)
    return int(given[-1])
