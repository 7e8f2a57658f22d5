"""Turns of a session, its subagents, and what a turn leaves: artifacts and traces. Replies only."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from fakeai.core.generation import JsonObject
from fakeai.wire.agents.items import Said
from fakeai.wire.agents.sessions import CacheOptions, TokenUsage


class TurnError(TypedDict):
    """Why a turn has failed."""

    code: str
    message: str


class Turn(TypedDict):
    """From input to the answer."""

    id: str
    object: Literal["agent.session.turn"]
    agent_id: str
    session_id: str
    subagent_id: str | None
    status: Literal["queued", "in_progress", "waiting", "completed", "failed", "cancelled"]
    created_at: int
    started_at: int | None
    completed_at: int | None
    error: TurnError | None
    usage: TokenUsage | None
    prompt_cache_options: NotRequired[CacheOptions | None]


class Subagent(TypedDict):
    """An agent that an agent has made."""

    id: str
    object: Literal["agent.session.subagent"]
    session_id: str
    parent_agent_id: str
    name: str | None
    instructions: list[Said] | None
    status: Literal["active", "closed"]
    opened_at: int
    closed_at: int | None


class Artifact(TypedDict):
    """A file that a turn has made."""

    id: str
    object: Literal["agent.session.artifact"]
    session_id: str
    turn_id: str
    environment_id: str
    path: str
    size_bytes: int
    created_at: int


class Trace(TypedDict):
    """The spans of a turn, as OTLP JSON."""

    id: str
    object: Literal["agent.session.trace"]
    session_id: str
    created_at: int
    otlp: JsonObject
