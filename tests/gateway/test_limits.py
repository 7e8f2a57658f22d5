"""The rate-limit headers are true: they count down with use, by organization and model, and refill with time."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.catalog import Catalog, ModelCard, load
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.errors import BadRequest
from fakeai.core.events import Bus
from fakeai.core.feed import Feed
from fakeai.core.generation import Usage
from fakeai.gateway.allowance import duration
from fakeai.gateway.limits import Limits
from fakeai.services.fresh import Changes
from fakeai.services.policies import Policies
from fakeai.store.memory import MemoryValues
from fakeai.store.sql import Sql, SqlDatabase

ROW = Endpoint("POST", "/chat/completions", "create", "Chat")
CARDS = Catalog({"small": ModelCard("small", requests_per_minute=60, tokens_per_minute=6000)})
NAMES = {f"x-ratelimit-{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")}


class Tape:
    def begin(self, feed: Feed[Any], /) -> None: ...

    def cancel(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class Bin:
    def take(self, item: Any, /) -> None: ...

    def close(self, error: Exception | None, /) -> None: ...


def limits_of(cards: Catalog, clock: WallClock | None = None) -> Limits:
    clock = clock or WallClock()
    policies = Policies(SqlDatabase(Sql(), clock), clock, Changes())
    return Limits(clock, cards, MemoryValues().at(clock), policies, {}, Bus())


def run_virtual(main):
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


async def ask(limits: Limits, tokens: int = 0, *, model: str = "small", organization: str = "org", reply=None) -> Reply:
    async def handler(call: Call) -> Reply:
        call.model = model
        return reply or Reply({}, usage=Usage(tokens, 0) if tokens else None)

    return await limits(Call("req_1", ROW, "/", {}, principal=Principal(organization)), handler)


def left(reply: Reply) -> tuple[int, int]:
    return tuple(int(reply.headers[f"x-ratelimit-remaining-{of}"]) for of in ("requests", "tokens"))


def test_each_answer_takes_one_request_and_its_tokens() -> None:
    async def main() -> None:
        limits = limits_of(CARDS)
        first = await ask(limits, 100)
        assert set(first.headers) == NAMES
        assert first.headers["x-ratelimit-limit-requests"] == "60"
        assert first.headers["x-ratelimit-limit-tokens"] == "6000"
        assert left(first) == (59, 5900)
        assert first.headers["x-ratelimit-reset-requests"] == "1s"
        assert first.headers["x-ratelimit-reset-tokens"] == "1s"
        assert left(await ask(limits, 250)) == (58, 5650)

    run_virtual(main())


def test_prompt_and_completion_both_count() -> None:
    async def main() -> tuple[int, int]:
        reply = Reply({}, usage=Usage(30, 12, cached=20, reasoning=5))
        return left(await ask(limits_of(CARDS), reply=reply))

    assert run_virtual(main()) == (59, 5958)


def test_what_was_taken_comes_back_evenly_and_never_exceeds_the_limit() -> None:
    async def main() -> None:
        clock = WallClock()
        limits = limits_of(CARDS, clock)
        for _ in range(10):
            await ask(limits, 300)
        await clock.sleep(4.0)  # 4 requests and 400 tokens
        assert left(await ask(limits)) == (53, 3400)
        await clock.sleep(3600.0)
        assert left(await ask(limits)) == (59, 6000)

    run_virtual(main())


def test_an_allowance_does_not_go_below_nothing_and_nobody_is_refused() -> None:
    async def main() -> None:
        limits = limits_of(CARDS)
        replies = [await ask(limits, 1000) for _ in range(70)]
        assert left(replies[-1]) == (0, 0)
        assert replies[-1].headers["x-ratelimit-reset-requests"] == "1m0s"

    run_virtual(main())


def test_models_and_organizations_have_allowances_of_their_own() -> None:
    async def main() -> None:
        limits = limits_of(CARDS)
        await ask(limits, 100)
        assert left(await ask(limits, 100, organization="other")) == (59, 5900)
        assert left(await ask(limits, 100, model="unheard of")) == (9_999, 1_999_900)
        assert left(await ask(limits, 100)) == (58, 5800)

    run_virtual(main())


def test_refusals_carry_the_headers_and_count_as_requests() -> None:
    async def main() -> None:
        limits = limits_of(CARDS)

        async def refuse(call: Call) -> Reply:
            call.model = "small"
            raise BadRequest("no", headers={"retry-after": "1"})

        with pytest.raises(BadRequest) as caught:
            await limits(Call("req_1", ROW, "/", {}, principal=Principal("org")), refuse)
        assert set(caught.value.headers) == NAMES | {"retry-after"}
        assert caught.value.headers["x-ratelimit-remaining-requests"] == "59"
        assert left(await ask(limits)) == (58, 6000)

    run_virtual(main())


@pytest.mark.parametrize("end", ["finish", "cancel"])
def test_a_streams_tokens_are_taken_when_it_ends(end: str) -> None:
    async def main() -> None:
        limits = limits_of(CARDS)
        reply = Reply(events=Feed(Tape()))
        await ask(limits, reply=reply)
        assert left(reply) == (59, 6000)
        assert reply.events is not None
        reply.events.start(Bin())
        reply.usage = Usage(500, 100)
        getattr(reply.events, end)()
        assert left(await ask(limits)) == (58, 5400)

    run_virtual(main())


def test_headers_of_the_reply_stay() -> None:
    async def main() -> dict[str, str]:
        return (await ask(limits_of(CARDS), reply=Reply({}, headers={"x-own": "1"}))).headers

    assert run_virtual(main()).keys() == NAMES | {"x-own"}


def test_thousands_of_model_names_are_not_remembered() -> None:
    async def main() -> int:
        limits = limits_of(CARDS)
        for number in range(2500):
            await ask(limits, model=f"made up {number}")
        return len(limits._buckets)

    assert run_virtual(main()) <= 1000


def test_every_model_of_the_catalog_has_an_allowance() -> None:
    assert all(card.requests_per_minute > 0 and card.tokens_per_minute > 0 for card in load().cards.values())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0ms"),
        (0.0001, "1ms"),
        (0.012, "12ms"),
        (0.5, "500ms"),
        (1.0, "1s"),
        (1.5, "1.5s"),
        (59.0, "59s"),
        (60.0, "1m0s"),
        (360.0, "6m0s"),
        (3_725.9, "62m5s"),
    ],
)
def test_durations_are_written_as_openai_does(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.floats(min_value=0, max_value=100_000))
def test_a_written_duration_reads_back_to_within_a_second(seconds: float) -> None:
    match = re.fullmatch(r"(?:(\d+)m)?(\d+(?:\.\d+)?)s|(\d+)ms", duration(seconds))
    assert match
    minutes, rest, milliseconds = match.groups()
    read = int(milliseconds) / 1000 if milliseconds else int(minutes or 0) * 60 + float(rest)
    assert abs(read - seconds) < (0.001 if milliseconds else 1.0)
