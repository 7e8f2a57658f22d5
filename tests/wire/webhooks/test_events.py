"""Every type of event has a sample of the shape that the official SDK, and OpenAI's document, say it has."""

from typing import Any, get_args, get_type_hints

import pytest
from contract.document import DOCUMENT, document, validator
from openai.types.webhooks import UnwrapWebhookEvent
from openai.types.webhooks.webhook_create_params import WebhookCreateParams
from pydantic import TypeAdapter

from fakeai.wire.webhooks.events import EVENT_TYPES, Event, EventType, sample

SHAPES: TypeAdapter[Any] = TypeAdapter(UnwrapWebhookEvent)
IN_DOCUMENT = document()["webhooks"] if DOCUMENT.is_file() else {}


def event(type: EventType) -> Event:
    return {"id": "evt_1", "object": "event", "created_at": 1, "type": type, "data": sample(type)}


@pytest.mark.parametrize("type", [one for one in EVENT_TYPES if not one.startswith("video.")])
def test_a_sample_is_as_the_sdk_has_it(type: EventType) -> None:
    parsed = SHAPES.validate_python(event(type), strict=True)
    assert parsed.type == type
    assert not parsed.model_extra and not parsed.data.model_extra


@pytest.mark.parametrize("type", EVENT_TYPES)
def test_a_sample_is_as_the_document_has_it(type: EventType) -> None:
    name = type.replace(".", "_")
    if name in IN_DOCUMENT:
        body = IN_DOCUMENT[name]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert validator(body["$ref"]).is_valid(event(type))


def test_all_that_the_sdk_lets_one_ask_for_is_there() -> None:
    (literal,) = get_args(get_type_hints(WebhookCreateParams)["event_types"])
    assert set(get_args(literal)) <= set(EVENT_TYPES)
