"""Measuring a server by its streams: times in virtual time, and what servers say that cannot be measured."""

import asyncio
import json

import httpx
import pytest

from fakeai.cli.measuring import Asker, Plan, Refused, connected, measure, until_ready
from fakeai.testing import FakeAI, run_virtual


def measured(plan, *, max_seconds=3600.0, told=None, model="gpt-4o-mini", **settings):
    """The points of a plan, of a fakeai in this process and in virtual time."""

    async def main():
        async with FakeAI(seed=1, **settings) as fake:
            transport = fake.async_transport(httpx)
            async with httpx.AsyncClient(transport=transport, base_url="http://fakeai/v1") as client:
                return await measure(Asker(client, model, 1), plan, max_seconds, ([] if told is None else told).append)

    return run_virtual(main())


def test_a_latency_is_measured_as_it_was_set():
    told = []
    points = measured(Plan([2, 1], [100, 400], 20, 4), told=told, ttft="200", itl="20")
    assert [(point.users, point.prompt) for point in points] == [(1, 100), (1, 400), (2, 100), (2, 400)]
    for point in points:
        assert point.ttft_s == pytest.approx(0.2, abs=1e-9)
        assert point.tpot_s == pytest.approx(0.02, abs=1e-9)
        assert len(point.samples) == point.users + 4
        assert point.warm == point.users
        for sample in point.samples:
            assert sample.prompt == pytest.approx(point.prompt, rel=0.02)
            assert sample.output == len(sample.arrivals)
            assert 15 <= sample.output <= 25
        assert len({sample.output for sample in point.samples}) > 1
    assert "concurrency 2, prompt 400: TTFT 200.0 ms, TPOT 20.00 ms" in told[-1]


def test_users_ask_again_when_they_are_answered():
    (point,) = measured(Plan([3], [50], 3, 6), ttft="100", itl="10")
    began = min(sample.sent for sample in point.samples)
    assert sorted(sample.sent - began for sample in point.samples) == pytest.approx([0.0] * 3 + [0.12] * 3 + [0.24] * 3)


def test_no_two_prompts_begin_alike():
    bodies = []

    def answer(request):
        bodies.append(json.loads(request.content))
        return stream(piece("a"), piece("b"), usage(30, 2))

    ask(answer, plan=Plan([2], [64], 2, 8))
    texts = [body["messages"][0]["content"] for body in bodies]
    assert len({text[:40] for text in texts}) == len(texts)
    assert all(body["stream"] and body["stream_options"] == {"include_usage": True} for body in bodies)


def test_the_time_is_kept():
    told = []
    points = measured(Plan([1, 2], [50], 3, 10), max_seconds=2.1, told=told, ttft="100", itl="10")
    assert [point.users for point in points] == [1]
    assert "1 points are not measured" in told[-1]


def test_counts_of_a_plan():
    assert Plan([1], [1], 2).count(1) == 17
    assert Plan([1], [1], 2).count(32) == 96
    assert Plan([1], [1], 2, 5).count(32) == 37


# -- servers written by hand


def stream(*events, kind="text/event-stream; charset=utf-8"):
    """An answer of server-sent events."""
    text = "".join(
        f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n" for event in (*events, "[DONE]")
    )

    async def parts():
        yield text.encode()

    return httpx.Response(200, headers={"content-type": kind}, content=parts())


def piece(text, field="content"):
    return {"choices": [{"index": 0, "delta": {field: text}}], "usage": None}


