"""Containers of responses: made when they are worked in, found again, and refused where they are not there."""

import openai
import pytest

from fakeai.testing import FakeAI

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


def test_programs_read_the_files_of_their_container_and_what_they_wrote(client: openai.OpenAI):
    file = client.files.create(file=("prices.csv", b"city,price\nParis,3\nRome,4.5\n"), purpose="user_data")
    auto = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [file.id]}}
    first = make(client, tools=[auto], input="What is the average price?", include=["code_interpreter_call.outputs"])
    assert first.output[0].outputs[0].logs == "3.75\n" and "3.75" in first.output_text
    container = first.output[0].container_id
    client.containers.files.create(container, file=("notes.txt", b"Zoe has 52 stripes."))
    tool = {"type": "code_interpreter", "container": container}
    then = make(client, tools=[tool], input="What is in notes.txt?", include=["code_interpreter_call.outputs"])
    assert then.output[0].outputs[0].logs == "Zoe has 52 stripes.\n"
    with pytest.raises(openai.NotFoundError):
        make(client, tools=[{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-none"]}}])


def test_a_file_that_a_program_writes_has_what_it_wrote(client: openai.OpenAI):
    answer = make(client, tools=[AUTO], input="Export 1, 2, 3 as csv.")
    (file,) = client.containers.files.list(answer.output[0].container_id)
    content = client.containers.files.content.retrieve(file.id, container_id=answer.output[0].container_id)
    assert content.read() == b"value\n1\n2\n3"


def test_equal_requests_of_two_projects_work_in_containers_of_their_own(fake: FakeAI):
    brought = {"type": "additional_tools", "role": "developer", "tools": [AUTO]}
    asked = {"input": [brought, {"role": "user", "content": "What is 6*7?"}]}
    for project in ("proj_one", "proj_two"):
        client = fake.client(project=project)
        answer = make(client, **asked)
        assert [one.id for one in client.containers.list()] == [answer.output[0].container_id]
