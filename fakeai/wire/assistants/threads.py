"""Threads: conversations that are kept."""

from typing import Literal

from typing_extensions import TypedDict

from fakeai.wire.assistants.messages import MessageCreate
from fakeai.wire.assistants.tools import NewResources, Resources, ToolResources
from fakeai.wire.base import Items, Metadata, Omittable, Wire


class ThreadCreate(Wire):
    """Body of `POST /threads`; the thread of a run that begins with one."""

    messages: Omittable[Items[MessageCreate]] = None
    tool_resources: NewResources | None = None
    metadata: Metadata | None = None


class ThreadUpdate(Wire):
    """Body of `POST /threads/{thread_id}`: what is given is changed."""

    tool_resources: Resources | None = None
    metadata: Metadata | None = None


class Thread(TypedDict):
    """A thread."""

    id: str
    object: Literal["thread"]
    created_at: int
    tool_resources: ToolResources | None
    metadata: dict[str, str]
