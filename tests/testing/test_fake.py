"""FakeAI as an application's tests use it: the official SDK without a socket and with one."""

import asyncio
import json
import threading
import time
from itertools import islice

import httpx
import httpx2
import openai
import pytest

from fakeai import FakeAI, Settings
from fakeai.testing import run_virtual

HELLO = [{"role": "user", "content": "Tell me a long story about a ship."}]
ASK = {"model": "gpt-4o-mini", "messages": HELLO}


@pytest.fixture
def fake():
    with FakeAI(seed=1) as made:
        yield made


def text(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_a_chat_without_a_socket(fake):
    answer = fake.client().chat.completions.create(**ASK)
    assert answer.object == "chat.completion"
    assert answer.choices[0].message.content
    assert answer._request_id.startswith("req_")


def test_whole_stream_client_and_server_say_the_same(fake):
    ask = {**ASK, "seed": 7, "max_tokens": 50}
    whole = fake.client().chat.completions.create(**ask).choices[0].message.content
    assert text(fake.client().chat.completions.create(stream=True, **ask)) == whole

    async def asynchronously():
        async with fake.async_client() as client:
            return text([chunk async for chunk in await client.chat.completions.create(stream=True, **ask)])

    assert asyncio.run(asynchronously()) == whole
    with openai.OpenAI(base_url=fake.base_url, api_key="any") as client:
        assert text(client.chat.completions.create(stream=True, **ask)) == whole


def test_a_chunk_is_there_before_the_next_is_due():
    with FakeAI(ttft=0, itl=60_000) as fake, fake.client() as client:
        stream = client.chat.completions.create(stream=True, max_tokens=5, **ASK)
        assert any(chunk.choices[0].delta.content for chunk in islice(stream, 2))
        stream.close()


@pytest.mark.parametrize("served", [False, True])
def test_closing_a_stream_early_frees_its_work(served):
    with FakeAI(ttft=0, itl=60_000) as fake:
        client = openai.OpenAI(base_url=fake.base_url, api_key="any") if served else fake.client()
        with client:
            began = time.perf_counter()
            stream = client.chat.completions.create(stream=True, max_tokens=500, **ASK)
            next(iter(stream))
            stream.close()
            while in_flight(client) != "0":
                assert time.perf_counter() - began < 2
            assert fake.requests[0].status == 200


async def test_closing_an_asynchronous_stream_early_frees_its_work():
    async with FakeAI(ttft=0, itl=60_000) as fake, fake.async_client() as client:
        began = time.perf_counter()
        stream = await client.chat.completions.create(stream=True, max_tokens=500, **ASK)
        async for _ in stream:
            break
        await stream.close()
        metrics = await client.get("/metrics", cast_to=str)
        assert time.perf_counter() - began < 2
        assert "\nfakeai_requests_in_flight 0\n" in metrics


def in_flight(client):
    metrics = client.get("/metrics", cast_to=str)
    return next(line.split()[1] for line in metrics.splitlines() if line.startswith("fakeai_requests_in_flight"))


def test_threads_share_a_client(fake):
    client = fake.client()
    ask = {**ASK, "seed": 3, "max_tokens": 20}
    expected = client.chat.completions.create(**ask).choices[0].message.content
    answers = []

    def work():
        for _ in range(5):
            answers.append(client.chat.completions.create(**ask).choices[0].message.content)
            answers.append(text(client.chat.completions.create(stream=True, **ask)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 40


async def test_many_asynchronous_streams_at_once():
    async with FakeAI(ttft=20, itl=1, seed=1) as fake, fake.async_client() as client:

        async def one():
            stream = await client.chat.completions.create(stream=True, seed=1, max_tokens=20, **ASK)
            return text([chunk async for chunk in stream])

        answers = await asyncio.gather(*(one() for _ in range(20)))
    assert len(set(answers)) == 1
    assert answers[0]


def test_errors_are_the_sdks(fake):
    client = fake.client(max_retries=0)
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gpt-4o-mini", messages=[])
    assert caught.value.param == "messages"
    with pytest.raises(openai.NotFoundError):
        client.get("/nowhere", cast_to=object)


def test_an_sdk_timeout_is_kept():
    with FakeAI(ttft=60_000) as fake, pytest.raises(openai.APITimeoutError):
        fake.client(max_retries=0, timeout=0.05).chat.completions.create(**ASK)


def test_a_client_of_a_closed_fakeai_says_so(fake):
    client = fake.client(max_retries=0)
    fake.close()
    with pytest.raises(openai.APIConnectionError) as caught:
        client.chat.completions.create(**ASK)
    assert "closed" in str(caught.value.__cause__)


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
async def test_transports_for_both_libraries(fake, library):
    with library.Client(transport=fake.transport(library), base_url="http://any") as client:
        assert client.get("/v1/models/gpt-4o-mini").json()["id"] == "gpt-4o-mini"
    async with library.AsyncClient(transport=fake.async_transport(library), base_url="http://any") as client:
        assert (await client.get("/models/gpt-4o-mini")).json()["id"] == "gpt-4o-mini"


async def test_it_is_an_asgi_app_too(fake):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(fake), base_url="http://any") as client:
        assert (await client.get("/readyz")).json()["status"] == "ready"
        assert (await client.get("/openapi.json")).json()["openapi"].startswith("3.1")


# -- what is kept


def test_what_one_client_stores_all_find(fake):
    async def asynchronously():
        async with fake.async_client() as client:
            stored = await client.chat.completions.create(store=True, **ASK)
            return stored.id, [row.id async for row in client.chat.completions.list()]

    first = fake.client().chat.completions.create(store=True, **ASK).id
    second, seen = asyncio.run(asynchronously())
    third, _ = asyncio.run(asynchronously())
    assert seen == [first, second]
    with openai.OpenAI(base_url=fake.base_url, api_key="any") as client:
        assert [row.id for row in client.chat.completions.list()] == [first, second, third]
        client.chat.completions.delete(first)
        client.chat.completions.create(model="ft:gpt-4o-mini:acme::1", messages=HELLO)
    with pytest.raises(openai.NotFoundError):
        fake.client().chat.completions.retrieve(first)
    assert fake.client().models.retrieve("ft:gpt-4o-mini:acme::1").owned_by


def test_a_seed_decides_the_ids_of_each_app_in_the_order_they_come(fake):
    def ids(of):
        async def asynchronously():
            async with of.async_client() as client:
                return (await client.chat.completions.create(**ASK)).id

        return [of.client().chat.completions.create(**ASK).id, *(asyncio.run(asynchronously()) for _ in range(2))]

    with FakeAI(seed=1) as same:
        found = ids(fake)
        assert found == ids(same)
    assert len(set(found)) == 3


def test_what_one_fakeai_stores_no_other_finds(fake):
    fake.client().chat.completions.create(store=True, **ASK)
    with FakeAI(seed=1) as other:
        assert list(other.client().chat.completions.list()) == []


# -- settings


def test_settings_by_name_by_mapping_and_as_settings(monkeypatch):
    monkeypatch.setenv("FAKEAI_TTFT", "999")
    assert FakeAI(ttft=5, strict_models=True).settings.latency.ttft == "5"
    assert FakeAI({"latency.itl": "7"}, seed=3).settings.seed == 3
    assert FakeAI().settings.latency.ttft == "0"
    assert FakeAI().settings.server.port == 0
    assert FakeAI(Settings(organization="org-x")).settings.organization == "org-x"
    with pytest.raises(TypeError, match="not both"):
        FakeAI(Settings(), seed=1)


@pytest.mark.parametrize(
    ("wrong", "said"), [({"ttft": "soon"}, "soon"), ({"tfft": "1"}, "did you mean 'latency.ttft'")]
)
def test_settings_nobody_can_use_are_refused_at_once(wrong, said):
    with pytest.raises(ValueError, match=said):
        FakeAI(wrong)


def test_two_with_different_settings_answer_side_by_side():
    with FakeAI(strict_models=True) as strict, FakeAI() as easy:
        ask = {"model": "gpt-nobody", "messages": HELLO}
        assert easy.client().chat.completions.create(**ask).model == "gpt-nobody"
        with pytest.raises(openai.NotFoundError):
            strict.client().chat.completions.create(**ask)


# -- virtual time


def test_a_stream_of_an_hour_has_exact_times_and_takes_no_time():
    ask = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Tell me a long story about a ship."}]}

    async def main():
        loop = asyncio.get_running_loop()
        async with FakeAI(ttft=200, itl=60_000, seed=1) as fake, fake.async_client(timeout=90) as client:
            await client.models.list()
            real, began = time.perf_counter(), loop.time()
            stream = await client.chat.completions.create(stream=True, max_tokens=61, **ask)
            chunks = [(loop.time() - began, chunk.choices[0].delta.content) async for chunk in stream if chunk.choices]
            return [at for at, content in chunks if content], time.perf_counter() - real

    at, real = run_virtual(main())
    assert at == pytest.approx([0.2 + 60 * n for n in range(61)], abs=1e-6)
    assert real < 1


def test_timeouts_run_in_virtual_time_too():
    async def main():
        async with FakeAI(ttft=61_000) as fake, fake.async_client(timeout=60, max_retries=0) as client:
            with pytest.raises(openai.APITimeoutError):
                await client.chat.completions.create(**ASK)
            return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(60, abs=0.1)


def test_a_whole_answer_takes_as_long_as_its_stream():
    async def main():
        loop = asyncio.get_running_loop()
        async with FakeAI(ttft=200, itl=20, seed=1) as fake, fake.async_client() as client:
            ends = []
            for stream in (False, True):
                began = loop.time()
                answer = await client.chat.completions.create(stream=stream, max_tokens=100, **ASK)
                if stream:
                    async for _ in answer:
                        pass
                ends.append(loop.time() - began)
            return ends

    whole, streamed = run_virtual(main())
    assert whole == pytest.approx(streamed, abs=1e-9)
    assert whole > 0.2


def test_streams_side_by_side_do_not_add_up_in_virtual_time():
    async def main():
        loop = asyncio.get_running_loop()
        async with FakeAI(ttft=1000, itl=100) as fake, fake.async_client() as client:

            async def one():
                stream = await client.chat.completions.create(stream=True, max_tokens=10, **ASK)
                return len([chunk async for chunk in stream])

            await asyncio.gather(*(one() for _ in range(50)))
            return loop.time()

    assert run_virtual(main()) == pytest.approx(1.9, abs=1e-6)


async def test_nothing_runs_on_after_the_end():
    line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": ASK}
    async with FakeAI(seed=1, ttft="60000") as fake:
        client = fake.async_client()
        file = await client.files.create(file=("in.jsonl", json.dumps(line).encode()), purpose="batch")
        batch = await client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        )
        while batch.status != "in_progress":
            batch = await client.batches.retrieve(batch.id)
        assert len(asyncio.all_tasks()) > 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_a_client_has_a_key_for_each_door(fake):
    assert fake.client().admin.organization.projects.create(name="one").object == "organization.project"
    assert fake.client(api_key="sk-mine").api_key == "sk-mine"
    assert set(fake.environment) == {"OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_ADMIN_KEY"}


def test_a_reset_forgets_what_all_have_made(fake):
    inside, outside = fake.client(), openai.OpenAI(base_url=fake.base_url, api_key="sk-any")
    outside.vector_stores.create()
    inside.files.create(file=b"abc", purpose="user_data")
    fake.reset()
    assert inside.files.list().data == []
    assert [request.path for request in fake.requests] == ["/v1/files"]
    assert outside.vector_stores.list().data == []
    outside.close()


def test_sockets_are_where_the_server_is() -> None:
    with FakeAI() as fake:
        assert fake.socket_url == fake.base_url.replace("http://", "ws://")
