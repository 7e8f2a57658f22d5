"""Retrieval as an application does it with the official SDK: PDF files, a store, a search as a tool, an answer that quotes."""

import json
from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI
from tests.content.documents_made import pdf

DOCUMENTS = {
    "leave.pdf": "Employees have thirty days of paid vacation a year.",
    "boiler.pdf": "The boiler is inspected every March by a certified engineer.",
    "refunds.pdf": "Customers can return a product within two weeks and get their money back.",
}
QUESTIONS = {
    "How many days off do workers get?": "leave.pdf",
    "When does an engineer look at the heating boiler?": "boiler.pdf",
    "Can I bring back what I have bought, for a refund?": "refunds.pdf",
}
SEARCH = {
    "type": "function",
    "function": {
        "name": "search_handbook",
        "parameters": {
            "type": "object",
            "properties": {"query": {"type": "string"}},
            "required": ["query"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}


@pytest.fixture
def client(kept_fake: FakeAI) -> Any:
    return kept_fake.client(max_retries=0, _strict_response_validation=True)


@pytest.fixture
def store(client: Any) -> str:
    """A store of the three documents."""
    made: str = client.vector_stores.create(name="Handbook").id
    files = [(name, pdf(["A cover."], [text])) for name, text in DOCUMENTS.items()]
    batch = client.vector_stores.file_batches.upload_and_poll(made, files=files, poll_interval_ms=20)
    assert (batch.status, batch.file_counts.completed) == ("completed", len(files))
    return made


def answered(client: Any, store: str, question: str) -> tuple[str, list[str]]:
    """What the assistant says in the end, and the files that its searches have found."""
    messages: list[Any] = [{"role": "user", "content": question}]
    found: list[str] = []
    for _ in range(4):
        asked = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[SEARCH])
        message = asked.choices[0].message
        messages.append(message)
        if not message.tool_calls:
            return message.content, found
        for call in message.tool_calls:
            query = json.loads(call.function.arguments)["query"]
            hits = client.vector_stores.search(store, query=query, max_num_results=1).data
            found += [hit.filename for hit in hits]
            told = "\n".join(hit.content[0].text for hit in hits) or "Nothing was found."
            messages.append({"role": "tool", "tool_call_id": call.id, "content": told})
    raise AssertionError("the assistant does not stop searching")


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_assistant_answers_with_the_passage_of_the_right_document(client: Any, store: str, question: str) -> None:
    answer, found = answered(client, store, question)
    name = QUESTIONS[question]
    assert found == [name]
    assert DOCUMENTS[name] in " ".join(answer.split())
    assert not [text for other, text in DOCUMENTS.items() if other != name and text in answer]


def test_a_deleted_document_is_quoted_no_more(client: Any, store: str) -> None:
    question = next(iter(QUESTIONS))
    leave = next(file for file in client.files.list(purpose="assistants") if file.filename == "leave.pdf")
    client.files.delete(leave.id)
    answer, found = answered(client, store, question)
    assert "leave.pdf" not in found
    assert DOCUMENTS["leave.pdf"] not in answer


def test_another_projects_assistant_finds_nothing_here(kept_fake: FakeAI, store: str) -> None:
    other = kept_fake.client(max_retries=0, project="proj_other")
    with pytest.raises(openai.NotFoundError):
        answered(other, store, next(iter(QUESTIONS)))
