"""Groups come to projects with a role there, and lose it when they go; made-up ones are not kept."""

from fakeai.testing import FakeAI


def test_groups_are_listed_by_page_and_forgotten_with_the_organization_s() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(admin_api_key="a").admin.organization
        projects = organization.projects
        groups = [organization.groups.create(name=f"g{n}") for n in range(5)]
        for group in groups:
            projects.groups.create("proj_fakeai", group_id=group.id, role="role-project-viewer")
        assert [one.group_name for one in projects.groups.list("proj_fakeai", limit=2)] == [
            "g0",
            "g1",
            "g2",
            "g3",
            "g4",
        ]
        assert [one.group_name for one in projects.groups.list("proj_fakeai", order="desc", limit=1).data] == ["g4"]
        organization.groups.delete(groups[0].id)
        assert [one.group_name for one in projects.groups.list("proj_fakeai")] == ["g1", "g2", "g3", "g4"]
        events = organization.audit_logs.list(project_ids=["proj_fakeai"], event_types=["project.updated"])
        assert len(list(events)) == 5


def test_made_up_groups_are_not_kept() -> None:
    with FakeAI(conformance=True) as fake:
        groups = fake.client(admin_api_key="a").admin.organization.projects.groups
        assert groups.create("p", group_id="g", role="r").group_id == "g"
        assert groups.retrieve("g", project_id="p").group_type == "group"
        assert groups.delete("g", project_id="p").deleted
        assert groups.list("p").data == []
