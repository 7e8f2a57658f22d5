"""What is said of a key, and what holds of one that nothing is said of."""

from fakeai.core.terms import Terms


def test_only_the_role_makes_an_admin() -> None:
    assert Terms(role="admin").admin
    assert not Terms(label="admin").admin


def test_where_nothing_is_said_there_is_no_end_of_anything() -> None:
    terms = Terms()
    assert (terms.role, terms.quota, terms.budget_usd, terms.models) == ("standard", None, None, ())
