"""What automations set off: a new session each time, or one that there is; as it is told, and as it is done."""

from fakeai.core.call import Call
from fakeai.services.agents import configuration, progress
from fakeai.services.agents.agents import Agents
from fakeai.services.agents.conversation import check_images
from fakeai.services.agents.furnishing import check, plainly
from fakeai.services.agents.opening import Opening
from fakeai.services.agents.sessions import Sessions
from fakeai.services.agents.vaults import Vaults
from fakeai.services.base import lenient
from fakeai.services.directory import ModelDirectory
from fakeai.store.base import Object
from fakeai.wire.agents import automations as wire
from fakeai.wire.agents import environments as places
from fakeai.wire.agents.configuration import Configuration
from fakeai.wire.agents.sessions import SessionCreate

_HOSTED = ("capability_directories", "desktop", "network", "packages", "plugins", "skills")


class Targets:
    """Checks and tells what is set off."""

    def __init__(
        self, directory: ModelDirectory, agents: Agents, sessions: Sessions, vaults: Vaults, *, easy: bool
    ) -> None:
        self._directory = directory
        self._agents = agents
        self._sessions = sessions
        self._vaults = vaults
        self._easy = easy

    @property
    def opening(self) -> Opening:
        """How new sessions are opened."""
        return self._sessions.opening

    async def told(self, call: Call, target: wire.Target) -> Object:
        """A target as it is told. Raises BadRequest, and NotFound for what is not the caller's."""
        if isinstance(target, wire.ExistingSession):
            await self._sessions.get(call, target.session_id)
            return {
                "type": "existing_session",
                "instructions": target.instructions,
                "session_id": target.session_id,
            }
        easy = lenient(call, self._easy)
        if not easy:
            await check_images(target.input, "target.input")
        for vault_id in target.vault_ids or ():
            await self._vaults.get(call, vault_id)
        if target.agent_id is not None:
            await self._agents.get(call, target.agent_id)
        return {
            "type": "new_session",
            "agent": self._agent(call, target, easy=easy),
            "agent_id": target.agent_id,
            "environment": _environment(target.environment, easy=easy),
            "input": [{"type": "message", "role": "user", **content} for content in progress.contents(target.input)],
            "metadata": target.metadata or {},
            "vault_ids": target.vault_ids or [],
        }

    def _agent(self, call: Call, target: wire.NewSession, *, easy: bool) -> Configuration | None:
        if target.agent is None:
            if target.agent_id is None and not easy:
                raise configuration.needs_model("target.agent")
            return None
        self.opening.configured(call, target.agent, "target.agent")
        if target.agent.model is None and target.agent_id is None and not easy:
            raise configuration.needs_model("target.agent")
        base = configuration.plain(target.agent.model or self._directory.card(None).id)
        return configuration.settled(target.agent, base, kept=False)


def opened(raw: bytes) -> SessionCreate:
    """The request that opens a target's next session."""
    from fakeai.wire.base import parse

    return parse(SessionCreate, raw)


def request(target: wire.NewSession) -> bytes:
    """What is kept of a target, to open sessions with."""
    names = {"environment", "input", "agent", "agent_id", "metadata", "vault_ids"}
    return target.model_dump_json(include=names, exclude_unset=True, by_alias=True).encode()


def _environment(wanted: places.NoneWanted | places.Hosted | places.SelfHosted, *, easy: bool) -> Object:
    if isinstance(wanted, places.NoneWanted):
        return {"type": "none"}
    if isinstance(wanted, places.SelfHosted):
        return {
            "type": "self_hosted",
            "environment_id": None,
            "capability_directories": wanted.capability_directories or [],
            "workspace_directory": wanted.workspace_directory,
        }
    if not easy:
        check(wanted, "target.environment.")
    said = plainly(wanted)
    return {
        "type": "openai_hosted",
        "environment_id": wanted.environment_id,
        "environment_template_id": wanted.environment_template_id,
        "container_size": wanted.container_size,
        "files": None if wanted.files is None else [_file(file) for file in wanted.files],
        **{name: said.get(name) for name in _HOSTED},
    }


def _file(file: places.KnownFile | places.InlineFile) -> Object:
    if isinstance(file, places.KnownFile):
        return {"type": "file_id", "file_id": file.file_id, "path": file.path}
    size = len(file.data) * 3 // 4 - file.data[-2:].count("=")
    return {"type": "inline", "path": file.path, "size_bytes": max(size, 0)}
