"""Every reply about what is kept is what OpenAI's own document says it is."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from contract.asked import TABLES
from contract.document import faults, media_types, pytestmark, schema_of
from contract.steps import Asking, Step, answers
from fakeai.testing import FakeAI, run_virtual

__all__ = ["pytestmark"]

BYTES = {"/files/{file_id}/content"}
"""What the document calls JSON, and OpenAI's servers send as it is."""


def wrong(step: Step, answer: httpx.Response) -> list[str]:
    """What is not as the document says in the answer to a step."""
    media = answer.headers.get("content-type", "").partition(";")[0]
    known = media_types(step.method, step.row)
    if media == "application/json" and media in known:
        found = faults(schema_of(step.method, step.row), answer.json(), step.row)
    else:
        found = [] if media in known or not known or step.row in BYTES else [f"{media} is none of {known}"]
    return [f"{step.method} {step.row} {fault}" for fault in found]


def asked(table: str, before: Callable[[Step, Any, Asking], Awaitable[None]] | None = None) -> list[str]:
    """What is wrong in the answers to a table, asked in virtual time."""

    async def main() -> list[str]:
        async with (
            FakeAI(seed=1) as fake,
            httpx.AsyncClient(transport=fake.async_transport(), base_url="http://fakeai/v1", timeout=1e9) as door,
        ):
            return [
                fault async for step, answer in answers(TABLES[table], door, before) for fault in wrong(step, answer)
            ]

    return run_virtual(main())


@pytest.mark.parametrize("table", TABLES)
def test_replies_are_what_the_document_says(table: str) -> None:
    assert asked(table) == []
