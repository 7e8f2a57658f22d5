"""What the bytes of a file must be for its purpose."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import orjson

from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest
from fakeai.wire.base import MOST, bulky

_API_OF_LINES = {"batch": "Batch", "fine-tune": "Fine-Tuning"}.get
_IMAGES = ("gif", "jpeg", "jpg", "png", "webp")
_LONGEST_LINE = 2**24
"""Bytes of a line that is read: reading one holds up everybody else."""


def check_name(name: str, purpose: str) -> None:
    """Raises BadRequest for a name that no file of this purpose can have."""
    ending = name.lower().rpartition(".")[2]
    if (api := _API_OF_LINES(purpose)) is not None and ending != "jsonl":
        raise BadRequest(f"Invalid file format for {api} API. Must be .jsonl", param="file")
    if purpose == "vision" and ending not in _IMAGES:
        raise BadRequest(f"Invalid extension {ending}. Supported formats: {list(_IMAGES)}", param="file")


async def check(name: str, purpose: str, data: bytes) -> None:
    """Raises BadRequest for a file that its purpose cannot have. What a batch's lines say is its batch's business."""
    if not data:
        raise BadRequest("File is empty.", param="file")
    check_name(name, purpose)
    if purpose == "fine-tune":
        await off_loop(_check_lines, data)


def _check_lines(data: bytes) -> None:
    for number, line in _lines(data):
        try:
            found: Any = orjson.loads(line)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            start = line[:40].decode("utf-8", "replace")
            raise BadRequest(
                "Expected file to have JSONL format, where every line is a valid JSON dictionary. "
                f"Line {number} is not a dictionary (HINT: line starts with: {start!r}).",
                param="file",
            )


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers."""
    file = BytesIO(data)
    number = 0
    while line := file.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE or bulky(line):
            told = f"Line {number} is longer than {_LONGEST_LINE} bytes, or has more than {MOST}."
            raise BadRequest(told, param="file")
        if not line.isspace():
            yield number, line
