"""Commands in an environment, as far as they can be made up: they see the files that are there, and may write some."""

import re
import shlex
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from fakeai.content.doings import run_command
from fakeai.services.agents.workspace import ROOT
from fakeai.store.base import Object

Read = Callable[[Object], Awaitable[bytes]]

_REDIRECTED = re.compile(r"(.+?)\s*(>>?)\s*([\w./-]+)\s*", re.DOTALL)
_EXIT = re.compile(r"exit\s+([0-9]{1,3})")
_SHOWN = 20_000
"""Characters of a file that a command shows."""


class Ran(NamedTuple):
    """What a command has come to: what it wrote on the screen, and into which files."""

    output: str
    code: int = 0
    files: Mapping[str, bytes] | None = None


async def run(command: str, cwd: str, files: Sequence[Object], read: Read) -> Ran:
    """A command line's output among those files."""
    ended = _EXIT.fullmatch(command.strip())
    if ended is not None:
        return Ran("", int(ended[1]) % 256)
    redirected = _REDIRECTED.fullmatch(command)
    if redirected is not None:
        return await _redirected(redirected, cwd, files, read)
    try:
        name, *rest = shlex.split(command) or ["true"]
    except ValueError:
        name, rest = command, []
    paths = [absolute(word, cwd) for word in rest if not word.startswith("-")]
    by_path = {file["path"]: file for file in files}
    if name == "pwd":
        return Ran(f"{cwd}\n")
    if name == "ls":
        return _list(paths[0] if paths else cwd, by_path)
    if name in ("cat", "head", "tail", "wc") and paths:
        return await _show(name, paths[0], by_path, read)
    made = run_command(command)
    return Ran(made.stdout + made.stderr, made.code)


def absolute(path: str, cwd: str) -> str:
    """A path from the root on."""
    parts: list[str] = []
    for part in (path if path.startswith("/") else f"{cwd}/{path}").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


async def _redirected(match: "re.Match[str]", cwd: str, files: Sequence[Object], read: Read) -> Ran:
    path = absolute(match[3], cwd)
    if not path.startswith(f"{ROOT}/"):
        return Ran(f"bash: {match[3]}: Permission denied\n", 1)
    ran = await run(match[1], cwd, files, read)
    before = next((file for file in files if file["path"] == path), None) if match[2] == ">>" else None
    old = b"" if before is None else await read(before)
    return Ran("", ran.code, {path: old + ran.output.encode()})


def _list(path: str, files: Mapping[str, Object]) -> Ran:
    if path in files:
        return Ran(f"{path}\n")
    below = path.rstrip("/") + "/"
    names = sorted({found.removeprefix(below).split("/")[0] for found in files if found.startswith(below)})
    if not names and path.rstrip("/") not in (ROOT, "/"):
        return Ran(f"ls: cannot access '{path}': No such file or directory\n", 2)
    return Ran("".join(f"{name}\n" for name in names))


async def _show(name: str, path: str, files: Mapping[str, Object], read: Read) -> Ran:
    file = files.get(path)
    if file is None:
        return Ran(f"{name}: {path}: No such file or directory\n", 1)
    text = (await read(file)).decode("utf-8", "replace")
    lines = text.splitlines(keepends=True)
    if name == "wc":
        return Ran(f"{len(lines)} {len(text.split())} {file['size_bytes']} {path}\n")
    shown = {"head": lines[:10], "tail": lines[-10:]}.get(name, lines)
    return Ran("".join(shown)[:_SHOWN])
