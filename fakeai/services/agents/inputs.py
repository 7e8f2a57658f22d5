"""What is put into sessions: each input in a scene, refused if it fits nothing there."""

from collections.abc import Sequence
from typing import Any

from fakeai.core.errors import BadRequest
from fakeai.services.agents import progress
from fakeai.services.agents.scenes import OVER, Scene, Thread
from fakeai.store.base import Object
from fakeai.wire.agents import inputs as wire

_MOST_AT_ONCE = 100
_MOST_IN_TURN = 1_000


def check(events: Sequence[wire.Event]) -> None:
    """Refuse more messages than are taken at once. Raises BadRequest."""
    if sum(len(event.input) for event in events if isinstance(event, wire.MessageEvent)) > _MOST_AT_ONCE:
        raise BadRequest(f"Invalid 'events': expected at most {_MOST_AT_ONCE} messages in all of them.", param="events")


def apply(scene: Scene, events: Sequence[wire.Event]) -> bool:
    """Do what all of them say, in their order. Raises BadRequest, and nothing is done then."""
    for number, event in enumerate(events):
        if isinstance(event, wire.MessageEvent):
            say(scene, progress.contents(event.input))
        elif isinstance(event, wire.CancelEvent):
            if not progress.cancel(scene):
                raise BadRequest("The session has no active turn.", param=f"events[{number}]")
        elif isinstance(event, wire.ToolResultEvent):
            _take_result(scene, event)
        elif isinstance(event, wire.McpApprovalEvent):
            _take_decision(scene, event.request_id, event.response.decision)
        else:
            _take_answer(scene, event, f"events[{number}]")
    return True


def say(scene: Scene, said: Sequence[Object]) -> None:
    """A user's messages begin a turn, or go into the one that there is.

    Raises BadRequest for a session that has failed, and for a turn that has been told enough.
    """
    if scene.session["status"] == "failed":
        raise BadRequest("The session has failed, and takes no more input.")
    thread = Thread(scene.id)
    turn = scene.turn(scene.session["_turn"], thread)
    if turn is None or turn["status"] in OVER:
        progress.begin(scene, thread, said)
    elif turn["_said"] + len(said) > _MOST_IN_TURN:
        raise BadRequest(f"The turn has more than {_MOST_IN_TURN} messages, and takes no more until it is over.")
    else:
        progress.hear(scene, thread, turn, said)


def _active(scene: Scene, turn_id: str | None, unknown: BadRequest) -> tuple[Thread, Object]:
    thread = Thread(scene.id)
    turn = scene.turn(scene.session["_turn"], thread)
    if turn is None or turn["status"] in OVER or turn_id not in (None, turn["id"]):
        raise unknown
    return thread, turn


def _take_result(scene: Scene, event: wire.ToolResultEvent) -> None:
    unknown = BadRequest(f"Unknown pending tool call: {event.call_id}", code="invalid_request_error")
    thread, turn = _active(scene, event.turn_id, unknown)
    action = progress.answered(scene, turn, {"type": "function_call", "call_id": event.call_id})
    if action is None:
        raise unknown
    call = next(
        item
        for item in scene.scenes.items.every(scene.tx, scene.owner, parent=thread.parent, tag=turn["id"])
        if item["type"] == "function_call" and item["call_id"] == event.call_id
    )
    status = "completed" if event.success else "failed"
    scene.end_item({**call, "status": status}, thread, call["_index"])
    scene.add_item(
        {
            "id": scene.scenes.ids.make("aitem_"),
            "type": "function_call_output",
            "call_id": event.call_id,
            "error": None if event.success else event.error or "The call has failed.",
            "output": _output(event.output) if event.success else None,
            "status": status,
            "turn_id": turn["id"],
            **({} if turn["status"] == "waiting" else {"_step": turn["_step"]}),
        },
        thread,
    )
    if turn["status"] == "waiting":
        progress.go_on(scene, thread, turn)
    else:  # the agent did not wait, and is at work: it will hear of it when it has said what it is saying
        scene.keep_turn({**turn, "_answered": True}, thread)


def _output(given: Any) -> Any:
    """Any: text or content parts."""
    return [part.model_dump() for part in given] if isinstance(given, list) else given or ""


def _take_decision(scene: Scene, request_id: str, decision: str) -> None:
    unknown = BadRequest(f"Unknown pending approval request: {request_id}", code="invalid_request_error")
    thread, turn = _active(scene, None, unknown)
    if progress.answered(scene, turn, {"type": "mcp_approval_request", "request_id": request_id}) is None:
        raise unknown
    _decided(turn, request_id, {"decision": decision})
    progress.go_on(scene, thread, turn)


def _take_answer(scene: Scene, event: wire.ComputerApprovalEvent, param: str) -> None:
    unknown = BadRequest(f"Unknown pending approval request: {event.request_id}", code="invalid_request_error")
    thread, turn = _active(scene, None, unknown)
    known = {"type": "computer_use_approval_request", "request_id": event.request_id}
    action = progress.answered(scene, turn, known)
    if action is None:
        raise unknown
    form, answer = action["request"], event.response
    if form["type"] != answer.type:
        raise BadRequest(f"The request is of type '{form['type']}'.", param=f"{param}.response.type")
    if isinstance(answer, wire.OriginDecision):
        _decided(turn, event.request_id, {"decision": answer.decision})
    else:
        _check_form(form, answer, f"{param}.response")
        response: Object = {"type": answer.type, "action": answer.action}
        if answer.action == "submit":
            response["selected_option"] = answer.selected_option
        scene.add_item(
            {
                "id": scene.scenes.ids.make("aitem_"),
                "type": "computer_use_approval_request_result",
                "request_id": event.request_id,
                "response": response,
                "turn_id": turn["id"],
            },
            thread,
        )
        _decided(turn, event.request_id, {"decision": "approve" if answer.action == "submit" else "cancel"})
    progress.go_on(scene, thread, turn)


def _decided(turn: Object, request_id: str, decision: Object) -> None:
    """What the deed that waits for it will find."""
    turn["_decided"] = {**turn.get("_decided", {}), request_id: decision["decision"]}


def _check_form(form: Object, answer: wire.SignIn, param: str) -> None:
    """Values never go further than this: nobody keeps them."""
    if answer.action == "cancel":
        return
    given = {value.field_id: value.value for value in answer.fields or ()}
    known = {field["id"] for field in form["fields"]}
    for name in given:
        if name not in known:
            raise BadRequest(f"There is no field '{name[:100]}'.", param=f"{param}.fields")
    for field in form["fields"]:
        if field["required"] and not given.get(field["id"]):
            raise BadRequest(f"The field '{field['id']}' is required.", param=f"{param}.fields")
    options = {option["id"] for option in form["options"]}
    if options and answer.selected_option not in options:
        raise BadRequest("One of the options must be selected.", param=f"{param}.selected_option")
