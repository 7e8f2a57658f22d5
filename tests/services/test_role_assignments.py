"""Roles are given and taken in one place at a time."""

from fakeai.testing import FakeAI


def test_the_role_owner_makes_an_owner_and_a_project_role_does_not() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(admin_api_key="a").admin.organization
        organization.invites.create(email="a@example.com", role="reader", extra_headers={"x-fakeai-invite": "accept"})
        (user,) = organization.users.list(emails=["a@example.com"])
        roles = organization.projects.users.roles
        assert roles.create(user.id, project_id="proj_fakeai", role_id="role-project-owner").user.role == "reader"
        assert organization.users.roles.create(user.id, role_id="role-owner").user.role == "owner"
        assert organization.users.roles.delete("role-owner", user_id=user.id).object == "user.role.deleted"
        assert organization.users.retrieve(user.id).role == "reader"
        assert [role.id for role in roles.list(user.id, project_id="proj_fakeai")] == ["role-project-owner"]
        given = organization.audit_logs.list(event_types=["role.assignment.created"]).data
        assert [
            (event.role_assignment_created.principal_id, event.role_assignment_created.resource_id) for event in given
        ] == [
            (user.id, "org-fakeai"),
            (user.id, "proj_fakeai"),
        ]


def test_what_is_made_up_is_not_kept() -> None:
    with FakeAI(conformance=True) as fake:
        organization = fake.client(admin_api_key="a").admin.organization
        assert organization.groups.roles.create("group_x", role_id="role_x").group.id == "group_x"
        assert organization.groups.roles.retrieve("role_x", group_id="group_x").id == "role_x"
        assert organization.groups.roles.delete("role_x", group_id="group_x").deleted
        assert organization.groups.roles.list("group_x").data == []
