"""A cluster in the Clock's time, through the official SDK: who waits is told when the engine says."""

import asyncio
import re
from collections import Counter
from itertools import pairwise
from random import Random
from typing import Any

import openai
import pytest

from fakeai.core.events import (
    PromptCached,
    RequestShed,
    Routed,
    SequenceEnded,
    StepRan,
    TokensPaced,
    WorkerChanged,
)
from tests.backends.served import MODEL, Served, moments, served, text, usage

LONG = "Write a very long story about the sea, 1000 words."
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
WHOLE = {
    "plain": {"max_tokens": 40},
    "several": {"max_tokens": 40, "n": 3},
    "tools": {"text": "What is the weather in Paris?", "tools": [WEATHER]},
    "reasoning": {"model": "deepseek-reasoner"},
    "hidden": {"model": "o4-mini"},
    "logprobs": {"max_tokens": 30, "logprobs": True, "top_logprobs": 2},
    "audio": {
        "model": "gpt-4o-audio-preview",
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "pcm16"},
        "max_tokens": 60,
    },
    "schema": {
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": "city",
                "strict": True,
                "schema": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
                    "required": ["name", "people"],
                    "additionalProperties": False,
                },
            },
        }
    },
}


def folded(arrivals: list[Any], choice: int) -> dict[str, Any]:
    """What a choice's chunks say together."""
    deltas = [one for arrival in arrivals for one in arrival.chunk.choices if one.index == choice]
    calls: dict[int, list[str]] = {}
    for one in deltas:
        for call in one.delta.tool_calls or ():
            calls.setdefault(call.index, []).append(call.function.arguments or "")
    audio = [getattr(one.delta, "audio", None) for one in deltas]
    return {
        "content": "".join(one.delta.content or "" for one in deltas),
        "reasoning": "".join(getattr(one.delta, "reasoning_content", None) or "" for one in deltas),
        "calls": ["".join(parts) for _, parts in sorted(calls.items())],
        "spoken": "".join(getattr(part, "transcript", None) or "" for part in audio),
        "logprobs": [item.token for one in deltas if one.logprobs for item in one.logprobs.content or ()],
        "reason": next(one.finish_reason for one in deltas if one.finish_reason),
    }


def of_whole(one: Any) -> dict[str, Any]:
    message = one.message
    return {
        "content": message.content or "",
        "reasoning": getattr(message, "reasoning_content", None) or "",
        "calls": [call.function.arguments for call in message.tool_calls or ()],
        "spoken": message.audio.transcript if getattr(message, "audio", None) else "",
        "logprobs": [item.token for item in one.logprobs.content] if one.logprobs else [],
        "reason": one.finish_reason,
    }


@pytest.mark.parametrize("kind", WHOLE)
def test_a_stream_and_its_whole_say_the_same_and_take_as_long(kind):
    async def scenario(made: Served) -> None:
        asked = dict(WHOLE[kind])
        words = asked.pop("text", "Tell me about the sea.")
        began = made.now
        whole = await made.chat(words, **asked, extra_body={"cache_salt": "one"})
        took = made.now - began
        began = made.now
        streamed = await made.stream(words, **asked, extra_body={"cache_salt": "two"})
        assert made.now - began == pytest.approx(took, abs=1e-9)
        assert took > 0.01
        for one in whole.choices:
            assert folded(streamed, one.index) == of_whole(one)
        assert usage(streamed) == whole.usage
        for ended in made.told(SequenceEnded):
            assert ended.prompt == whole.usage.prompt_tokens
        made_tokens = [one.completion for one in made.told(SequenceEnded)]
        n = len(whole.choices)
        assert sum(made_tokens[:n]) == sum(made_tokens[n:]) == whole.usage.completion_tokens

    served(scenario)


