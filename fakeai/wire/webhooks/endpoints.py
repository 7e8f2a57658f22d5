"""The management of a project's webhook endpoints."""

from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import Items, Omittable, Wire, shown_as
from fakeai.wire.webhooks.events import EventType

EventTypes = Annotated[Items[EventType], MinLen(1), MaxLen(100)]
Name = Annotated[str, MinLen(1), MaxLen(256)]
Url = Annotated[str, MinLen(1), MaxLen(2048)]


class EndpointCreate(Wire):
    """Body of `POST /webhook_endpoints`."""

    model_config = shown_as(
        {"name": "batches", "url": "https://example.com/hook", "event_types": ["batch.completed", "batch.failed"]}
    )

    name: Name
    url: Url
    event_types: EventTypes


class EndpointUpdate(Wire):
    """Body of `POST /webhook_endpoints/{webhook_endpoint_id}`."""

    name: Omittable[Name] = None
    url: Omittable[Url] = None
    event_types: Omittable[EventTypes] = None


class SecretRotate(Wire):
    """Body of `POST /webhook_endpoints/{webhook_endpoint_id}/rotate_secret`."""

    keep_old_secret_active_for_24_hours: Omittable[bool] = None


class EndpointTest(Wire):
    """Body of `POST /webhook_endpoints/{webhook_endpoint_id}/test`."""

    event_type: EventType


class WebhookEndpoint(TypedDict):
    """Where events of some types are sent. `signing_secret_hint` has the secret's last characters."""

    id: str
    object: Literal["webhook_endpoint"]
    created_at: int
    updated_at: int
    name: str
    url: str
    event_types: list[str]
    signing_secret_hint: str


class WebhookEndpointWithSecret(WebhookEndpoint):
    """The same when it is made, or has got another secret, which is not shown again."""

    signing_secret: str


class EndpointTestResult(TypedDict):
    """What an endpoint has answered to an event that was sent to try it out."""

    object: Literal["webhook_endpoint.test"]
    webhook_endpoint_id: str
    event_type: str
    status_code: int
    success: Literal[True]


class EventTypeList(TypedDict):
    """The types of events there are."""

    object: Literal["list"]
    data: list[str]
