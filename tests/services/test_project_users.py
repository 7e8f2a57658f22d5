"""Users of a project are the organization's, by id or address; made-up ones are not kept."""

import openai
import pytest

from fakeai.testing import FakeAI


def test_a_user_is_found_by_address_and_goes_with_the_organization_s() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(admin_api_key="a", max_retries=0).admin.organization
        users = organization.projects.users
        made = users.create("proj_fakeai", email="owner@fakeai.example", role="owner")
        assert (made.id, made.name, made.role) == ("user-fakeai", "Owner", "owner")
        assert users.update("user-fakeai", project_id="proj_fakeai").role == "owner"
        with pytest.raises(openai.BadRequestError, match="'user_id' or 'email'"):
            users.create("proj_fakeai", role="member")
        with pytest.raises(openai.NotFoundError, match=r"nobody@fakeai\.example"):
            users.create("proj_fakeai", email="nobody@fakeai.example", role="member")
        types = [event.type for event in organization.audit_logs.list(project_ids=["proj_fakeai"])]
        assert types == ["user.updated", "user.added"]


def test_made_up_users_are_not_kept() -> None:
    with FakeAI(conformance=True) as fake:
        users = fake.client(admin_api_key="a").admin.organization.projects.users
        for _ in range(2):
            assert users.create("p", user_id="u", role="king").role == "king"
        assert users.update("u", project_id="p", role="owner").role == "owner"
        assert users.delete("u", project_id="p").deleted
        assert users.list("p").data == []
