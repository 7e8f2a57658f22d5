"""What follows from a change of a user."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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


def test_two_owners_that_give_up_at_once_leave_one(postgresql: str, tmp_path: Path) -> None:
    kept = {"store.database": postgresql, "store.blobs": str(tmp_path)}
    with FakeAI(kept) as one, FakeAI(kept) as other:
        for n in range(5):
            there = {"OpenAI-Organization": f"org-{n}"}
            at = [
                fake.client(max_retries=0, admin_api_key="a", default_headers=there).admin.organization
                for fake in (one, other)
            ]
            at[0].invites.create(email="a@example.com", role="owner", extra_headers={"x-fakeai-invite": "accept"})
            users = [user.id for user in at[0].users.list()]
            with ThreadPoolExecutor(2) as pool:
                asked = [pool.submit(at[i].users.update, users[i], role="reader") for i in (0, 1)]
            failures = [future.exception() for future in asked]
            assert sorted(type(failure) for failure in failures if failure) == [openai.BadRequestError]
            assert sorted(str(user.role) for user in at[0].users.list()) == ["owner", "reader"]
