"""Deeds of an agent: each begins as an item, is carried out, perhaps once somebody has approved, and is done."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from fakeai.core.chance import Chance
from fakeai.core.clock import off_loop
from fakeai.services.agents import progress, shell
from fakeai.services.agents.documents import document
from fakeai.services.agents.plan import Deed, risky
from fakeai.services.agents.scenes import Scene, Thread
from fakeai.services.agents.traces import spanned
from fakeai.services.agents.workspace import ROOT, Workspace
from fakeai.services.blob_rows import forget
from fakeai.store.base import Blobs, Object
from fakeai.wire.agents.items import Approval
from fakeai.wire.agents.sessions import RequiredAction

_EVENT = "agent.output.command_execution_output.delta"
_APPROVED = "approve"
_FORM: Approval = {
    "type": "browser_authentication",
    "credential_origin": None,
    "fields": [
        {"id": "username", "label": "Email or username", "required": True, "type": "email"},
        {"id": "password", "label": "Password", "required": True, "type": "password"},
    ],
    "options": [],
    "reason": "The page asks for a sign-in.",
}


Remind = Callable[[Scene, Deed, str], str]
"""Makes an automation that an agent wants for its session, by a call of that id; gives the automation's id."""


class Outcome(NamedTuple):
    """What a deed has come to: what changes of its item, and files that are there once they have rows."""

    changes: Mapping[str, Any]
    files: Sequence[Object] = ()


class Deeds:
    """Does what is planned. `seed` makes files differ between servers of different seeds."""

    def __init__(self, workspace: Workspace, blobs: Blobs, seed: bytes, activity_s: float) -> None:
        self._workspace = workspace
        self._blobs = blobs
        self._seed = seed
        self._ms = int(activity_s * 1000)

    def begin(self, scene: Scene, thread: Thread, turn: Object, deed: Deed) -> bool:
        """Add its item; whether it may be carried out, or is to be approved first."""
        item = {
            "id": scene.scenes.ids.make("aitem_"),
            **_item(deed, scene.session),
            "status": "in_progress",
            "turn_id": turn["id"],
            "_index": turn["_index"],
            "_from": scene.now,
        }
        turn["_index"] += 1
        turn["_begun"] = item["id"]
        scene.add_item(item, thread, item["_index"])
        questions = [] if scene.session.get("review") == "auto_review" else self._questions(scene, thread, turn, deed)
        if questions:
            progress.wait(scene, thread, turn, questions)
            return False
        scene.keep_turn(turn, thread)
        return True

    async def outcome(self, owner: str, session: Object, turn: Object, deed: Deed) -> Outcome:
        """Carry it out. What it writes has bytes, but no rows yet."""
        refused = [word for word in turn.get("_decided", {}).values() if word != _APPROVED]
        match deed["kind"]:
            case "search":
                return Outcome({"action": {"type": "search", "query": deed["query"], "queries": None}})
            case "server" if refused:
                return Outcome({"status": "failed", "error": {"message": "The call was not approved."}})
            case "server":
                text = f"{deed['name']} found nothing that contradicts: {deed['query']}"
                return Outcome({"output": [{"type": "text", "text": text}]})
            case "page":
                shot = await off_loop(screenshot, deed["origin"]) if deed["shot"] and not refused else None
                output = shot and {"type": "computer_screenshot", "image_url": shot}
                return Outcome({"output": output, "status": "failed" if refused else "completed"})
        return await self._ran(owner, session, turn, deed)

    def end(self, scene: Scene, thread: Thread, turn: Object, deed: Deed, outcome: Outcome) -> Sequence[str]:
        """Its item is done; the keys of bytes of files that have been replaced."""
        item = scene.item(turn["_begun"], thread)
        keys: list[str] = []
        if item is not None:
            for file in outcome.files:
                keys += self._workspace.add(scene.tx, scene.owner, file)
            for line in (outcome.changes.get("output") or "").splitlines(keepends=True) if "command" in item else ():
                place = {"item_id": item["id"], "output_index": item["_index"]}
                scene.tell(_EVENT, turn_id=turn["id"], **place, delta=line)
            scene.end_item({**item, "status": "completed", **outcome.changes}, thread, item["_index"])
            spanned(turn, f"deed {deed['kind']}", item["_from"], scene.now, **{"agent.item.id": item["id"]})
        turn.update(_at=turn["_at"] + 1, _begun="", _decided={})
        scene.keep_turn(turn, thread)
        return keys

    async def drop(self, outcome: Outcome) -> None:
        """What a deed wrote for nothing."""
        await forget(self._blobs, [key for file in outcome.files for key in file["_blobs"]])

    async def _ran(self, owner: str, session: Object, turn: Object, deed: Deed) -> Outcome:
        """A command, or the making of a file."""
        environment = session["environment"]
        cwd = environment.get("workspace_directory", ROOT)
        if deed["kind"] == "file":
            chance = Chance(blake2b(f"{deed['path']}\n{deed['about']}".encode(), key=self._seed[:64]).digest())
            ran = shell.Ran("", 0, {deed["path"]: document(deed["path"], deed["about"], chance)})
        else:
            files = await self._workspace.listing(owner, environment["id"])
            ran = await shell.run(deed["command"], cwd, files, self._workspace.read)
        written: list[Object] = []
        if environment["type"] == "openai_hosted":
            for path, data in (ran.files or {}).items():
                file = await self._workspace.prepare(environment["id"], path, data)
                written.append({**file, "_turn": session["_turn"]})
        changes = {
            "output": ran.output,
            "exit_code": ran.code,
            "duration_ms": self._ms,
            "status": "completed" if ran.code == 0 else "failed",
        }
        return Outcome(changes, written)

    def _questions(self, scene: Scene, thread: Thread, turn: Object, deed: Deed) -> list[RequiredAction]:
        """What is to be answered before it is carried out."""
        request_id = f"apr_{blake2b(turn['_begun'].encode(), digest_size=12).hexdigest()}"
        if deed["kind"] == "server" and risky(deed["name"]):
            return [
                {
                    "type": "mcp_approval_request",
                    "turn_id": turn["id"],
                    "request_id": request_id,
                    "request": {
                        "type": "mcp_tool_call",
                        "server_label": deed["server"],
                        "name": deed["name"],
                        "arguments": {"query": deed["query"]},
                        "message": f"Allow {deed['server']} to run {deed['name']}?",
                    },
                }
            ]
        if deed["kind"] != "page" or not deed["asks"]:
            return []
        origin: Approval = {"type": "browser_origin_access", "origin": deed["origin"], "reason": "The task names it."}
        asked = [_approval(turn, request_id, origin)]
        if deed["sign_in"]:
            form: Any = {**_FORM, "credential_origin": deed["origin"]}
            asked.append(_approval(turn, f"{request_id}f", form))
            item = {
                "id": scene.scenes.ids.make("aitem_"),
                "type": "computer_use_approval_request",
                "request": form,
                "request_id": f"{request_id}f",
                "turn_id": turn["id"],
                "_index": turn["_index"],
            }
            turn["_index"] += 1
            scene.add_item(item, thread, item["_index"])
            scene.end_item(item, thread, item["_index"])
        return asked


