"""What was kept last is there; there is never more than was said."""

from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.memory import Recent


@given(st.lists(st.integers(0, 9)), st.integers(1, 4))
def test_the_latest_is_always_there_and_there_are_never_too_many(keys: list[int], most: int) -> None:
    recent: Recent[int, str] = Recent(most)
    for key in keys:
        recent.put(key, str(key))
        assert recent.get(key) == str(key)
        assert len(recent) <= most
    assert all(recent.get(key) in (None, str(key)) for key in range(10))
