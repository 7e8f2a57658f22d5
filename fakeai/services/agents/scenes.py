"""One session in one transaction: what it is, what happens to it, and what is told of that, all or nothing.

The session's row is locked first, so that whatever happens to a session happens in an order; numbers of events follow
from that.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from fakeai.core.chance import Ids
from fakeai.services.agents.log import SNAPSHOT, Log, told
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Job, Jobs
from fakeai.store.objects import Collection, shown

T = TypeVar("T")

TURN = "agent.turn"
"""The kind of the jobs that carry turns on."""

OVER = frozenset({"completed", "failed", "cancelled"})
"""States of turns that nothing follows."""

Status = Literal["idle", "in_progress", "requires_action", "failed"]


class Thread(NamedTuple):
    """An agent's own history within a session: the root's, or a subagent's."""

    session_id: str
    subagent_id: str = ""

    @property
    def parent(self) -> str:
        """Below which its turns and items are kept."""
        return f"{self.session_id}/{self.subagent_id}" if self.subagent_id else self.session_id


class Scenes:
    """Where sessions, and all that belongs to them, are kept."""

    def __init__(self, db: Database, jobs: Jobs, ids: Ids, webhooks: Webhooks) -> None:
        self.db = db
        self.ids = ids
        self.log = Log(db)
        self.sessions = Collection("agent.session")
        self.turns = Collection("agent.session.turn")
        self.items = Collection("agent.session.item")
        self.subagents = Collection("agent.session.subagent")
        self.artifacts = Collection("agent.session.artifact")
        self.traces = Collection("agent.session.trace")
        self._jobs = jobs
        self._webhooks = webhooks

    async def play(self, owner: str, session_id: str, work: "Callable[[Scene], T]", job: Job | None = None) -> T | None:
        """Do `work` with a session; None if there is no such one. All that is told is told once it is committed.

        For a job, only as long as it is ours: raises JobLost.
        """

        def transaction(tx: Tx) -> T | None:
            if job is not None:
                job.guard(tx)
            return self.within(tx, owner, session_id, work)

        done = await self.db.run(transaction)
        self.log.ring(session_id)
        self._jobs.wake()
        return done

    def within(self, tx: Tx, owner: str, session_id: str, work: "Callable[[Scene], T]") -> T | None:
        """The same in a transaction that there is. Once it is committed, `log.ring` and wake the jobs."""
        session = self.sessions.change(tx, owner, session_id, lambda found: found)
        if session is None:
            return None
        scene = Scene(self, tx, owner, session)
        done = work(scene)
        scene.close()
        return done

    def make(self, tx: Tx, owner: str, session: Object, work: "Callable[[Scene], T]") -> T:
        """A session that begins."""
        self.sessions.add(tx, owner, session, tag=session["agent"]["id"])
        scene = Scene(self, tx, owner, session)
        scene.tell_session("created")
        environment = session["environment"]
        data = scene.summary()
        if environment["type"] == "self_hosted":
            data["connect"] = {"remote_url": environment["remote_url"]}
        self.tell_webhooks(tx, owner, "agent.session.created", data)
        done = work(scene)
        scene.close()
        return done

    def tell_webhooks(self, tx: Tx, owner: str, type: Any, data: Object) -> None:
        """Any: the type is one of those that webhooks know."""
        self._webhooks.tell(tx, owner, type, data)

    def add_job(self, tx: Tx, owner: str, turn: Object, thread: Thread, at: float | None = None) -> None:
        """Have a turn carried on: each time it is, that is another round."""
        payload = {"session": thread.session_id, "subagent": thread.subagent_id, "round": turn["_round"]}
        self._jobs.add(tx, TURN, f"{turn['id']}:{turn['_round']}", owner, {**payload, "turn": turn["id"]}, at=at)

    async def since(self, owner: str, session_id: str, number: int) -> tuple[Sequence[Object], bool]:
        """The events of a session from that number on, as they go out, and whether it is still there."""

        def read(tx: Tx) -> tuple[Sequence[Object], bool]:
            session = self.sessions.get(tx, owner, session_id)
            if session is None:
                return [], False
            if session["_events"] <= number:
                return [], True
            events = self.log.since(tx, owner, session_id, number)
            return [told(event, session) for event in events], True

        return await self.db.read(read)

    def hasten(self, tx: Tx, kind: str, key: str) -> None:
        """Have a job done now that waits for a session to be at rest."""
        self._jobs.hasten(tx, kind, key)

    def wake(self, session_id: str) -> None:
        """What was done in a transaction of somebody else's is committed."""
        self.log.ring(session_id)
        self._jobs.wake()


