"""How turns begin, wait, go on and end: each step within one scene."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from fakeai.services.agents import budget
from fakeai.services.agents.scenes import OVER, Scene, Thread
from fakeai.store.base import Object
from fakeai.wire.agents.inputs import InputMessage
from fakeai.wire.agents.sessions import RequiredAction, TokenUsage
from fakeai.wire.agents.turns import Turn, TurnError

NOTHING: Mapping[str, int] = {"input": 0, "cached": 0, "output": 0, "reasoning": 0}
"""Tokens of a turn that has used none."""

_UNFINISHED = "in_progress"


def begin(scene: Scene, thread: Thread, said: Sequence[Object]) -> Object:
    """A turn that answers what is said: contents of messages."""
    told: Turn = {
        "id": scene.scenes.ids.make("aturn_"),
        "object": "agent.session.turn",
        "agent_id": thread.subagent_id or scene.session["agent"]["id"],
        "session_id": scene.id,
        "subagent_id": thread.subagent_id or None,
        "status": "queued",
        "created_at": int(scene.now),
        "started_at": None,
        "completed_at": None,
        "error": None,
        "usage": None,
        "prompt_cache_options": scene.session.get("prompt_cache_options"),
    }
    turn: Object = {
        **told,
        "_round": 0,
        "_index": 0,
        "_plan": None,
        "_at": 0,
        "_begun": "",
        "_step": 0,
        "_flushed": 0,
        "_used": dict(NOTHING),
        "_said": 0,
        "_heard": 0,
        "_began": scene.now,
    }
    scene.scenes.turns.add(scene.tx, scene.owner, turn, parent=thread.parent)
    scene.tell_turn(turn, "created")
    hear(scene, thread, turn, said)
    if not thread.subagent_id:
        scene.session["_turn"] = turn["id"]
        scene.become("in_progress")
    scene.scenes.add_job(scene.tx, scene.owner, turn, thread)
    return turn


def hear(scene: Scene, thread: Thread, turn: Object, said: Sequence[Object]) -> None:
    """What a user says goes into a turn."""
    for content in said:
        item = {
            "id": scene.scenes.ids.make("aitem_"),
            "type": "message",
            "role": "user",
            "content": content["content"],
            "phase": None,
            "status": "completed",
            "turn_id": turn["id"],
        }
        scene.add_item(item, thread)
    turn["_said"] += len(said)
    scene.keep_turn(turn, thread)
    scene.touch()


def contents(messages: Sequence[InputMessage]) -> list[Object]:
    """What users say, as items have it."""
    return [{"content": [part.model_dump() for part in message.content]} for message in messages]


def words(text: str) -> list[Object]:
    """One message of that text."""
    return [{"content": [{"type": "input_text", "text": text}]}]


def start(scene: Scene, thread: Thread, turn: Object) -> None:
    """A turn that was queued is worked on."""
    turn.update(status="in_progress", started_at=int(scene.now), _started=scene.now)
    scene.keep_turn(turn, thread)
    scene.tell_turn(turn, "in_progress")


def wait(scene: Scene, thread: Thread, turn: Object, actions: Sequence[RequiredAction]) -> None:
    """A turn goes no further until somebody has done all that."""
    scene.session["required_actions"] += actions
    turn["status"] = "waiting"
    scene.keep_turn(turn, thread)
    scene.become("requires_action")


def answered(scene: Scene, turn: Object, matches: Mapping[str, Any]) -> Object | None:
    """The required action that an answer is for, which is no longer required; None if there is none. Any: JSON."""
    for action in scene.session["required_actions"]:
        if action.get("turn_id", turn["id"]) == turn["id"] and all(action.get(k) == v for k, v in matches.items()):
            scene.session["required_actions"].remove(action)
            return dict(action)
    return None


def go_on(scene: Scene, thread: Thread, turn: Object) -> None:
    """Carry a turn on as soon as nothing is required any more."""
    if not thread.subagent_id and scene.session["required_actions"]:
        scene.keep_turn(turn, thread)
        scene.become("requires_action")
        return
    turn["_round"] += 1
    if turn["status"] == "waiting":
        turn["status"] = "in_progress"
    scene.keep_turn(turn, thread)
    if not thread.subagent_id:
        scene.become("in_progress")
    scene.scenes.add_job(scene.tx, scene.owner, turn, thread)


def finish(
    scene: Scene,
    thread: Thread,
    turn: Object,
    status: Literal["completed", "failed", "cancelled"],
    error: TurnError | None = None,
) -> None:
    """A turn is over; what it had begun stays as far as it came."""
    _break_off(scene, thread, turn)
    turn.update(status=status, completed_at=int(scene.now), error=error, usage=usage_of(turn["_used"]))
    scene.keep_turn(turn, thread)
    if error is not None:
        told = {"code": error["code"], "message": error["message"], "param": None, "type": _type(error["code"])}
        scene.tell("error", error=told)
    scene.tell_turn(turn, status, usage=turn["usage"])
    _add_usage(scene.session, turn["_used"])
    if thread.subagent_id:
        _return(scene, thread)
        return
    _stop_subagents(scene)
    scene.session["_turn"] = ""
    scene.session["required_actions"] = []
    scene.rest()


def _break_off(scene: Scene, thread: Thread, turn: Object) -> None:
    for item in list(scene.scenes.items.every(scene.tx, scene.owner, parent=thread.parent, tag=turn["id"])):
        if item.get("status") == _UNFINISHED and "_index" in item:
            scene.end_item({**item, "status": "incomplete"}, thread, item["_index"])


def cancel(scene: Scene) -> bool:
    """End the turn that there is; whether there was one."""
    thread = Thread(scene.id)
    turn = scene.turn(scene.session["_turn"], thread)
    if turn is None or turn["status"] in OVER:
        return False
    finish(scene, thread, turn, "cancelled")
    return True


def usage_of(used: Mapping[str, int]) -> TokenUsage:
    """As it is told."""
    return {
        "input_tokens": used["input"],
        "input_tokens_details": {"cached_tokens": used["cached"]},
        "output_tokens": used["output"],
        "output_tokens_details": {"reasoning_tokens": used["reasoning"]},
        "total_tokens": used["input"] + used["output"],
    }


def _add_usage(session: Object, used: Mapping[str, int]) -> None:
    total = {name: session["_used"][name] + used[name] for name in used}
    session["_used"] = total
    session["usage"] = usage_of(total)


def _return(scene: Scene, thread: Thread) -> None:
    """A subagent's turn is over: the turn that waits for it goes on."""
    root = Thread(scene.id)
    turn = scene.turn(scene.session["_turn"], root)
    if turn is not None and turn["status"] not in OVER:
        go_on(scene, root, turn)


def _stop_subagents(scene: Scene) -> None:
    """With the root's turn, the turns of its subagents end."""
    for subagent in list(scene.scenes.subagents.every(scene.tx, scene.owner, parent=scene.id)):
        thread = Thread(scene.id, subagent["id"])
        for turn in list(scene.scenes.turns.every(scene.tx, scene.owner, parent=thread.parent)):
            if turn["status"] not in OVER:
                _break_off(scene, thread, turn)
                turn.update(status="cancelled", completed_at=int(scene.now), usage=usage_of(turn["_used"]))
                scene.keep_turn(turn, thread)
                scene.tell_turn(turn, "cancelled", usage=turn["usage"])
        if subagent["status"] == "active":
            close(scene, subagent)


def close(scene: Scene, subagent: Object) -> None:
    """A subagent has nothing left to do."""
    subagent.update(status="closed", closed_at=int(scene.now))
    scene.scenes.subagents.replace(scene.tx, scene.owner, subagent, parent=scene.id)
    scene.tell_subagent(subagent, "closed")


def _type(code: str) -> str:
    if code == budget.CODE:
        return "insufficient_quota"
    return "invalid_request_error" if code in ("invalid_request", "context_length_exceeded") else "server_error"
