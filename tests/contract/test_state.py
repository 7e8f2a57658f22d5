"""A state that was saved, forgotten and loaded answers every GET there is as it did before, byte for byte."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakeai import registry
from fakeai.services.archive import Reader, Writer
from fakeai.testing import FakeAI

SAID = [{"role": "user", "content": "Hi"}]
ADMIN = {"currency": "USD", "interval": "month", "threshold_amount": 100_000}
MAIL = {"type": "email", "recipients": ["us@example.com"]}
LINE = {
    "custom_id": "1",
    "method": "POST",
    "url": "/v1/embeddings",
    "body": {"model": "text-embedding-3-small", "input": "x"},
}


@pytest.fixture
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


def http(fake: FakeAI) -> httpx.Client:
    return httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1")


def fill(fake: FakeAI) -> None:
    """Something of every family that keeps things."""
    client = fake.client(admin_api_key="sk-admin")
    for number in range(5):
        client.files.create(file=(f"{number}.txt", b"x" * (number * 100_000 + 1)), purpose="user_data")
    upload = client.uploads.create(bytes=3, filename="u.txt", mime_type="text/plain", purpose="user_data")
    part = client.uploads.parts.create(upload.id, data=b"abc")
    client.uploads.complete(upload.id, part_ids=[part.id])
    for number in range(5):
        client.chat.completions.create(model="gpt-4o-mini", messages=SAID, store=True, metadata={"n": str(number)})
    lines = client.files.create(file=("b.jsonl", json.dumps(LINE).encode()), purpose="batch")
    batch = client.batches.create(input_file_id=lines.id, endpoint="/v1/embeddings", completion_window="24h")
    while client.batches.retrieve(batch.id).status != "completed":
        pass
    fill_organization(client.admin.organization)


def fill_organization(admin: Any) -> None:
    """Any: the SDK's generated class."""
    admin.spend_limit.update(**ADMIN)
    admin.spend_alerts.create(notification_channel=MAIL, **ADMIN)
    admin.admin_api_keys.create(name="ours")
    admin.groups.create(name="Sailors")
    admin.invites.create(email="you@example.com", role="reader")
    project = admin.projects.create(name="Ships")
    admin.projects.service_accounts.create(project.id, name="sailor")


def rows() -> list[str]:
    """Paths that can be asked for without a body, and answer with JSON or bytes."""
    services = registry.table("service", registry.SERVICES)
    return sorted(
        {
            row.path.replace(":path", "")
            for service in services
            for row in service.ENDPOINTS
            if row.method == "GET" and not row.probe and not row.path.startswith("/fakeai/") and not row.root
        }
    )


def crawl(fake: FakeAI) -> dict[str, tuple[int, bytes]]:
    """Every answer that can be had: lists, what is on them, and what is below that."""
    client, known, found = http(fake), rows(), {}
    waiting = [path for path in known if "{" not in path]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        reply = client.get(path)
        found[path] = reply.status_code, re.sub(rb'"request_id":"[^"]+"', b"", reply.content)
        if reply.status_code != 200 or not reply.headers["content-type"].startswith("application/json"):
            continue
        body = reply.json()
        items = body.get("data") if isinstance(body, dict) else None
        names = [item["id"] for item in items or () if isinstance(item, dict) and isinstance(item.get("id"), str)]
        waiting += [f"{path}/{name}" for name in names if fits(f"{path}/{name}", known)]
        below = [row for row in known if re.fullmatch(pattern(row.rpartition("/")[0]), path)]
        waiting += [f"{path}/{row.rpartition('/')[2]}" for row in below if not row.endswith("}")]
    return found


def pattern(row: str) -> str:
    return "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", row))


def fits(path: str, known: list[str]) -> bool:
    return any(re.fullmatch(pattern(row), path) for row in known)


def test_a_restored_state_answers_every_get_as_before(fake: FakeAI) -> None:
    fill(fake)
    before = crawl(fake)
    assert sum(status == 200 for status, _ in before.values()) > 60
    archive = http(fake).get("/fakeai/state").content
    assert http(fake).delete("/fakeai/state").status_code == 200
    forgotten = crawl(fake)
    assert len(forgotten) < len(before)
    assert http(fake).put("/fakeai/state", content=archive).status_code == 200
    after = crawl(fake)
    assert sorted(after) == sorted(before)
    assert [path for path in before if after[path] != before[path]] == []


