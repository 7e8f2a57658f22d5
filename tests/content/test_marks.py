"""Marks are found wherever they are, as if the bytes were searched at once."""

import pytest

from fakeai.content import marks
from fakeai.content.marks import find, places

DATA = b"aab" * 5 + b"b" * 7 + b"aabaab"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1_000])
@pytest.mark.parametrize("mark", [b"a", b"ab", b"aab", b"aabaab", b"x", b"bbbbbbbb"])
def test_it_does_not_matter_where_the_bytes_are_cut(monkeypatch: pytest.MonkeyPatch, size: int, mark: bytes):
    monkeypatch.setattr(marks, "_PART", size)
    assert [find(DATA, mark, start) for start in range(40)] == [DATA.find(mark, start) for start in range(40)]
    assert len(list(places(DATA, mark))) == DATA.count(mark)


def test_in_nothing_there_is_none():
    assert find(b"", b"a") == -1 and list(places(b"", b"a")) == []
