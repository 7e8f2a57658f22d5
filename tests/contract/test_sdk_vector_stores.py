"""Vector stores as the official SDK sees them: every verb on what it has made, searches that find, and refusals."""

from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI
from tests.content.documents_made import docx, pdf

OTHER = {"OpenAI-Project": "proj_other"}
HANDBOOK = [
    "Employees receive twenty five days of paid vacation each year.",
    "Unused days may be carried over until the end of March.",
]
MANUAL = [
    "The boiler must be inspected annually by a certified engineer.",
    "Before lighting the burner open the gas valve slowly.",
]
POLICY = ["Our refund policy: customers can return any product within thirty days", "and get their money back."]


@pytest.fixture
def fake(kept_fake: FakeAI) -> FakeAI:
    return kept_fake


@pytest.fixture
def client(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, _strict_response_validation=True)


def upload(client: Any, name: str, data: bytes, **more: Any) -> str:
    made: str = client.files.create(file=(name, data), purpose="assistants", **more).id
    return made


def attach(client: Any, store: str, name: str, data: bytes, **more: Any) -> Any:
    return client.vector_stores.files.create_and_poll(
        upload(client, name, data), vector_store_id=store, poll_interval_ms=20, **more
    )


def test_questions_are_answered_from_the_right_one_of_three_pdf_files(client: Any) -> None:
    files = {
        name: upload(client, name, pdf(["A page before."], lines))
        for name, lines in (("handbook.pdf", HANDBOOK), ("manual.pdf", MANUAL), ("policy.pdf", POLICY))
    }
    store = client.vector_stores.create(name="all")
    batch = client.vector_stores.file_batches.create_and_poll(
        store.id, file_ids=list(files.values()), poll_interval_ms=20
    )
    assert (batch.status, batch.file_counts.completed) == ("completed", 3)
    for question, name, words in (
        ("How many holidays do workers get?", "handbook.pdf", "vacation"),
        ("How often does the heating boiler need an inspection?", "manual.pdf", "annually"),
        ("Can I send an item back and get a refund?", "policy.pdf", "thirty days"),
    ):
        best, *others = client.vector_stores.search(store.id, query=question).data
        assert (best.filename, best.file_id) == (name, files[name])
        assert words in best.content[0].text
        assert 0.25 < best.score <= 1
        assert all(other.score < best.score / 2 for other in others)
        again = client.vector_stores.search(
            store.id, query=question, max_num_results=1, rewrite_query=True, ranking_options={"score_threshold": 0.25}
        )
        assert [found.filename for found in again.data] == [name]
    options = {"score_threshold": 0.25}
    assert client.vector_stores.search(store.id, query="Capital of Mongolia?", ranking_options=options).data == []


def test_a_store_is_made_found_changed_and_deleted(client: Any) -> None:
    made = client.vector_stores.create(
        name="a", metadata={"k": "v"}, expires_after={"anchor": "last_active_at", "days": 2}, description="of tests"
    )
    assert (made.name, made.status, made.metadata, made.usage_bytes) == ("a", "completed", {"k": "v"}, 0)
    assert made.expires_at == made.last_active_at + 2 * 86_400
    assert client.vector_stores.retrieve(made.id) == made
    changed = client.vector_stores.update(made.id, name="b")
    assert (changed.name, changed.metadata, changed.expires_at) == ("b", {"k": "v"}, changed.last_active_at + 172_800)
    assert client.vector_stores.update(made.id, expires_after=None, metadata={}).expires_at is None
    assert client.vector_stores.delete(made.id).deleted
    for verb in (client.vector_stores.retrieve, client.vector_stores.update, client.vector_stores.delete):
        with pytest.raises(openai.NotFoundError, match=f"Vector store with id '{made.id}' not found"):
            verb(made.id)


def test_stores_are_listed_by_page(client: Any) -> None:
    names = [client.vector_stores.create(name=str(n)).name for n in range(5)]
    assert [store.name for store in client.vector_stores.list(limit=2)] == names[::-1]
    assert [store.name for store in client.vector_stores.list(limit=2, order="asc")] == names
    page = client.vector_stores.list(limit=2, order="asc")
    assert page.has_more and client.vector_stores.list(before=page.data[1].id, order="asc").data == page.data[:1]


