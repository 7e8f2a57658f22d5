"""Responses that are kept: shown, told again, listed, cancelled, deleted."""

import httpx
import openai
import pytest

from fakeai.testing import FakeAI


def make(client: openai.OpenAI, **more):
    return client.responses.create(**{"model": "gpt-4o-mini", "input": "hi", **more})


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_inputs_are_listed_page_by_page(client: openai.OpenAI, order):
    said = [{"role": "user", "content": f"{n}"} for n in range(5)]
    made = make(client, input=said)
    page = client.responses.input_items.list(made.id, limit=2, order=order)
    assert page.has_more
    texts = [item.content[0].text for item in client.responses.input_items.list(made.id, limit=2, order=order)]
    assert texts == ["0", "1", "2", "3", "4"][:: 1 if order == "asc" else -1]


def test_an_unknown_cursor_is_refused(client: openai.OpenAI):
    made = make(client)
    with pytest.raises(openai.BadRequestError):
        client.responses.input_items.list(made.id, after="msg_none")


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 12, "١"])
def test_where_to_go_on_is_a_number(fake: FakeAI, client: openai.OpenAI, after):
    made = make(client)
    with httpx.Client(transport=fake.transport(), base_url="http://fakeai/v1") as door:
        answer = door.get(f"/responses/{made.id}", params={"stream": "true", "starting_after": after})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "starting_after"


def test_a_deleted_response_is_gone(client: openai.OpenAI):
    made = make(client, background=True)
    client.responses.delete(made.id)
    for look in (client.responses.retrieve, client.responses.cancel, client.responses.delete):
        with pytest.raises(openai.NotFoundError, match=f"Response with id '{made.id}' not found"):
            look(made.id)


def test_no_more_are_kept_than_the_setting_says():
    with FakeAI(seed=1, stored_completions=2) as fake:
        client = fake.client()
        first, *others = [make(client) for _ in range(3)]
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(first.id)
        assert [client.responses.retrieve(one.id).id for one in others] == [one.id for one in others]
    with FakeAI(seed=1, stored_completions=0) as fake:
        client = fake.client()
        made = make(client)
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(made.id)