class Scene:
    """A session whose row is ours."""

    def __init__(self, scenes: Scenes, tx: Tx, owner: str, session: Object) -> None:
        self.scenes = scenes
        self.tx = tx
        self.owner = owner
        self.session = session
        self.now = scenes.db.now()
        self._told: list[Object] = []

    @property
    def id(self) -> str:
        """The session's."""
        return str(self.session["id"])

    def close(self) -> None:
        """Keep the session and what was told."""
        if self._told:
            self.scenes.log.add(self.tx, self.owner, self.id, self.session["_events"], self._told)
            self.session["_events"] += len(self._told)
        self.scenes.sessions.replace(self.tx, self.owner, self.session)

    # -- telling

    def tell(self, type: str, **data: Any) -> None:
        """An event of the session. Any: JSON."""
        self._told.append({"type": type, "session_id": self.id, **data})

    def tell_session(self, what: str) -> None:
        """An event that shows the session."""
        then = {name: self.session[name] for name in SNAPSHOT}
        self._told.append({"type": f"agent.session.{what}", "_session": then})

    def tell_turn(self, turn: Object, what: str, **data: Any) -> None:
        """An event that shows a turn. Any: JSON."""
        self.tell(f"agent.session.turn.{what}", turn_id=turn["id"], turn=shown(turn), **data)

    def tell_subagent(self, subagent: Object, what: str) -> None:
        """An event that shows a subagent."""
        self._told.append({"type": f"agent.session.subagent.{what}", "subagent": shown(subagent)})

    def summary(self) -> Object:
        """What webhooks tell of the session."""
        environment = self.session["environment"]
        return {
            "id": self.id,
            "environment_type": environment["type"],
            "environment_id": environment.get("id"),
        }

    # -- the session

    def touch(self) -> None:
        """It was active just now."""
        self.session["last_active_at"] = int(self.now)

    def become(self, status: Status, error: str | None = None) -> None:
        """Another status, which is told if it is another."""
        if self.session["status"] == status and status != "requires_action":
            return
        self.touch()
        self.session["status"] = status
        self.session["error"] = error
        self.tell_session(status)
        name = "action_required" if status == "requires_action" else status
        data = self.summary()
        if status == "requires_action":
            data = {"id": self.id, "required_action": {"type": self.session["required_actions"][0]["type"]}}
        self.scenes.tell_webhooks(self.tx, self.owner, f"agent.session.{name}", data)

    def call_back(self, job: Job) -> None:
        """Have a job done as soon as the session is at rest."""
        waiting = self.session.setdefault("_callers", [])
        if [job.kind, job.key] not in waiting:
            waiting.append([job.kind, job.key])

    def rest(self) -> None:
        """The session is at rest: whoever waits for that may go on."""
        self.become("idle")
        for kind, key in self.session.pop("_callers", ()):
            self.scenes.hasten(self.tx, kind, key)

    # -- turns and items

    def turn(self, id: str, thread: Thread) -> Object | None:
        """A turn, to be changed by `keep_turn`."""
        return self.scenes.turns.get(self.tx, self.owner, id, parent=thread.parent)

    def keep_turn(self, turn: Object, thread: Thread) -> None:
        """A turn as it is now."""
        self.scenes.turns.replace(self.tx, self.owner, turn, parent=thread.parent)

    def item(self, id: str, thread: Thread) -> Object | None:
        """An item."""
        return self.scenes.items.get(self.tx, self.owner, id, parent=thread.parent)

    def add_item(self, item: Object, thread: Thread, output_index: int | None = None) -> None:
        """An item that is new."""
        self.scenes.items.add(self.tx, self.owner, item, parent=thread.parent, tag=item["turn_id"])
        place = {} if output_index is None else {"output_index": output_index}
        self.tell("agent.session.turn.item.added", turn_id=item["turn_id"], item=shown(item), **place)

    def keep_item(self, item: Object, thread: Thread) -> None:
        """An item as it is now."""
        self.scenes.items.replace(self.tx, self.owner, item, parent=thread.parent)

    def end_item(self, item: Object, thread: Thread, output_index: int) -> None:
        """An item that is over."""
        self.keep_item(item, thread)
        self.tell("agent.session.turn.item.done", turn_id=item["turn_id"], item=shown(item), output_index=output_index)