def test_tokens_come_one_by_one_as_the_engine_makes_them():
    async def scenario(made: Served) -> None:
        arrivals = await made.stream(LONG, max_tokens=50)
        at = moments(arrivals)
        ends = [step.at for step in made.told(StepRan)]
        assert len(at) == 50
        assert at == pytest.approx(ends, abs=1e-9)
        (paced,) = made.told(TokensPaced)
        (ended,) = made.told(SequenceEnded)
        assert ended.first_token == pytest.approx(at[0], abs=1e-9)
        assert ended.last_token == pytest.approx(at[-1], abs=1e-9)
        gaps = [later - earlier for earlier, later in pairwise(at)]
        assert list(ended.gaps_s) == pytest.approx(gaps, abs=1e-9)
        assert paced.gaps_s == tuple(ended.gaps_s)
        assert paced.ttft_s == pytest.approx(at[0] - ended.arrived, abs=1e-9)
        assert paced.lag_s == pytest.approx(0, abs=1e-9)

    served(scenario)


def test_what_is_told_adds_up_to_what_is_charged():
    async def scenario(made: Served) -> None:
        asked = [{"max_tokens": 20 + n, "n": 1 + n % 3, "stream": False} for n in range(9)]
        answers = await asyncio.gather(*(made.chat(f"{n} {LONG}", **one) for n, one in enumerate(asked)))
        streams = await asyncio.gather(*(made.stream(f"again {n} {LONG}", max_tokens=30) for n in range(5)))
        charged = sum(one.usage.completion_tokens for one in answers) + sum(usage(s).completion_tokens for s in streams)
        prompts = [one.usage.prompt_tokens for one in answers for _ in one.choices]
        prompts += [usage(stream).prompt_tokens for stream in streams]
        cached = sum(one.usage.prompt_tokens_details.cached_tokens for one in answers)
        ended = made.told(SequenceEnded)
        assert sum(one.completion for one in ended) == charged
        assert sum(step.tokens for step in made.told(StepRan)) == charged
        assert sum(one.prompt for one in ended) == sum(prompts)
        assert sum(one.cached for one in ended) >= cached
        looked = made.told(PromptCached)
        assert sum(one.queried for one in looked) == sum(prompts)
        assert sum(one.device for one in looked) == sum(one.cached for one in ended)
        assert sum(step.prefill_tokens for step in made.told(StepRan)) == sum(prompts) - sum(
            one.device for one in looked
        )
        gaps = sum(len(one.gaps_s) for one in made.told(TokensPaced))
        assert gaps == sum(usage(stream).completion_tokens - 1 for stream in streams)
        assert made.room.in_flight() == 0

    served(scenario)


def test_cached_tokens_are_whole_blocks_and_fewer_than_the_prompt():
    async def scenario(made: Served) -> None:
        for words in range(150, 182):
            prompt = "word " * words
            first = (await made.chat(prompt, max_tokens=1)).usage
            again = (await made.chat(prompt, max_tokens=1)).usage
            cached = again.prompt_tokens_details.cached_tokens
            assert cached == (again.prompt_tokens - 1) // 16 * 16
            assert first.prompt_tokens_details.cached_tokens % 16 == 0
            assert first.prompt_tokens_details.cached_tokens <= first.prompt_tokens - 1
            streamed = usage(await made.stream(prompt, max_tokens=1))
            assert streamed.prompt_tokens_details.cached_tokens == cached

    served(scenario)


@pytest.mark.parametrize("extra", [{}, {"tools": [WEATHER], "tool_choice": "none"}])
def test_a_second_turn_finds_the_first_ones_answer(extra):
    async def scenario(made: Served) -> None:
        talk: list[dict[str, Any]] = [{"role": "user", "content": LONG}]
        first = await made.chat(talk, max_tokens=200, **extra)
        talk += [
            {"role": "assistant", "content": first.choices[0].message.content},
            {"role": "user", "content": "And then?"},
        ]
        second = await made.chat(talk, max_tokens=5, **extra)
        known = first.usage.prompt_tokens + first.usage.completion_tokens - 1  # the last token's KV is never computed
        assert second.usage.prompt_tokens_details.cached_tokens == known // 16 * 16
        assert known // 16 * 16 > first.usage.prompt_tokens + 100

    served(scenario)


