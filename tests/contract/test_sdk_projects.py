"""Projects as the official SDK sees them: every verb on what it has made, and what that does to calls."""

from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI

ASK: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def fake(kept_fake: FakeAI) -> FakeAI:
    return kept_fake


@pytest.fixture
def client(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, admin_api_key="sk-admin-any", _strict_response_validation=True)


@pytest.fixture
def projects(client: Any) -> Any:
    return client.admin.organization.projects


@pytest.fixture
def project(projects: Any) -> str:
    return str(projects.create(name="one").id)


def keyed(fake: FakeAI, projects: Any, project: str, **given: Any) -> Any:
    """A client with a key of its own."""
    account = projects.service_accounts.create(project, name="robot", **given)
    return fake.client(max_retries=0, api_key=account.api_key.value, _strict_response_validation=True)


def test_a_project_is_made_found_renamed_and_archived(projects: Any) -> None:
    made = projects.create(name="one", external_key_id="key_x")
    assert (made.name, made.status, made.archived_at, made.external_key_id) == ("one", "active", None, "key_x")
    assert projects.retrieve(made.id) == made
    assert projects.update(made.id, name="two").name == "two"
    archived = projects.archive(made.id)
    assert (archived.status, archived.archived_at >= made.created_at) == ("archived", True)
    assert projects.archive(made.id) == archived
    with pytest.raises(openai.BadRequestError, match="archived"):
        projects.update(made.id, name="three")
    with pytest.raises(openai.BadRequestError, match="archived"):
        projects.service_accounts.create(made.id, name="robot")
    with pytest.raises(openai.BadRequestError, match="default project"):
        projects.archive("proj_fakeai")
    with pytest.raises(openai.NotFoundError, match="proj_none"):
        projects.retrieve("proj_none")
    with pytest.raises(openai.BadRequestError, match="residency"):
        projects.create(name="x", geography="EU", residency="GLOBAL")


def test_projects_are_listed_by_page(projects: Any) -> None:
    names = [projects.create(name=f"p{n}").name for n in range(5)]
    projects.archive(projects.create(name="gone").id)
    assert [one.name for one in projects.list(limit=2)] == [*names[::-1], "Default project"]
    assert next(one.name for one in projects.list(include_archived=True, limit=100)) == "gone"


def test_a_key_acts_in_its_project_until_it_is_revoked(fake: FakeAI, projects: Any, project: str) -> None:
    account = projects.service_accounts.create(project, name="robot")
    value = account.api_key.value
    robot = fake.client(max_retries=0, api_key=value)
    file = robot.files.create(file=("a.txt", b"x"), purpose="user_data")
    assert [one.id for one in robot.files.list()] == [file.id]
    assert fake.client(max_retries=0).files.list().data == []
    (kept,) = projects.api_keys.list(project)
    assert (kept.id, kept.owner.service_account.name) == (account.api_key.id, "robot")
    assert kept.redacted_value.endswith(value[-4:])
    assert value not in kept.model_dump_json()
    assert projects.api_keys.retrieve(kept.id, project_id=project).id == kept.id
    assert projects.api_keys.delete(kept.id, project_id=project).deleted
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key provided: sk-svcacct-") as refused:
        robot.files.list()
    assert refused.value.code == "invalid_api_key"
    assert value not in str(refused.value)
    with pytest.raises(openai.NotFoundError):
        projects.api_keys.retrieve(kept.id, project_id=project)
    with pytest.raises(openai.AuthenticationError):
        robot.chat.completions.create(**ASK)


def test_two_projects_see_nothing_of_each_other(fake: FakeAI, projects: Any) -> None:
    first, second = (keyed(fake, projects, projects.create(name=name).id) for name in ("one", "two"))
    file = first.files.create(file=("a.txt", b"x"), purpose="user_data")
    assert second.files.list().data == []
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        second.files.retrieve(file.id)
    with pytest.raises(openai.AuthenticationError, match="should match project"):
        second.files.list(extra_headers={"OpenAI-Project": "proj_fakeai"})
    with pytest.raises(openai.PermissionDeniedError, match=r"Missing scopes: api\.management\.read"):
        second.get("/organization/projects", cast_to=object)


