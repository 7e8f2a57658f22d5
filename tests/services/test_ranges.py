"""Ranges of bytes, and names that are safe in a header."""

import pytest

from fakeai.core.errors import RangeNotSatisfiable
from fakeai.services.ranges import Span, disposition, download, span


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=8-99", (8, 10)),
        (" bytes=1-2 ", (1, 3)),
        ("bytes=-", None),
        ("bytes=3-1", None),
        ("bytes=a-b", None),
        ("items=0-1", None),
        ("bytes=0-1,3-4", None),
        ("bytes=" + ",".join(["0-0"] * 1_000), None),
        ("bytes=" + "9" * 5_000 + "-", None),
    ],
)
def test_one_range_counts_and_anything_else_is_the_whole(header: str | None, expected: tuple[int, int] | None) -> None:
    assert span(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=999999999999999999-"])
def test_a_range_behind_the_end_is_refused_with_the_size(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        span(header, 10)
    assert (refused.value.status, refused.value.headers) == (416, {"content-range": "bytes */10"})


def test_a_download_says_what_it_is_a_part_of() -> None:
    whole = download(b"0123456789", "a.txt", "text/plain", 10, None)
    assert (whole.status, whole.body, whole.media_type) == (200, b"0123456789", "text/plain")
    part = download(b"234", "a.txt", "text/plain", 10, Span(2, 5))
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a b.txt", 'attachment; filename="a b.txt"'),
        ('a"b\\c.txt', "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%22b%5Cc.txt"),
        ("ü\r\nX: y", "attachment; filename=\"___X: y\"; filename*=UTF-8''%C3%BC%0D%0AX%3A%20y"),
        ("\ud800", "attachment; filename=\"_\"; filename*=UTF-8''%3F"),
    ],
)
def test_no_name_breaks_out_of_its_header(name: str, expected: str) -> None:
    assert disposition(name) == expected