@pytest.mark.parametrize("apart", ["salt", "adapter", "picture"])
def test_what_is_not_the_same_content_is_not_found(apart):
    def message(thing: str) -> list[dict[str, Any]]:
        url = f"https://example.com/{thing}.png"
        part = {"type": "image_url", "image_url": {"url": url}}
        return [{"role": "user", "content": [part, {"type": "text", "text": LONG * 10}]}]

    async def scenario(made: Served) -> None:
        asked: list[dict[str, Any]] = [{}, {}]
        words: list[Any] = [LONG * 10] * 2
        if apart == "salt":
            asked = [{"extra_body": {"cache_salt": salt}} for salt in ("a", "b")]
        elif apart == "adapter":
            asked = [{"model": f"ft:{MODEL}:org:{name}:1"} for name in ("a", "b")]
        else:
            words = [message("cat"), message("dog")]
        found = []
        for at in (0, 1, 0, 1):
            answer = await made.chat(words[at], max_tokens=1, **asked[at])
            found.append(answer.usage.prompt_tokens_details.cached_tokens)
        whole = (answer.usage.prompt_tokens - 1) // 16 * 16
        before = 128 if apart == "picture" else 0  # the text comes first: ten sentences of 13 tokens
        assert found == [0, before, whole, whole]

    served(scenario)


def test_a_client_that_leaves_frees_its_blocks():
    async def scenario(made: Served) -> None:
        stream = await made.chat(LONG, max_tokens=2000, stream=True)
        seen = 0
        async for chunk in stream:
            seen += bool(chunk.choices and chunk.choices[0].delta.content)
            if seen == 20:
                break
        (worker,) = made.driver().snapshot()
        assert worker.running == 1
        assert worker.used_blocks > 1
        await stream.close()
        await asyncio.sleep(0.1)
        (worker,) = made.driver().snapshot()
        assert (worker.running, worker.waiting, worker.used_blocks) == (0, 0, 0)
        (ended,) = made.told(SequenceEnded)
        assert ended.reason == "abort"
        assert 20 <= ended.completion < 60
        assert made.room.in_flight() == 0
        steps = len(made.told(StepRan))
        await asyncio.sleep(10)
        assert len(made.told(StepRan)) == steps

    served(scenario)


def test_a_client_that_leaves_before_its_answer_was_written_asks_nothing():
    async def scenario(made: Served) -> None:
        task = asyncio.ensure_future(made.chat(LONG * 3000, max_tokens=2000))
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(60)
        assert made.room.in_flight() == 0
        assert all(worker.used_blocks == 0 for worker in made.room.snapshot())
        assert sum(one.completion for one in made.told(SequenceEnded)) < 2000

    served(scenario)


def test_a_slow_reader_loses_nothing_and_nobody_is_late_for_it():
    async def scenario(made: Served) -> None:
        whole = await made.chat(LONG, max_tokens=400)
        stream = await made.chat(LONG, max_tokens=400, stream=True)
        words = ""
        async for chunk in stream:
            words += (chunk.choices[0].delta.content or "") if chunk.choices else ""
            await asyncio.sleep(0.5)
        assert words == whole.choices[0].message.content
        paced = made.told(TokensPaced)[-1]
        assert paced.lag_s == pytest.approx(0, abs=1e-6)
        (worker,) = made.driver().snapshot()
        assert worker.used_blocks == 0

    served(scenario)


