"""Projects are held to the limits that were set for them, exactly, in windows of a minute and a day."""

import asyncio
from typing import Any

import pytest

from fakeai.core.call import Call, Endpoint, Principal
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.errors import RateLimited, StorageUnavailable
from fakeai.core.events import Bus, RedisMissed
from fakeai.gateway.allowance import Allowance
from fakeai.store.memory import MemoryValues

ROW = Endpoint("POST", "/chat/completions", "create", "Chat", usage="completions")
START = 1_760_000_040.0 // 60 * 60


def limit(requests: int = 3, tokens: int = 1_000, **more: int) -> dict[str, Any]:
    return {"model": "m", "max_requests_per_1_minute": requests, "max_tokens_per_1_minute": tokens, **more}


def call(project: str = "p", raw: bytes = b"{}") -> Call:
    return Call("req_1", ROW, "/", {}, raw, principal=Principal("org", project))


def run_virtual(main: Any) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main)


class Away(MemoryValues):
    """What is shared is out of reach."""

    async def add(self, key: str, n: int, ttl: float) -> int:  # type: ignore[override]
        raise StorageUnavailable


async def refused(allowance: Allowance, one: Call, of: dict[str, Any]) -> RateLimited:
    with pytest.raises(RateLimited) as error:
        await allowance.take(one, of)
    return error.value


def test_the_next_one_after_the_limit_is_refused_until_the_minute_is_over() -> None:
    async def main() -> None:
        clock = WallClock(epoch=START)
        allowance = Allowance(clock, MemoryValues().at(clock), Bus())
        for left in (2, 1, 0):
            taken = await allowance.take(call(), limit())
            assert taken.headers["x-ratelimit-remaining-requests"] == str(left)
        error = await refused(allowance, call(), limit())
        assert error.message.startswith(
            "Rate limit reached for m in organization org on requests per min (RPM): Limit 3, Used 3, Requested 1. "
            "Please try again in "
        )
        assert (error.status, error.type, error.code) == (429, "requests", "rate_limit_exceeded")
        assert error.retry_after == pytest.approx(60, abs=1)
        assert error.headers["x-ratelimit-remaining-requests"] == "0"
        await allowance.take(call("another"), limit())
        await asyncio.sleep(error.retry_after)
        await allowance.take(call(), limit())

    run_virtual(main())


def test_processes_that_share_a_counter_share_the_limit() -> None:
    async def main() -> None:
        clock, shared = WallClock(epoch=START), MemoryValues()
        both = [Allowance(clock, shared.at(clock), Bus()) for _ in range(2)]
        for n in range(10):
            await both[n % 2].take(call(), limit(10))
        for one in both:
            await refused(one, call(), limit(10))

    run_virtual(main())


def test_a_process_counts_for_itself_while_the_others_are_out_of_reach() -> None:
    async def main() -> None:
        bus, missed = Bus(), list[RedisMissed]()
        bus.listen(RedisMissed, missed.append)
        allowance = Allowance(WallClock(epoch=START), Away(), bus)  # type: ignore[arg-type]
        await allowance.take(call(), limit(1))
        await refused(allowance, call(), limit(1))
        assert {event.of for event in missed} == {"projects"}

    run_virtual(main())


def test_a_day_s_limit_lasts_the_day() -> None:
    async def main() -> None:
        clock = WallClock(epoch=START // 86_400 * 86_400)
        allowance = Allowance(clock, MemoryValues().at(clock), Bus())
        of = limit(100, max_requests_per_1_day=2)
        await allowance.take(call(), of)
        await asyncio.sleep(3_600)
        await allowance.take(call(), of)
        await asyncio.sleep(3_600)
        error = await refused(allowance, call(), of)
        assert "on requests per day (RPD): Limit 2, Used 2" in error.message
        assert error.retry_after == pytest.approx(22 * 3_600, abs=1)
        await asyncio.sleep(22 * 3_600)
        await allowance.take(call(), of)

    run_virtual(main())


def test_guessed_tokens_are_put_right_when_the_call_ends() -> None:
    async def main() -> None:
        clock = WallClock(epoch=START)
        allowance = Allowance(clock, MemoryValues().at(clock), Bus())
        of = limit(100, 1_000)
        greedy = call(raw=b'{"max_tokens": 800}')
        taken = await allowance.take(greedy, of)
        error = await refused(allowance, greedy, of)
        assert "on tokens per min (TPM): Limit 1000, Used 804, Requested 804." in error.message
        assert error.type == "tokens"
        await allowance.settle(taken, 150)
        assert taken.headers["x-ratelimit-remaining-tokens"] == "850"
        again = await allowance.take(greedy, of)
        await allowance.settle(again, 900)
        await refused(allowance, call(), limit(100, 1_000, max_requests_per_1_day=0))
        await refused(allowance, greedy, of)

    run_virtual(main())


@pytest.mark.parametrize("raw", [b"", b"[1]", b"nonsense", b'{"max_tokens": -5}', b'{"max_tokens": "x"}', b"\xff"])
def test_bodies_that_nobody_can_read_are_let_through_to_whoever_refuses_them(raw: bytes) -> None:
    async def main() -> None:
        clock = WallClock(epoch=START)
        taken = await Allowance(clock, MemoryValues().at(clock), Bus()).take(call(raw=raw), limit())
        assert 0 <= taken.tokens <= len(raw)

    run_virtual(main())


def test_an_image_in_a_body_is_not_counted_as_text() -> None:
    async def main() -> None:
        clock = WallClock(epoch=START)
        raw = b'{"text": "' + b"word " * 40 + b'", "image": "data:image/png;base64,' + b"aGk/" * 100_000 + b'"}'
        taken = await Allowance(clock, MemoryValues().at(clock), Bus()).take(call(raw=raw), limit())
        assert 50 <= taken.tokens < 100

    run_virtual(main())
