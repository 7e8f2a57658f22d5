"""The organization as the official SDK sees it: every verb on what it has made, refusals, and what is told of it all."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI

ELSEWHERE = {"OpenAI-Organization": "org-other"}
COMES = {"x-fakeai-invite": "accept"}
PROJECT = "proj_fakeai"


@pytest.fixture
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture
def organization(fake: FakeAI) -> Any:
    client = fake.client(max_retries=0, _strict_response_validation=True, admin_api_key="anybody")
    return client.admin.organization


def second_user(organization: Any, role: str = "reader") -> Any:
    organization.invites.create(email="ada@example.com", role=role, extra_headers=COMES)
    (user,) = organization.users.list(emails=["ada@example.com"])
    return user


def events(organization: Any, **filters: Any) -> list[str]:
    return [event.type for event in organization.audit_logs.list(**filters)]


def test_an_admin_key_shows_its_value_once(organization: Any) -> None:
    made = organization.admin_api_keys.create(name="k", expires_in_seconds=60)
    assert made.value.startswith("sk-admin-")
    assert made.expires_at == made.created_at + 60
    assert (made.owner.id, made.owner.role) == ("user-fakeai", "owner")
    assert made.redacted_value.endswith(made.value[-4:])
    assert made.value not in made.redacted_value
    found = organization.admin_api_keys.retrieve(made.id)
    assert "value" not in found.model_dump()
    assert (found.id, found.name, found.last_used_at) == (made.id, "k", None)
    others = [organization.admin_api_keys.create(name=str(n)).id for n in range(4)]
    assert [key.id for key in organization.admin_api_keys.list(limit=2)] == [made.id, *others]
    assert [key.id for key in organization.admin_api_keys.list(order="desc", limit=3)] == [*others[::-1], made.id]
    assert organization.admin_api_keys.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError, match="Admin API key"):
        organization.admin_api_keys.retrieve(made.id)
    assert events(organization, resource_ids=[made.id]) == ["api_key.deleted", "api_key.created"]


def test_a_revoked_admin_key_is_refused_on_the_next_call(fake: FakeAI, organization: Any) -> None:
    made = organization.admin_api_keys.create(name="k")
    known = fake.client(max_retries=0, admin_api_key=made.value).admin.organization
    group = known.groups.create(name="g")
    (event,) = organization.audit_logs.list(resource_ids=[group.id])
    assert (event.actor.type, event.actor.api_key.id, event.actor.api_key.user.id) == (
        "api_key",
        made.id,
        "user-fakeai",
    )
    assert events(organization, actor_ids=[made.id]) == ["group.created"]
    assert organization.admin_api_keys.retrieve(made.id).last_used_at is not None
    organization.admin_api_keys.delete(made.id)
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key"):
        known.groups.list()


def test_an_organization_has_an_owner_from_the_start_and_always(organization: Any) -> None:
    (owner,) = organization.users.list()
    assert (owner.id, owner.role, owner.is_default) == ("user-fakeai", "owner", True)
    assert [role.name for role in organization.users.roles.list(owner.id)] == ["owner"]
    for attempt in (
        lambda: organization.users.delete(owner.id),
        lambda: organization.users.update(owner.id, role="reader"),
        lambda: organization.users.update(owner.id, role_id="role-reader"),
        lambda: organization.users.roles.delete("role-owner", user_id=owner.id),
    ):
        with pytest.raises(openai.BadRequestError, match="at least one owner"):
            attempt()
    other = second_user(organization, role="owner")
    assert organization.users.update(owner.id, role="reader").role == "reader"
    assert [role.id for role in organization.users.roles.list(owner.id)] == ["role-reader"]
    with pytest.raises(openai.BadRequestError, match="at least one owner"):
        organization.users.delete(other.id)
    assert organization.users.delete(owner.id).deleted
    assert [user.id for user in organization.users.list()] == [other.id]
    with pytest.raises(openai.NotFoundError, match="User with id"):
        organization.users.retrieve(owner.id)


def test_a_user_is_changed_by_name_or_by_role(organization: Any) -> None:
    user = second_user(organization)
    changed = organization.users.update(user.id, developer_persona="student", technical_level="high")
    assert (changed.developer_persona, changed.technical_level, changed.role) == ("student", "high", "reader")
    assert organization.users.update(user.id, role_id="role-owner").role == "owner"
    assert organization.users.retrieve(user.id).role == "owner"
    for wrong, kind in (({"role": "king"}, openai.BadRequestError), ({"role_id": "role_x"}, openai.NotFoundError)):
        with pytest.raises(kind):
            organization.users.update(user.id, **wrong)
    assert events(organization, event_types=["user.updated"]) == ["user.updated"] * 2


def test_an_invitation_is_sent_shown_and_taken_back(organization: Any) -> None:
    made = organization.invites.create(
        email="a@example.com", role="reader", projects=[{"id": PROJECT, "role": "member"}]
    )
    assert (made.status, made.projects[0].id, made.expires_at - made.created_at) == ("pending", PROJECT, 7 * 86_400)
    assert organization.invites.retrieve(made.id) == made
    more = [organization.invites.create(email=f"{n}@example.com", role="owner").id for n in range(4)]
    assert [invite.id for invite in organization.invites.list(limit=2)] == [*more[::-1], made.id]
    assert organization.invites.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        organization.invites.delete(made.id)
    for wrong in (
        {"email": "nobody", "role": "reader"},
        {"email": "owner@fakeai.example", "role": "reader"},
        {"email": "b@example.com", "role": "king"},
    ):
        with pytest.raises(openai.BadRequestError):
            organization.invites.create(**wrong)
    with pytest.raises(openai.NotFoundError, match="Project"):
        organization.invites.create(email="b@example.com", role="reader", projects=[{"id": "p", "role": "owner"}])
    assert [user.id for user in organization.users.list()] == ["user-fakeai"]


def test_whoever_is_told_to_accept_comes_at_once(organization: Any) -> None:
    made = organization.invites.create(email="a@example.com", role="reader", extra_headers=COMES)
    assert (made.status, made.accepted_at) == ("accepted", made.created_at)
    assert [user.role for user in organization.users.list(emails=["a@example.com", "b@example.com"])] == ["reader"]
    with pytest.raises(openai.BadRequestError, match="accepted"):
        organization.invites.delete(made.id)
    with pytest.raises(openai.BadRequestError, match="already"):
        organization.invites.create(email="a@example.com", role="reader")
    assert events(organization) == ["user.added", "invite.accepted", "invite.sent"]


def test_a_group_has_users_until_either_is_gone(organization: Any) -> None:
    group = organization.groups.create(name="Support")
    assert organization.groups.update(group.id, name="Help").name == "Help"
    assert organization.groups.retrieve(group.id).name == "Help"
    user = second_user(organization)
    for member in ("user-fakeai", user.id):
        joined = organization.groups.users.create(group.id, user_id=member)
        assert (joined.group_id, joined.user_id) == (group.id, member)
    assert [one.id for one in organization.groups.users.list(group.id, limit=1, order="asc")] == [
        "user-fakeai",
        user.id,
    ]
    assert organization.groups.users.retrieve(user.id, group_id=group.id).email == "ada@example.com"
    with pytest.raises(openai.ConflictError):
        organization.groups.users.create(group.id, user_id=user.id)
    with pytest.raises(openai.NotFoundError):
        organization.groups.users.create(group.id, user_id="user-x")
    organization.users.delete(user.id)
    assert [one.id for one in organization.groups.users.list(group.id)] == ["user-fakeai"]
    assert organization.groups.users.delete("user-fakeai", group_id=group.id).deleted
    for verb in (organization.groups.users.delete, organization.groups.users.retrieve):
        with pytest.raises(openai.NotFoundError, match="Group member"):
            verb("user-fakeai", group_id=group.id)
    assert organization.groups.delete(group.id).deleted
    for gone in (organization.groups.users.list, organization.groups.retrieve, organization.groups.delete):
        with pytest.raises(openai.NotFoundError, match="Group with id"):
            gone(group.id)
    ids = [organization.groups.create(name=str(n)).id for n in range(5)]
    assert [one.id for one in organization.groups.list(limit=2)] == ids


@pytest.mark.parametrize("project", [None, PROJECT])
def test_a_role_is_made_given_and_taken(organization: Any, project: str | None) -> None:
    at = organization if project is None else organization.projects
    given: dict[str, Any] = {} if project is None else {"project_id": project}
    first = [project] if project else []
    made = at.roles.create(*first, role_name="r", permissions=["a", "b"], description="d")
    assert made.resource_type == ("api.project" if project else "api.organization")
    changed = at.roles.update(made.id, **given, permissions=["b", "c"])
    assert (changed.name, changed.permissions, changed.description) == ("r", ["b", "c"], "d")
    assert at.roles.retrieve(made.id, **given) == changed
    listed = [role.id for role in at.roles.list(*first, limit=1)]
    assert listed[-1] == made.id
    assert all(role.startswith("role-") for role in listed[:-1])
    for verb in (at.roles.delete, at.roles.update):
        with pytest.raises(openai.BadRequestError, match="predefined"):
            verb(listed[0], **given)
    user, group = second_user(organization), organization.groups.create(name="g")
    for family, name, who in ((at.users, "user_id", user), (at.groups, "group_id", group)):
        answer = family.roles.create(who.id, **given, role_id=made.id)
        assert (answer.role.id, getattr(answer, name.removesuffix("_id")).id) == (made.id, who.id)
        family.roles.create(who.id, **given, role_id=listed[0])
        here = [role.id for role in family.roles.list(who.id, **given, limit=1)]
        assert here[-2:] == [made.id, listed[0]]
        found = family.roles.retrieve(made.id, **{name: who.id}, **given)
        assert (found.permissions, found.created_by) == (["b", "c"], "user-fakeai")
        assert family.roles.delete(listed[0], **{name: who.id}, **given).deleted
        with pytest.raises(openai.NotFoundError, match="not assigned"):
            family.roles.delete(listed[0], **{name: who.id}, **given)
        with pytest.raises(openai.NotFoundError, match="Role with id"):
            family.roles.create(who.id, **given, role_id="role_x")
    assert at.roles.delete(made.id, **given).deleted
    for family, who in ((at.users, user), (at.groups, group)):
        assert made.id not in [role.id for role in family.roles.list(who.id, **given)]
    scoped = {
        event.project.id if event.project else None for event in organization.audit_logs.list() if "role" in event.type
    }
    assert scoped == {project}


def test_roles_of_a_project_that_is_not_there_are_refused(organization: Any) -> None:
    with pytest.raises(openai.NotFoundError, match="Project with id 'proj_x' not found"):
        organization.projects.roles.list("proj_x")


@pytest.mark.parametrize("project", [None, PROJECT])
def test_spend_is_limited_and_alerted(organization: Any, project: str | None) -> None:
    at = organization if project is None else organization.projects
    first = [project] if project else []
    given: dict[str, Any] = {} if project is None else {"project_id": project}
    of = "project" if project else "organization"
    with pytest.raises(openai.NotFoundError, match="No spend limit"):
        at.spend_limit.retrieve(*first)
    amount = {"currency": "USD", "interval": "month", "threshold_amount": 500}
    limit = at.spend_limit.update(*first, **amount)
    assert (limit.object, limit.threshold_amount, limit.enforcement.status) == (f"{of}.spend_limit", 500, "inactive")
    assert at.spend_limit.update(*first, **{**amount, "threshold_amount": 0}).enforcement.status == "enforcing"
    assert at.spend_limit.retrieve(*first).threshold_amount == 0
    assert at.spend_limit.delete(*first).object == f"{of}.spend_limit.deleted"
    with pytest.raises(openai.NotFoundError, match="No spend limit"):
        at.spend_limit.delete(*first)
    channel = {"type": "email", "recipients": ["a@example.com"], "subject_prefix": "[x]"}
    made = [
        at.spend_alerts.create(*first, **{**amount, "threshold_amount": n}, notification_channel=channel)
        for n in range(5)
    ]
    assert made[0].object == f"{of}.spend_alert"
    assert [alert.id for alert in at.spend_alerts.list(*first, limit=2)] == [alert.id for alert in made]
    changed = at.spend_alerts.update(made[0].id, **given, **amount, notification_channel=channel)
    assert at.spend_alerts.retrieve(made[0].id, **given) == changed
    assert changed.threshold_amount == 500
    assert at.spend_alerts.delete(made[0].id, **given).deleted
    with pytest.raises(openai.NotFoundError, match="Spend alert"):
        at.spend_alerts.retrieve(made[0].id, **given)
    other = organization.projects.spend_alerts.list(PROJECT) if project is None else organization.spend_alerts.list()
    assert other.data == []


def test_data_retention_is_told_as_it_was_set(organization: Any) -> None:
    assert organization.data_retention.retrieve().type == "modified_abuse_monitoring"
    for _ in range(2):
        organization.data_retention.update(retention_type="zero_data_retention")
        assert organization.data_retention.retrieve().type == "zero_data_retention"
    with pytest.raises(openai.BadRequestError):
        organization.data_retention.update(retention_type="none")


def test_audit_logs_are_found_by_what_they_tell(organization: Any) -> None:
    groups = [organization.groups.create(name=str(n)) for n in range(3)]
    role = organization.projects.roles.create(PROJECT, role_name="r", permissions=["a"])
    at = organization.audit_logs.list().data[0].effective_at
    assert events(organization, limit=2) == ["role.created", *["group.created"] * 3]
    assert events(organization, project_ids=[PROJECT]) == ["role.created"]
    assert events(organization, resource_ids=[groups[1].id, role.id]) == ["role.created", "group.created"]
    assert events(organization, event_types=["role.created", "user.added"]) == ["role.created"]
    assert len(events(organization, actor_emails=["owner@fakeai.example"], actor_ids=["user-fakeai"])) == 4
    assert events(organization, actor_emails=["nobody@example.com"]) == []
    assert events(organization, effective_at={"gt": at}) == events(organization, effective_at={"lt": at - 3_600}) == []
    assert len(events(organization, effective_at={"gte": at - 3_600, "lte": at})) == 4
    assert events(organization, tenant_only=True) == []
    newest = organization.audit_logs.list(limit=1).data[0]
    assert (newest.project.name, newest.role_created.role_name) == ("Default project", "r")
    assert len(organization.audit_logs.list(after=newest.id).data) == 3
    with pytest.raises(openai.BadRequestError, match=r"Invalid value: 'group\.eaten'"):
        events(organization, event_types=["group.eaten"])
    with pytest.raises(openai.BadRequestError, match="effective_at"):
        events(organization, effective_at={"gt": "soon"})


def test_an_organization_sees_nothing_of_another(organization: Any) -> None:
    group = organization.groups.create(name="g")
    key = organization.admin_api_keys.create(name="k")
    role = organization.roles.create(role_name="r", permissions=[])
    invite = organization.invites.create(email="a@example.com", role="reader")
    assert events(organization, extra_headers=ELSEWHERE) == []
    for family, mine in (
        (organization.groups, group.id),
        (organization.admin_api_keys, key.id),
        (organization.roles, role.id),
        (organization.invites, invite.id),
    ):
        assert mine not in [one.id for one in family.list(extra_headers=ELSEWHERE)]
        for verb in (family.retrieve, family.delete):
            with pytest.raises(openai.NotFoundError) as foreign:
                verb(mine, extra_headers=ELSEWHERE)
            with pytest.raises(openai.NotFoundError) as missing:
                verb("missing", extra_headers=ELSEWHERE)
            assert str(foreign.value).replace(mine, "missing") == str(missing.value)
        with pytest.raises(openai.BadRequestError):
            family.list(after=mine, extra_headers=ELSEWHERE)
        assert family.retrieve(mine).id == mine
