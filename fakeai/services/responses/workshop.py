"""Containers for the tools of responses: found or made, and files put into them."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from fakeai.content.doings import Ran
from fakeai.content.python_machine import DATA
from fakeai.core.call import Call
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError
from fakeai.core.generation import JsonObject
from fakeai.services import programs
from fakeai.services.containers import Containers
from fakeai.services.files import Files, display_name
from fakeai.services.programs import Given
from fakeai.services.responses.hosted.interpreter import Desk, Made
from fakeai.wire.containers import ContainerCreate
from fakeai.wire.responses.tools import AutoContainer, ContainerAuto

_NAME = "Container of a response"


class Workshop:
    """Containers of one App. One that is made for the occasion is made when it is first worked in."""

    def __init__(self, containers: Containers, files: Files) -> None:
        self._containers = containers
        self._files = files

    async def desk(self, call: Call, wanted: Any, ids: Ids, context: Sequence[JsonObject]) -> Desk | None:
        """Where tools of a request work; None for the caller's own machine.

        Any: what a wire tool says of its container: an id, one to be made, or the caller's machine. Raises NotFound and
        BadRequest for an id that names none, or one that has expired.
        """
        if wanted is None or (not isinstance(wanted, str) and wanted.type == "local"):
            return None
        known = wanted if isinstance(wanted, str) else getattr(wanted, "container_id", None)
        if known is not None:
            await self._containers.use(call, known)
            return self._desk(call, known, self._ready, ())
        name = await self._used_before(call, context)
        if name is not None:
            return self._desk(call, name, self._ready, ())
        name = ids.hex("cntr_")
        made = _Once(partial(self._make, call, wanted, name))
        return self._desk(call, name, made.ready, getattr(wanted, "file_ids", None) or ())

    def _desk(self, call: Call, name: str, ready: Callable[[], Awaitable[None]], ids: Sequence[str]) -> Desk:
        return Desk(name, ready, partial(self._given, call, name, ids), partial(self._put, call, name))

    async def _given(self, call: Call, name: str, ids: Sequence[str]) -> Sequence[Given]:
        """The files of a container; while it is to be made yet, those that will be copied into it. Raises NotFound."""
        there = await self._containers.files(call.principal.owner, name)
        if there is None:
            files = [await self._files.get(call, one) for one in ids]
            return [_given(file["filename"], partial(self._files.beginning, file)) for file in files]
        return [_given(file["path"], partial(self._containers.beginning, file)) for file in there]

    async def _used_before(self, call: Call, context: Sequence[JsonObject]) -> str | None:
        """The container that the conversation has worked in last, if it is still there."""
        for item in reversed(context):
            if item.get("type") == "code_interpreter_call" and item.get("container_id"):
                try:
                    await self._containers.use(call, item["container_id"])
                except ApiError:
                    return None
                return str(item["container_id"])
        return None

    async def _ready(self) -> None:
        """It is there."""

    async def _make(self, call: Call, wanted: AutoContainer | ContainerAuto, name: str) -> None:
        names = ("file_ids", "memory_limit", "network_policy", "skills")
        given = {name: value for name in names if (value := getattr(wanted, name, None)) is not None}
        await self._containers.make(call, ContainerCreate(name=_NAME, **given), name)

    async def _put(self, call: Call, container: str, ran: Ran) -> Sequence[Made]:
        """Make the files that a program has made."""
        made = []
        for name in ran.files:
            data, kind = await programs.made(name, ran.written)
            file = await self._containers.put(call, container, name, data)
            if file is not None:
                made.append(Made(file["id"], name, data, kind))
        return made


class _Once:
    """Something that is done when it is first needed."""

    def __init__(self, do: Callable[[], Awaitable[None]]) -> None:
        self._do = do
        self._done = False

    async def ready(self) -> None:
        if not self._done:
            self._done = True
            await self._do()


def _given(path: str, read: Callable[[int], Awaitable[bytes]]) -> Given:
    name = display_name(path)
    return Given((DATA + name,), name, read)
