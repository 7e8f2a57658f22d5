"""Passages of files: kept whole, in order, and gone with their file."""

from fakeai.store.chunks import Indexed, Passage, forget, indexed, put, text, texts
from fakeai.store.sql import SqlDatabase


def passage(number: int, words: str, fresh: int = 0) -> Passage:
    return Passage(number, words, fresh, b"\0v", b"\xfft", b"c\0", len(words))


async def test_passages_come_by_file_and_number_and_take_the_place_of_those_before(db: SqlDatabase) -> None:
    await db.run(lambda tx: put(tx, "s", "b", [passage(1, "late"), passage(0, "early")]))
    await db.run(lambda tx: put(tx, "s", "a", [passage(0, "old"), passage(1, "older")]))
    await db.run(lambda tx: put(tx, "s", "a", [passage(0, "new")]))
    await db.run(lambda tx: put(tx, "other", "a", [passage(0, "theirs")]))
    found = await db.read(lambda tx: indexed(tx, "s"))
    assert [(one.file, one.number) for one in found] == [("a", 0), ("b", 0), ("b", 1)]
    assert found[0] == Indexed("a", 0, b"\0v", b"\xfft", b"c\0", 3)
    wanted = [("a", 0), ("b", 1), ("c", 0)]
    assert await db.read(lambda tx: texts(tx, "s", wanted)) == {("a", 0): "new", ("b", 1): "late"}
    assert await db.read(lambda tx: texts(tx, "s", [])) == {}


async def test_a_files_text_is_what_each_passage_adds(db: SqlDatabase) -> None:
    many = [passage(n, f"..{n};", 2) for n in range(500)]
    await db.run(lambda tx: put(tx, "s", "a", many))
    assert await db.read(lambda tx: "".join(text(tx, "s", "a"))) == "".join(f"{n};" for n in range(500))


async def test_passages_of_a_file_or_of_a_store_are_forgotten(db: SqlDatabase) -> None:
    for file in ("a", "b"):
        await db.run(lambda tx, file=file: put(tx, "s", file, [passage(0, file)]))  # type: ignore[misc]
    await db.run(lambda tx: put(tx, "other", "a", [passage(0, "theirs")]))
    await db.run(lambda tx: forget(tx, "s", "a"))
    assert [one.file for one in await db.read(lambda tx: indexed(tx, "s"))] == ["b"]
    await db.run(lambda tx: forget(tx, "s"))
    assert await db.read(lambda tx: indexed(tx, "s")) == []
    assert len(await db.read(lambda tx: indexed(tx, "other"))) == 1