def remember(scene: Scene, thread: Thread, turn: Object, deed: Deed, remind: Remind) -> None:
    """Have the session woken again: a call of the agent's own, and what it came to."""
    call_id = scene.scenes.ids.make("call_")
    name = remind(scene, deed, call_id)
    arguments = {"expression": deed["expression"], "timezone": "UTC", "instructions": deed["about"]}
    item = {
        "id": scene.scenes.ids.make("aitem_"),
        "type": "function_call",
        "call_id": call_id,
        "name": "create_automation",
        "arguments": arguments,
        "status": "completed",
        "turn_id": turn["id"],
        "_index": turn["_index"],
    }
    scene.add_item(item, thread, item["_index"])
    scene.end_item(item, thread, item["_index"])
    output = {"type": "function_call_output", "call_id": call_id, "output": name, "error": None, "status": "completed"}
    scene.add_item({"id": scene.scenes.ids.make("aitem_"), **output, "turn_id": turn["id"]}, thread)
    turn.update(_at=turn["_at"] + 1, _index=turn["_index"] + 1)
    scene.keep_turn(turn, thread)


def screenshot(text: str) -> str:
    """A picture of a page, as a data address."""
    from io import BytesIO

    from PIL import Image, ImageDraw

    image = Image.new("RGB", (640, 400), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 640, 32), fill="#dde3ea")
    draw.text((12, 10), text[:80], fill="black")
    made = BytesIO()
    image.save(made, "JPEG", quality=60)
    return f"data:image/jpeg;base64,{b64encode(made.getvalue()).decode()}"


def _approval(turn: Object, request_id: str, request: Approval) -> RequiredAction:
    return {
        "type": "computer_use_approval_request",
        "turn_id": turn["id"],
        "request_id": request_id,
        "request": request,
    }


def _item(deed: Deed, session: Object) -> Object:
    match deed["kind"]:
        case "search":
            return {"type": "web_search_call", "action": None}
        case "server":
            return {
                "type": "mcp_call",
                "server_label": deed["server"],
                "name": deed["name"],
                "arguments": {"query": deed["query"]},
                "output": None,
                "error": None,
            }
        case "page":
            return {"type": "computer_use_call", "title": f"Open {deed['origin']}", "output": None}
    command = f"cat > {deed['path']} <<'EOF'" if deed["kind"] == "file" else deed["command"]
    cwd = session["environment"].get("workspace_directory", ROOT)
    return {
        "type": "command_execution",
        "command": command,
        "cwd": cwd,
        "duration_ms": None,
        "exit_code": None,
        "output": None,
    }
