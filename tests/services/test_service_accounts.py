"""Service accounts are told of, and those that are made up get keys that nobody can use."""

from fakeai.testing import FakeAI


def test_made_up_accounts_are_not_kept_and_their_keys_are_none() -> None:
    with FakeAI(conformance=True) as fake:
        accounts = fake.client(admin_api_key="a").admin.organization.projects.service_accounts
        made = accounts.api_keys.create("user_x", project_id="p", name="n")
        assert (made.name, made.value) == ("n", "sk-svcacct-none")
        assert accounts.update("user_x", project_id="p", name="m").name == "m"
        assert accounts.delete("user_x", project_id="p").deleted
        assert accounts.list("p").data == []


def test_an_account_s_keys_tell_what_it_is_called() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(admin_api_key="a").admin.organization
        projects = organization.projects
        made = projects.service_accounts.create("proj_fakeai", name="robot")
        projects.service_accounts.update(made.id, project_id="proj_fakeai", name="android", role="owner")
        (key,) = projects.api_keys.list("proj_fakeai")
        assert key.owner.service_account is not None
        assert (key.owner.service_account.name, key.owner.service_account.role) == ("android", "owner")
        types = [event.type for event in organization.audit_logs.list(resource_ids=[made.id])]
        assert types == ["service_account.updated", "service_account.created"]


def test_what_an_account_does_is_told_as_its_own() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(admin_api_key="a").admin.organization
        made = organization.projects.service_accounts.create("proj_fakeai", name="robot")
        assert made.api_key is not None
        robot = fake.client(api_key=made.api_key.value)
        robot.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hi"}])
        used = organization.usage.completions(
            start_time=made.created_at - 86_400, bucket_width="1d", group_by=["api_key_id", "user_id"]
        )
        (bucket,) = [bucket for bucket in used.data if bucket.results]
        assert [(one.api_key_id, one.user_id) for one in bucket.results] == [(made.api_key.id, made.id)]  # type: ignore[union-attr]
