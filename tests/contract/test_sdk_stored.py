"""Stored completions through the official SDK: what `store` keeps can be listed, changed and deleted."""

import openai
import pytest

MODEL = "gpt-4o-mini"
SEA = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Tell me about the sea."}]


@pytest.fixture(autouse=True)
def _nothing_stored(client):
    for one in list(client.chat.completions.list(limit=100)):
        client.chat.completions.delete(one.id)


@pytest.fixture(params=[False, True], ids=["whole", "stream"])
def stored(client, request):
    """Stores a completion and gives its id."""

    def store(**asked):
        asked = {"model": MODEL, "messages": SEA, "store": True, **asked}
        if not request.param:
            return client.chat.completions.create(**asked).id
        return next(chunk.id for chunk in list(client.chat.completions.create(stream=True, **asked)))

    return store


def test_what_is_stored_is_found_again_as_it_was(client, stored):
    name = stored(metadata={"topic": "sea"}, seed=3)
    kept = client.chat.completions.retrieve(name)
    assert kept.id == name
    assert (
        kept.choices[0].message.content
        == client.chat.completions.create(model=MODEL, messages=SEA, seed=3).choices[0].message.content
    )
    assert kept.usage.total_tokens > 0
    assert kept.metadata == {"topic": "sea"}


def test_without_store_nothing_is_kept(client):
    answer = client.chat.completions.create(model=MODEL, messages=SEA)
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.retrieve(answer.id)
    assert list(client.chat.completions.list()) == []


def test_metadata_is_changed(client, stored):
    name = stored(metadata={"a": "1"})
    assert client.chat.completions.update(name, metadata={"b": "2"}).metadata == {"b": "2"}
    assert client.chat.completions.retrieve(name).metadata == {"b": "2"}


def test_what_is_deleted_is_gone(client, stored):
    name = stored()
    gone = client.chat.completions.delete(name)
    assert (gone.id, gone.deleted, gone.object) == (name, True, "chat.completion.deleted")
    for call in (
        client.chat.completions.retrieve,
        client.chat.completions.delete,
        client.chat.completions.messages.list,
    ):
        with pytest.raises(openai.NotFoundError):
            call(name)


def test_its_messages_are_those_of_the_prompt(client, stored):
    messages = list(client.chat.completions.messages.list(stored()))
    assert [(message.role, message.content) for message in messages] == [
        (sent["role"], sent["content"]) for sent in SEA
    ]
    assert len({message.id for message in messages}) == 2


def test_the_sdk_pages_through_all_of_them(client, stored):
    names = [stored() for _ in range(7)]
    assert [one.id for one in client.chat.completions.list(limit=3)] == names
    assert [one.id for one in client.chat.completions.list(limit=3, order="desc")] == names[::-1]
    page = client.chat.completions.list(limit=3, after=names[1])
    assert [one.id for one in page.data] == names[2:5]
    assert page.has_next_page()


def test_a_list_can_be_narrowed(client, stored):
    stored(metadata={"run": "1"})
    second = stored(metadata={"run": "2"}, model="gpt-4o")
    assert [one.id for one in client.chat.completions.list(metadata={"run": "2"})] == [second]
    assert [one.id for one in client.chat.completions.list(model="gpt-4o")] == [second]
