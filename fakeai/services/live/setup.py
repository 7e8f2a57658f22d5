"""What a Live session is set up as: the configuration that it is told to have, changed by updates and taken over by forks.

A setup is JSON as the wire has it, defaults filled in. Knows no sockets and no time.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from fakeai.core.errors import BadRequest
from fakeai.services.decisions import MODEL
from fakeai.services.live.waves import PCM, Wave
from fakeai.wire.live.config import MediaFork, ResponsesDelegation, Session, SessionUpdate, SocketFork, StartedBackend

Setup: TypeAlias = dict[str, Any]  # JSON
Target: TypeAlias = Literal["client", "responses", "decisions"]

VOICE = "marin"
VOICES = frozenset(
    {
        "alloy", "ash", "ballad", "beacon", "bossa", "cedar", "cinder", "coral", "delta", "echo", "gleam", "marin",
        "meridian", "quartz", "ripple", "sage", "shida", "shimmer", "stone", "tempo", "verse", "vesper", "willow",
    }
)  # fmt: skip
INSTRUCTIONS = "You are a friendly voice assistant. Answer briefly, in the language of the user."
"""For sessions without instructions of their own."""

ASKED = "_asked"
"""Whether who is to have the tasks was said. Not told, as all that begins so."""

_FORMAT: Mapping[str, Any] = MappingProxyType({"type": "audio/pcm", "rate": 24000})
_SECRET = "authorization"
"""What is not told of MCP servers."""


def started(session: Session, *, socket: bool) -> Setup:
    """The setup of a new session; `socket` for one whose sound goes over a WebSocket. Raises BadRequest."""
    given: Setup = session.model_dump(mode="json", exclude_unset=True)
    given.pop("type", None)
    audio = given.get("audio") or {}
    output = {"voice": VOICE, **(audio.get("output") or {})}
    _check_voice(output["voice"])
    setup: Setup = {
        **given,
        "audio": {"format": audio.get("format") or dict(_FORMAT), "output": output} if socket else {"output": output},
        "delegation": _delegation(given.get("delegation")),
        ASKED: given.get("delegation") is not None,
        "store": given.get("store") or False,
    }
    _check_triggers(given.get("triggers") or [])
    return setup


def made_up() -> Setup:
    """The setup of a session that nobody has started: one that tasks can be put to."""
    backend = ResponsesDelegation(type="responses", responses=StartedBackend(model=MODEL))
    return started(Session(model="gpt-live-1", delegation=backend), socket=False)


def updated(setup: Setup, change: SessionUpdate) -> Setup:
    """The setup with what an update changes. Raises BadRequest."""
    given: Setup = change.model_dump(mode="json", exclude_unset=True)
    new = {**setup, "delegation": _merged(setup["delegation"], given.get("delegation"))}
    if "triggers" in given:
        _check_triggers(given["triggers"])
        new["triggers"] = given["triggers"]
    return new


def forked(setup: Setup, change: MediaFork | None, *, socket: bool, easy: bool = False) -> Setup:
    """The setup of a fork: that of the session it comes from, but for what it has otherwise. Raises BadRequest.

    `easy` lets tasks go to whom they could not.
    """
    given: Setup = {} if change is None else change.model_dump(mode="json", exclude_unset=True)
    if easy and given.get("delegation") and target(setup) != "responses":
        setup = {**setup, "delegation": made_up()["delegation"]}
    if socket and given.get("client"):
        raise BadRequest(
            "Client permissions are only supported for WebRTC forks.", param="session.client", code="invalid_value"
        )
    output = {"output": setup["audio"]["output"]}
    wanted = (given.get("audio") or {}).get("format") if isinstance(change, SocketFork) else None
    before = setup["audio"].get("format") or dict(_FORMAT)
    new = {
        **setup,
        "audio": {"format": wanted or before, **output} if socket else output,
        "delegation": _merged(setup["delegation"], given.get("delegation")),
        "store": setup["store"] if given.get("store") is None else given["store"],
    }
    if "client" in given:
        new["client"] = given["client"]
    return new


def shown(setup: Setup) -> Setup:
    """The setup without what is nobody's to see."""
    setup = {name: value for name, value in setup.items() if not name.startswith("_")}
    backend = setup["delegation"].get("responses")
    if not backend or not backend.get("tools"):
        return setup
    tools = [{name: value for name, value in tool.items() if name != _SECRET} for tool in backend["tools"]]
    return {**setup, "delegation": {**setup["delegation"], "responses": {**backend, "tools": tools}}}


def target(setup: Setup) -> Target:
    """Whose the session's tasks are."""
    kind: Target = setup["delegation"]["type"]
    return kind


def voice(setup: Setup) -> str:
    """The name of the voice, or the id of a custom one."""
    chosen = setup["audio"]["output"]["voice"]
    return str(chosen["id"] if isinstance(chosen, dict) else chosen)


def wave(setup: Setup) -> Wave:
    """How samples go over the session's own WebSocket."""
    wanted = setup["audio"].get("format")
    return PCM if wanted is None else Wave(wanted["type"], wanted["rate"])


def questions(setup: Setup) -> tuple[str, Sequence[Any]]:
    """Who decides, and what is asked. Any: JSON."""
    decider = setup["delegation"].get("decisions") or {"model": MODEL, "questions": []}
    return decider["model"], decider["questions"]


def trigger(setup: Setup, event_type: str) -> Sequence[Any] | None:
    """What is asked when there is an event of this type, if anything. Any: JSON."""
    found = [each["decisions"]["questions"] for each in setup.get("triggers") or () if each["event_type"] == event_type]
    return found[0] if found else None


def _delegation(given: Setup | None) -> Setup:
    made = {"type": "client"} if given is None else given
    return {"acknowledgement_delay_ms": 400 if made["type"] == "decisions" else 0, **made}


def _merged(before: Setup, change: Setup | None) -> Setup:
    if not change:
        return before
    kind = before["type"]
    if change["type"] != kind:
        raise _mismatch(kind, change["type"])
    new = {**before, **change}
    if change.get(kind):
        new[kind] = {**before[kind], **change[kind]}
    return new


def _mismatch(kind: str, other: str) -> BadRequest:
    return BadRequest(
        f"The delegation type of a session cannot change: it is '{kind}', not '{other}'.",
        param="session.delegation.type",
        code="immutable_field_update",
    )


def _check_voice(chosen: Any) -> None:
    """Any: JSON."""
    if isinstance(chosen, str) and chosen not in VOICES:
        names = ", ".join([f"'{name}'" for name in sorted(VOICES)])
        raise BadRequest(
            f"Invalid value: '{chosen[:64]}'. Supported values are: {names}.",
            param="session.audio.output.voice",
            code="invalid_value",
        )


def _check_triggers(triggers: Sequence[Setup]) -> None:
    types = [each["event_type"] for each in triggers]
    if len(set(types)) < len(types):
        raise BadRequest(
            "Invalid 'session.triggers': there can be only one trigger for each event type.",
            param="session.triggers",
            code="invalid_value",
        )
