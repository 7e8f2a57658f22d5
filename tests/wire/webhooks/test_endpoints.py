"""Bodies of webhook endpoints: what is missing, empty or unknown is refused."""

from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.webhooks.endpoints import EndpointCreate, EndpointTest, EndpointUpdate, SecretRotate

GOOD = {"name": "n", "url": "https://example.com", "event_types": ["batch.completed"]}


def read(kind: Any, body: Any) -> Any:
    import orjson

    return parse(kind, orjson.dumps(body))


def test_an_endpoint_has_a_name_an_address_and_types() -> None:
    made = read(EndpointCreate, GOOD)
    assert (made.name, made.url, made.event_types) == ("n", "https://example.com", ["batch.completed"])


@pytest.mark.parametrize(
    ("kind", "body", "param"),
    [
        (EndpointCreate, {"name": "n", "url": "u"}, "event_types"),
        (EndpointCreate, {**GOOD, "event_types": []}, "event_types"),
        (EndpointCreate, {**GOOD, "event_types": ["batch.exploded"]}, "event_types[0]"),
        (EndpointCreate, {**GOOD, "event_types": ["live.call.incoming"]}, "event_types[0]"),
        (EndpointCreate, {**GOOD, "event_types": ["batch.completed"] * 101}, "event_types"),
        (EndpointCreate, {**GOOD, "name": ""}, "name"),
        (EndpointCreate, {**GOOD, "url": "x" * 2_049}, "url"),
        (EndpointUpdate, {"name": None}, "name"),
        (SecretRotate, {"keep_old_secret_active_for_24_hours": "yes"}, "keep_old_secret_active_for_24_hours"),
        (EndpointTest, {}, "event_type"),
    ],
)
def test_what_cannot_be_is_refused(kind: Any, body: Any, param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(kind, body)
    assert refused.value.param == param