def test_service_accounts_have_keys_that_go_with_them(fake: FakeAI, projects: Any, project: str) -> None:
    accounts = projects.service_accounts
    account = accounts.create(project, name="robot")
    more = accounts.api_keys.create(account.id, project_id=project, name="second", scopes=["api.all.read"])
    reader = fake.client(max_retries=0, api_key=more.value)
    assert reader.models.list().data
    with pytest.raises(openai.PermissionDeniedError, match=r"Missing scopes: model\.request"):
        reader.chat.completions.create(**ASK)
    projects.api_keys.update(more.id, project_id=project, scopes=[])
    assert reader.chat.completions.create(**ASK).choices
    assert [key.name for key in projects.api_keys.list(project)] == ["second", "Secret Key"]
    assert accounts.retrieve(account.id, project_id=project).role == "member"
    assert accounts.update(account.id, project_id=project, name="r2", role="owner").name == "r2"
    assert {key.owner.service_account.name for key in projects.api_keys.list(project)} == {"r2"}
    assert [one.id for one in accounts.list(project)] == [account.id]
    assert accounts.delete(account.id, project_id=project).deleted
    assert projects.api_keys.list(project).data == []
    with pytest.raises(openai.AuthenticationError):
        reader.models.list()
    with pytest.raises(openai.NotFoundError):
        accounts.api_keys.create(account.id, project_id=project)


def test_a_service_account_without_a_role_may_do_nothing(fake: FakeAI, projects: Any, project: str) -> None:
    accounts = projects.service_accounts
    bare = accounts.create(project, name="bare", create_service_account_only=True)
    assert (bare.role, bare.api_key) == ("none", None)
    value = accounts.api_keys.create(bare.id, project_id=project).value
    robot = fake.client(max_retries=0, api_key=value)
    with pytest.raises(openai.PermissionDeniedError):
        robot.models.list()
    assert projects.api_keys.list(project).data == []
    (idle,) = projects.api_keys.list(project, owner_project_access="inactive")
    assert idle.owner_project_access == "inactive"
    accounts.update(bare.id, project_id=project, role="member")
    assert robot.models.list().data
    with pytest.raises(openai.BadRequestError, match="expires_in_seconds"):
        accounts.create(project, name="x", create_service_account_only=True, expires_in_seconds=60)


def test_an_archived_project_s_keys_stop(fake: FakeAI, projects: Any, project: str) -> None:
    robot = keyed(fake, projects, project)
    assert robot.models.list().data
    projects.archive(project)
    with pytest.raises(openai.AuthenticationError):
        robot.models.list()
    anybody = fake.client(max_retries=0)
    with pytest.raises(openai.AuthenticationError, match="is archived"):
        anybody.chat.completions.create(**ASK, extra_headers={"OpenAI-Project": project})


def test_users_come_to_a_project_and_leave_it(projects: Any, project: str) -> None:
    users = projects.users
    made = users.create(project, user_id="user-fakeai", role="member")
    assert (made.id, made.role, made.email) == ("user-fakeai", "member", "owner@fakeai.example")
    assert users.retrieve(made.id, project_id=project) == made
    assert users.update(made.id, project_id=project, role="owner").role == "owner"
    assert [one.role for one in users.list(project)] == ["owner"]
    with pytest.raises(openai.BadRequestError, match="already"):
        users.create(project, email="owner@fakeai.example", role="member")
    with pytest.raises(openai.NotFoundError):
        users.create(project, user_id="user-none", role="member")
    with pytest.raises(openai.BadRequestError, match="'king'"):
        users.create(project, user_id="user-fakeai", role="king")
    assert users.delete(made.id, project_id=project).deleted
    with pytest.raises(openai.NotFoundError):
        users.delete(made.id, project_id=project)


def test_groups_come_to_a_project_with_a_role(client: Any, projects: Any, project: str) -> None:
    group = client.admin.organization.groups.create(name="team")
    role = next(one for one in projects.roles.list(project) if one.name == "member")
    made = projects.groups.create(project, group_id=group.id, role=role.id)
    assert (made.group_id, made.group_name, made.project_id) == (group.id, "team", project)
    assert projects.groups.retrieve(group.id, project_id=project) == made
    assert [one.group_id for one in projects.groups.list(project)] == [group.id]
    assert [one.id for one in projects.groups.roles.list(group.id, project_id=project)] == [role.id]
    with pytest.raises(openai.ConflictError):
        projects.groups.create(project, group_id=group.id, role=role.id)
    with pytest.raises(openai.NotFoundError):
        projects.groups.create(project, group_id=group.id, role="role-none")
    assert projects.groups.delete(group.id, project_id=project).deleted
    assert projects.groups.list(project).data == []
    assert projects.groups.roles.list(group.id, project_id=project).data == []