def test_all_workers_busy_is_an_error_of_its_own_before_the_first_byte():
    async def scenario(made: Served) -> None:
        began = [asyncio.ensure_future(made.chat(LONG * 400, max_tokens=50)) for _ in range(1)]
        await asyncio.sleep(0.001)
        for stream in (False, True):
            with pytest.raises(openai.InternalServerError) as caught:
                await made.chat(LONG, stream=stream)
            error = caught.value
            assert error.status_code == 503
            assert error.body["type"] == "server_error"
            assert error.body["code"] == "service_unavailable"
            assert error.response.headers["retry-after"] == "1"
            assert set(error.body) == {"message", "type", "param", "code"}
        await asyncio.gather(*began)
        assert [shed.reason for shed in made.told(RequestShed)] == ["busy"] * 2
        assert (await made.chat(LONG, max_tokens=5)).usage.completion_tokens == 5

    served(scenario, busy_prefill_tokens=1000)


def test_looking_whether_all_are_busy_holds_up_nobodys_tokens():
    async def times(made: Served) -> list[float]:
        async def ask() -> None:
            for _ in range(200):
                await asyncio.sleep(0.001)
                await made.chat("Hi", max_tokens=1)

        asking = asyncio.ensure_future(ask())
        arrivals = await made.stream(LONG, max_tokens=100)
        asking.cancel()
        at = moments(arrivals)
        steps = {round(step.at, 9) for step in made.told(StepRan)}
        assert {round(one, 9) for one in at} <= steps
        assert made.told(TokensPaced)[-1].lag_s == pytest.approx(0, abs=1e-9)
        return at

    assert served(times, busy_blocks=0.9) == pytest.approx(served(times), abs=1e-9)


def test_a_prompt_longer_than_the_cache_is_refused_before_the_first_byte():
    async def scenario(made: Served) -> None:
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError) as caught:
                await made.chat(LONG * 200, stream=stream)
            assert caught.value.code == "context_length_exceeded"
            assert caught.value.type == "invalid_request_error"
            assert "1024 tokens" in str(caught.value)
        assert not made.told(Routed)

    served(scenario, blocks=64)


def test_an_answer_ends_with_the_room_that_the_cache_has():
    async def scenario(made: Served) -> None:
        answer = await made.chat(LONG)
        assert answer.usage.total_tokens == 256
        assert answer.choices[0].finish_reason == "length"
        asked = await made.chat(LONG, max_tokens=5000)
        assert asked.usage.total_tokens == 256

    served(scenario, blocks=16)


def test_the_requests_of_a_lost_worker_go_on_with_what_they_have_made():
    async def scenario(made: Served) -> None:
        driver = made.driver()

        async def lose() -> None:
            await asyncio.sleep(0.2)
            (place,) = [one.id for one in driver.cluster.workers.values() if one.engine.running]
            driver._catch_up(made.now)
            driver.cluster.fail(place, made.now)
            driver._settle(made.now)

        whole = await made.chat(LONG, max_tokens=100)
        losing = asyncio.ensure_future(lose())
        arrivals = await made.stream(LONG, max_tokens=100)
        await losing
        assert text(arrivals) == whole.choices[0].message.content
        ended = made.told(SequenceEnded)[-1]
        assert (ended.reason, ended.completion, ended.preemptions) == ("length", 100, 1)
        at = moments(arrivals)
        assert len(at) == 100
        assert list(ended.gaps_s) == pytest.approx([b - a for a, b in pairwise(at)], abs=1e-9)
        assert made.told(WorkerChanged)[-1].state == "gone"

    served(scenario, workers=2)


def test_without_another_worker_they_end_with_an_error():
    async def scenario(made: Served) -> None:
        driver = made.driver()

        async def lose() -> None:
            await asyncio.sleep(0.2)
            driver._catch_up(made.now)
            driver.cluster.fail(0, made.now)
            driver._settle(made.now)

        losing = asyncio.ensure_future(lose())
        stream = await made.chat(LONG, max_tokens=100, stream=True)
        with pytest.raises(openai.APIError, match="engine that worked on this request is gone"):
            async for _ in stream:
                pass
        await losing
        assert made.told(SequenceEnded)[-1].reason == "abort"
        with pytest.raises(openai.InternalServerError):
            await made.chat(LONG)

    served(scenario)


