"""What memory adds to the promises of values: Apps share them, and what has expired takes no room for long."""

from fakeai.core.clock import WallClock
from fakeai.store.memory import MemoryValues


async def test_two_apps_share_what_is_counted() -> None:
    values = MemoryValues()
    one, other = values.at(WallClock()), values.at(WallClock())
    await one.add("n", 1, 60.0)
    assert await other.add("n", 1, 60.0) == 2


async def test_what_has_expired_is_swept_away() -> None:
    values = MemoryValues()
    for number in range(20_000):
        values.put(f"old {number}", b"", 1.0, now=2.0)
    for number in range(5_000):
        values.put(f"new {number}", b"", 3.0, now=2.0)
    assert len(values._entries) < 10_000
    assert values.get("new 0", 2.0) == b""
