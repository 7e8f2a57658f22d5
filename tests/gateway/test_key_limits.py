"""Keys are held to their limits, and told what is left of them truly."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from fakeai.core.call import Call, Endpoint, Principal
from fakeai.core.clock import WallClock
from fakeai.core.errors import RateLimited, StorageUnavailable
from fakeai.core.events import Bus, RedisMissed
from fakeai.core.roles import Limits, Role
from fakeai.core.terms import Terms
from fakeai.gateway.key_limits import KeyLimits
from fakeai.store.base import Left, Take
from fakeai.store.memory import MemoryValues, MemoryValuesAt

CHAT = Endpoint("POST", "/chat/completions", "create", "Answer", usage="completions")
ROLES = {
    "free": Role(Limits(rpm=3)),
    "tier": Role(models={"": Limits(rpm=2), "big": Limits(rpm=1)}),
    "tokens": Role(Limits(tpm=100)),
    "admin": Role(),
}


class Moving(WallClock):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        super().__init__(epoch=1_000.0)
        self.at = 1_000.0

    def unix(self) -> float:
        return self.at


class Desk:
    def __init__(self) -> None:
        self.clock = Moving()
        self.limits = KeyLimits(self.clock, MemoryValues().at(self.clock), ROLES, Bus())

    async def ask(self, role: str = "free", key: str = "key_1", raw: bytes = b"{}", **terms: Any) -> dict[str, str]:
        call = Call("req", CHAT, CHAT.path, {}, raw, principal=Principal(key=key))
        taken = await self.limits.take(call, Terms(label="me", role=role, **terms))
        return {} if taken is None else taken.headers

    async def refused(self, role: str = "free", **given: Any) -> RateLimited:
        with pytest.raises(RateLimited) as refused:
            await self.ask(role, **given)
        return refused.value


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_so_many_go_through_in_a_minute_and_no_more(desk: Desk) -> None:  # gateway 14, 17
    left = [(await desk.ask())["x-ratelimit-remaining-requests"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    error = await desk.refused()
    assert (error.status, error.code) == (429, "rate_limit_exceeded")
    assert error.headers["x-ratelimit-remaining-requests"] == "0"
    assert error.headers["x-fakeai-origin"] == "gateway"
    assert "the key 'me' on requests per min (RPM): Limit 3, Used 3, Requested 1" in error.message


async def test_after_the_time_that_is_told_and_not_before_it_goes_on(desk: Desk) -> None:  # gateway 15, 16
    for second in range(3):
        desk.clock.at = 1_000.0 + second
        await desk.ask()
    desk.clock.at = 1_042.5
    error = await desk.refused()
    assert error.retry_after == 18 and error.more == {"retry_after": 18}
    desk.clock.at = 1_059.9
    await desk.refused()
    desk.clock.at = 1_042.5 + 18
    assert (await desk.ask())["x-ratelimit-remaining-requests"] == "2"


async def test_each_key_has_its_own(desk: Desk) -> None:  # gateway 18
    for _ in range(3):
        await desk.ask()
    await desk.refused()
    assert (await desk.ask(key="key_2"))["x-ratelimit-remaining-requests"] == "2"


async def test_the_role_says_and_the_key_says_otherwise(desk: Desk) -> None:  # gateway 19
    assert await desk.ask("admin") == {}
    assert (await desk.ask(rpm=7))["x-ratelimit-limit-requests"] == "7"
    assert await desk.ask(rpm=0) == {}
    assert (await desk.ask("admin", rpm=7))["x-ratelimit-limit-requests"] == "7"


async def test_each_model_has_its_own_where_the_role_says_so(desk: Desk) -> None:
    assert (await desk.ask("tier", raw=b'{"model":"big-1"}'))["x-ratelimit-remaining-requests"] == "0"
    assert "for big-1 on" in (await desk.refused("tier", raw=b'{"model":"big-1"}')).message
    assert (await desk.ask("tier", raw=b'{"model":"small"}'))["x-ratelimit-remaining-requests"] == "1"


async def test_tokens_are_taken_when_a_call_comes_and_put_right_when_it_ends(desk: Desk) -> None:
    call = Call("req", CHAT, CHAT.path, {}, b'{"max_tokens":60}', principal=Principal(key="key_1"))
    terms = Terms(role="tokens")
    first = await desk.limits.take(call, terms)
    assert first is not None
    error = await desk.refused("tokens", raw=b'{"max_tokens":60}')
    assert error.type == "tokens" and "tokens per min (TPM): Limit 100, Used 64" in error.message
    await desk.limits.settle(first, 10)
    assert first.headers["x-ratelimit-remaining-tokens"] == "90"
    assert (await desk.ask("tokens", raw=b'{"max_tokens":60}'))["x-ratelimit-remaining-tokens"] == "26"


async def test_what_is_refused_takes_nothing(desk: Desk) -> None:  # gateway 20
    for _ in range(3):
        await desk.ask(tpm=1_000)
    for _ in range(5):
        await desk.refused(tpm=1_000, raw=b'{"max_tokens":900}')
    desk.clock.at += 60
    assert (await desk.ask(tpm=1_000))["x-ratelimit-remaining-tokens"] == "1000"


async def test_two_hundred_at_once_are_as_many_as_may(desk: Desk) -> None:  # gateway 22
    async def come() -> bool:
        try:
            await desk.ask(rpm=50)
        except RateLimited:
            return False
        return True

    assert sum(await asyncio.gather(*(come() for _ in range(200)))) == 50


async def test_who_counts_alone_is_told_and_lets_the_call_in(desk: Desk) -> None:  # gateway 23
    class Away(MemoryValuesAt):
        async def spend(self, wanted: Sequence[Take]) -> tuple[int | None, list[Left]]:
            raise StorageUnavailable

        async def correct(self, key: str, n: int) -> int:
            raise StorageUnavailable

    bus, missed = Bus(), list[RedisMissed]()
    bus.listen(RedisMissed, missed.append)
    limits = KeyLimits(desk.clock, Away(MemoryValues(), desk.clock.unix), ROLES, bus)
    call = Call("req", CHAT, CHAT.path, {}, b"{}", principal=Principal(key="key_1"))
    taken = await limits.take(call, Terms(label="me", role="tokens"))
    assert taken is not None
    await limits.settle(taken, 7)
    assert [event.of for event in missed] == ["keys", "keys"]
    assert taken.headers["x-ratelimit-remaining-tokens"] == "93"
