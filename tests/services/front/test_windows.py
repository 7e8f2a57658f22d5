"""The windows of a key are its own, or else its role's, and those of the model by itself."""

from fakeai.core.roles import Limits, Role
from fakeai.core.terms import Terms
from fakeai.services.front.windows import DAY_S, MINUTE_S, own_limits, windows


def test_what_a_key_says_comes_before_what_its_role_says() -> None:
    role = Role(Limits(rpm=1, tpm=2, rpd=3))
    assert own_limits(Terms(rpm=9, rpd=0), role) == Limits(rpm=9, tpm=2, rpd=0, tpd=0)


def test_there_is_a_window_for_each_limit_there_is() -> None:
    found = windows("key", Terms(tpd=5), Role(Limits(rpm=1)))
    assert [(one.of, one.limit, one.length_s) for one in found] == [("requests", 1, MINUTE_S), ("tokens", 5, DAY_S)]
    assert windows("key", Terms(), Role()) == ()


def test_models_and_keys_have_windows_of_their_own() -> None:
    role = Role(Limits(rpm=5), {"": Limits(rpm=2)})
    found = [*windows("a", Terms(), role, "m"), *windows("a", Terms(), role, "n"), *windows("b", Terms(), role, "m")]
    assert len({one.key for one in found}) == 5, "a key's window of all models is one"
    assert [one.model for one in found[:2]] == ["", "m"]
