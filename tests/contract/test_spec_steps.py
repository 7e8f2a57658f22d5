"""Every reply about what is kept is what OpenAI's own document says it is, and requests of wrong types are refused."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from contract.asked import TABLES
from contract.document import faults, knows, media_types, pytestmark, schema_of, schema_of_body, takes_json, validator
from contract.hostile import WRONG, places, replaced
from contract.steps import BETAS, Asking, Step, answers
from fakeai.testing import FakeAI, run_virtual

__all__ = ["pytestmark"]

BYTES = {"/files/{file_id}/content", "/audio/speech"}
"""What the document calls JSON or bytes of any kind, and OpenAI's servers send as what it is."""

ONCE = {
    "/organization/external_storage",
    "/threads/{thread_id}/runs",
    "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs",
}
"""A project has one at most, so none may be made on trial; a thread has one run at a time, which takes outputs once."""


def wrong(step: Step, answer: httpx.Response) -> list[str]:
    """What is not as the document says in the answer to a step."""
    if not knows(step.method, step.row):
        return []
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
            httpx.AsyncClient(
                transport=fake.async_transport(), base_url="http://fakeai/v1", timeout=1e9, headers=BETAS
            ) as door,
        ):
            return [
                fault async for step, answer in answers(TABLES[table], door, before) for fault in wrong(step, answer)
            ]

    return run_virtual(main())


@pytest.mark.parametrize("table", TABLES)
def test_replies_are_what_the_document_says(table: str) -> None:
    assert asked(table) == []


FORM = ("x", "", "5", "-5", "1.5", "1e300", "[]", "\u0000")
"""What to put in each place of a form."""


def forbidden(schema: Any, body: Any, value: Any) -> bool:
    """Whether the document allows no such body, but for nulls, lists without items, and fields that nobody knows."""
    messages = [] if value is None or value == [] else [error.message for error in schema.iter_errors(body)]
    return any(not message.startswith("Additional properties are not allowed") for message in messages)


def explained(answer: httpx.Response) -> bool:
    """Whether the caller is told what is wrong, if anything is, in the words of the API."""
    return answer.is_success or faults("#/components/schemas/ErrorResponse", answer.json()) == []


@pytest.mark.parametrize("table", TABLES)
def test_a_wrong_type_anywhere_is_answered_or_refused_but_never_fails(table: str) -> None:
    """And refused where the document forbids it."""
    found: list[str] = []

    async def before(step: Step, body: Any, ask: Asking) -> None:
        if step.method != "POST" or body is None or step.row in ONCE:
            return
        known = knows(step.method, step.row) and takes_json(step.method, step.row) and not step.files
        schema = validator(schema_of_body(step.method, step.row)) if known else None
        assert schema is None or list(schema.iter_errors(body)) == [], step
        for at in places(body):
            for value in FORM if step.files else WRONG:
                given = replaced(body, at, value)
                answer = await ask(given)
                good = (400,) if schema is not None and forbidden(schema, given, value) else (200, 202, 400, 404)
                if answer.status_code not in good or not explained(answer):
                    found.append(f"{step.row} {at} {value!r} {answer.status_code} {answer.text[:200]}")

    asked(table, before)
    assert found == []
