"""Containers for the tools of responses: found or made, and files put into them."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from fakeai.content import pictures_made
from fakeai.content.pictures import Wish, paint
from fakeai.core.call import Call
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError
from fakeai.core.generation import JsonObject
from fakeai.services.containers import Containers
from fakeai.services.responses.hosted.interpreter import Desk, Made
from fakeai.wire.containers import ContainerCreate
from fakeai.wire.responses.tools import AutoContainer, ContainerAuto

_NAME = "Container of a response"
_SIZE = 512, 384
_TYPES: JsonObject = {"png": "image/png", "jpg": "image/jpeg", "csv": "text/csv", "json": "application/json"}


class Workshop:
    """Containers of one App. One that is made for the occasion is made when it is first worked in."""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers

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
            return Desk(known, self._ready, partial(self._put, call, known))
        name = await self._used_before(call, context)
        if name is not None:
            return Desk(name, self._ready, partial(self._put, call, name))
        name = ids.hex("cntr_")
        made = _Once(partial(self._make, call, wanted, name))
        return Desk(name, made.ready, partial(self._put, call, name))

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

    async def _put(self, call: Call, container: str, names: Sequence[str]) -> Sequence[Made]:
        """Make files that a program says it has written."""
        made = []
        for name in names:
            kind = _TYPES.get(name.rsplit(".", 1)[-1].lower(), "text/plain")
            data = await _contents(name, kind)
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


async def _contents(name: str, kind: str) -> bytes:
    """What is in a file of that name: a picture of it, or a line."""
    if not kind.startswith("image/"):
        return b"value\n1\n2\n3\n" if kind == "text/csv" else f"{name}\n".encode()
    return await off_loop(_picture, name, "png" if kind == "image/png" else "jpeg")


def _picture(name: str, format: Any) -> bytes:
    return pictures_made.written(paint(Wish(name, *_SIZE, name.encode(), rough=True)), format, 90)
