"""Rules go with their provider, and ids that name nothing are made up where that is wanted."""

from fakeai.testing import FakeAI


def test_rules_of_providers_nobody_has_made_are_made_up() -> None:
    with FakeAI(conformance=True) as fake:
        providers = fake.client(admin_api_key="a").admin.organization.workload_identity_providers
        assert providers.retrieve("wip_x").id == "wip_x"
        assert providers.update("wip_x", name="n").name == "n"
        rule = providers.federation_rules.retrieve("rule_x", workload_identity_provider_id="wip_x")
        assert (rule.id, rule.workload_identity_provider_id) == ("rule_x", "wip_x")


def test_a_provider_of_that_id_begins_without_rules() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(max_retries=0, admin_api_key="a").admin.organization
        providers = organization.workload_identity_providers
        account = organization.projects.service_accounts.create("proj_fakeai", name="s").id
        made = [providers.create(name="p", type="oidc", issuer="https://i", audience="a").id for _ in range(2)]
        for provider in made:
            providers.federation_rules.create(
                provider, project_id="proj_fakeai", service_account_id=account, attribute_matchers={}
            )
        providers.delete(made[0])
        assert len(providers.federation_rules.list(made[1]).data) == 1
        (event,) = organization.audit_logs.list(event_types=["workload_identity_provider.deleted"])
        assert event.workload_identity_provider_deleted.name == "p"
