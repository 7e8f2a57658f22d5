"""What follows from a change of a user."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import openai
import pytest
from sqlalchemy import text

from fakeai.core.clock import WallClock
from fakeai.services.organization import OWNER, OWNER_ROLE, Organizations, assignment_id, holder
from fakeai.store.base import Tx
from fakeai.store.sql import Sql, SqlDatabase
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


async def test_owners_leave_one_after_the_other(postgresql: str, tmp_path: Path, clock: WallClock) -> None:
    kept = {"store.database": postgresql, "store.blobs": str(tmp_path)}
    with FakeAI(kept) as fake, ThreadPoolExecutor(1) as pool:
        there = {"OpenAI-Organization": "org-left"}
        organization = fake.client(max_retries=0, admin_api_key="a", default_headers=there).admin.organization
        comes = {"x-fakeai-invite": "accept"}
        organization.invites.create(email="a@example.com", role="owner", extra_headers=comes)
        (ada,) = organization.users.list(emails=["a@example.com"])
        sql = Sql(postgresql)
        organizations = Organizations(SqlDatabase(sql, clock), synthesize=False)

        def leave(tx: Tx) -> "Future[object]":
            organizations.hold(tx, "org-left")
            owns = assignment_id("", OWNER_ROLE)
            organizations.assignments.remove(tx, "org-left", holder("user", OWNER), owns)
            asked: Future[object] = pool.submit(organization.users.update, ada.id, role="reader")
            waiting = text("select count(*) from pg_locks where not granted")
            while not wait([asked], 0.01).done and not tx.execute(waiting).scalar():
                pass
            return asked

        asked = await SqlDatabase(sql, clock).run(leave)
        with pytest.raises(openai.BadRequestError, match="at least one owner"):
            asked.result()
        sql.close()
