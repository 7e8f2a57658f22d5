"""Policies are one document each: what is left out stays, and what is set is told to the audit log."""

import openai
import pytest

from fakeai.testing import FakeAI


def test_what_is_set_is_told() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(admin_api_key="a").admin.organization
        projects = organization.projects
        projects.hosted_tool_permissions.update("proj_fakeai", mcp={"enabled": False})
        projects.model_permissions.update("proj_fakeai", mode="deny_list", model_ids=["b", "a", "b"])
        projects.model_permissions.delete("proj_fakeai")
        events = list(organization.audit_logs.list(event_types=["project.updated"]))
        assert len(events) == 3
        assert all(event.project is not None and event.project.id == "proj_fakeai" for event in events)


def test_a_list_of_models_has_each_once_in_order() -> None:
    with FakeAI(seed=1) as fake:
        permissions = fake.client(admin_api_key="a").admin.organization.projects.model_permissions
        made = permissions.update("proj_fakeai", mode="deny_list", model_ids=["b", "a", "b"])
        assert made.api_model_ids == ["b", "a"]


def test_what_cannot_be_is_refused_and_changes_nothing() -> None:
    with FakeAI(seed=1) as fake:
        projects = fake.client(admin_api_key="a", max_retries=0).admin.organization.projects
        refused = [
            lambda: projects.model_permissions.update("proj_fakeai", mode="some", model_ids=[]),  # type: ignore[arg-type]
            lambda: projects.hosted_tool_permissions.update("proj_fakeai", mcp={"enabled": "yes"}),  # type: ignore[typeddict-item]
            lambda: projects.service_tier_settings.update("proj_fakeai", default="best"),  # type: ignore[arg-type]
            lambda: projects.service_tier_settings.update("proj_fakeai", enabled_tiers=["best"]),  # type: ignore[list-item]
            lambda: projects.data_retention.update("proj_fakeai", retention_type="never"),  # type: ignore[arg-type]
        ]
        for call in refused:
            with pytest.raises(openai.BadRequestError):
                call()
        assert projects.hosted_tool_permissions.retrieve("proj_fakeai").mcp.enabled
        assert projects.service_tier_settings.retrieve("proj_fakeai").default == "standard"