def usage(prompt, completion, **more):
    return {"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion, **more}}


def ask(answer, plan=None, told=None):
    """Measure a server that is a function from request to response."""

    async def main():
        transport = httpx.MockTransport(answer)
        async with httpx.AsyncClient(transport=transport, base_url="http://server/v1") as client:
            return await measure(
                Asker(client, "m", 1), plan or Plan([1], [16], 2, 1), 60.0, ([] if told is None else told).append
            )

    return asyncio.run(main())


def refused(answer):
    with pytest.raises(Refused) as caught:
        ask(answer)
    return str(caught.value)


def test_pieces_without_text_are_no_tokens():
    role = {"choices": [{"index": 0, "delta": {"role": "assistant"}}]}
    (point,) = ask(lambda _: stream(piece(""), role, piece("a"), usage(30, 1)))
    assert [len(sample.arrivals) for sample in point.samples] == [1, 1]
    (point,) = ask(lambda _: stream(piece("hm", "reasoning_content"), piece("a"), usage(30, 2)))
    assert len(point.samples[0].arrivals) == 2


def test_cached_tokens_are_told():
    told = []
    ask(lambda _: stream(piece("a"), piece("b"), usage(40, 2, prompt_tokens_details={"cached_tokens": 10})), told=told)
    assert "25% of prompts from a cache" in told[-1]


def test_the_length_is_asked_for_as_the_server_wants_it():
    asked = []

    def answer(request):
        body = json.loads(request.content)
        asked.append(body)
        wrong = "ignore_eos" in body or "max_tokens" in body
        return (
            httpx.Response(400, json={"error": {"message": "no"}})
            if wrong
            else stream(piece("a"), piece("b"), usage(30, 2))
        )

    ask(answer)
    assert [body.get("min_tokens") for body in asked[:2]] == [2, None]
    assert {body["max_completion_tokens"] for body in asked[3:]} == {2}
    assert not {"max_tokens", "temperature"} & set(asked[-1])


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "--api-key"),
        (403, "--api-key"),
        (404, "--model"),
        (429, "--concurrency"),
        (400, "refuses"),
        (500, "HTTP 500"),
    ],
)
def test_a_refusal_says_what_to_do_and_what_the_server_says(status, said):
    told = refused(lambda _: httpx.Response(status, json={"error": {"message": "because of the moon"}}))
    assert said in told
    assert "because of the moon" in told


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "nothing"),
        (b"<html>", "<html>"),
        (b'{"detail": "x y"}', "x y"),
        (b'{"error": "plain"}', "plain"),
        (b"[1]", "[1]"),
    ],
)
def test_whatever_the_body_of_an_error(body, said):
    assert said in refused(lambda _: httpx.Response(500, content=body))


def test_a_server_that_does_not_stream_is_refused():
    assert "does not stream" in refused(lambda _: httpx.Response(200, json={"choices": []}))


def test_a_stream_without_usage_is_refused():
    assert "tell no usage" in refused(lambda _: stream(piece("a")))


def test_a_stream_without_text_is_refused():
    assert "without any text" in refused(lambda _: stream(piece(""), usage(3, 1)))


def test_an_answer_without_text_among_others_does_not_count():
    count = 0

    def answer(_):
        nonlocal count
        count += 1
        return stream(piece("" if count in (5, 7) else "a"), piece(""), usage(30, 1))

    (point,) = ask(answer, Plan([1], [16], 2, 5))
    assert count == 3 + 6
    assert len(point.samples) == 4


def test_a_stream_that_breaks_off_is_refused():
    assert "breaks off" in refused(lambda _: stream(piece("a"), {"error": {"message": "out of memory"}}))
    assert "out of memory" in refused(lambda _: stream(piece("a"), {"error": {"message": "out of memory"}}))


def test_a_stream_of_something_else_is_refused():
    assert "no JSON" in refused(lambda _: stream("{half"))


def test_a_silent_server_and_none_are_refused():
    def silent(request):
        raise httpx.ReadTimeout("", request=request)

    def nobody(request):
        raise httpx.ConnectError("All connection attempts failed", request=request)

    assert "silent for too long" in refused(silent)
    assert "http://server/v1/ does not answer: All connection attempts failed" in refused(nobody)


def test_one_refusal_ends_all_users():
    count = 0

    def answer(_):
        nonlocal count
        count += 1
        return (
            stream(piece("a"), usage(30, 2)) if count < 8 else httpx.Response(500, json={"error": {"message": "full"}})
        )

    with pytest.raises(Refused, match="full"):
        ask(answer, Plan([4], [16], 2, 1000))
    assert count < 20


async def test_proxies_are_for_servers_elsewhere(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    for url, proxied in (
        ("http://127.0.0.1:9/v1", False),
        ("http://localhost/v1", False),
        ("http://elsewhere/v1", True),
    ):
        async with connected(url, "key") as client:
            assert bool(client._mounts) is proxied
            assert client.headers["authorization"] == "Bearer key"


def waited(*answers):
    """What is told while a server answers so, one after the other."""
    told, left = [], list(answers)

    def answer(request):
        assert request.url == "http://server/readyz"
        status, llm = left.pop(0)
        if status is None:
            raise httpx.ConnectError(llm, request=request)
        return httpx.Response(status, json={"status": "not_ready", "db": "ok", "llm": llm, "redis": "disabled"})

    async def main():
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            await until_ready(client, "http://server", told.append)

    run_virtual(main())
    assert not left
    return told


def test_a_server_is_waited_for_until_its_model_is_there():
    assert waited((503, "loading"), (503, "loading"), (503, "warming"), (200, "ok")) == ["loading", "warming"]


def test_a_model_that_never_comes_is_not_waited_for():
    with pytest.raises(Refused, match="could not be loaded: no such file"):
        waited((503, "loading"), (503, "the model 'm' could not be loaded: no such file"))
    with pytest.raises(Refused, match="has gone: refused"):
        waited((503, "loading"), (None, "refused"))
