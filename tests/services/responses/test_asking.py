"""What a request asks: references looked up, files read, outputs matched, prompts filled in."""

import openai
import pytest

from fakeai.testing import FakeAI

from .test_stored import make


def test_an_item_that_is_kept_may_be_named(client: openai.OpenAI):
    first = make(client, input="What is the capital of France?")
    reference = {"type": "item_reference", "id": first.output[0].id}
    then = make(client, input=[{"role": "user", "content": "Say it"}, reference, {"role": "user", "content": "Again"}])
    texts = [item.content[0].text for item in client.responses.input_items.list(then.id, order="asc")]
    assert texts == ["Say it", "Paris is the capital of France.", "Again"]


def test_files_of_an_input_are_read(client: openai.OpenAI):
    file = client.files.create(file=("facts.txt", b"The tower is 300 metres high. " * 20), purpose="user_data")
    parts = [{"type": "input_file", "file_id": file.id}, {"type": "input_text", "text": "How high is it?"}]
    read = make(client, input=[{"role": "user", "content": parts}])
    bare = make(client, input=[{"role": "user", "content": parts[1:]}])
    assert read.usage.input_tokens > bare.usage.input_tokens + 100
    with pytest.raises(openai.NotFoundError):
        make(client, input=[{"role": "user", "content": [{"type": "input_file", "file_id": "file-none"}]}])


def test_instructions_are_not_carried_over(client: openai.OpenAI):
    first = make(client, instructions="word " * 100)
    then = make(client, input="hi", previous_response_id=first.id)
    assert then.usage.input_tokens < first.usage.input_tokens


def test_a_prompt_is_the_only_message_where_no_other_is(client: openai.OpenAI):
    with FakeAI(seed=1, prompts={"p": "What is the capital of {{land}}?"}) as fake:
        asked = {"id": "p", "variables": {"land": {"type": "input_text", "text": "Spain"}}}
        answer = fake.client().responses.create(model="gpt-4o-mini", prompt=asked)
    assert answer.output_text == "Madrid is the capital of Spain."


def test_equal_requests_have_equal_words_and_other_seeds_others(client: openai.OpenAI):
    one, again = (make(client, input="Tell me about the sea.") for _ in range(2))
    assert one.output_text == again.output_text
    other = make(client, input="Tell me about the sea.", extra_body={"seed": 5})
    assert other.output_text != one.output_text


def test_an_equal_request_is_read_once_and_answered_with_ids_of_its_own(client: openai.OpenAI):
    asked = {"input": "Tell me about the sea.", "max_output_tokens": 16}
    first, second = make(client, **asked), make(client, **asked)
    assert first.output_text == second.output_text
    assert first.usage == second.usage
    given = [client.responses.input_items.list(made.id).data[0] for made in (first, second)]
    assert given[0].content == given[1].content
    assert len({first.id, second.id, given[0].id, given[1].id, first.output[0].id, second.output[0].id}) == 6


def test_what_a_request_refers_to_is_looked_up_each_time(client: openai.OpenAI):
    talk = client.conversations.create()
    counts = [make(client, input="Hi", conversation=talk.id).usage.input_tokens for _ in range(3)]
    assert counts == sorted(set(counts))
    first = make(client, input="Hi")
    assert make(client, input="And?", previous_response_id=first.id)
    client.responses.delete(first.id)
    with pytest.raises(openai.BadRequestError, match="not found"):
        make(client, input="And?", previous_response_id=first.id)


def test_what_is_asked_for_in_headers_is_part_of_what_is_remembered(client: openai.OpenAI):
    bad = {"input": "Hi", "prompt": {"id": "pmpt_none"}}
    asked = {"input": "Hi", "conversation": "conv_none"}
    easy = {"x-fakeai-validation": "schema", "x-fakeai-unknown-ids": "synthesize"}
    assert make(client, **bad, extra_headers=easy)
    assert make(client, **asked, extra_headers=easy)
    for body in (bad, asked):
        with pytest.raises(openai.NotFoundError):
            make(client, **body)
    with pytest.raises(openai.BadRequestError):
        make(client, input="Hi", extra_headers={"x-fakeai-ttft-ms": "nonsense"})
    assert make(client, input="Hi")


def test_many_items_are_read_as_few_are(client: openai.OpenAI):
    said = [{"role": "user", "content": f"{number}"} for number in range(1_200)]
    made = make(client, input=said)
    listed = client.responses.input_items.list(made.id, limit=100, order="asc").data
    assert [item.content[0].text for item in listed] == [f"{number}" for number in range(100)]