def test_keys_that_came_with_a_state_are_known_wherever_it_goes(tmp_path: Path) -> None:
    archive, keys = b"", {}
    for place in ("first", "second", None):
        named = {} if place is None else {"store.data_dir": str(tmp_path / place)}
        with FakeAI(**named) as fake:
            projects = fake.client(admin_api_key="sk-admin").admin.organization.projects
            if archive:
                assert http(fake).put("/fakeai/state", content=archive).status_code == 200
            project = projects.create(name="ours")
            for name in ("good", "revoked"):
                account = projects.service_accounts.create(project.id, name=name)
                keys[account.api_key.value] = name, project.id
                if name == "revoked":
                    projects.service_accounts.delete(account.id, project_id=project.id)
            for value, (name, project_id) in keys.items():
                reply = http(fake).get("/models", headers={"authorization": f"Bearer {value}"})
                assert reply.status_code == (200 if name == "good" else 401), (place, name)
                assert name == "revoked" or reply.headers["openai-project"] == project_id
            archive = http(fake).get("/fakeai/state").content
    with FakeAI() as fake:
        assert http(fake).put("/fakeai/state", content=archive).status_code == 200
        assert http(fake).delete("/fakeai/state").status_code == 200
        for value in keys:
            assert http(fake).get("/models", headers={"authorization": f"Bearer {value}"}).status_code == 200


@pytest.mark.parametrize("peppers", ["00", [0], ["xy"], ["00"] * 101])
def test_peppers_nobody_can_read_are_refused(fake: FakeAI, peppers: object) -> None:
    file = BytesIO()
    what = Reader(http(fake).get("/fakeai/state").content).what
    Writer(file, {**what, "peppers": peppers}).close()
    refused = http(fake).put("/fakeai/state", content=file.getvalue())
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_state")


def told(fake: FakeAI, paths: list[str]) -> dict[str, tuple[int, str]]:
    client = http(fake)
    replies = {path: client.get(path) for path in paths}
    return {path: (reply.status_code, reply.text) for path, reply in replies.items()}


def test_what_was_said_is_there_again_and_goes_on(fake: FakeAI) -> None:
    client = fake.client()
    talk = client.conversations.create(items=[{"role": "user", "content": "I live in Rome."}], metadata={"a": "b"})
    asked = {"model": "gpt-4o-mini", "max_output_tokens": 16}
    first = client.responses.create(input="Hi", **asked)
    second = client.responses.create(input="And?", previous_response_id=first.id, **asked)
    client.responses.create(input="Where?", conversation=talk.id, **asked)
    *_, streamed = client.responses.create(input="Stream", stream=True, **asked)
    made = client.responses.create(input="Later", background=True, **asked)
    while client.responses.retrieve(made.id).status in ("queued", "in_progress"):
        pass
    paths = [f"/conversations/{talk.id}", f"/conversations/{talk.id}/items?order=asc"]
    for name in (first.id, second.id, streamed.response.id, made.id):
        paths += [f"/responses/{name}", f"/responses/{name}/input_items", f"/responses/{name}?stream=true"]
        paths += [f"/responses/{name}?stream=true&starting_after=3"]
    before = told(fake, paths)
    assert {status for status, _ in before.values()} == {200}
    assert before[f"/responses/{made.id}?stream=true"][1].count("event: ") > 10
    archive = http(fake).get("/fakeai/state").content
    assert http(fake).delete("/fakeai/state").status_code == 200
    assert {status for status, _ in told(fake, paths).values()} == {404}
    assert http(fake).put("/fakeai/state", content=archive).status_code == 200
    assert told(fake, paths) == before
    third = client.responses.create(input="More", previous_response_id=second.id, **asked)
    assert third.usage is not None
    assert second.usage is not None
    assert third.usage.input_tokens > second.usage.total_tokens
    more = client.responses.create(input="More", conversation=talk.id, **asked)
    assert next(iter(client.conversations.items.list(talk.id, limit=1))).id == more.output[0].id


def test_two_servers_on_one_database_go_on_from_each_other(tmp_path: Path) -> None:
    where = {"store.data_dir": str(tmp_path / "kept")}
    asked = {"model": "gpt-4o-mini", "max_output_tokens": 16}
    with FakeAI(where, seed=1) as one, FakeAI(where, seed=2) as other:
        first = one.client().responses.create(input="Hi", **asked)
        second = other.client().responses.create(input="And?", previous_response_id=first.id, **asked)
        assert first.usage is not None
        assert second.usage is not None
        assert second.usage.input_tokens > first.usage.total_tokens
        *_, end = other.client().responses.create(input="Stream", stream=True, **asked)
        assert one.client().responses.retrieve(end.response.id).output_text == end.response.output_text
        talk = one.client().conversations.create()
        said = other.client().responses.create(input="Hi", conversation=talk.id, **asked)
        kept = [item.id for item in one.client().conversations.items.list(talk.id, limit=1)]
        assert kept[:1] == [said.output[0].id]
