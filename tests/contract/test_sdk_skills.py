"""Skills as the official SDK sees them: folders and zips, versions, what is refused, and whose they are."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import openai
import pytest

from fakeai.testing import FakeAI

OTHER = {"OpenAI-Project": "proj_other"}


def folder(name: str = "basic-math") -> list[tuple[str, bytes]]:
    manifest = f"---\nname: {name}\ndescription: What {name} does.\n---\n".encode()
    return [("math/SKILL.md", manifest), ("math/lib/add.py", b"print(1 + 1)\n")]


def zipped(name: str = "basic-math") -> bytes:
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        for path, data in folder(name):
            archive.writestr(path, data)
    return made.getvalue()


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture
def client(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, _strict_response_validation=True)


def test_a_folder_becomes_a_skill_and_comes_back_as_a_zip(client: Any) -> None:
    made = client.skills.create(files=folder())
    assert (made.name, made.description) == ("basic-math", "What basic-math does.")
    assert (made.default_version, made.latest_version, made.object) == ("1", "1", "skill")
    assert client.skills.retrieve(made.id) == made
    reply = client.skills.content.with_raw_response.retrieve(made.id)
    assert reply.headers["content-type"] == "application/zip"
    assert reply.headers["content-disposition"] == 'attachment; filename="basic-math.zip"'
    with ZipFile(BytesIO(reply.content)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == dict(folder())


def test_a_zip_comes_back_byte_by_byte(client: Any) -> None:
    data = zipped("from-zip")
    made = client.skills.create(files=("math.zip", data, "application/zip"))
    assert made.name == "from-zip"
    assert client.skills.content.retrieve(made.id).read() == data
    assert client.skills.versions.content.retrieve("1", skill_id=made.id).read() == data


def test_versions_are_counted_and_the_default_one_is_used(client: Any) -> None:
    skill = client.skills.create(files=folder("first"))
    second = client.skills.versions.create(skill.id, files=folder("second"))
    third = client.skills.versions.create(skill.id, files=("a.zip", zipped("third")), default=True)
    assert (second.version, third.version, third.skill_id, third.name) == ("2", "3", skill.id, "third")
    now = client.skills.retrieve(skill.id)
    assert (now.default_version, now.latest_version, now.name) == ("3", "3", "third")
    assert client.skills.versions.retrieve("2", skill_id=skill.id) == second
    back = client.skills.update(skill.id, default_version="1")
    assert (back.default_version, back.latest_version, back.name) == ("1", "3", "first")
    for version, name in (("1", b"first"), ("2", b"second"), ("3", b"third")):
        with ZipFile(BytesIO(client.skills.versions.content.retrieve(version, skill_id=skill.id).read())) as archive:
            assert b"name: " + name in archive.read("math/SKILL.md")


def test_skills_and_versions_are_listed_by_page(client: Any) -> None:
    made = [client.skills.create(files=folder(f"listed-{n}")).name for n in range(5)]
    assert [skill.name for skill in client.skills.list(limit=2)][:5] == made[::-1]
    assert [skill.name for skill in client.skills.list(limit=2, order="asc")][-5:] == made
    skill = client.skills.create(files=folder())
    for _ in range(4):
        client.skills.versions.create(skill.id, files=folder())
    assert [one.version for one in client.skills.versions.list(skill.id, limit=2)] == ["5", "4", "3", "2", "1"]
    assert [one.version for one in client.skills.versions.list(skill.id, order="asc", limit=3)] == list("12345")
    assert [one.version for one in client.skills.versions.list(skill.id, limit=0)] == []
    with pytest.raises(openai.BadRequestError, match="there is no object with id 'nothing'"):
        client.skills.list(after="nothing")


def test_the_default_version_stays_while_there_are_others_and_numbers_are_not_given_again(client: Any) -> None:
    skill = client.skills.create(files=folder())
    client.skills.versions.create(skill.id, files=folder())
    with pytest.raises(openai.BadRequestError, match="default version"):
        client.skills.versions.delete("1", skill_id=skill.id)
    gone = client.skills.versions.delete("2", skill_id=skill.id)
    assert (gone.deleted, gone.object, gone.version) == (True, "skill.version.deleted", "2")
    assert client.skills.retrieve(skill.id).latest_version == "1"
    assert client.skills.versions.create(skill.id, files=folder()).version == "3"
    client.skills.versions.delete("3", skill_id=skill.id)
    assert client.skills.versions.delete("1", skill_id=skill.id).deleted
    with pytest.raises(openai.NotFoundError, match=f"Skill with id '{skill.id}' not found"):
        client.skills.retrieve(skill.id)


def test_a_deleted_skill_is_gone_with_all_its_versions(client: Any) -> None:
    skill = client.skills.create(files=folder())
    gone = client.skills.delete(skill.id)
    assert (gone.id, gone.deleted, gone.object) == (skill.id, True, "skill.deleted")
    for verb in refusals(client, skill.id):
        with pytest.raises(openai.NotFoundError, match=f"Skill with id '{skill.id}' not found"):
            verb()


def test_nobody_else_sees_a_skill(fake: FakeAI, client: Any) -> None:
    skill = client.skills.create(files=folder())
    other = fake.client(max_retries=0, default_headers=OTHER)
    for verb in refusals(other, skill.id):
        with pytest.raises(openai.NotFoundError, match=f"Skill with id '{skill.id}' not found"):
            verb()
    assert other.skills.list().data == []
    assert client.skills.retrieve(skill.id) == skill


def test_a_version_that_is_not_there_is_missing(client: Any) -> None:
    skill = client.skills.create(files=folder())
    for verb in (
        lambda: client.skills.versions.retrieve("2", skill_id=skill.id),
        lambda: client.skills.versions.delete("2", skill_id=skill.id),
        lambda: client.skills.versions.content.retrieve("2", skill_id=skill.id),
        lambda: client.skills.update(skill.id, default_version="2"),
    ):
        with pytest.raises(openai.NotFoundError, match="Skill version '2' not found"):
            verb()
    assert client.skills.retrieve(skill.id) == skill


def test_what_is_no_skill_is_refused_and_nothing_is_kept(fake: FakeAI) -> None:
    client = fake.client(max_retries=0, default_headers={"OpenAI-Project": "proj_empty"})
    with pytest.raises(openai.BadRequestError, match="Missing required parameter: 'files'"):
        client.skills.create()
    for files, why in (
        ([b"Example data"], "single top-level folder"),
        ([*folder(), ("../../etc/passwd", b"")], "not a relative path"),
        ([*folder(), ("other/a", b"")], "single top-level folder"),
        ([("math/SKILL.md", b"# Math\n")], "front matter"),
        (("a.zip", b"PK"), "not a zip archive"),
    ):
        with pytest.raises(openai.BadRequestError, match=why) as refused:
            client.skills.create(files=files)
        assert refused.value.param == "files"
    assert client.skills.list().data == []


def test_made_up_skills_are_answered_with_and_not_kept(fake: FakeAI) -> None:
    client = fake.client(max_retries=0, default_headers={"x-fakeai-unknown-ids": "synthesize"})
    before = [skill.id for skill in client.skills.list()]
    assert client.skills.retrieve("skill_9").id == "skill_9"
    assert client.skills.versions.create("skill_9", files=folder("mine")).name == "mine"
    version = client.skills.versions.retrieve("7", skill_id="skill_9")
    assert (version.version, version.skill_id) == ("7", "skill_9")
    assert ZipFile(BytesIO(client.skills.content.retrieve("skill_9").read())).namelist() == ["skill/SKILL.md"]
    assert client.skills.delete("skill_9").deleted
    assert [skill.id for skill in client.skills.list()] == before


def refusals(client: Any, id: str) -> list[Any]:
    """Every verb that names a skill."""
    skills = client.skills
    return [
        lambda: skills.retrieve(id),
        lambda: skills.update(id, default_version="1"),
        lambda: skills.delete(id),
        lambda: skills.content.retrieve(id),
        lambda: skills.versions.list(id),
        lambda: skills.versions.create(id, files=folder()),
        lambda: skills.versions.retrieve("1", skill_id=id),
        lambda: skills.versions.delete("1", skill_id=id),
        lambda: skills.versions.content.retrieve("1", skill_id=id),
    ]