@pytest.mark.parametrize("mode", ["keep", "wait", "abort"])
def test_sleeping_engines_start_nothing_and_go_on_when_woken(mode):
    async def scenario(made: Served) -> None:
        async def sleep() -> None:
            await asyncio.sleep(0.2)
            made.room.sleep(0, mode)
            await asyncio.sleep(5)
            made.room.wake_up()

        began = made.now
        sleeping = asyncio.ensure_future(sleep())
        stream = await made.chat(LONG, max_tokens=100, stream=True)
        at, error = [], ""
        try:
            async for chunk in stream:
                if chunk.choices and chunk.choices[0].delta.content:
                    at.append(made.now - began)  # noqa: PERF401  # those before an error count
        except openai.APIError as caught:
            error = str(caught)
        if mode != "abort":
            assert (len(at), error) == (100, "")
            assert (at[-1] > 5) == (mode == "keep")
        else:
            assert 1 < len(at) < 100
            assert "gone" in error
        while made.now < began + 1:
            await asyncio.sleep(0.1)
        late = await made.chat("Hi", max_tokens=3)
        assert late.usage.completion_tokens == 3
        assert made.now - began > 5.2
        await sleeping
        assert made.room.in_flight() == 0
        assert not made.room.sleeping()

    served(scenario)


def test_requests_of_one_affinity_go_to_one_worker():
    async def scenario(made: Served) -> None:
        for n in range(8):
            await made.chat(f"{n} Hi", max_tokens=1, extra_headers={"x-fakeai-affinity": f"group {n % 2}"})
        workers = [routed.worker for routed in made.told(Routed)]
        assert len(set(workers[::2])) == len(set(workers[1::2])) == 1
        for n in range(8):
            await made.chat(f"{n} Hi", max_tokens=1)
        assert len({routed.worker for routed in made.told(Routed)[8:]}) == 4

    served(scenario, workers=4)


def test_the_most_urgent_are_served_first():
    async def scenario(made: Served) -> None:
        order: list[int] = []

        async def ask(priority: int) -> None:
            await made.chat(f"{priority} {LONG}", max_tokens=20, extra_body={"priority": priority})
            order.append(priority)

        await asyncio.gather(*(ask(n) for n in (5, 1, 4, 2, 3)))
        assert order == [1, 2, 3, 4, 5]

    served(scenario, priority=True, max_num_seqs=1)


def test_a_planner_adds_workers_that_start_and_take_their_part():
    async def scenario(made: Served) -> None:
        async def user(n: int) -> None:
            for turn in range(3):
                await made.chat(f"{n} {turn} {LONG * 20}", max_tokens=600)

        await asyncio.gather(*(user(n) for n in range(40)))
        changes = made.told(WorkerChanged)
        started = [(one.worker, one.at) for one in changes if one.state == "starting"]
        ready = {one.worker: one.at for one in changes if one.state == "ready"}
        assert started
        assert all(ready[worker] == pytest.approx(at + 7.0) for worker, at in started if worker in ready)
        assert {routed.worker for routed in made.told(Routed)} > {0}
        await asyncio.sleep(200)
        assert len(made.driver().snapshot()) == 1

    served(scenario, planner="load", startup_s=7.0, blocks=600, max_workers=3)


def test_accepted_drafts_come_at_one_instant():
    async def scenario(made: Served) -> None:
        whole = await made.chat(LONG, max_tokens=90)
        arrivals = await made.stream(LONG, max_tokens=90)
        assert text(arrivals) == whole.choices[0].message.content
        at = Counter(moments(arrivals))
        assert max(at.values()) > 1
        assert set(at.values()) <= {1, 2, 3, 4}
        steps = made.told(StepRan)
        assert sum(step.tokens for step in steps) == 180
        drafted = [step for step in steps if step.drafts]
        assert all(step.drafts == 3 for step in drafted)
        assert sum(step.tokens for step in drafted) == len(drafted) + sum(sum(step.accepted) for step in drafted)
        ended = made.told(SequenceEnded)[-1]
        assert len(ended.gaps_s) == len(at) - 1

    served(scenario, speculation="3:0.8,0.6,0.4")


