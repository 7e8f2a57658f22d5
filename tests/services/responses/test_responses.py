"""`POST /responses`: whatever leaves is kept or not as wished, in order, and costs nothing once its reader has left."""

import asyncio

import httpx
import openai
import pytest

from fakeai.testing import FakeAI, run_virtual

from .test_stored import make


def test_a_reader_who_leaves_frees_the_work_and_nothing_is_kept() -> None:
    async def main() -> None:
        async with FakeAI(seed=1) as fake:
            client = fake.async_client()
            stream = await client.responses.create(
                model="gpt-4o-mini", input="Tell me.", stream=True, extra_headers={"x-fakeai-itl-ms": "100"}
            )
            name = (await anext(aiter(stream))).response.id
            await stream.close()
            await asyncio.sleep(60)
            with pytest.raises(openai.NotFoundError):
                await client.responses.retrieve(name)

    run_virtual(main())


def test_the_first_event_does_not_wait_for_the_first_token() -> None:
    async def main() -> None:
        async with FakeAI(seed=1) as fake:
            client = fake.async_client()
            loop = asyncio.get_running_loop()
            began = loop.time()
            stream = await client.responses.create(
                model="gpt-4o-mini", input="Tell me.", stream=True, extra_headers={"x-fakeai-ttft-ms": "5000"}
            )
            times = {}
            async for event in stream:
                times.setdefault(event.type, loop.time() - began)
            assert times["response.created"] < 1.0
            assert times["response.output_text.delta"] >= 5.0

    run_virtual(main())


def test_reasoning_takes_time_and_is_told_before_the_words(client: openai.OpenAI) -> None:
    answer = make(client, model="gpt-5", reasoning={"effort": "minimal"})
    assert [item.type for item in answer.output] == ["message"]
    answer = make(client, model="gpt-5", reasoning={"effort": "high", "summary": "detailed"})
    assert [item.type for item in answer.output] == ["reasoning", "message"]


def test_batches_answer_responses(client: openai.OpenAI) -> None:
    line = (
        b'{"custom_id":"r","method":"POST","url":"/v1/responses","body":{"model":"gpt-4o-mini","input":"Say hello."}}'
    )
    file = client.files.create(file=("in.jsonl", line), purpose="batch")
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/responses", completion_window="24h")
    while batch.status not in ("completed", "failed"):
        batch = client.batches.retrieve(batch.id)
    assert batch.status == "completed"
    output = client.files.content(batch.output_file_id or "").text
    assert '"object":"response"' in output
    assert '"status":"completed"' in output


def test_latency_that_cannot_be_read_is_refused_before_the_stream(fake: FakeAI) -> None:
    with httpx.Client(transport=fake.transport(), base_url="http://fakeai/v1") as door:
        answer = door.post(
            "/responses",
            json={"model": "gpt-4o-mini", "input": "a", "stream": True},
            headers={"x-fakeai-ttft-ms": "soon"},
        )
    assert answer.status_code == 400


@pytest.mark.parametrize("options", [{}, {"background": True}])
def test_tools_may_tell_of_numbers_of_any_size(client: openai.OpenAI, options: dict[str, bool]):
    schema = {"type": "object", "properties": {"count": {"type": "integer", "maximum": 10**30, "minimum": -(10**400)}}}
    tool = {"type": "function", "name": "count", "parameters": schema}
    made = make(client, tools=[tool], **options)
    events = list(make(client, tools=[tool], stream=True, **options))
    for response in (made, client.responses.retrieve(made.id), events[-1].response):
        (told,) = response.tools
        assert told.parameters["properties"]["count"]["maximum"] in (10**30, 1e30)  # whole, or as it is read again
