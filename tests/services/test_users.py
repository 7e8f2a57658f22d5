"""What follows from a change of a user."""

import openai
import pytest

from fakeai.testing import FakeAI


def test_a_document_that_takes_any_role_is_followed() -> None:
    with FakeAI(conformance=True) as fake:
        users = fake.client(admin_api_key="a").admin.organization.users
        assert users.update("user-x", role="anything").role == "anything"
        assert users.delete("user-x").id == "user-x"
        assert [user.id for user in users.list()] == ["user-fakeai"]


def test_a_deleted_users_keys_are_refused() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(max_retries=0, admin_api_key="a").admin.organization
        comes = {"x-fakeai-invite": "accept"}
        organization.invites.create(email="a@example.com", role="owner", extra_headers=comes)
        (user,) = organization.users.list(emails=["a@example.com"])
        key = organization.admin_api_keys.create(name="k")
        known = fake.client(max_retries=0, admin_api_key=key.value).admin.organization
        assert known.users.delete("user-fakeai").deleted
        with pytest.raises(openai.AuthenticationError):
            known.users.list()
        assert [one.id for one in organization.users.list()] == [user.id]
