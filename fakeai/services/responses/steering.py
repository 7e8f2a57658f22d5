"""What a socket knows of its responses: which is under way, what they said, and what was said to them in between."""

from collections import OrderedDict
from typing import Any, NamedTuple

import orjson

from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject
from fakeai.services.responses.responses import Responses

_REMEMBERED = 8
"""Responses that a socket can go on from though they are not kept."""
_ANSWERS: JsonObject = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "computer_call": "computer_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
}


class _Known(NamedTuple):
    """A response of the socket: what it was asked, what it said, and on which lane."""

    body: JsonObject
    output: list[JsonObject]
    lane: str


class Steering:
    """The responses of one socket."""

    def __init__(self, responses: Responses, owner: str) -> None:
        self._responses = responses
        self._owner = owner
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._begun: dict[str, tuple[JsonObject, str]] = {}
        self._waiting: dict[str, list[Any]] = {}
        self._number = 0

    def look(self, document: bytes, body: JsonObject, lane: str) -> None:
        """See an event on its way to the client."""
        if document.startswith(b'{"type":"response.created"'):
            self._begun[orjson.loads(document)["response"]["id"]] = body, lane
        elif document.startswith((b'{"type":"response.completed"', b'{"type":"response.incomplete"')):
            response = orjson.loads(document)["response"]
            self._end(response["id"], body, response["output"], lane)

    def resumed(self, body: JsonObject) -> JsonObject:
        """A request with what it goes on from, if only this socket knows that, and with what was said to it meanwhile."""
        previous = body.get("previous_response_id")
        if not isinstance(previous, str):
            return body
        said = self._waiting.pop(previous, [])
        known = self._known.get(previous)
        if known is not None and known.body.get("store") is False:
            before = [*_items(known.body.get("input")), *known.output]
            body = {key: value for key, value in body.items() if key != "previous_response_id"}
            earlier = known.body.get("previous_response_id")
            if earlier:
                body["previous_response_id"] = earlier
            body["input"] = [*before, *_items(body.get("input"))]
        if said:
            body = {**body, "input": [*_items(body.get("input")), *said]}
        return body

    async def steer(self, event: JsonObject) -> list[tuple[bytes, JsonObject | None]]:
        """Say something to a response: the events of that, each with the request that follows from it, if any."""
        previous, said = event.get("previous_response_id"), event.get("input")
        if not isinstance(previous, str):
            raise BadRequest(
                "Missing required parameter: 'previous_response_id'.",
                param="previous_response_id",
                code="missing_required_parameter",
            )
        if not said or not isinstance(said, str | list):
            return [self._failed(previous, said or "", "invalid_input", "A steer needs an input.")]
        begun, known = self._begun.get(previous), self._known.get(previous)
        if begun is not None:
            cut = self._responses.interrupt(self._owner, previous)
            if cut is None:
                return [self._failed(previous, said, "response_not_active", "The response is not under way.")]
            body, lane = begun
            told = [(unframed(document), None) for document in cut]
            self.look(told[-1][0], body, lane)
            return [self._accepted(previous), *told[:-1], (told[-1][0], self._successor(body, previous, said, lane))]
        if known is None:
            return [self._failed(previous, said, "response_not_found", f"Response '{previous}' not found.")]
        missing = _required(known.output)
        if not missing:
            message = f"Response '{previous}' is over already."
            return [self._failed(previous, said, "response_already_completed", message)]
        self._waiting.setdefault(previous, []).extend(_items(said))
        return [self._pending(previous, missing)]

    def inject(self, event: JsonObject) -> bytes:
        """Put items into a response that is under way, for what goes on from it: the event of that."""
        name, said = event.get("response_id"), event.get("input")
        if not isinstance(name, str):
            raise BadRequest(
                "Missing required parameter: 'response_id'.", param="response_id", code="missing_required_parameter"
            )
        if not isinstance(said, list) or not said:
            raise BadRequest("Invalid type for 'input': expected an array of objects.", param="input")
        told: JsonObject = {"type": "response.inject.created", "sequence_number": 0, "response_id": name}
        if name in self._begun:
            self._waiting.setdefault(name, []).extend(said)
            return orjson.dumps(told)
        known = name in self._known
        code, what = ("response_already_completed", "is over already") if known else ("response_not_found", "not found")
        error = {"code": code, "message": f"Response '{name[:200]}' {what}."}
        return orjson.dumps({**told, "type": "response.inject.failed", "input": said, "error": error})

    def _end(self, name: str, body: JsonObject, output: list[JsonObject], lane: str) -> None:
        self._begun.pop(name, None)
        self._known[name] = _Known(body, output, lane)
        while len(self._known) > _REMEMBERED:
            gone, _ = self._known.popitem(last=False)
            self._waiting.pop(gone, None)

    def _successor(self, body: JsonObject, previous: str, said: Any, lane: str) -> JsonObject:
        later = {key: value for key, value in body.items() if key not in ("conversation", "input", "stream")}
        if "conversation" in body:
            later["conversation"] = body["conversation"]
            later.pop("previous_response_id", None)
        else:
            later["previous_response_id"] = previous
        return {**later, "type": "response.create", "input": said, **({"stream_id": lane} if lane else {})}

    def _steer(self, previous: str) -> JsonObject:
        self._number += 1
        return {"id": Ids(f"{previous}\n{self._number}".encode()).make("steer_"), "previous_response_id": previous}

    def _accepted(self, previous: str) -> tuple[bytes, None]:
        told = {"type": "response.steer.accepted", "sequence_number": 0, "steer": self._steer(previous)}
        return orjson.dumps(told), None

    def _pending(self, previous: str, missing: list[JsonObject]) -> tuple[bytes, None]:
        told = {
            "type": "response.steer.pending",
            "sequence_number": 0,
            "steer": self._steer(previous),
            "reason": "waiting_for_required_input",
            "required_input": missing,
        }
        return orjson.dumps(told), None

    def _failed(self, previous: str, said: Any, code: str, message: str) -> tuple[bytes, None]:
        told = {
            "type": "response.steer.failed",
            "sequence_number": 0,
            "steer": {**self._steer(previous), "input": said},
            "error": {"type": "invalid_request_error", "code": code, "message": message},
        }
        return orjson.dumps(told), None


def unframed(event: bytes) -> bytes:
    """The JSON of an event of a stream over HTTP."""
    return event[event.index(b"\ndata: ") + 7 : -2]


def _items(said: Any) -> list[Any]:
    """An input as items. Any: as a client has sent it."""
    if said is None:
        return []
    if isinstance(said, str):
        return [{"type": "message", "role": "user", "content": said}]
    return list(said)


def _required(output: list[JsonObject]) -> list[JsonObject]:
    """What a response waits for before it can go on."""
    missing: list[JsonObject] = []
    for item in output:
        kind = _ANSWERS.get(item["type"])
        if kind is not None:
            named = {"name": item["name"]} if kind == "function_call_output" else {}
            missing.append({"type": kind, "call_id": item["call_id"], **named})
        elif item["type"] == "mcp_approval_request":
            missing.append({"type": "mcp_approval_response", "approval_request_id": item["id"]})
    return missing
