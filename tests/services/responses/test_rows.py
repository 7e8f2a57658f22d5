"""What was said before is found through responses and conversations, and by nobody else."""

import openai
import pytest

from fakeai.testing import FakeAI

from .test_stored import make


def test_responses_are_gone_back_through_to_the_first(client: openai.OpenAI):
    made = make(client, input="0")
    counts = [made.usage.input_tokens]
    for n in range(1, 5):
        made = make(client, input=f"{n}", previous_response_id=made.id)
        counts.append(made.usage.input_tokens)
    assert counts == sorted(set(counts))


def test_a_chain_with_a_gap_is_refused_by_the_one_that_is_missing(client: openai.OpenAI):
    first = make(client)
    second = make(client, previous_response_id=first.id)
    client.responses.delete(first.id)
    with pytest.raises(openai.BadRequestError, match=first.id):
        make(client, previous_response_id=second.id)


def test_a_response_that_is_not_done_cannot_be_gone_on_from(client: openai.OpenAI):
    slow = make(client, background=True, extra_headers={"x-fakeai-ttft-ms": "60000"})
    with pytest.raises(openai.BadRequestError, match="still in progress"):
        make(client, previous_response_id=slow.id)
    client.responses.cancel(slow.id)


def test_made_up_ones_are_empty():
    with FakeAI(seed=1, conformance=True) as fake:
        client = fake.client()
        answer = make(client, previous_response_id="resp_none", conversation="conv_none")
        assert answer.usage.input_tokens == make(client).usage.input_tokens


def test_a_stream_that_ended_is_there_at_once(client: openai.OpenAI):
    for _ in range(20):
        last = list(make(client, stream=True))[-1].response
        assert client.responses.retrieve(last.id).output_text == last.output_text
