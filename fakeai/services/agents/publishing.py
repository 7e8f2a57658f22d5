"""What a turn leaves: artifacts of the files that it has put into its outputs, and its trace."""

from collections.abc import Sequence

from fakeai.services.agents.scenes import Scene, Scenes
from fakeai.services.agents.traces import trace
from fakeai.services.agents.workspace import OUTPUTS, Workspace
from fakeai.store.base import Blobs, Object
from fakeai.wire.agents.turns import Artifact


class Publisher:
    """Makes artifacts and traces."""

    def __init__(self, scenes: Scenes, workspace: Workspace, blobs: Blobs) -> None:
        self._scenes = scenes
        self._workspace = workspace
        self._blobs = blobs

    async def prepare(self, owner: str, session: Object, turn: Object) -> list[Object]:
        """Copies of what the turn has put into its outputs, which are there once `add` has made rows of them."""
        if session["environment"]["type"] != "openai_hosted" or turn["subagent_id"] is not None:
            return []
        made = []
        for file in await self._workspace.listing(owner, session["environment"]["id"]):
            if file.get("_turn") == turn["id"] and file["path"].startswith(f"{OUTPUTS}/"):
                key = self._scenes.ids.make("blob-")
                stored = await self._blobs.put(key, await self._workspace.read(file))
                told: Artifact = {
                    "id": self._scenes.ids.make("artifact_"),
                    "object": "agent.session.artifact",
                    "session_id": session["id"],
                    "turn_id": turn["id"],
                    "environment_id": session["environment"]["id"],
                    "path": file["path"],
                    "size_bytes": stored.size,
                    "created_at": int(self._scenes.db.now()),
                }
                made.append({**told, "_blobs": [key], "_sha256": stored.sha256})
        return made

    def add(self, scene: Scene, turn: Object, artifacts: Sequence[Object]) -> None:
        """Have artifacts be there."""
        for artifact in artifacts:
            self._scenes.artifacts.add(scene.tx, scene.owner, artifact, parent=scene.id, tag=artifact["environment_id"])

    def trace(self, scene: Scene, turn: Object) -> None:
        """Have the trace of a turn be there, which is over."""
        told = trace({**turn, "_ended": scene.now}, scene.session)
        self._scenes.traces.add(scene.tx, scene.owner, {**told}, parent=scene.id)
