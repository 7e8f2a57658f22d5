"""Rate limits are told for every model, set one field at a time, and told to the audit log."""

import openai
import pytest

from fakeai.testing import FakeAI


def test_a_limit_is_set_field_by_field() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(admin_api_key="a", max_retries=0).admin.organization
        limits = organization.projects.rate_limits
        limits.update_rate_limit("rl-gpt-4o", project_id="proj_fakeai", max_requests_per_1_minute=5)
        changed = limits.update_rate_limit("rl-gpt-4o", project_id="proj_fakeai", max_images_per_1_minute=7)
        assert (changed.max_requests_per_1_minute, changed.max_images_per_1_minute) == (5, 7)
        assert changed.max_tokens_per_1_minute > 5
        with pytest.raises(openai.BadRequestError):
            limits.update_rate_limit("rl-gpt-4o", project_id="proj_fakeai", max_requests_per_1_minute=-1)
        events = list(organization.audit_logs.list(event_types=["rate_limit.updated"]))
        assert len(events) == 2


def test_cursors_name_limits() -> None:
    with FakeAI(seed=1) as fake:
        limits = fake.client(admin_api_key="a", max_retries=0).admin.organization.projects.rate_limits
        every = [one.id for one in limits.list_rate_limits("proj_fakeai", limit=100)]
        page = limits.list_rate_limits("proj_fakeai", after=every[1], limit=2)
        assert [one.id for one in page.data] == every[2:4]
        first = limits.list_rate_limits("proj_fakeai", before=every[1])
        assert ([one.id for one in first.data], first.has_more) == (every[:1], False)
        with pytest.raises(openai.BadRequestError, match="after"):
            limits.list_rate_limits("proj_fakeai", after="rl-none")


def test_a_made_up_limit_is_not_kept() -> None:
    with FakeAI(conformance=True) as fake:
        limits = fake.client(admin_api_key="a").admin.organization.projects.rate_limits
        assert limits.update_rate_limit("x", project_id="p", max_requests_per_1_minute=5).max_requests_per_1_minute == 5
        assert all(one.id.startswith("rl-") for one in limits.list_rate_limits("p"))
