"""Programs of hosted tools: told which files they can read, worked out with those, and the files that they make."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from mimetypes import guess_type
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from fakeai.content import file_programs, pictures_made
from fakeai.content.doings import Ran, run_python
from fakeai.content.file_programs import FileTold
from fakeai.content.pictures import Wish, paint
from fakeai.core.clock import off_loop
from fakeai.core.errors import NotFound
from fakeai.core.generation import Tool

NAME: Final = "code_interpreter"
_TOOL: Final = Tool(
    NAME, "Run Python code to calculate, analyse data, make charts and files.", kind="custom", takes="python"
)
_HEAD = 4_096
_MOST_READ = 1_000_001
"""Bytes of a file that are read: one more than programs are given, so that a longer one is not taken for all of it."""
_SIZE = 512, 384
_PICTURES: Mapping[str, str] = MappingProxyType({"png": "png", "jpg": "jpeg", "jpeg": "jpeg"})


class Given(NamedTuple):
    """A file that programs can read: where they find it, what it is called, and its first so many bytes."""

    paths: Sequence[str]
    name: str
    read: Callable[[int], Awaitable[bytes]]


async def tool(files: Sequence[Given]) -> Tool:
    """The tool as a model has it, with the files that its programs can read."""
    told = [FileTold(file.paths[0], file.name, await _columns(file)) for file in files]
    return _TOOL._replace(description=_TOOL.description + file_programs.told(told))


async def run(code: str, files: Sequence[Given]) -> Ran:
    """What a program comes to that can read these files."""
    given: dict[str, bytes] = {}
    for file in files:
        named = [path for path in file.paths if path in code]
        if named and (data := await _read(file, _MOST_READ)) is not None:
            given |= dict.fromkeys(named, data)
    return await off_loop(run_python, code, given)


async def made(name: str, written: Mapping[str, str]) -> tuple[bytes, str]:
    """The bytes of a file that a program has made, and their media type: what it wrote, a picture, or a line."""
    kind = guess_type(name)[0] or "text/plain"
    if name in written:
        return written[name].encode("utf-8", "replace"), kind
    picture = _PICTURES.get(name.rsplit(".", 1)[-1].lower())
    if picture is not None:
        return await off_loop(_picture, name, picture), kind
    return b"value\n1\n2\n3\n" if kind == "text/csv" else f"{name}\n".encode(), kind


async def _columns(file: Given) -> Sequence[str]:
    if not file.name.lower().endswith(".csv"):
        return ()
    head = await _read(file, _HEAD)
    return () if head is None else file_programs.columns(head, file.name)


async def _read(file: Given, size: int) -> bytes | None:
    """None if it is gone meanwhile."""
    try:
        return await file.read(size)
    except NotFound:
        return None


def _picture(name: str, format: Any) -> bytes:
    """Any: one of a few words."""
    return pictures_made.written(paint(Wish(name, *_SIZE, name.encode(), rough=True)), format, 90)
