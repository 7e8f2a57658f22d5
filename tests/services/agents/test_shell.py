"""Commands in an environment."""

from typing import Any

import pytest

from fakeai.services.agents.shell import Ran, absolute, run

FILES: list[Any] = [
    {"path": "/workspace/a.txt", "size_bytes": 9},
    {"path": "/workspace/data/b.csv", "size_bytes": 4},
]
DATA = {"/workspace/a.txt": b"one\ntwo x", "/workspace/data/b.csv": b"1,2\n"}


async def ran(command: str) -> Ran:
    async def read(file: Any) -> bytes:
        return DATA[file["path"]]

    return await run(command, "/workspace", FILES, read)


@pytest.mark.parametrize(
    ("command", "output", "code"),
    [
        ("pwd", "/workspace\n", 0),
        ("ls", "a.txt\ndata\n", 0),
        ("ls data", "b.csv\n", 0),
        ("ls /workspace/a.txt", "/workspace/a.txt\n", 0),
        ("ls nowhere", "ls: cannot access '/workspace/nowhere': No such file or directory\n", 2),
        ("cat a.txt", "one\ntwo x", 0),
        ("cat ./data/../a.txt", "one\ntwo x", 0),
        ("head data/b.csv", "1,2\n", 0),
        ("tail a.txt", "one\ntwo x", 0),
        ("wc a.txt", "2 3 9 /workspace/a.txt\n", 0),
        ("cat nowhere", "cat: /workspace/nowhere: No such file or directory\n", 1),
        ("echo hello you", "hello you\n", 0),
        ("exit 3", "", 3),
        ("", "", 0),
    ],
)
async def test_a_command_sees_the_files_that_are_there(command: str, output: str, code: int) -> None:
    found = await ran(command)
    assert (found.output, found.code, found.files) == (output, code, None)


async def test_a_command_nobody_knows_is_not_found() -> None:
    assert (await ran("frobnicate now")).code == 127


async def test_output_is_written_into_files() -> None:
    assert (await ran("echo hi > out.txt")).files == {"/workspace/out.txt": b"hi\n"}
    assert (await ran("echo hi >> a.txt")).files == {"/workspace/a.txt": b"one\ntwo xhi\n"}
    refused = await ran("echo hi > /etc/passwd")
    assert (refused.code, refused.files) == (1, None)


async def test_a_line_that_cannot_be_read_is_an_error() -> None:
    assert (await ran("echo 'a")).code != 0


def test_paths_are_taken_from_where_one_is() -> None:
    assert absolute("../x/./y", "/workspace/a") == "/workspace/x/y"
    assert absolute("/../../x", "/workspace") == "/x"
