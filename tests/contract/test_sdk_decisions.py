"""Decisions as the official SDK sees them, what they use, and where they cannot be had."""

import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI

TICKET = "My card was charged twice and nobody answers. Please refund me, this is urgent!"
DESK = {
    "type": "choice",
    "name": "desk",
    "instructions": "Which desk should handle it?",
    "choices": [{"value": "billing", "description": "Payments"}, {"value": "technical"}, {"value": "other"}],
}
TRUE = {"type": "predicate", "name": "refund", "instructions": "The customer asks for a refund."}
HOW_MUCH = {
    "type": "score",
    "name": "urgency",
    "instructions": "How urgent is it?",
    "levels": [{"label": "not at all"}, {"label": "somewhat"}, {"label": "very"}],
}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture
def client(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, _strict_response_validation=True)


def test_a_ticket_is_sorted(client: Any) -> None:
    made = client.decisions.create(model="gpt-6-luna", input=TICKET, questions=[DESK, TRUE, HOW_MUCH])
    desk, refund, urgency = made.answers
    assert (desk.name, desk.choice) == ("desk", "billing")
    assert refund.probability > 0.8
    assert urgency.score > 1
    assert sum(each.probability for each in urgency.probabilities) == pytest.approx(1)
    assert made == client.decisions.create(model="gpt-6-luna", input=TICKET, questions=[DESK, TRUE, HOW_MUCH])


def test_usage_of_decisions_is_told_by_itself() -> None:
    start = int(time.time()) // 86_400 * 86_400
    with FakeAI(seed=1) as fake:
        made = fake.client().decisions.create(model="gpt-6-luna", input=TICKET, questions=[TRUE])
        usage = fake.client(admin_api_key="k").admin.organization.usage
        page = usage.decisions(start_time=start, group_by=["model"])
        (result,) = [result for bucket in page.data for result in bucket.results]
        assert (result.model, result.input_tokens) == ("gpt-6-luna", made.usage.input_tokens)
        assert usage.completions(start_time=start).data[-1].results == []


def test_other_models_do_not_decide(client: Any) -> None:
    with pytest.raises(openai.NotFoundError, match="v1/decisions"):
        client.decisions.create(model="gpt-4o", input=TICKET, questions=[TRUE])


def test_faults_are_told_by_their_place(client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as told:
        client.decisions.create(model="gpt-6-luna", input=TICKET, questions=[TRUE, {**DESK, "choices": []}])
    assert told.value.param == "questions[1].choices"
