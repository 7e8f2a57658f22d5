"""Threads as they are read, and made up."""

import pytest
from openai.types.beta import Thread as Sdk

from fakeai.core.errors import BadRequest
from fakeai.wire.assistants.threads import Thread, ThreadCreate, ThreadUpdate
from fakeai.wire.base import parse
from fakeai.wire.example import example


def test_a_thread_may_be_empty() -> None:
    assert parse(ThreadCreate, b"{}").messages is None


def test_stores_are_made_with_a_thread_and_not_later() -> None:
    body = b'{"tool_resources": {"file_search": {"vector_stores": [{}]}}}'
    made = parse(ThreadCreate, body).tool_resources
    assert made is not None and made.file_search is not None and made.file_search.vector_stores
    later = parse(ThreadUpdate, body).tool_resources
    assert later is not None and "vector_stores" not in type(later.file_search).model_fields


def test_a_message_that_is_none_is_refused() -> None:
    with pytest.raises(BadRequest):
        parse(ThreadCreate, b'{"messages": [{"role": "tool", "content": "a"}]}')


def test_one_that_is_made_up_is_one_for_the_sdk() -> None:
    assert Sdk.model_validate(example(Thread, "thread_x")).object == "thread"
