"""How a session is opened: its agent, its environment and its first words, looked up and checked, then made at once.

Calls open sessions, and automations do so for whoever made them.
"""

from collections.abc import Sequence
from dataclasses import asdict

from fakeai.core.call import Call
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest, Forbidden
from fakeai.services.agents import budget, configuration, progress
from fakeai.services.agents.agents import Agents, of
from fakeai.services.agents.conversation import check_images
from fakeai.services.agents.environments import Environments, Made
from fakeai.services.agents.scenes import Scene, Thread
from fakeai.services.agents.surroundings import tell
from fakeai.services.agents.vaults import Vaults
from fakeai.services.agents.workspace import with_blobs
from fakeai.services.base import lenient, timing
from fakeai.services.directory import ModelDirectory
from fakeai.services.policies import Policies
from fakeai.services.resource import SYNTHESIZED
from fakeai.store.base import Database, Object, Tx
from fakeai.wire import wording
from fakeai.wire.agents import environments as places
from fakeai.wire.agents.configuration import Configured
from fakeai.wire.agents.inputs import InputMessage
from fakeai.wire.agents.sessions import Session, SessionAgent, SessionCreate


class Opening:
    """Opens sessions."""

    def __init__(
        self,
        db: Database,
        ids: Ids,
        directory: ModelDirectory,
        agents: Agents,
        environments: Environments,
        vaults: Vaults,
        policies: Policies,
        *,
        easy: bool,
    ) -> None:
        self._db = db
        self._ids = ids
        self._directory = directory
        self._agents = agents
        self._environments = environments
        self._vaults = vaults
        self._policies = policies
        self._easy = easy

    async def open(self, call: Call, body: SessionCreate, session_id: str | None = None) -> Object:
        """A session that is there, with its turn if it was told something; of that id, if it is not there yet.

        Raises BadRequest, NotFound and Conflict.
        """
        easy = lenient(call, self._easy)
        said = said_first(body.input)
        if not easy:
            check(body, said)
            if isinstance(body.input, list):
                await check_images(body.input, "input")
        agent = await self._agent(call, body.agent, body.agent_id, easy=easy)
        for vault_id in body.vault_ids or ():
            await self._vaults.get(call, vault_id)
        session_id = session_id or self._ids.hex("asess_")
        made, told, ahead = await self._place(call, body.environment, session_id)
        session = self._session(session_id, agent, told, body)
        session.update(_by=asdict(call.principal), _timing=list(timing(call)))
        owner, scenes = call.principal.owner, self._environments.scenes

        def first(scene: Scene) -> None:
            if made is not None:
                self._environments.add(scene.tx, owner, made)
                tell(scene, made.environment)
            elif ahead:
                self._environments.surroundings.attach(scene, ahead)
            if said:
                progress.begin(scene, Thread(session_id), said)

        def work(tx: Tx) -> None:
            if not scenes.sessions.known(tx, owner, session_id):
                scenes.make(tx, owner, session, first)

        await with_blobs(self._environments.blobs, [] if made is None else made.keys, lambda: self._db.run(work))
        scenes.wake(session_id)
        return session

    async def permit(self, call: Call, model: str) -> None:
        """Have the call use a model. Raises Forbidden for one that the project may not use, ModelNotFound, and BadRequest."""
        card = self._directory.card(model)
        if card.family != "chat":
            raise BadRequest(f"The model '{card.id}' does not chat.", param="agent.model")
        if not (await self._policies.get(call.principal)).allows(card.id):
            raise Forbidden(
                f"Project `{call.principal.project}` does not have access to model `{model[:256]}`",
                code="model_not_found",
            )
        call.model = card.id

    def configured(self, call: Call, said: Configured, where: str) -> None:
        """Check a configuration. Raises BadRequest, and ModelNotFound where only known models are."""
        if said.model is not None:
            self._directory.card(said.model)
        if not lenient(call, self._easy):
            configuration.check(said, where)

    async def _agent(self, call: Call, said: Configured | None, agent_id: str | None, *, easy: bool) -> SessionAgent:
        """The agent of a session: one that is kept, with what was said beside it, or one of its own."""
        name, base = None, None
        if agent_id is not None:
            kept = await self._agents.get(call, agent_id)
            name, base = kept["name"], of(kept)
            base["tools"] = configuration.for_session(base["tools"])
        if said is not None:
            self.configured(call, said, "agent")
        model = said.model if said is not None else None
        if base is None:
            if model is None and not easy:
                raise configuration.needs_model("agent")
            base = configuration.plain(model or self._directory.card(None).id)
        made = base if said is None else configuration.settled(said, base, kept=False)
        await self.permit(call, made["model"])
        return {"id": agent_id or self._ids.make("agent_"), "name": name, **made}

    async def _place(
        self, call: Call, wanted: places.NoneWanted | places.Hosted | places.SelfHosted, session_id: str
    ) -> tuple[Made | None, Object, str]:
        """An environment to be made, how the session tells of its own, and the id of one that was made ahead."""
        if isinstance(wanted, places.NoneWanted):
            return None, {"type": "none"}, ""
        if isinstance(wanted, places.Hosted) and wanted.environment_id is not None:
            found = await self._environments.get(call, wanted.environment_id)
            return None, found["_told"], "" if SYNTHESIZED in found else found["id"]
        made = await self._environments.make(call, wanted, session_id)
        return made, made.told, ""

    def _session(self, session_id: str, agent: SessionAgent, told: Object, body: SessionCreate) -> Object:
        now = int(self._db.now())
        session: Session = {
            "id": session_id,
            "object": "agent.session",
            "agent": agent,
            "created_at": now,
            "environment": told,  # type: ignore[typeddict-item]  # as its service tells it
            "error": None,
            "last_active_at": now,
            "metadata": body.metadata or {},
            "required_actions": [],
            "status": "idle",
            "usage": None,
            "vault_ids": body.vault_ids or [],
        }
        if body.prompt_cache_options is not None:
            session["prompt_cache_options"] = {"ttl": body.prompt_cache_options.ttl or "30m"}
        if body.review is not None and body.review != "none":
            session["review"] = body.review
        made: Object = {**session, "_events": 0, "_turn": "", "_used": dict(progress.NOTHING)}
        budget.allow(made, body.spend_control)
        return made


def check(body: SessionCreate, said: Sequence[Object]) -> None:
    """What the types do not say. Raises BadRequest."""
    if body.stream_options is not None and not body.stream:
        raise BadRequest(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    kind = body.environment.type
    if not said and (kind == "none" or (body.stream and kind != "self_hosted")):
        raise wording.missing("input")
    wanted = body.environment
    if isinstance(wanted, places.Hosted) and wanted.environment_id is not None:
        others = wanted.model_fields_set - {"type", "environment_id"}
        if others:
            raise BadRequest(
                f"'environment.environment_id' cannot be given together with '{min(others)}'.",
                param="environment.environment_id",
            )


def said_first(given: str | list[InputMessage] | None) -> list[Object]:
    """The messages that a session begins with."""
    if isinstance(given, str):
        return progress.words(given)
    return progress.contents(given or ())