def test_files_are_attached_listed_changed_read_and_detached(client: Any) -> None:
    store = client.vector_stores.create(file_ids=[upload(client, "first.txt", b"All about whales.")])
    file = attach(
        client,
        store.id,
        "second.docx",
        docx(*HANDBOOK),
        attributes={"year": 2024, "draft": True, "topic": "work"},
        chunking_strategy={"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 20}},
    )
    assert (file.status, file.last_error, file.vector_store_id) == ("completed", None, store.id)
    assert file.attributes == {"year": 2024, "draft": True, "topic": "work"}
    assert file.chunking_strategy.static.max_chunk_size_tokens == 100
    files = client.vector_stores.files
    assert files.retrieve(file.id, vector_store_id=store.id) == file
    assert files.content(file.id, vector_store_id=store.id).data[0].text == "\n".join(HANDBOOK)
    changed = files.update(file.id, vector_store_id=store.id, attributes={"year": 2025})
    assert changed.attributes == {"year": 2025}
    first = files.poll(client.vector_stores.files.list(store.id, order="asc").data[0].id, vector_store_id=store.id)
    assert [one.id for one in files.list(store.id, limit=1)] == [file.id, first.id]
    assert [one.id for one in files.list(store.id, filter="completed", order="asc")] == [first.id, file.id]
    assert files.list(store.id, filter="failed").data == []
    found = client.vector_stores.retrieve(store.id)
    assert (found.status, found.file_counts.completed, found.file_counts.total) == ("completed", 2, 2)
    assert found.usage_bytes == first.usage_bytes + file.usage_bytes > 0
    assert files.delete(file.id, vector_store_id=store.id).deleted
    assert client.files.retrieve(file.id).id == file.id, "the file itself stays"
    assert client.vector_stores.retrieve(store.id).file_counts.total == 1
    for verb in (files.retrieve, files.delete, files.content):
        with pytest.raises(openai.NotFoundError, match="in vector store"):
            verb(file.id, vector_store_id=store.id)


def test_searches_are_filtered_by_attributes(client: Any) -> None:
    store = client.vector_stores.create()
    for year in (2023, 2024, 2025):
        attributes = {"year": year, "topic": "whales" if year % 2 else "sharks"}
        attach(client, store.id, f"{year}.txt", f"The report of {year} about the sea.".encode(), attributes=attributes)

    def found(filters: Any) -> list[str]:
        return sorted(one.filename for one in client.vector_stores.search(store.id, query="report", filters=filters))

    assert found({"type": "gte", "key": "year", "value": 2024}) == ["2024.txt", "2025.txt"]
    assert found({"type": "in", "key": "topic", "value": ["sharks", "rays"]}) == ["2024.txt"]
    assert found({"type": "nin", "key": "year", "value": [2023, 2025]}) == ["2024.txt"]
    either = {"type": "or", "filters": [{"type": "eq", "key": "year", "value": y} for y in (2023, 2025)]}
    assert found({"type": "and", "filters": [either, {"type": "ne", "key": "year", "value": 2023}]}) == ["2025.txt"]
    deep: Any = {"type": "eq", "key": "year", "value": 2023}
    for _ in range(20):
        deep = {"type": "and", "filters": [deep]}
    with pytest.raises(openai.BadRequestError, match="nested"):
        found(deep)
    with pytest.raises(openai.BadRequestError, match="Invalid value: 'like'"):
        found({"type": "like", "key": "year", "value": 1})


def test_files_that_cannot_be_read_fail_with_a_reason(client: Any) -> None:
    store = client.vector_stores.create()
    for name, data, code in (
        ("a.xlsx", b"PK\x03\x04", "unsupported_file"),
        ("a.pdf", b"%PDF-1.4 junk", "invalid_file"),
        ("a.docx", b"PK\x03\x04 junk", "invalid_file"),
        ("a.txt", b"\xff\xfa", "invalid_file"),
    ):
        file = attach(client, store.id, name, data)
        assert (file.status, file.last_error.code) == ("failed", code)
        assert file.last_error.message
    counts = client.vector_stores.retrieve(store.id).file_counts
    assert (counts.failed, counts.total) == (4, 4)


def test_batches_take_files_with_attributes_of_their_own_and_tell_of_them(client: Any) -> None:
    store = client.vector_stores.create()
    good, bad = upload(client, "a.txt", b"whales"), upload(client, "b.xlsx", b"x")
    batches = client.vector_stores.file_batches
    batch = batches.create(store.id, files=[{"file_id": good, "attributes": {"n": 1}}, {"file_id": bad}])
    assert (batch.status, batch.file_counts.total) == ("in_progress", 2)
    batch = batches.poll(batch.id, vector_store_id=store.id, poll_interval_ms=20)
    assert (batch.status, batch.file_counts.completed, batch.file_counts.failed) == ("completed", 1, 1)
    listed = batches.list_files(batch.id, vector_store_id=store.id, order="asc")
    assert [(one.id, one.attributes) for one in listed] == [(good, {"n": 1}), (bad, {})]
    assert [one.id for one in batches.list_files(batch.id, vector_store_id=store.id, filter="failed")] == [bad]
    assert batches.cancel(batch.id, vector_store_id=store.id) == batch, "what is over stays as it is"
    for wrong in ({}, {"file_ids": [good], "files": [{"file_id": good}]}, {"file_ids": []}):
        with pytest.raises(openai.BadRequestError):
            batches.create(store.id, **wrong)
    with pytest.raises(openai.NotFoundError, match="No vector store file batch"):
        batches.retrieve("vsfb_none", vector_store_id=store.id)


def test_a_file_attached_again_is_read_again_and_not_found_twice(client: Any) -> None:
    store = client.vector_stores.create()
    file = attach(client, store.id, "a.txt", b"All about whales.")
    for _ in range(3):
        client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id, poll_interval_ms=20)
    assert len(client.vector_stores.search(store.id, query="whales").data) == 1
    assert client.vector_stores.retrieve(store.id).file_counts.total == 1


