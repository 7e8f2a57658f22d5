"""The lives of environments: prepared, used, suspended when nobody uses them, expired in the end.

What they are follows from the time, so whoever looks brings a row up to date; a job does so when nobody looks.
"""

import re
from collections.abc import Callable
from typing import Any

from fakeai.core.errors import Conflict, NotFound
from fakeai.services.agents.pace import Pace
from fakeai.services.agents.scenes import Scene, Scenes
from fakeai.services.agents.workspace import Workspace
from fakeai.services.blob_rows import forget
from fakeai.store.base import Blobs, Object, Tx
from fakeai.store.jobs import Job, Jobs, Later
from fakeai.store.objects import Collection
from fakeai.wire.agents.environments import EnvironmentState, Failure

KIND = "agent.environment"
_FAILING = re.compile(r"\s*(false|exit\s+[1-9][0-9]*)\s*;?\s*")
"""Setup commands of which it can be told that they fail."""


class Surroundings:
    """All environments, and what becomes of them."""

    def __init__(self, scenes: Scenes, workspace: Workspace, blobs: Blobs, jobs: Jobs, pace: Pace) -> None:
        self.rows = Collection("agent.environment")
        self.workspace = workspace
        self.pace = pace
        self._scenes = scenes
        self._blobs = blobs
        self._jobs = jobs
        jobs.register(KIND, self._pass)

    def begin(self, tx: Tx, owner: str, environment: Object) -> None:
        """An environment that is to be prepared from now on."""
        now = self._scenes.db.now()
        environment.update(status="pending", _due=now + self.pace.environment_start_s, _used=now)
        self.rows.add(tx, owner, environment)
        self._jobs.add(tx, KIND, environment["id"], owner, at=environment["_due"])

    def attach(self, scene: Scene, environment_id: str) -> None:
        """Give a session an environment that was made ahead. Raises NotFound and Conflict."""
        environment = self.rows.change(scene.tx, scene.owner, environment_id, lambda found: found)
        if environment is None:
            raise missing(environment_id)
        if environment["_session"]:
            raise Conflict(f"Environment '{environment_id}' belongs to a session already.")
        environment["_session"] = scene.id
        self._advance(scene.tx, scene.owner, environment, scene)
        if environment["status"] in ("failed", "expired"):
            raise Conflict(f"Environment '{environment_id}' is {environment['status']}.")
        environment["_used"] = scene.now
        if environment["status"] == "pending":
            tell(scene, environment)
        elif environment["status"] == "suspended":
            self._become(scene.tx, scene.owner, environment, "connected", scene)
        self.rows.replace(scene.tx, scene.owner, environment)

    def use(self, scene: Scene) -> Object | None:
        """The session's environment, used by a turn just now: connected, or what it is instead. None if it needs none."""
        told = scene.session["environment"]
        if told["type"] == "none":
            return None
        environment = self.rows.get(scene.tx, scene.owner, told["id"])
        if environment is None:
            return {**told, "status": "failed", "_error": _error("environment_not_found", "The environment is gone.")}
        self._advance(scene.tx, scene.owner, environment, scene)
        status = environment["status"]
        if status in ("ready", "suspended"):
            self._become(scene.tx, scene.owner, environment, "connected", scene)
        elif status == "expired":
            self._reset(scene, environment)
        elif status == "disconnected":
            environment.update(status="pending", _due=scene.now + self.pace.environment_start_s)
        if environment["status"] == "connected":
            environment["_used"] = scene.now
        self.rows.replace(scene.tx, scene.owner, environment)
        return environment if status != "disconnected" else {**environment, "status": "disconnected"}

    def hold(self, tx: Tx, owner: str, environment_id: str) -> None:
        """Keep an environment from going while a file is put into it. Raises NotFound, and Conflict if it cannot be had."""

        def look(environment: Object, scene: Scene | None) -> None:
            self._advance(tx, owner, environment, scene)
            if environment["status"] not in ("ready", "connected", "suspended"):
                raise Conflict(f"Environment '{environment_id}' is {environment['status']}.")
            if environment["status"] == "suspended":
                self._become(tx, owner, environment, "ready" if scene is None else "connected", scene)
            environment["_used"] = self._scenes.db.now()

        if self._looked_at(tx, owner, environment_id, look) is None:
            raise missing(environment_id)

    def at(self, environment: Object) -> Object:
        """An environment as it is now."""
        found = {**environment}
        while (step := self._next(found)) is not None:
            found.update(step)
        return found

    def remove(self, tx: Tx, owner: str, environment_id: str) -> list[str]:
        """Forget an environment with its session; the keys of bytes that nobody owns any more."""
        self.rows.delete(tx, owner, environment_id)
        return self.workspace.clear(tx, owner, environment_id)

    # -- time

    async def _pass(self, job: Job) -> None:
        """Whenever something is due: bring the row up to date, and tell of it."""

        def work(tx: Tx) -> tuple[float | None, str, list[str]]:
            job.guard(tx)
            keys: list[str] = []
            environment = self._looked_at(
                tx, job.owner, job.key, lambda found, scene: keys.extend(self._advance(tx, job.owner, found, scene))
            )
            return (None, "", []) if environment is None else (self._due(environment), environment["_session"], keys)

        due, session_id, keys = await self._scenes.db.run(work)
        self._scenes.wake(session_id)
        await forget(self._blobs, keys)
        if due is not None:
            raise Later(due)

    def _looked_at(
        self, tx: Tx, owner: str, environment_id: str, look: Callable[[Object, Scene | None], None]
    ) -> Object | None:
        """An environment with what `look` changes of it, in the scene of its session if it has one; None if it is gone.

        The session's row is locked first, as everywhere.
        """
        before = self.rows.get(tx, owner, environment_id)
        if before is None:
            return None

        def locked(scene: Scene | None) -> Object | None:
            environment = self.rows.change(tx, owner, environment_id, lambda found: found)
            if environment is not None:
                look(environment, scene)
                self.rows.replace(tx, owner, environment)
            return environment

        session_id = before["_session"]
        there = session_id and self._scenes.sessions.known(tx, owner, session_id)
        return self._scenes.within(tx, owner, session_id, locked) if there else locked(None)

    def _due(self, environment: Object) -> float | None:
        """When it is something else, if nobody does anything."""
        match environment["status"]:
            case "pending":
                return float(environment["_due"])
            case "ready" if environment["_session"]:
                return float(environment["_used"])
            case "ready" | "connected":
                return float(environment["_used"] + self.pace.environment_suspend_s)
            case "suspended" | "disconnected":
                return float(
                    environment["_used"] + max(self.pace.environment_expire_s, self.pace.environment_suspend_s)
                )
        return None

    def _next(self, environment: Object) -> Object | None:
        """What changes by now; None if nothing does."""
        due = self._due(environment)
        if due is None or self._scenes.db.now() < due:
            return None
        match environment["status"]:
            case "pending":
                failing = next((line for line in environment["_setup"] if _FAILING.fullmatch(line)), None)
                if failing is not None:
                    told = _error("setup_command_failed", "A setup command has failed.")
                    return {"status": "failed", "_error": told}
                return {"status": "ready", "_used": due}
            case "ready" if environment["_session"]:
                return {"status": "connected"}
            case "ready" | "connected":
                return {"status": "suspended" if environment["type"] == "openai_hosted" else "disconnected"}
        return {"status": "expired"}

    def _advance(self, tx: Tx, owner: str, environment: Object, scene: Scene | None) -> list[str]:
        """Bring it up to date, and tell of each step; the keys of bytes that nobody owns any more."""
        keys: list[str] = []
        while (step := self._next(environment)) is not None:
            environment.update(step)
            self._become(tx, owner, environment, step["status"], scene)
            if step["status"] == "expired":
                keys += self.workspace.clear(tx, owner, environment["id"])
        return keys

    def _become(self, tx: Tx, owner: str, environment: Object, status: Any, scene: Scene | None) -> None:
        environment["status"] = status
        if scene is not None:
            tell(scene, environment)
        ahead = scene is None and status in ("ready", "failed")
        if ahead or (status in ("suspended", "expired") and environment["type"] == "openai_hosted"):
            self._scenes.tell_webhooks(tx, owner, f"agent.environment.{status}", {"id": environment["id"]})

    def _reset(self, scene: Scene, environment: Object) -> None:
        """A new one in the place of one that has expired: nothing is in it."""
        count = environment["_resets"] + 1
        due = scene.now + self.pace.environment_start_s
        environment.update(status="pending", files=[], _due=due, _used=scene.now, _resets=count)
        scene.tell("agent.session.environment.reset", environment_id=environment["id"], reset_count=count)
        tell(scene, environment)
        self._jobs.add(scene.tx, KIND, environment["id"], scene.owner, at=due)


def tell(scene: Scene, environment: Object) -> None:
    """A session's event about its environment."""
    state: EnvironmentState = {
        "id": environment["id"],
        "type": environment["type"],
        "status": environment["status"],
        "error": environment.get("_error"),
    }
    scene.tell(f"agent.session.environment.{environment['status']}", environment=state)


def missing(id: str) -> NotFound:
    """There is no environment of that id."""
    return NotFound(f"Environment with id '{id[:200]}' not found.")


def _error(code: str, message: str) -> Failure:
    return {"code": code, "message": message, "type": "sandbox_error"}