@pytest.mark.parametrize("drafts", ["", "2:0.7,0.4"])
def test_a_token_made_just_before_a_preemption_is_told_when_it_was_made(drafts):
    async def scenario(made: Served) -> None:
        streams = await asyncio.gather(*(made.stream(f"{n} {LONG}", max_tokens=150) for n in range(6)))
        ended = made.told(SequenceEnded)
        assert sum(one.preemptions for one in ended) > 0
        steps = {round(step.at, 9): step for step in made.told(StepRan)}
        arrived: Counter[float] = Counter()
        for stream in streams:
            arrived.update(round(at, 9) for at in moments(stream))
        assert sum(step.tokens for step in steps.values()) == 6 * 150
        assert arrived == {at: step.tokens for at, step in steps.items() if step.tokens}

    served(scenario, blocks=40, speculation=drafts)


def test_tokens_of_those_that_the_budget_leaves_out_are_told_when_they_were_made():
    async def scenario(made: Served) -> None:
        streams = await asyncio.gather(*(made.stream(f"{n} {LONG}", max_tokens=60) for n in range(6)))
        arrived: Counter[float] = Counter()
        for stream in streams:
            arrived.update(round(at, 9) for at in moments(stream))
        steps = made.told(StepRan)
        assert min(step.decodes for step in steps[10:40]) < 6
        assert arrived == {round(step.at, 9): step.tokens for step in steps if step.tokens}

    served(scenario, speculation="3:0.8,0.6,0.4", max_num_seqs=8, max_num_batched_tokens=16)


@pytest.mark.parametrize("missing", [0, 64])
def test_prompts_computed_here_are_decoded_there(missing):
    async def scenario(made: Served) -> None:
        arrivals = await made.stream(LONG * 50, max_tokens=40)
        roles = {one.worker: one.role for one in made.driver().snapshot()}
        steps = made.told(StepRan)
        assert {roles[step.worker] for step in steps if step.decodes} == {"decode"}
        assert sum(step.tokens for step in steps) == 40
        (ended,) = made.told(SequenceEnded)
        assert roles[ended.worker] == "decode"
        assert (ended.transfer_s > 0.001) == (missing > 0)
        assert len(moments(arrivals)) == 40
        assert all(worker.used_blocks == 0 for worker in made.driver().snapshot())
        assert len(made.told(Routed)) == 2

    served(scenario, prefill_workers=1, workers=2, transfer_gbps=missing)


