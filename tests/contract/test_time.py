"""Time through the whole HTTP stack: exact in virtual time, never early on a real socket."""

import asyncio
import time
from itertools import pairwise
from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI, run_virtual

MODEL = "gpt-4o-mini"
SEA = [{"role": "user", "content": "Write a very long story about the sea, 1000 words."}]


def times(asked: dict[str, Any] | None = None, headers: dict[str, str] | None = None, **settings: Any) -> list[float]:
    """Seconds after the request at which each piece of text came."""

    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        async with FakeAI(seed=1, **settings) as fake, fake.async_client() as client:
            await client.models.list()
            began = loop.time()
            stream = await client.chat.completions.create(
                **{"model": MODEL, "messages": SEA, "max_tokens": 20, **(asked or {})},
                stream=True,
                extra_headers=headers,
            )
            return [loop.time() - began async for chunk in stream if chunk.choices and chunk.choices[0].delta.content]

    return run_virtual(main())


def duration(**asked: Any) -> float:
    """Seconds from a request to the end of its answer."""
    settings = {"ttft": "200", "itl": "20", **asked.pop("settings", {})}

    async def main() -> float:
        loop = asyncio.get_running_loop()
        async with FakeAI(seed=1, **settings) as fake, fake.async_client() as client:
            await client.models.list()
            began = loop.time()
            answer = await client.chat.completions.create(
                **{"model": MODEL, "messages": SEA, "max_tokens": 50, **asked}
            )
            if asked.get("stream"):
                async for _ in answer:
                    pass
            return loop.time() - began

    return run_virtual(main())


def test_the_first_token_comes_after_the_ttft_and_each_other_after_the_itl():
    assert times(ttft="200", itl="20") == pytest.approx([0.2 + 0.02 * n for n in range(20)], abs=1e-9)


def test_five_hundred_tokens_do_not_drift():
    at = times({"max_tokens": 500}, ttft="200", itl="20")
    assert len(at) == 500
    assert at[-1] == pytest.approx(0.2 + 499 * 0.02, abs=1e-6)
    assert max(abs(later - earlier - 0.02) for earlier, later in pairwise(at)) < 1e-9


def test_by_default_nothing_takes_time():
    assert set(times()) == {0.0}


@pytest.mark.parametrize(
    "asked", [{}, {"n": 3}, {"model": "o4-mini", "max_tokens": None}, {"model": "deepseek-reasoner"}], ids=str
)
def test_an_answer_in_one_piece_takes_as_long_as_its_stream(asked):
    whole = duration(**asked)
    assert whole == pytest.approx(duration(**asked, stream=True), abs=1e-9)
    assert whole >= 0.2 + 49 * 0.02 - 1e-9


def test_choices_are_made_side_by_side():
    assert duration(n=4) == pytest.approx(duration(), abs=1e-9)


def test_hidden_thought_takes_its_time_before_the_first_word():
    async def main() -> tuple[float, int]:
        loop = asyncio.get_running_loop()
        async with FakeAI(seed=1, ttft="200", itl="20") as fake, fake.async_client() as client:
            await client.models.list()
            began, first = loop.time(), 0.0
            stream = await client.chat.completions.create(
                model="o4-mini", messages=SEA, stream=True, stream_options={"include_usage": True}
            )
            async for chunk in stream:
                if not first and chunk.choices and chunk.choices[0].delta.content:
                    first = loop.time() - began
            return first, chunk.usage.completion_tokens_details.reasoning_tokens

    first, thought = run_virtual(main())
    assert thought > 0
    assert first == pytest.approx(0.2 + thought * 0.02, abs=1e-9)


def test_a_requests_own_headers_come_first():
    own = {"X-Fakeai-Ttft-Ms": "1000", "X-Fakeai-Itl-Ms": "100"}
    assert times(headers=own, ttft="200", itl="20") == pytest.approx([1 + 0.1 * n for n in range(20)], abs=1e-9)
    assert times(headers={"X-Fakeai-Itl-Ms": "5"}, ttft="200", itl="20") == pytest.approx(
        [0.2 + 0.005 * n for n in range(20)], abs=1e-9
    )


