"""What is told of keys is what they are good for; their expiry may be moved until it has come."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI


@pytest.fixture
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture
def projects(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, admin_api_key="a").admin.organization.projects


def test_an_expiry_is_told_moved_and_kept_to(fake: FakeAI, projects: Any) -> None:
    account = projects.service_accounts.create("proj_fakeai", name="robot", expires_in_seconds=600)
    key = account.api_key
    assert key.expires_at == key.created_at + 600
    robot = fake.client(max_retries=0, api_key=key.value)
    assert robot.models.list().data
    moved = projects.api_keys.update(key.id, project_id="proj_fakeai", expires_in_seconds=9_000)
    assert moved.expires_at >= key.created_at + 9_000
    assert projects.api_keys.update(key.id, project_id="proj_fakeai", scopes=["a"]).expires_at == moved.expires_at
    with pytest.raises(openai.BadRequestError, match="expires_in_seconds"):
        projects.api_keys.update(key.id, project_id="proj_fakeai", expires_in_seconds=0)


def test_a_use_is_told_with_the_key(fake: FakeAI, projects: Any) -> None:
    account = projects.service_accounts.create("proj_fakeai", name="robot")
    (kept,) = projects.api_keys.list("proj_fakeai")
    assert kept.last_used_at is None
    robot = fake.client(api_key=account.api_key.value)
    while kept.last_used_at is None:
        robot.models.list()
        (kept,) = projects.api_keys.list("proj_fakeai")
    assert kept.last_used_at >= kept.created_at


def test_keys_come_and_go_in_the_audit_log_without_their_values(fake: FakeAI, projects: Any) -> None:
    account = projects.service_accounts.create("proj_fakeai", name="robot")
    more = projects.service_accounts.api_keys.create(account.id, project_id="proj_fakeai", scopes=["api.model.read"])
    projects.api_keys.update(more.id, project_id="proj_fakeai", scopes=["x"])
    projects.api_keys.delete(more.id, project_id="proj_fakeai")
    logs = fake.client(admin_api_key="a").admin.organization.audit_logs
    events = list(logs.list(resource_ids=[more.id]))
    assert [event.type for event in events] == ["api_key.deleted", "api_key.updated", "api_key.created"]
    text = "".join(event.model_dump_json() for event in events)
    assert "api.model.read" in text
    assert more.value not in text


def test_keys_are_listed_by_page_and_by_what_their_owner_may(projects: Any) -> None:
    account = projects.service_accounts.create("proj_fakeai", name="robot")
    for n in range(5):
        projects.service_accounts.api_keys.create(account.id, project_id="proj_fakeai", name=f"k{n}")
    names = [key.name for key in projects.api_keys.list("proj_fakeai", limit=2)]
    assert names == ["k4", "k3", "k2", "k1", "k0", "Secret Key"]
    projects.service_accounts.create("proj_fakeai", name="bare", create_service_account_only=True)
    assert len(list(projects.api_keys.list("proj_fakeai", owner_project_access="any"))) == 6
    assert list(projects.api_keys.list("proj_fakeai", owner_project_access="inactive")) == []
    with pytest.raises(openai.BadRequestError, match="Supported values"):
        projects.api_keys.list("proj_fakeai", owner_project_access="sometimes")
