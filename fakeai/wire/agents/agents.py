"""Agents that are kept."""

from typing import Annotated, Literal

from annotated_types import MaxLen

from fakeai.wire.agents.configuration import Configuration, Configured, ModelName
from fakeai.wire.base import Metadata


class AgentUpdate(Configured):
    """Body of `POST /agents/{agent_id}`: what is left out stays as it is."""

    metadata: Metadata | None = None
    name: Annotated[str, MaxLen(256)] | None = None


class AgentCreate(AgentUpdate):
    """Body of `POST /agents`."""

    model: ModelName


class Agent(Configuration):
    """A configuration under an id, for sessions and automations."""

    id: str
    object: Literal["agent"]
    created_at: int
    metadata: dict[str, str]
    name: str | None
    updated_at: int
