"""A limit is enforcing once its amount has been spent, and each organization and project has its own."""

from fakeai.testing import FakeAI

AMOUNT = {"currency": "USD", "interval": "month"}


def test_a_limit_is_enforcing_once_it_is_reached() -> None:
    with FakeAI(seed=1) as fake:
        client = fake.client(max_retries=0, admin_api_key="a")
        limits = client.admin.organization.spend_limit
        assert limits.update(**AMOUNT, threshold_amount=1).enforcement.status == "inactive"
        client.chat.completions.create(
            model="gpt-4", messages=[{"role": "user", "content": "word " * 2_000}], max_tokens=5
        )
        assert limits.retrieve().enforcement.status == "enforcing"
        assert limits.update(**AMOUNT, threshold_amount=1_000).enforcement.status == "inactive"


def test_a_limit_nobody_has_set_is_made_up_where_that_is_wanted() -> None:
    with FakeAI(conformance=True) as fake:
        organization = fake.client(admin_api_key="a").admin.organization
        assert organization.spend_limit.retrieve().threshold_amount == 0
        assert organization.spend_limit.delete().deleted
        assert (
            organization.projects.spend_alerts.retrieve("alert_1", project_id="proj_x").object == "project.spend_alert"
        )