def test_what_is_deleted_is_not_found_any_more(client: Any) -> None:
    store = client.vector_stores.create()
    file, other = (attach(client, store.id, f"{n}.txt", b"All about whales.") for n in range(2))
    assert len(client.vector_stores.search(store.id, query="whales").data) == 2
    client.files.delete(file.id)
    assert [one.file_id for one in client.vector_stores.search(store.id, query="whales")] == [other.id]
    assert client.vector_stores.retrieve(store.id).file_counts.total == 1
    client.vector_stores.files.delete(other.id, vector_store_id=store.id)
    assert client.vector_stores.search(store.id, query="whales").data == []


def test_bad_requests_are_refused(client: Any) -> None:
    store = client.vector_stores.create()
    file = upload(client, "a.txt", b"whales")
    sizes = ((99, 0), (4_097, 0), (200, 101), (200, -1))
    for size, overlap in sizes:
        static = {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}
        with pytest.raises(openai.BadRequestError, match=r"max_chunk_size_tokens|chunk_overlap_tokens"):
            client.vector_stores.files.create(
                store.id, file_id=file, chunking_strategy={"type": "static", "static": static}
            )
    for wrong in (
        {"query": ""},
        {"query": []},
        {"query": "x", "max_num_results": 0},
        {"query": "x", "max_num_results": 51},
        {"query": "x", "ranking_options": {"score_threshold": 1.5}},
        {"query": "x", "ranking_options": {"ranker": "best"}},
    ):
        with pytest.raises(openai.BadRequestError):
            client.vector_stores.search(store.id, **wrong)
    with pytest.raises(openai.BadRequestError, match="expires_after"):
        client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 366})
    with pytest.raises(openai.BadRequestError, match="Invalid value: 'odd'"):
        client.vector_stores.files.list(store.id, filter="odd")
    assert client.vector_stores.files.list(store.id).data == []


def test_nobody_sees_or_uses_what_belongs_to_another_project(fake: FakeAI, client: Any) -> None:
    other = fake.client(max_retries=0, default_headers=OTHER)
    store = client.vector_stores.create(name="mine")
    file = attach(client, store.id, "a.txt", b"All about whales.")
    theirs = other.vector_stores.create()
    missing = "Vector store with id '{}' not found"
    for name in (store.id, "vs_none"):
        for verb in (
            lambda name: other.vector_stores.retrieve(name),
            lambda name: other.vector_stores.delete(name),
            lambda name: other.vector_stores.search(name, query="whales"),
            lambda name: other.vector_stores.files.list(name),
            lambda name: other.vector_stores.files.retrieve(file.id, vector_store_id=name),
            lambda name: other.vector_stores.files.content(file.id, vector_store_id=name),
            lambda name: other.vector_stores.files.create(name, file_id=upload(other, "x.txt", b"x")),
        ):
            with pytest.raises(openai.NotFoundError, match=missing.format(name)):
                verb(name)
    for attach_it in (
        lambda: other.vector_stores.create(file_ids=[file.id]),
        lambda: other.vector_stores.files.create(theirs.id, file_id=file.id),
        lambda: other.vector_stores.file_batches.create(theirs.id, file_ids=[file.id]),
    ):
        with pytest.raises(openai.NotFoundError, match=f"No such File object: {file.id}"):
            attach_it()
    assert [one.id for one in other.vector_stores.list()] == [theirs.id]
    assert client.vector_stores.retrieve(store.id).file_counts.total == 1


def test_stores_can_be_deleted_while_they_are_listed(client: Any) -> None:
    for number in range(45):
        client.vector_stores.create(name=str(number))
    deleted = [client.vector_stores.delete(store.id).id for store in client.vector_stores.list()]
    assert len(set(deleted)) == 45
    assert client.vector_stores.list().data == []
