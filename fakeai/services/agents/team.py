"""Subagents of a turn: each is given a task and a turn of its own, and reports when that is over."""

from collections.abc import Sequence

from fakeai.services.agents import progress
from fakeai.services.agents.plan import Deed
from fakeai.services.agents.scenes import OVER, Scene, Thread
from fakeai.store.base import Object
from fakeai.wire.agents.turns import Subagent

_NAMES = ("Ada", "Blaise", "Carl", "Dorothy", "Emmy", "Fermat", "Grace", "Hypatia")
_FAILED = "The task could not be done."


def begin(scene: Scene, thread: Thread, turn: Object, deed: Deed) -> None:
    """Make a subagent for each task, and wait for them."""
    sender = scene.session["agent"]["id"]
    made: list[str] = []
    for number, task in enumerate(deed["tasks"]):
        content = [{"type": "output_text", "text": task}]
        call = {"type": "create_subagent_call", "agent_id": sender, "content": content}
        agent = scene.session["agent"]
        _call(scene, thread, turn, {**call, "model": agent["model"], "reasoning_effort": agent["reasoning"]["effort"]})
        subagent: Subagent = {
            "id": scene.scenes.ids.make("subagent_"),
            "object": "agent.session.subagent",
            "session_id": scene.id,
            "parent_agent_id": sender,
            "name": _NAMES[number % len(_NAMES)],
            "instructions": [{"type": "output_text", "text": task}],
            "status": "active",
            "opened_at": int(scene.now),
            "closed_at": None,
        }
        scene.scenes.subagents.add(scene.tx, scene.owner, {**subagent}, parent=scene.id)
        scene.tell_subagent({**subagent}, "created")
        scene.tell_subagent({**subagent}, "active")
        progress.begin(scene, Thread(scene.id, subagent["id"]), progress.words(task))
        made.append(subagent["id"])
    item = _item(
        scene, turn, {"type": "wait_for_subagents_call", "sender_agent_id": sender, "recipient_agent_ids": made}
    )
    scene.add_item(item, thread, item["_index"])
    turn.update(_begun=item["id"], _helpers=made)
    scene.keep_turn(turn, thread)


def done(scene: Scene, turn: Object) -> bool:
    """Whether all of them are."""
    return all(_turn(scene, name)["status"] in OVER for name in turn["_helpers"])


def end(scene: Scene, thread: Thread, turn: Object) -> None:
    """Take their reports, and close them."""
    waited = scene.item(turn["_begun"], thread)
    if waited is not None:
        scene.end_item({**waited, "status": "completed"}, thread, waited["_index"])
    root = scene.session["agent"]["id"]
    for name in turn["_helpers"]:
        subagent = scene.scenes.subagents.get(scene.tx, scene.owner, name, parent=scene.id)
        if subagent is None:
            continue
        report = [{"type": "output_text", "text": _report(scene, name)}]
        message = {"type": "agent_message", "sender_agent_id": name, "recipient_agent_id": root, "content": report}
        item = {"id": scene.scenes.ids.make("aitem_"), **message, "turn_id": turn["id"]}
        scene.add_item(item, thread)
        call = {"type": "close_subagent_call", "sender_agent_id": root, "recipient_agent_id": name}
        _call(scene, thread, turn, call)
        progress.close(scene, subagent)
    turn.update(_at=turn["_at"] + 1, _begun="")
    scene.keep_turn(turn, thread)


def _turn(scene: Scene, subagent_id: str) -> Object:
    thread = Thread(scene.id, subagent_id)
    return list(scene.scenes.turns.every(scene.tx, scene.owner, parent=thread.parent))[-1]


def _report(scene: Scene, subagent_id: str) -> str:
    """What a subagent said last."""
    thread = Thread(scene.id, subagent_id)
    items = scene.scenes.items.every(scene.tx, scene.owner, parent=thread.parent)
    said = [item for item in items if item["type"] == "message" and item["role"] == "assistant"]
    texts: Sequence[str] = [part["text"] for part in said[-1]["content"]] if said else ()
    return "".join(texts) or _FAILED


def _call(scene: Scene, thread: Thread, turn: Object, item: Object) -> None:
    """A call that is over as soon as it has begun."""
    made = _item(scene, turn, item)
    scene.add_item(made, thread, made["_index"])
    scene.end_item({**made, "status": "completed"}, thread, made["_index"])


def _item(scene: Scene, turn: Object, item: Object) -> Object:
    index = turn["_index"]
    turn["_index"] += 1
    made = {"id": scene.scenes.ids.make("aitem_"), **item, "status": "in_progress", "turn_id": turn["id"]}
    return {**made, "_index": index}
