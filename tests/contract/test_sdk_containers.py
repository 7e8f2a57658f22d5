"""Containers and their files as the official SDK sees them: every verb, expiry, refusals, and whose they are."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openai
import pytest

from fakeai.testing import FakeAI, run_virtual

OTHER = {"OpenAI-Project": "proj_other"}
SKILL = ("math/SKILL.md", b"---\nname: basic-math\ndescription: Add numbers.\n---\n")


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture
def client(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, _strict_response_validation=True)


def test_a_container_is_made_found_and_deleted(client: Any) -> None:
    made = client.containers.create(name="one")
    assert (made.name, made.status, made.memory_limit, made.object) == ("one", "running", "1g", "container")
    assert (made.expires_after.anchor, made.expires_after.minutes) == ("last_active_at", 20)
    assert made.last_active_at == made.created_at
    assert made.network_policy is None
    assert client.containers.retrieve(made.id).id == made.id
    assert client.containers.delete(made.id) is None
    for verb in refusals(client, made.id):
        with pytest.raises(openai.NotFoundError, match=f"Container with id '{made.id}' not found"):
            verb()


def test_a_container_is_as_it_was_asked_for_and_tells_no_secret(client: Any) -> None:
    secret = {"domain": "example.com", "name": "KEY", "value": "hush-hush"}
    raw = client.containers.with_raw_response.create(
        name="two",
        memory_limit="4g",
        expires_after={"anchor": "last_active_at", "minutes": 5},
        network_policy={"type": "allowlist", "allowed_domains": ["example.com"], "domain_secrets": [secret]},
        extra_body={"status": "expired", "created_at": 1, "id": "cntr_mine"},
    )
    made = raw.parse()
    assert (made.memory_limit, made.expires_after.minutes, made.status) == ("4g", 5, "running")
    assert (made.network_policy.type, made.network_policy.allowed_domains) == ("allowlist", ["example.com"])
    assert made.created_at > 1
    assert made.id != "cntr_mine"
    assert b"hush-hush" not in raw.content + client.containers.with_raw_response.retrieve(made.id).content
    closed = client.containers.create(name="three", network_policy={"type": "disabled"})
    assert closed.network_policy.type == "disabled"


def test_files_are_put_listed_read_and_deleted(client: Any) -> None:
    container = client.containers.create(name="files")
    data = bytes(range(256)) * 100
    made = client.containers.files.create(container.id, file=("../../a.bin", data))
    assert (made.path, made.bytes, made.source) == ("/mnt/data/a.bin", len(data), "user")
    assert (made.container_id, made.object) == (container.id, "container.file")
    kept = client.files.create(file=("kept.txt", b"kept"), purpose="user_data")
    copied = client.containers.files.create(container.id, file_id=kept.id)
    assert (copied.path, copied.bytes) == ("/mnt/data/kept.txt", 4)
    client.files.delete(kept.id)
    read = client.containers.files.content.retrieve
    assert read(made.id, container_id=container.id).read() == data
    assert read(copied.id, container_id=container.id).read() == b"kept"
    part = client.containers.files.content.with_raw_response.retrieve(
        made.id, container_id=container.id, extra_headers={"Range": "bytes=256-259"}
    )
    assert (part.status_code, part.content) == (206, b"\0\1\2\3")
    assert client.containers.files.retrieve(made.id, container_id=container.id).to_dict() == made.to_dict()
    assert [file.id for file in client.containers.files.list(container.id, order="asc", limit=1)] == [
        made.id,
        copied.id,
    ]
    assert client.containers.files.delete(made.id, container_id=container.id) is None
    for verb in (client.containers.files.retrieve, client.containers.files.delete, read):
        with pytest.raises(openai.NotFoundError, match=f"Container file with id '{made.id}' not found"):
            verb(made.id, container_id=container.id)


def test_a_path_is_one_file(client: Any) -> None:
    container = client.containers.create(name="paths")
    old = client.containers.files.create(container.id, file=("a.txt", b"old"))
    new = client.containers.files.create(container.id, file=("b/a.txt", b"new"))
    assert [file.id for file in client.containers.files.list(container.id)] == [new.id] != [old.id]
    assert client.containers.files.content.retrieve(new.id, container_id=container.id).read() == b"new"


def test_a_container_begins_with_copies_of_files(client: Any) -> None:
    kept = [client.files.create(file=(f"{n}.txt", b"x" * n), purpose="user_data") for n in range(1, 4)]
    container = client.containers.create(name="begun", file_ids=[file.id for file in kept])
    files = list(client.containers.files.list(container.id, order="asc"))
    assert [(file.path, file.bytes) for file in files] == [(f"/mnt/data/{n}.txt", n) for n in range(1, 4)]
    before = [one.id for one in client.containers.list(name="half")]
    with pytest.raises(openai.NotFoundError, match="No such File object: file-nothing"):
        client.containers.create(name="half", file_ids=[kept[0].id, "file-nothing"])
    assert [one.id for one in client.containers.list(name="half")] == before == []


def test_a_container_has_skills_that_are_there(client: Any) -> None:
    skill = client.skills.create(files=[SKILL])
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        archive.writestr(*SKILL)
    inline = {"type": "inline", "name": "basic-math", "description": "Add numbers."}
    source = {"type": "base64", "media_type": "application/zip", "data": b64encode(made.getvalue()).decode()}
    for one in (
        {"type": "skill_reference", "skill_id": skill.id},
        {"type": "skill_reference", "skill_id": skill.id, "version": "latest"},
        {**inline, "source": source},
    ):
        assert client.containers.create(name="skilled", skills=[one]).status == "running"
    with pytest.raises(openai.NotFoundError, match="Skill with id 'skill_nothing' not found"):
        client.containers.create(name="skilled", skills=[{"type": "skill_reference", "skill_id": "skill_nothing"}])
    with pytest.raises(openai.NotFoundError, match="Skill version '2' not found"):
        client.containers.create(
            name="skilled", skills=[{"type": "skill_reference", "skill_id": skill.id, "version": "2"}]
        )
    for data, why in (("!", "not base64"), (b64encode(b"PK").decode(), "not a zip archive")):
        with pytest.raises(openai.BadRequestError, match=why) as refused:
            client.containers.create(name="skilled", skills=[{**inline, "source": {**source, "data": data}}])
        assert refused.value.param == "skills[0].source.data"


def test_containers_are_listed_by_page_and_name(client: Any) -> None:
    made = [client.containers.create(name="even" if n % 2 == 0 else "odd").id for n in range(7)]
    assert [one.id for one in client.containers.list(limit=2)][:7] == made[::-1]
    assert [one.id for one in client.containers.list(limit=3, order="asc")][-7:] == made
    assert [one.id for one in client.containers.list(limit=2, name="even", order="asc")] == made[::2]
    assert client.containers.list(name="neither").data == []
    with pytest.raises(openai.BadRequestError, match="there is no object with id"):
        client.containers.list(after="cntr_nothing")


def test_nobody_else_sees_a_container(fake: FakeAI, client: Any) -> None:
    container = client.containers.create(name="mine")
    file = client.containers.files.create(container.id, file=("a.txt", b"mine"))
    kept = client.files.create(file=("kept.txt", b"kept"), purpose="user_data")
    other = fake.client(max_retries=0, default_headers=OTHER)
    for verb in refusals(other, container.id, file.id):
        with pytest.raises(openai.NotFoundError, match=f"Container with id '{container.id}' not found"):
            verb()
    assert other.containers.list().data == []
    theirs = other.containers.create(name="theirs")
    for verb in (
        other.containers.files.retrieve,
        other.containers.files.delete,
        other.containers.files.content.retrieve,
    ):
        with pytest.raises(openai.NotFoundError, match=f"Container file with id '{file.id}' not found"):
            verb(file.id, container_id=theirs.id)
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        other.containers.files.create(theirs.id, file_id=kept.id)
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        other.containers.create(name="theirs", file_ids=[kept.id])
    assert client.containers.files.content.retrieve(file.id, container_id=container.id).read() == b"mine"


def test_what_makes_no_sense_is_refused(client: Any) -> None:
    container = client.containers.create(name="refuses")
    for create, body, param in (
        (client.containers.create, {"name": ""}, "name"),
        (client.containers.create, {"name": "x" * 600}, "name"),
        (client.containers.create, {"name": "x", "memory_limit": "2g"}, "memory_limit"),
        (
            client.containers.create,
            {"name": "x", "expires_after": {"anchor": "last_active_at", "minutes": 0}},
            "expires_after.minutes",
        ),
        (client.containers.create, {"name": "x", "network_policy": {"type": "all"}}, "network_policy"),
        (client.containers.files.create, {"container_id": container.id}, "file"),
        (client.containers.files.create, {"container_id": container.id, "file": b"x", "file_id": "file-x"}, "file"),
    ):
        with pytest.raises(openai.BadRequestError) as refused:
            create(**body)
        assert str(refused.value.param).startswith(param), refused.value


def test_a_container_that_nobody_uses_expires_and_its_files_go(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            FakeAI({"store.data_dir": str(tmp_path)}, seed=1) as fake,
            fake.async_client(max_retries=0) as client,
        ):
            made = await client.containers.create(
                name="short", expires_after={"anchor": "last_active_at", "minutes": 5}
            )
            file = await client.containers.files.create(made.id, file=("a.txt", b"some"))
            for _ in range(3):
                await asyncio.sleep(290)
                assert (await client.containers.retrieve(made.id)).status == "running"
            used = (await client.containers.retrieve(made.id)).last_active_at
            assert used == pytest.approx(made.created_at + 870, abs=1)
            assert blobs(tmp_path) == 1
            await asyncio.sleep(302)
            assert blobs(tmp_path) == 0
            gone = await client.containers.retrieve(made.id)
            assert (gone.status, gone.last_active_at) == ("expired", used)
            assert [one.status async for one in client.containers.list()] == ["expired"]
            with pytest.raises(openai.BadRequestError, match="Container is expired"):
                await client.containers.files.list(made.id)
            with pytest.raises(openai.BadRequestError, match="Container is expired"):
                await client.containers.files.content.retrieve(file.id, container_id=made.id)
            with pytest.raises(openai.BadRequestError, match="Container is expired"):
                await client.containers.files.create(made.id, file=b"more")
            await client.containers.delete(made.id)
            with pytest.raises(openai.NotFoundError):
                await client.containers.retrieve(made.id)

    run_virtual(main())


def blobs(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "blobs").rglob("*"))


def test_made_up_containers_are_answered_with_and_not_kept(fake: FakeAI) -> None:
    client = fake.client(max_retries=0, default_headers={"x-fakeai-unknown-ids": "synthesize"})
    before = [one.id for one in client.containers.list()]
    assert client.containers.retrieve("cntr_9").status == "running"
    assert client.containers.files.create("cntr_9", file=("a.txt", b"abc")).path == "/mnt/data/a.txt"
    assert client.containers.files.retrieve("cfile_9", container_id="cntr_9").container_id == "cntr_9"
    assert client.containers.files.content.retrieve("cfile_9", container_id="cntr_9").read() == b""
    assert client.containers.delete("cntr_9") is None
    assert [one.id for one in client.containers.list()] == before


def refusals(client: Any, id: str, file: str = "cfile_1") -> list[Any]:
    """Every verb that names a container."""
    files = client.containers.files
    return [
        lambda: client.containers.retrieve(id),
        lambda: client.containers.delete(id),
        lambda: files.list(id),
        lambda: files.create(id, file=b"x"),
        lambda: files.retrieve(file, container_id=id),
        lambda: files.delete(file, container_id=id),
        lambda: files.content.retrieve(file, container_id=id),
    ]
