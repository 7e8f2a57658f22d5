"""A state that is loaded takes the place of everything, or nothing changes; what it answers with is the same as before."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from fakeai.core.call import Call, Principal
from fakeai.core.errors import Forbidden
from fakeai.services.archive import Reader, Writer
from fakeai.testing import FakeAI

PATH = "/fakeai/state"


@pytest.fixture(params=["memory", "directory"])
def fake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FakeAI]:
    named: dict[str, Any] = {} if request.param == "memory" else {"store.data_dir": str(tmp_path / "kept")}
    with FakeAI(seed=1, **named) as made:
        yield made


def http(fake: FakeAI) -> httpx.Client:
    return httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1")


def kept(fake: FakeAI, count: int = 3) -> list[str]:
    """Some objects; the paths at which they are to be found."""
    client = fake.client()
    files = [
        client.files.create(file=(f"{n}.txt", b"x" * (n * 1_000_000 + 1)), purpose="user_data") for n in range(count)
    ]
    chat = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}], store=True, metadata={"a": "b"}
    )
    paths = ["/files", "/files?limit=1", "/chat/completions", f"/chat/completions/{chat.id}/messages"]
    paths += [f"/chat/completions/{chat.id}", *(f"/files/{file.id}" for file in files)]
    return [*paths, *(f"/files/{file.id}/content" for file in files)]


def answers(fake: FakeAI, paths: list[str]) -> list[tuple[int, bytes]]:
    client = http(fake)
    return [(reply.status_code, reply.content) for reply in map(client.get, paths)]


def changed(raw: bytes, table: str, change: Any) -> bytes:
    """The archive with another line in a table, its digests right."""
    read, file = Reader(raw), BytesIO()
    writer = Writer(file, {name: value for name, value in read.what.items() if name != "format"})
    for name in read.tables:
        for number, part in enumerate(read.parts("tables", name)):
            lines = part.split(b"\n")
            if name == table:
                lines[0] = orjson.dumps(change(orjson.loads(lines[0])))
            writer.add("tables", name, number, b"\n".join(lines))
    writer.close()
    return file.getvalue()


def test_a_restored_state_answers_byte_for_byte(fake: FakeAI) -> None:
    paths = kept(fake)
    before = answers(fake, paths)
    assert {status for status, _ in before} == {200}
    archive = http(fake).get(PATH)
    assert archive.headers["content-type"] == "application/x-tar"
    assert http(fake).delete(PATH).json() == {"object": "state", "deleted": True}
    assert {status for status, _ in answers(fake, paths[4:])} == {404}
    kept(fake, 1)
    told = http(fake).put(PATH, content=archive.content).json()
    assert told["blobs"] == 3 and told["sha256"] == archive.headers["x-fakeai-sha256"]
    assert answers(fake, paths) == before
    assert http(fake).get(PATH).content != b""


def test_a_state_moves_to_another_server_and_ids_are_given_out_once(fake: FakeAI) -> None:
    paths = kept(fake)
    before = answers(fake, paths)
    archive = http(fake).get(PATH).content
    with FakeAI(seed=1) as other:
        assert http(other).put(PATH, content=archive).status_code == 200
        assert answers(other, paths) == before
        kept(other)
        assert len(list(other.client().files.list())) == 6


def test_usage_is_part_of_the_state(fake: FakeAI) -> None:
    kept(fake)
    usage = "/organization/usage/completions?start_time=0&bucket_width=1d&end_time=99999999999&limit=1"
    now = int(fake.client().files.list().data[0].created_at) // 86_400 * 86_400
    usage = usage.replace("start_time=0", f"start_time={now}")
    before = http(fake).get(usage).json()["data"][0]["results"]
    assert before[0]["num_model_requests"] == 1
    archive = http(fake).get(PATH).content
    kept(fake)
    http(fake).put(PATH, content=archive)
    assert http(fake).get(usage).json()["data"][0]["results"] == before
    http(fake).delete(PATH)
    assert http(fake).get(usage).json()["data"][0]["results"] == []


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda raw: raw[: len(raw) // 2], "no archive|not whole"),
        (lambda raw: raw[:5_000] + b"X" + raw[5_001:], "damaged|no archive"),
        (lambda raw: b"", "no archive"),
        (lambda raw: changed(raw, "objects", lambda row: {**row, "data": None}), "do not fit"),
        (lambda raw: changed(raw, "objects", lambda row: {**row, "more": 1}), "do not fit"),
        (lambda raw: changed(raw, "objects", lambda row: [row]), "do not fit"),
    ],
)
def test_what_cannot_be_loaded_changes_nothing(fake: FakeAI, spoil: Any, reason: str) -> None:
    paths = kept(fake)
    before = answers(fake, paths)
    refused = http(fake).put(PATH, content=spoil(http(fake).get(PATH).content))
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_state")
    assert any(word in refused.json()["error"]["message"] for word in reason.split("|"))
    assert answers(fake, paths) == before


def test_another_versions_state_is_refused(fake: FakeAI) -> None:
    file = BytesIO()
    Writer(file, {"schema": "9000", "version": "99.0"}).close()
    refused = http(fake).put(PATH, content=file.getvalue())
    assert "saved by fakeai 99.0 with schema 9000" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("key", "admin", "refused"), [("", False, False), ("key_1", False, True), ("key_1", True, False)]
)
async def test_a_projects_key_is_not_good_for_everybodys_things(key: str, admin: bool, refused: bool) -> None:
    async with FakeAI() as fake:
        state = fake._next_app().gateway
        row = state.find_row("DELETE", PATH)
        assert row is not None
        call = Call("req_1", row, PATH, {}, origin="direct", principal=Principal(key=key, admin=admin))
        if refused:
            with pytest.raises(Forbidden):
                await state.handle(call)
        else:
            assert (await state.handle(call)).body == {"object": "state", "deleted": True}


def test_nothing_is_left_behind_of_what_was_replaced(tmp_path: Path) -> None:
    with FakeAI(seed=1, **{"store.data_dir": str(tmp_path / "kept")}) as fake:
        kept(fake)
        archive = http(fake).get(PATH).content
        for _ in range(2):
            http(fake).put(PATH, content=archive)
        http(fake).put(PATH, content=archive[:-3_000])
        blobs = [path for path in (tmp_path / "kept" / "blobs").rglob("*") if path.is_file()]
        assert len(blobs) == 3
        http(fake).delete(PATH)
        assert not [path for path in (tmp_path / "kept" / "blobs").rglob("*") if path.is_file()]