@pytest.mark.parametrize(
    "settings",
    [
        {"workers": 3, "router": "random"},
        {"workers": 3, "router": "kv", "router_temperature": 0.5},
        {"workers": 2, "router": "power-of-two", "speculation": "2:0.7,0.4"},
        {"workers": 2, "prefill_workers": 1},
    ],
    ids=str,
)
def test_the_same_seed_gives_the_same_bytes_at_the_same_times(settings):
    async def scenario(made: Served) -> Any:
        async def ask(n: int) -> Any:
            await asyncio.sleep(n % 4 / 100)
            size = (3000, 900, 2000)[n // 4] if n % 4 == 0 else 20  # long ones are written in threads, all at once
            arrivals = await made.stream(f"{n} {LONG * size}"[:400_000], max_tokens=30 + n)
            return [(one.at, re.sub(r'"created":\d+', "", one.chunk.to_json(indent=None))) for one in arrivals]

        streams = await asyncio.gather(*(ask(n) for n in range(12)))
        return streams, [(one.worker, one.at, one.tokens) for one in made.told(StepRan)]

    first, again = (served(scenario, seed=3, **settings) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("seed", range(6))
def test_whatever_clients_do_nothing_of_theirs_is_left(seed):
    dice = Random(seed)
    settings: dict[str, Any] = {
        "workers": dice.choice([1, 2, 3]),
        "prefill_workers": dice.choice([0, 0, 1]),
        "blocks": dice.choice([40, 80, 4000]),
        "engine": dice.choice(["vllm", "sglang"]),
        "router": dice.choice(["kv", "round-robin", "least-loaded"]),
        "speculation": dice.choice(["", "2:0.7,0.4"]),
        "priority": dice.choice([False, True]),
        "busy_prefill_tokens": dice.choice([None, 300]),
    }

    async def client(made: Served, n: int) -> str:
        await asyncio.sleep(dice.random() * 0.5)
        asked = {"max_tokens": dice.randint(1, 60), "n": dice.choice([1, 1, 2]), "extra_body": {"priority": n % 3}}
        if n % 5 == 0:
            asked["model"] = f"ft:{MODEL}:org::{n % 2}"
        words = f"{n % 3} " + "word " * dice.randint(1, 150)
        try:
            async with asyncio.timeout(dice.choice([0.05, 0.3, 100.0])):
                stream = await made.chat(words, stream=dice.random() < 0.7, **asked)
                if hasattr(stream, "choices"):
                    return "whole"
                async with stream:
                    async for _ in stream:
                        await asyncio.sleep(dice.choice([0, 0, 0.02, 0.2]))
                return "streamed"
        except TimeoutError:
            return "left"
        except openai.APIError as error:
            return error.code or "error"

    async def scenario(made: Served) -> None:
        ends = Counter(await asyncio.gather(*(client(made, n) for n in range(40))))
        await asyncio.sleep(10.0)
        assert ends["left"] > 0
        assert ends["streamed"] > 0
        assert set(ends) <= {"left", "streamed", "whole", "service_unavailable"}
        assert made.room.in_flight() == 0
        for worker in made.room.snapshot():
            assert (worker.running, worker.waiting, worker.used_blocks, worker.active_prefill_tokens) == (0, 0, 0, 0)
        ended = made.told(SequenceEnded)
        assert len({one.id for one in ended}) == len(ended)
        assert all(one.transfer_s >= 0 and one.cached < one.prompt for one in ended)
        assert sum(step.tokens for step in made.told(StepRan)) >= sum(one.completion for one in ended)
        driver = made.driver()
        assert driver.cluster.next_at() is None
        assert driver._timer is None

    served(scenario, **settings)


def test_a_defect_of_the_simulator_ends_what_is_under_way_and_nothing_else():
    async def scenario(made: Served) -> None:
        await made.chat(max_tokens=4)
        driver = made.driver()
        under_way = asyncio.create_task(made.chat(LONG, max_tokens=200))
        await asyncio.sleep(0.1)
        driver.load_lora("adapter")

        def broken(at: float) -> None:
            raise RuntimeError("a defect")

        driver.cluster.advance = broken  # type: ignore[method-assign]
        with pytest.raises(openai.InternalServerError, match="gone"):
            await under_way
        assert driver.seats == {}
        assert (await made.chat(max_tokens=4)).usage.completion_tokens == 4
        assert [one.loras for one in made.room.snapshot()] == [("adapter",)]
        assert [one.state for one in made.told(WorkerChanged)][-2:] == ["gone", "ready"]

    served(scenario)


def test_an_answer_that_cannot_be_told_is_dropped_and_the_others_go_on():
    async def scenario(made: Served) -> None:
        good = asyncio.create_task(made.stream(LONG, max_tokens=50))
        bad = asyncio.create_task(made.stream("What is a whale?", max_tokens=50))
        await asyncio.sleep(0.05)
        driver = made.driver()
        broken = list(driver.seats.values())[-1].answer

        class Mute(type(broken)):  # type: ignore[misc]
            __slots__ = ()

            def tell(self, seat: Any, now: float) -> None:
                raise RuntimeError("a defect")

        broken.__class__ = Mute
        with pytest.raises(openai.APIError, match="gone"):
            await bad
        assert usage(await good).completion_tokens == 50
        assert driver.seats == {}
        assert all(not worker.engine.pool.used for worker in driver.cluster.workers.values())

    served(scenario)
