"""Each line of a batch has one answer, however often it comes."""

from fakeai.store.batch_lines import Answered, every, forget, numbers, put, sums
from fakeai.store.sql import SqlDatabase


def answered(line: int, text: str = "", *, failed: bool = False) -> Answered:
    return Answered(line, failed, 10, 2, 5, 1, text or f"line {line}")


async def test_the_first_answer_of_a_line_stays(db: SqlDatabase) -> None:
    await db.run(lambda tx: put(tx, "b", [answered(2), answered(1), answered(3, failed=True)]))
    await db.run(lambda tx: put(tx, "b", [answered(1, "again"), answered(4)]))
    await db.run(lambda tx: put(tx, "other", [answered(1, "theirs")]))
    await db.run(lambda tx: put(tx, "b", []))
    assert await db.read(lambda tx: numbers(tx, "b")) == {1, 2, 3, 4}
    assert await db.read(lambda tx: list(every(tx, "b", failed=False))) == ["line 1", "line 2", "line 4"]
    assert await db.read(lambda tx: list(every(tx, "b", failed=True))) == ["line 3"]
    assert await db.read(lambda tx: sums(tx, "b")) == (3, 1, 40, 8, 20, 4)
    await db.run(lambda tx: forget(tx, "b"))
    assert await db.read(lambda tx: sums(tx, "b")) == (0, 0, 0, 0, 0, 0)
    assert await db.read(lambda tx: numbers(tx, "other")) == {1}


async def test_a_file_of_many_lines_comes_whole_and_in_order(db: SqlDatabase) -> None:
    await db.run(lambda tx: put(tx, "b", [answered(n) for n in range(2_500, 0, -1)]))
    found = await db.read(lambda tx: list(every(tx, "b", failed=False)))
    assert found == [f"line {n}" for n in range(1, 2_501)]
