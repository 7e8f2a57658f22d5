"""Projects come with roles and are told of; those that are made up are kept nowhere."""

import openai
import pytest

from fakeai.testing import FakeAI


def test_a_new_project_has_the_roles_that_every_one_begins_with() -> None:
    with FakeAI(seed=1) as fake:
        projects = fake.client(admin_api_key="a").admin.organization.projects
        made = projects.create(name="one")
        assert {role.name for role in projects.roles.list(made.id)} == {"owner", "member", "viewer"}


def test_what_becomes_of_a_project_is_told() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(admin_api_key="a").admin.organization
        made = organization.projects.create(name="one", residency="GLOBAL")
        organization.projects.update(made.id, name="two")
        organization.projects.archive(made.id)
        events = list(organization.audit_logs.list(resource_ids=[made.id]))
        assert [event.type for event in events] == ["project.archived", "project.updated", "project.created"]
        assert events[1].project_updated is not None
        assert events[1].project_updated.changes_requested is not None
        assert events[1].project_updated.changes_requested.title == "two"
        assert organization.projects.retrieve(made.id).residency == "GLOBAL"


def test_made_up_projects_are_not_kept() -> None:
    with FakeAI(conformance=True) as fake:
        projects = fake.client(admin_api_key="a").admin.organization.projects
        assert projects.update("proj_x", name="n").name == "n"
        assert projects.archive("proj_x").status == "archived"
        assert [one.id for one in projects.list(include_archived=True)] == ["proj_fakeai"]


def test_fields_that_are_not_the_caller_s_to_set_are_not_set() -> None:
    with FakeAI(seed=1) as fake:
        client = fake.client(admin_api_key="a")
        projects = client.admin.organization.projects
        made = projects.create(name="one", extra_body={"id": "proj_x", "status": "archived", "archived_at": 1, "_a": 2})
        assert (made.id != "proj_x", made.status, made.archived_at) == (True, "active", None)
        changed = projects.update(made.id, extra_body={"id": "proj_x", "created_at": 1, "object": "x"})
        assert changed == made


def test_a_project_needs_a_name() -> None:
    with FakeAI(seed=1) as fake:
        projects = fake.client(admin_api_key="a", max_retries=0).admin.organization.projects
        for name in ("", "x" * 257, None, 5):
            with pytest.raises(openai.BadRequestError, match="name"):
                projects.create(name=name)  # type: ignore[arg-type]
