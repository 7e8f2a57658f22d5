"""Every project begins with its own roles, once."""

from fakeai.testing import FakeAI


def test_each_project_has_roles_of_its_own() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(admin_api_key="a").admin.organization
        there = {"OpenAI-Project": "proj_b"}
        made = organization.projects.roles.create("proj_fakeai", role_name="r", permissions=["a"])
        for _ in range(2):
            names = [role.name for role in organization.projects.roles.list("proj_b", extra_headers=there)]
            assert names == ["owner", "member", "viewer"]
        assert made.id in [role.id for role in organization.projects.roles.list("proj_fakeai")]
        assert [role.name for role in organization.roles.list()] == ["owner", "reader"]


def test_what_was_added_to_a_role_and_taken_is_told() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(admin_api_key="a").admin.organization
        made = organization.roles.create(role_name="r", permissions=["a", "b"], description="d")
        changed = organization.roles.update(made.id, permissions=["b", "c"], role_name="s", description=None)
        assert (changed.name, changed.description) == ("s", None)
        (event,) = organization.audit_logs.list(event_types=["role.updated"])
        changes = event.role_updated.changes_requested
        assert (changes.permissions_added, changes.permissions_removed, changes.role_name) == (["c"], ["a"], "s")
