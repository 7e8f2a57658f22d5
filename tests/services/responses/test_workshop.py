"""Containers of responses: made when they are worked in, found again, and refused where they are not there."""

import openai
import pytest

from .test_stored import make

AUTO = {"type": "code_interpreter", "container": {"type": "auto"}}


def test_a_container_is_made_only_when_it_is_worked_in(client: openai.OpenAI):
    make(client, tools=[AUTO], tool_choice="none")
    assert list(client.containers.list()) == []
    answer = make(client, tools=[AUTO], input="What is 6*7?")
    assert [one.id for one in client.containers.list()] == [answer.output[0].container_id]


def test_files_are_copied_into_it(client: openai.OpenAI):
    file = client.files.create(file=("a.csv", b"1,2"), purpose="user_data")
    tool = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [file.id], "memory_limit": "4g"}}
    answer = make(client, tools=[tool], input="What is 6*7?")
    container = answer.output[0].container_id
    assert [one.path for one in client.containers.files.list(container)] == ["/mnt/data/a.csv"]
    assert client.containers.retrieve(container).memory_limit == "4g"


def test_a_container_that_is_named_is_used(client: openai.OpenAI):
    made = client.containers.create(name="mine")
    answer = make(client, tools=[{"type": "code_interpreter", "container": made.id}], input="Plot 1, 2, 3.")
    assert answer.output[0].container_id == made.id
    (file,) = client.containers.files.list(made.id)
    assert (file.path, file.source) == ("/mnt/data/chart.png", "assistant")
    with pytest.raises(openai.NotFoundError, match="cntr_none"):
        make(client, tools=[{"type": "code_interpreter", "container": "cntr_none"}])


def test_a_shell_may_have_a_container_too(client: openai.OpenAI):
    made = client.containers.create(name="mine")
    reference = {"type": "container_reference", "container_id": made.id}
    answer = make(client, tools=[{"type": "shell", "environment": reference}], input="List the files.")
    assert answer.output[0].environment.container_id == made.id
    assert answer.output[1].type == "shell_call_output"


def test_one_that_is_gone_is_replaced_in_a_conversation(client: openai.OpenAI):
    first = make(client, tools=[AUTO], input="What is 6*7?")
    client.containers.delete(first.output[0].container_id)
    then = make(client, tools=[AUTO], input="What is 7*8?", previous_response_id=first.id)
    assert then.output[0].container_id != first.output[0].container_id
