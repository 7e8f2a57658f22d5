"""Groups that nobody has made are kept nowhere, and what is told of members names them."""

from fakeai.testing import FakeAI


def test_made_up_groups_are_not_kept() -> None:
    with FakeAI(conformance=True) as fake:
        groups = fake.client(admin_api_key="a").admin.organization.groups
        assert groups.users.create("group_x", user_id="user-x").group_id == "group_x"
        assert groups.users.retrieve("user-x", group_id="group_x").id == "user-x"
        assert groups.users.delete("user-x", group_id="group_x").deleted
        assert groups.users.list("group_x").data == groups.list().data == []


def test_who_comes_and_goes_is_told() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(admin_api_key="a").admin.organization
        group = organization.groups.create(name="g")
        organization.groups.users.create(group.id, user_id="user-fakeai")
        organization.groups.users.delete("user-fakeai", group_id=group.id)
        told = [event.group_updated for event in organization.audit_logs.list(event_types=["group.updated"])]
        assert [event.model_dump()["changes_requested"] for event in told] == [
            {"group_name": None, "user_removed": "user-fakeai"},
            {"group_name": None, "user_added": "user-fakeai"},
        ]
