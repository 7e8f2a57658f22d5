"""Cursors of usage pages lead where they came from, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.errors import BadRequest
from fakeai.wire.usage_page import page_of, start_of


@given(st.integers(0, 2**40 - 1))
def test_a_cursor_leads_back(start: int) -> None:
    assert start_of(page_of(start)) == start


@given(st.text(max_size=20) | st.builds("page_{}".format, st.text("AB_-=", max_size=20)))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    try:
        assert page_of(start_of(text))[:12] == text[:12]
    except BadRequest as refused:
        assert refused.param == "page"


def test_times_far_beyond_any_calendar_are_refused() -> None:
    with pytest.raises(BadRequest):
        start_of(page_of(2**63))
