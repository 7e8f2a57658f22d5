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
