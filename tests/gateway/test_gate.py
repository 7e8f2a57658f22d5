"""So many at a time: the others wait, in order, and get in however those before them have left."""

import asyncio
from typing import Any

import pytest

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import BadRequest
from fakeai.core.feed import Feed
from fakeai.gateway.gate import Gate

CHAT = Endpoint("POST", "/chat/completions", "create", "Answer", usage="completions")


class Source:
    """A stream that ends when it is told to."""

    def begin(self, feed: Feed[Any], /) -> None:
        pass

    def cancel(self) -> None:
        pass

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass


class Hall:
    """A gate of two places, and who is behind it."""

    def __init__(self) -> None:
        self.gate = Gate(2)
        self.inside: dict[str, asyncio.Future[Reply]] = {}

    async def _answer(self, call: Call) -> Reply:
        self.inside[call.id] = asyncio.get_running_loop().create_future()
        return await self.inside[call.id]

    async def come(self, *names: str) -> list[asyncio.Task[Reply]]:
        tasks = [asyncio.ensure_future(self.gate(Call(name, CHAT, CHAT.path, {}), self._answer)) for name in names]
        await self.turn()
        return tasks

    async def turn(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def test_a_third_waits_until_one_has_its_answer() -> None:  # gateway 25
    hall = Hall()
    _, _, third, fourth = await hall.come("a", "b", "c", "d")
    assert list(hall.inside) == ["a", "b"]
    hall.inside["b"].set_result(Reply({}))
    await hall.turn()
    assert list(hall.inside) == ["a", "b", "c"]
    hall.inside["a"].set_exception(BadRequest("no"))
    await hall.turn()
    assert list(hall.inside) == ["a", "b", "c", "d"], "a refusal makes room, too"
    for name, task in (("c", third), ("d", fourth)):
        hall.inside[name].set_result(Reply({"to": name}))
        assert (await task).body == {"to": name}


@pytest.mark.parametrize("end", ["finish", "cancel"])
async def test_a_stream_is_in_until_it_ends(end: str) -> None:  # gateway 25, 88
    hall = Hall()
    await hall.come("a", "b", "c")
    feed: Feed[Any] = Feed(Source())
    hall.inside["a"].set_result(Reply(events=feed))
    await hall.turn()
    assert list(hall.inside) == ["a", "b"]
    getattr(feed, end)()
    await hall.turn()
    assert list(hall.inside) == ["a", "b", "c"]


async def test_who_leaves_makes_room_and_who_leaves_the_queue_takes_none() -> None:  # gateway 25
    hall = Hall()
    first, _, third, _ = await hall.come("a", "b", "c", "d")
    third.cancel()
    first.cancel()
    await hall.turn()
    assert list(hall.inside) == ["a", "b", "d"]
    hall.inside["b"].set_result(Reply({}))
    hall.inside["d"].set_result(Reply({}))
    await hall.come("e", "f", "g")
    assert list(hall.inside)[3:] == ["e", "f"], "two places, as before"


def test_only_generations_wait_and_only_where_there_is_an_end_of_them() -> None:  # gateway 25, 72
    talk = Endpoint("GET", "/realtime", "talk", "Talk", reply="socket", usage="completions")
    listing = Endpoint("GET", "/models", "list", "List")
    assert [Gate(2).applies(row) for row in (CHAT, talk, listing)] == [True, False, False]
    assert not Gate(0).applies(CHAT)