def test_a_header_nobody_can_read_is_refused(refused):
    for wrong in ("soon", "-5", "1e3", "NaN", "9" * 80):
        error = refused(extra_headers={"X-Fakeai-Ttft-Ms": wrong})
        assert error.status_code == 400
        assert "latency" in error.message or "hour" in error.message


def test_a_models_own_latency():
    settings = {"ttft": "200", "itl": "20", "latency.models": {"gpt-4o": {"ttft": "700"}}}
    assert times({"model": "gpt-4o"}, **settings)[:2] == pytest.approx([0.7, 0.72], abs=1e-9)
    assert times(**settings)[:2] == pytest.approx([0.2, 0.22], abs=1e-9)


@pytest.mark.parametrize(
    "spec", ["200:10%", "200:20", "uniform(100,300)", "normal(200,20)", "lognormal(200,50)", "exponential(200)"]
)
def test_distributions_vary_and_follow_the_seed(spec):
    first, again, other = (times({"seed": seed}, ttft=spec, itl=spec) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    gaps = [later - earlier for earlier, later in pairwise(first)]
    assert len({round(gap, 9) for gap in gaps}) > 15
    assert min(gaps) >= 0
    assert 0.08 < sum(gaps) / len(gaps) < 0.5


def test_a_stream_and_its_whole_draw_the_same_latencies():
    settings = {"ttft": "200:10%", "itl": "uniform(10,30)"}
    whole, stream = (duration(seed=5, settings=settings, stream=streamed) for streamed in (False, True))
    assert whole == pytest.approx(stream, abs=1e-9)


def test_a_timeout_of_the_sdk_obeys_virtual_time():
    async def main() -> float:
        async with FakeAI(ttft="600000") as fake, fake.async_client(timeout=90, max_retries=0) as client:
            began = asyncio.get_running_loop().time()
            with pytest.raises(openai.APITimeoutError):
                await client.chat.completions.create(model=MODEL, messages=SEA)
            return asyncio.get_running_loop().time() - began

    assert run_virtual(main()) == pytest.approx(90, abs=0.1)


def test_legacy_completions_keep_time_too():
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        async with FakeAI(ttft="200", itl="20") as fake, fake.async_client() as client:
            await client.models.list()
            began = loop.time()
            stream = await client.completions.create(
                model="gpt-3.5-turbo-instruct", prompt="The sea", max_tokens=10, stream=True
            )
            return [loop.time() - began async for chunk in stream if chunk.choices and chunk.choices[0].text]

    assert run_virtual(main()) == pytest.approx([0.2 + 0.02 * n for n in range(10)], abs=1e-9)


# -- a real socket


def test_on_a_socket_no_token_is_early():
    with FakeAI(ttft="60", itl="10") as fake, openai.OpenAI(base_url=fake.base_url, api_key="any") as client:
        client.models.list()
        began = time.perf_counter()
        stream = client.chat.completions.create(model=MODEL, messages=SEA, max_tokens=15, stream=True)
        at = [time.perf_counter() - began for chunk in stream if chunk.choices[0].delta.content]
    assert len(at) == 15
    assert all(came >= 0.06 + 0.01 * n - 0.002 for n, came in enumerate(at))
    assert at[-1] < 0.06 + 0.14 + 1


def test_a_faster_clock_makes_the_same_stream_shorter():
    with FakeAI({"ttft": "2000", "itl": "200", "latency.speed": 20}) as fake, fake.client() as client:
        client.models.list()
        began = time.perf_counter()
        list(client.chat.completions.create(model=MODEL, messages=SEA, max_tokens=11, stream=True))
        assert 0.19 <= time.perf_counter() - began < 1.2
