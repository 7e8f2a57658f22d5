"""Roles say what keys may, of all together and of each model."""

from fakeai.core import roles
from fakeai.core.roles import Limits, Role


def test_the_table_has_fakeais_roles_and_openais_tiers() -> None:
    known = roles.load()
    assert known["admin"].limits == Limits()
    assert (known["standard"].limits.rpm, known["free"].limits.rpm) == (120, 30)
    tiers = [known[f"tier-{number}"].of("gpt-4o") for number in range(1, 6)]
    tokens = [tier.tpm for tier in tiers if tier is not None]
    assert tokens == sorted(set(tokens)) and len(tokens) == 5


def test_a_model_has_the_limits_of_the_longest_beginning_of_its_id() -> None:
    role = Role(models={"": Limits(rpm=1), "gpt-4o": Limits(rpm=2), "gpt-4o-mini": Limits(rpm=3)})
    found = [role.of(model) for model in ("o1", "gpt-4o-2024-08-06", "gpt-4o-mini")]
    assert [limits.rpm for limits in found if limits is not None] == [1, 2, 3]
    assert Role().of("o1") is None
