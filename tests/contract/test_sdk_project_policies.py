"""What projects are allowed, set through the official SDK, and kept to by the next call."""

from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI

MODEL = "gpt-4o-mini"


@pytest.fixture
def fake(kept_fake: FakeAI) -> FakeAI:
    return kept_fake


@pytest.fixture
def projects(fake: FakeAI) -> Any:
    client = fake.client(max_retries=0, admin_api_key="sk-admin-any", _strict_response_validation=True)
    return client.admin.organization.projects


@pytest.fixture
def project(projects: Any) -> str:
    return str(projects.create(name="one").id)


@pytest.fixture
def robot(fake: FakeAI, projects: Any, project: str) -> Any:
    key = projects.service_accounts.create(project, name="robot").api_key.value
    return fake.client(max_retries=0, api_key=key)


def ask(client: Any, model: str = MODEL, **given: Any) -> Any:
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}], **given)


def test_limits_are_the_models_until_they_are_set(projects: Any, project: str) -> None:
    limits = list(projects.rate_limits.list_rate_limits(project, limit=7))
    assert len({limit.id for limit in limits}) == len(limits) > 50
    assert all(limit.id == f"rl-{limit.model}" for limit in limits)
    page = projects.rate_limits.list_rate_limits(project, before=limits[5].id, limit=2)
    assert [limit.id for limit in page.data] == [limits[3].id, limits[4].id]
    changed = projects.rate_limits.update_rate_limit(f"rl-{MODEL}", project_id=project, max_requests_per_1_minute=3)
    assert changed.max_requests_per_1_minute == 3
    assert changed in list(projects.rate_limits.list_rate_limits(project))
    assert changed not in list(projects.rate_limits.list_rate_limits(projects.create(name="two").id))
    for name in ("rl-nothing", MODEL, "x"):
        with pytest.raises(openai.NotFoundError):
            projects.rate_limits.update_rate_limit(name, project_id=project, max_requests_per_1_minute=3)


def test_a_project_gets_as_many_answers_as_its_limit_says(
    projects: Any, project: str, robot: Any, fake: FakeAI
) -> None:
    ask(robot)
    projects.rate_limits.update_rate_limit(f"rl-{MODEL}", project_id=project, max_requests_per_1_day=3)
    left = [
        robot.chat.completions.with_raw_response.create(
            model=MODEL, messages=[{"role": "user", "content": "hi"}]
        ).headers["x-ratelimit-remaining-requests"]
        for _ in range(3)
    ]
    assert len(left) == 3
    with pytest.raises(
        openai.RateLimitError, match=r"on requests per day \(RPD\): Limit 3, Used 3, Requested 1"
    ) as over:
        ask(robot)
    assert (over.value.code, over.value.type) == ("rate_limit_exceeded", "requests")
    assert 0 < int(over.value.response.headers["retry-after"]) <= 86_400
    assert over.value.response.headers["x-ratelimit-remaining-requests"] == "0"
    assert ask(robot, "gpt-4o").choices, "another model has a limit of its own"
    assert ask(fake.client()).choices, "another project is not limited"


def test_tokens_are_limited_too_and_streams_are_put_right_at_their_end(projects: Any, project: str, robot: Any) -> None:
    projects.rate_limits.update_rate_limit(f"rl-{MODEL}", project_id=project, max_tokens_per_1_minute=16_010)
    with pytest.raises(
        openai.RateLimitError, match=r"tokens per min \(TPM\): Limit 16010, Used 0, Requested 160"
    ) as over:
        ask(robot, max_tokens=16_001)
    assert (over.value.code, over.value.type) == ("rate_limit_exceeded", "tokens")
    for _ in range(4):
        assert list(ask(robot, max_tokens=15_000, stream=True)), "what was not used is given back"


def test_models_that_are_not_allowed_are_refused_and_not_listed(projects: Any, project: str, robot: Any) -> None:
    permissions = projects.model_permissions
    with pytest.raises(openai.NotFoundError):
        permissions.retrieve(project)
    made = permissions.update(project, mode="deny_list", model_ids=[MODEL])
    assert (made.mode, made.api_model_ids) == ("deny_list", [MODEL])
    assert permissions.retrieve(project) == made
    for name in (MODEL, f"openai/{MODEL}", MODEL.upper()):
        with pytest.raises(openai.PermissionDeniedError, match="does not have access to model") as refused:
            ask(robot, name)
        assert refused.value.code == "model_not_found"
    assert MODEL not in [model.id for model in robot.models.list()]
    with pytest.raises(openai.NotFoundError):
        robot.models.retrieve(MODEL)
    assert ask(robot, "gpt-4o").choices
    permissions.update(project, mode="allow_list", model_ids=[MODEL])
    assert ask(robot).choices
    assert [model.id for model in robot.models.list()] == [MODEL]
    with pytest.raises(openai.PermissionDeniedError):
        ask(robot, "gpt-4o")
    assert permissions.delete(project).deleted
    assert ask(robot, "gpt-4o").choices
    with pytest.raises(openai.NotFoundError):
        permissions.delete(project)


def test_hosted_tools_tiers_and_retention_are_told_as_they_were_set(projects: Any, project: str) -> None:
    tools = projects.hosted_tool_permissions
    assert tools.retrieve(project).mcp.enabled
    tools.update(project, mcp={"enabled": False})
    tools.update(project, web_search={"enabled": False})
    told = tools.retrieve(project)
    assert (told.mcp.enabled, told.web_search.enabled, told.file_search.enabled) == (False, False, True)
    assert projects.data_retention.retrieve(project).type == "organization_default"
    projects.data_retention.update(project, retention_type="zero_data_retention")
    assert projects.data_retention.retrieve(project).type == "zero_data_retention"
    tiers = projects.service_tier_settings
    assert (tiers.retrieve(project).default, tiers.retrieve(project).enabled_tiers) == ("standard", "all")
    tiers.update(project, default="fast", enabled_tiers=["flex"])
    tiers.update(project, default="scale")
    assert (tiers.retrieve(project).default, tiers.retrieve(project).enabled_tiers) == ("scale", ["flex"])


def test_what_a_project_may_is_no_other_organization_s_to_say(projects: Any, project: str, robot: Any) -> None:
    foreign = {"OpenAI-Organization": "org-other"}
    for call in (
        lambda: projects.retrieve(project, extra_headers=foreign),
        lambda: projects.archive(project, extra_headers=foreign),
        lambda: projects.api_keys.list(project, extra_headers=foreign),
        lambda: projects.service_accounts.create(project, name="x", extra_headers=foreign),
        lambda: projects.model_permissions.update(project, mode="allow_list", model_ids=["x"], extra_headers=foreign),
        lambda: projects.rate_limits.update_rate_limit(
            f"rl-{MODEL}", project_id=project, max_requests_per_1_minute=0, extra_headers=foreign
        ),
    ):
        with pytest.raises(openai.NotFoundError, match=project):
            call()
    assert [one.name for one in projects.list(extra_headers=foreign)] == ["Default project"]
    assert ask(robot).choices
