"""What a batch's file must be, told line by line."""

from typing import Any

import orjson
import pytest

from fakeai.services.batch_checks import MOST_LINES, check, lines
from fakeai.wire.base import BODY_LIMIT

CHAT = "/v1/chat/completions"


def line(number: int, **more: Any) -> bytes:
    body = {"model": "gpt-4o-mini", "messages": []}
    row = {"custom_id": f"r{number}", "method": "POST", "url": CHAT, "body": body, **more}
    return orjson.dumps({name: value for name, value in row.items() if value is not None})


def faults(*rows: bytes, endpoint: str = CHAT) -> list[tuple[str, int | None, str | None]]:
    return [(fault["code"], fault["line"], fault["param"]) for fault in check(b"\n".join(rows), endpoint).errors]


def test_a_file_that_is_right_is_counted_and_has_one_model() -> None:
    data = b"\n\n".join(line(n) for n in range(3)) + b"\n"
    assert check(data, CHAT) == (3, "gpt-4o-mini", [])
    assert [(found.number, found.custom_id) for found in lines(data)] == [(1, "r0"), (3, "r1"), (5, "r2")]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (b"{not json", ("invalid_json_line", 2, None)),
        (b"[1]", ("invalid_json_line", 2, None)),
        (b"\xff", ("invalid_json_line", 2, None)),
        (b"[" * 100_000, ("invalid_json_line", 2, None)),
        (line(1, custom_id=None), ("missing_required_parameter", 2, "custom_id")),
        (line(1, method=None), ("missing_required_parameter", 2, "method")),
        (line(1, url=None), ("missing_required_parameter", 2, "url")),
        (line(1, body=None), ("missing_required_parameter", 2, "body")),
        (line(1, body=[]), ("invalid_type", 2, "body")),
        (line(1, custom_id=7), ("invalid_type", 2, "custom_id")),
        (line(0), ("duplicate_custom_id", 2, "custom_id")),
        (line(1, method="GET"), ("invalid_method", 2, "method")),
        (line(1, url="/v1/embeddings"), ("invalid_url", 2, "url")),
        (line(1, body={"model": "gpt-4o"}), ("mismatched_model", 2, "body.model")),
        (line(1, body={"model": "gpt-4o-mini", "stream": True}), ("invalid_request", 2, "body.stream")),
    ],
)
def test_each_fault_names_its_line(row: bytes, fault: tuple[str, int, str | None]) -> None:
    assert faults(line(0), row, line(9)) == [fault]


def test_a_line_of_too_much_is_too_large() -> None:
    for much in ([{}] * 1_000_002, "a" * BODY_LIMIT):
        assert faults(line(0), line(1, body={"model": "m", "x": much})) == [("line_too_large", 2, None)]


def test_a_file_of_nothing_or_of_too_much_is_one_fault() -> None:
    assert faults(b"", b"  ") == [("empty_file", None, None)]
    assert faults(*(line(n) for n in range(MOST_LINES + 1))) == [("too_many_tasks", None, None)]
    many = line(0, url="/v1/embeddings", body={"model": "m", "input": ["a"] * 30_000})
    more = line(1, url="/v1/embeddings", body={"model": "m", "input": ["a"] * 30_000})
    assert faults(many, endpoint="/v1/embeddings") == []
    assert faults(many, more, endpoint="/v1/embeddings") == [("too_many_inputs", None, None)]


def test_no_more_than_a_hundred_faults_are_told() -> None:
    assert len(faults(*[b"x"] * 500)) == 100


def test_lines_that_have_an_answer_are_left_out_and_the_rest_keep_their_numbers() -> None:
    data = b"\n".join(line(n) for n in range(3)) + b"\n\n" + line(3)
    assert [(one.number, one.custom_id) for one in lines(data)] == [(1, "r0"), (2, "r1"), (3, "r2"), (5, "r3")]
    assert [one.number for one in lines(data, {1, 3})] == [2, 5]


def test_where_models_have_other_names_lines_have_them() -> None:
    names = {"prod": "gpt-4o-mini"}
    data = line(1, body={"model": "prod"})
    assert check(data, CHAT, models=names) == (1, "gpt-4o-mini", [])
    assert [one.body for one in lines(data, models=names)] == [{"model": "gpt-4o-mini"}]
    for wrong in ({"model": "gpt-4o-mini"}, {"model": ["prod"]}, {}):
        (fault,) = check(line(1, body=wrong), CHAT, models=names).errors
        assert (fault["code"], fault["param"]) == ("model_not_found", "body.model")
