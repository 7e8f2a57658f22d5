"""Programs read the files that they are given, as long as those are there, and make others."""

import io

import pytest
from PIL import Image

from fakeai.core.errors import NotFound
from fakeai.services import programs
from fakeai.services.programs import Given


def given(name: str, data: bytes | None, *paths: str) -> Given:
    async def read(size: int) -> bytes:
        if data is None:
            raise NotFound("gone")
        return data[:size]

    return Given(paths or (f"/mnt/data/{name}",), name, read)


async def test_the_tool_tells_of_files_and_of_the_columns_of_tables() -> None:
    assert (await programs.tool([])).description.endswith("charts and files.")
    files = [given("a.csv", b"x,y\n1,2"), given("b.txt", b"x,y"), given("gone.csv", None)]
    told = (await programs.tool(files)).description
    assert told.endswith(
        "/mnt/data/a.csv is a.csv with columns x, y; /mnt/data/b.txt is b.txt; /mnt/data/gone.csv is gone.csv."
    )


async def test_a_program_reads_a_file_by_any_of_its_paths() -> None:
    file = given("a.txt", b"hi", "/mnt/data/file-1", "/mnt/data/a.txt")
    for path in file.paths:
        assert (await programs.run(f"print(open({path!r}).read())", [file])).output == "hi\n"
    assert (await programs.run("print(1)", [file])).output == "1\n"


@pytest.mark.parametrize("data", [None, b"x" * 1_100_000])
async def test_a_file_that_is_gone_or_too_large_is_not_read(data: bytes | None) -> None:
    ran = await programs.run("print(len(open('/mnt/data/a.txt').read()))", [given("a.txt", data)])
    assert ran.output == ("" if data else "FileNotFoundError: [Errno 2] No such file or directory: '/mnt/data/a.txt'\n")


async def test_files_that_are_made_are_what_their_names_say() -> None:
    assert await programs.made("a.csv", {"a.csv": "n\n1\n"}) == (b"n\n1\n", "text/csv")
    assert await programs.made("a.csv", {}) == (b"value\n1\n2\n3\n", "text/csv")
    assert await programs.made("a.txt", {}) == (b"a.txt\n", "text/plain")
    for name, kind, form in (("a.png", "image/png", "PNG"), ("a.JPG", "image/jpeg", "JPEG")):
        data, told = await programs.made(name, {})
        assert told == kind
        assert Image.open(io.BytesIO(data)).format == form
