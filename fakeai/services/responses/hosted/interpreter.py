"""Python in a container: small programs are worked out, files that they write are made, nothing is run."""

from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import NamedTuple

from fakeai.content.doings import Ran
from fakeai.core.generation import JsonObject, ToolStart
from fakeai.services import programs
from fakeai.services.programs import Given
from fakeai.services.responses.calls import Event, HostedCall
from fakeai.services.responses.offers import Offer


class Made(NamedTuple):
    """A file that a program has written."""

    id: str
    name: str
    data: bytes
    media_type: str


class Desk(NamedTuple):
    """Where programs and commands are run."""

    container: str
    ready: Callable[[], Awaitable[None]]
    """Sees to it that the container is there."""
    files: Callable[[], Awaitable[Sequence[Given]]]
    """The files that are in it, or will be once it is there."""
    put: Callable[[Ran], Awaitable[Sequence[Made]]]
    """Puts the files into it that a program has made."""


async def offer(make_id: Callable[[], str], desk: Desk, *, outputs: bool) -> Offer:
    """The tool; with `outputs`, calls tell what was written."""
    tool = await programs.tool(await desk.files())
    return Offer(tool, lambda start: _Run(make_id(), start, desk, outputs), programs.NAME, hosted=True)


class _Run(HostedCall):
    def __init__(self, id: str, start: ToolStart, desk: Desk, outputs: bool) -> None:
        item: JsonObject = {
            "id": id,
            "type": "code_interpreter_call",
            "status": "in_progress",
            "code": "",
            "container_id": desk.container,
            "outputs": None,
        }
        super().__init__(item, start.id)
        self._desk = desk
        self._outputs = outputs

    def opened(self) -> list[Event]:
        return [{"type": "response.code_interpreter_call.in_progress"}]

    def typed(self, piece: str) -> Event:
        return {"type": "response.code_interpreter_call_code.delta", "delta": piece}

    def closed(self, text: str, *, complete: bool) -> list[Event]:
        super().closed(text, complete=complete)
        self.item["code"] = text
        return [{"type": "response.code_interpreter_call_code.done", "code": text}]

    async def work(self) -> AsyncIterator[list[Event]]:
        self.item["status"] = "interpreting"
        yield [{"type": "response.code_interpreter_call.interpreting"}]
        await self._desk.ready()
        ran = await programs.run(self.arguments, await self._desk.files())
        made = await self._desk.put(ran)
        self.result = ran.output or "The program has run, and written nothing."
        self.citations = [
            {
                "type": "container_file_citation",
                "container_id": self._desk.container,
                "file_id": file.id,
                "filename": file.name,
                "start_index": 0,
                "end_index": 0,
            }
            for file in made
        ]
        if self._outputs:
            self.item["outputs"] = [{"type": "logs", "logs": ran.output}, *map(_shown, filter(_is_image, made))]
        self.item["status"] = "completed"
        yield [{"type": "response.code_interpreter_call.completed"}]


def _is_image(file: Made) -> bool:
    return file.media_type.startswith("image/")


def _shown(file: Made) -> JsonObject:
    return {"type": "image", "url": f"data:{file.media_type};base64,{b64encode(file.data).decode()}"}
