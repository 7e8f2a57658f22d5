"""Times and columns of traces that are tables; whole files are read in test_traces."""

import pytest

from fakeai.sim.trace_tables import detect, read, stamp


def test_a_stamp_is_seconds_whatever_its_fraction_and_zone():
    assert stamp("1970-01-01 00:01:00") == 60.0
    assert stamp("1970-01-01 00:00:00.5000001") == 0.5
    assert stamp("2023-03-26 03:00:00") - stamp("2023-03-26 01:00:00") == 7200.0  # no summer time
    assert stamp("2024-05-10 00:00:00+00:00") == stamp("2024-05-10 00:00:00")


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (b"TIMESTAMP,ContextTokens,GeneratedTokens", "azure"),
        (b"Timestamp,Model,Request tokens,Response tokens,Total tokens", "burstgpt"),
        (b'"arrival_timestamp", "prompt_size", "token_size"', "splitwise"),
        (b"time,tokens", None),
    ],
)
def test_the_first_line_tells_the_format(head, format):
    assert detect(head) == format


def test_a_quote_that_is_not_closed_ends_with_its_line():
    lines = [b"Timestamp,Model,Request tokens,Response tokens", b'1,"GPT,5,6', b"2,GPT,7,8"]
    rows, broken = read(lines, "burstgpt", lambda at, prompt, output: (at, prompt, output))
    assert rows == [(2.0, 7, 8)]
    assert [line for line, _ in broken] == [2]
