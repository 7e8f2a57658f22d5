"""One step of a turn: what the model is asked, and what follows from its answer. All of it from rows as they are."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeai.core.chance import Chance, Ids
from fakeai.core.errors import ApiError
from fakeai.core.generation import GenerateRequest
from fakeai.services.agents.scenes import Scene, Thread
from fakeai.store.base import Object
from fakeai.wire.agents.turns import TurnError

_SUMMARY_TOKENS = 60

_CODES: Mapping[str, str] = MappingProxyType(
    {"context_length_exceeded": "context_length_exceeded", "model_not_found": "resource_not_found"}
)
_STATUSES: Mapping[int, str] = MappingProxyType(
    {400: "invalid_request", 404: "resource_not_found", 429: "rate_limit_exceeded", 503: "server_overloaded"}
)


class View(NamedTuple):
    """A turn as it is when it is looked at."""

    session: Object
    turn: Object
    items: Sequence[Object]


def ask(thread: Thread, scene: Scene, turn: Object) -> Object:
    """A step begins, or is gone on with: what was said until then is what it answers."""
    if turn.get("_asked") != turn["_step"]:
        turn.update(_asked=turn["_step"], _heard=turn["_said"])
        if scene.session["agent"]["experimental"]["time_awareness"]:
            from datetime import UTC, datetime

            turn["_time"] = f"The current time is {datetime.fromtimestamp(scene.now, UTC):%Y-%m-%d %H:%M} UTC."
        scene.keep_turn(turn, thread)
    return turn


def heard(view: View) -> list[Object]:
    """Items without those of this step, and without what was said since it began."""
    turn, found, said = view.turn, [], 0
    for item in view.items:
        if item["turn_id"] == turn["id"]:
            if item.get("_step") == turn["_step"]:
                continue
            if item["type"] == "message" and item["role"] == "user":
                said += 1
                if said > turn["_heard"]:
                    continue
        found.append(item)
    return found


def wanted(item: Object) -> Any:
    """The required action of a function call. Any: as sessions tell it."""
    names = ("turn_id", "call_id", "name", "arguments")
    return {"type": "function_call", **{name: item[name] for name in names}}


def patient(agent: Object, calls: Sequence[Object]) -> bool:
    """Whether the agent goes on without the results of these calls: all are of functions that it need not wait for."""
    aside = {tool["name"] for tool in agent["tools"] if tool["type"] == "function" and tool.get("async")}
    return all(call["name"] in aside for call in calls)


def ids_of(turn: Object) -> Ids:
    """Ids of one step, the same whenever it is done again."""
    return Ids(blake2b(f"{turn['id']} {turn['_step']}".encode()).digest())


def thoughts(request: GenerateRequest) -> list[str]:
    """A summary of what was thought about a request, in pieces."""
    from fakeai.content import reasoning
    from fakeai.content.tokens import encoding

    enc = encoding(request.model.encoding)
    said = reasoning.reasoning(request, Chance(request.digest).stream("summary"), enc, _SUMMARY_TOKENS)
    return [*enc.pieces("**Thinking it over**\n\n"), *said]


def told_error(error: ApiError) -> TurnError:
    code = _CODES.get(error.code or "") or _STATUSES.get(error.status, "server_error")
    return {"code": code, "message": error.message}
