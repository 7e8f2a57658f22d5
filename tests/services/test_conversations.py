"""Conversations and their items: made, listed, changed, deleted, and hidden from others."""

import openai
import pytest

from fakeai.testing import FakeAI


@pytest.fixture
def fake():
    with FakeAI(seed=2) as made:
        yield made


@pytest.fixture
def client(fake):
    return fake.client()


def words(client, talk, **more):
    return [item.content[0].text for item in client.conversations.items.list(talk.id, order="asc", **more)]


def test_items_are_added_in_order_and_listed_page_by_page(client):
    talk = client.conversations.create(items=[{"role": "user", "content": "0"}])
    client.conversations.items.create(talk.id, items=[{"role": "user", "content": str(n)} for n in range(1, 6)])
    assert words(client, talk, limit=2) == ["0", "1", "2", "3", "4", "5"]
    page = client.conversations.items.list(talk.id, limit=2)
    assert [item.content[0].text for item in page.data] == ["5", "4"]


def test_items_of_responses_may_be_named(client):
    answer = client.responses.create(model="gpt-4o-mini", input="What is the capital of France?")
    talk = client.conversations.create(items=[{"type": "item_reference", "id": answer.output[0].id}])
    assert words(client, talk) == ["Paris is the capital of France."]
    with pytest.raises(openai.NotFoundError):
        client.conversations.items.create(talk.id, items=[{"type": "item_reference", "id": "msg_none"}])


def test_metadata_are_changed(client):
    talk = client.conversations.create(metadata={"a": "b"})
    assert client.conversations.update(talk.id, metadata={"c": "d"}).metadata == {"c": "d"}
    assert client.conversations.retrieve(talk.id).metadata == {"c": "d"}


def test_what_is_deleted_is_gone(client):
    talk = client.conversations.create(items=[{"role": "user", "content": "0"}])
    (item,) = client.conversations.items.list(talk.id)
    client.conversations.items.delete(item.id, conversation_id=talk.id)
    assert words(client, talk) == []
    client.conversations.delete(talk.id)
    for look in (client.conversations.retrieve, client.conversations.items.list, client.conversations.delete):
        with pytest.raises(openai.NotFoundError, match=f"Conversation with id '{talk.id}' not found"):
            look(talk.id)


def test_nobody_else_sees_them(fake, client):
    talk = client.conversations.create(items=[{"role": "user", "content": "0"}])
    stranger = fake.client(project="proj_other")
    with pytest.raises(openai.NotFoundError):
        stranger.conversations.items.list(talk.id)


def test_a_stream_adds_to_its_conversation(client):
    talk = client.conversations.create()
    list(
        client.responses.create(
            model="gpt-4o-mini", input="What is the capital of France?", conversation=talk.id, stream=True
        )
    )
    assert words(client, talk) == ["What is the capital of France?", "Paris is the capital of France."]
