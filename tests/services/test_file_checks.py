"""What is refused for which purpose, and how the line at fault is named."""

import pytest

from fakeai.core.errors import BadRequest
from fakeai.services.file_checks import check, check_name

LINE = b'{"messages": []}\n'


@pytest.mark.parametrize(
    ("name", "purpose", "data"),
    [
        ("a.jsonl", "fine-tune", LINE * 3),
        ("A.JSONL", "fine-tune", LINE + b"\n  \r\n" + LINE.rstrip()),
        ("a.jsonl", "batch", b"what a batch says is its own business"),
        ("a.webp", "vision", b"x"),
        ("a", "user_data", b"\0"),
        ("a.txt", "evals", b"x"),
    ],
)
async def test_what_a_purpose_can_have_passes(name: str, purpose: str, data: bytes) -> None:
    await check(name, purpose, data)


@pytest.mark.parametrize(
    ("name", "purpose", "message"),
    [
        ("a.txt", "batch", "Invalid file format for Batch API. Must be .jsonl"),
        ("ajsonl", "fine-tune", "Invalid file format for Fine-Tuning API. Must be .jsonl"),
        ("a.svg", "vision", "Invalid extension svg. Supported formats: ['gif', 'jpeg', 'jpg', 'png', 'webp']"),
    ],
)
def test_a_name_tells_the_format(name: str, purpose: str, message: str) -> None:
    with pytest.raises(BadRequest) as refused:
        check_name(name, purpose)
    assert (refused.value.message, refused.value.param) == (message, "file")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "File is empty."),
        (LINE + b"\n[1]", r"Line 3 is not a dictionary \(HINT: line starts with: '\[1\]'\)"),
        (LINE + b"\xff", "Line 2 is not a dictionary"),
        (LINE + LINE.strip() + LINE, "Line 2 is not a dictionary"),
        (b'{"a": NaN}', "Line 1 is not a dictionary"),
        (b"[" * 100_000, "Line 1 is not a dictionary"),
    ],
)
async def test_training_lines_must_be_objects(data: bytes, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        await check("a.jsonl", "fine-tune", data)


async def test_training_lines_have_a_size() -> None:
    for line, message in (
        (b" " * (2**24 + 1), "Line 2 is longer than 16777216 bytes"),
        (b'{"a": [' + b"{}," * 1_000_001 + b"0]}", "Line 2 .* has more than 1000000 items"),
    ):
        with pytest.raises(BadRequest, match=message):
            await check("a.jsonl", "fine-tune", LINE + line)
