"""Webhook endpoints: a project's, over HTTP, and the server's own, by its settings; and who is told of which event."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import orjson

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError, BadRequest, NotFound, RateLimited
from fakeai.services.base import lenient
from fakeai.services.resource import SYNTHESIZED, Resource, deleted
from fakeai.services.webhooks.addresses import Unfit, target
from fakeai.services.webhooks.deliveries import Deliveries, Receiver
from fakeai.services.webhooks.sending import Sender
from fakeai.services.webhooks.signing import hint, new_secret
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Jobs
from fakeai.store.objects import shown
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery
from fakeai.wire.webhooks.endpoints import (
    EndpointCreate,
    EndpointTest,
    EndpointTestResult,
    EndpointUpdate,
    EventTypeList,
    SecretRotate,
    WebhookEndpoint,
)
from fakeai.wire.webhooks.events import EVENT_TYPES, Event, EventType, sample

_ONE = "/webhook_endpoints/{webhook_endpoint_id}"
_TAG = "Webhooks"
_MOST = 100
"""Endpoints of a project."""
_DAY_S = 86_400
_TESTS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class WebhookOptions:
    """What the settings say: addresses that are told of everything, and how to send."""

    urls: Sequence[str] = ()
    secret: str = ""
    allow_private: bool = False
    timeout_s: float = 10.0


class Webhooks:
    """`/webhook_endpoints`, and `tell` for whoever has something to tell."""

    ENDPOINTS = (
        Endpoint("GET", "/webhook_endpoints", "list", "List webhook endpoints", tag=_TAG),
        Endpoint("POST", "/webhook_endpoints", "create", "Create a webhook endpoint", body=EndpointCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get a webhook endpoint", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change a webhook endpoint", body=EndpointUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a webhook endpoint", tag=_TAG),
        Endpoint(
            "POST", _ONE + "/rotate_secret", "rotate", "Give an endpoint another secret", body=SecretRotate, tag=_TAG
        ),
        Endpoint("POST", _ONE + "/test", "test", "Send an endpoint a sample event", body=EndpointTest, tag=_TAG),
        Endpoint("GET", "/webhook_event_types", "event_types", "List types of events", tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        jobs: Jobs,
        ids: Ids,
        clock: Clock,
        webhook_options: WebhookOptions,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._jobs = jobs
        self._ids = ids
        self._options = webhook_options
        self._lenient = lenient
        self._endpoints = Resource(db, "webhook_endpoint", WebhookEndpoint, _missing, synthesize=synthesize, made=_made)
        sender = Sender(clock, allow_private=webhook_options.allow_private, timeout_s=webhook_options.timeout_s)
        self._deliveries = Deliveries(db, jobs, sender, self._receiver)
        self._told = count()
        self._testing = 0

    # -- for other services

    def tell(self, tx: Tx, owner: str, type: EventType, data: Mapping[str, Any]) -> None:
        """Have everybody told who wants to know of it, once this transaction is committed; call `wake` then.

        `data` is what the event's type is about: JSON (hence Any), mostly `{"id": …}`.
        """
        receivers = [
            *(endpoint["id"] for endpoint in self._endpoints.rows.every(tx, owner) if type in endpoint["event_types"]),
            *self._options.urls,
        ]
        if not receivers:
            return
        now = self._db.now()
        ids = Ids(f"{owner}\n{type}\n{now}\n{next(self._told)}\n".encode() + orjson.dumps(data))
        event = _event(ids.hex("evt_"), type, data, now)
        for receiver in receivers:
            self._deliveries.add(tx, owner, receiver, ids.hex("wh_"), event)

    def wake(self) -> None:
        """What was told of in a transaction that is committed may be sent."""
        self._jobs.wake()

    # -- over HTTP

    async def list(self, call: Call) -> Reply:
        """A page of endpoints, the newest first. Raises BadRequest for a bad query."""
        return Reply(await self._endpoints.page(call, ListQuery.from_query(call.query)))

    async def create(self, call: Call) -> Reply:
        """An endpoint with its secret, which is not shown again. Raises BadRequest for an address that is not sent to."""
        body: EndpointCreate = call.body
        self._check(call, body.url)
        secret, now, owner = new_secret(self._ids), int(self._db.now()), call.principal.owner
        endpoint: WebhookEndpoint = {
            "id": self._ids.hex("we_"),
            "object": "webhook_endpoint",
            "created_at": now,
            "updated_at": now,
            "name": body.name,
            "url": body.url,
            "event_types": [*dict.fromkeys(body.event_types)],
            "signing_secret_hint": hint(secret),
        }

        def add(tx: Tx) -> None:
            if self._endpoints.rows.count(tx, owner) >= _MOST:
                raise BadRequest(f"A project cannot have more than {_MOST} webhook endpoints.")
            self._endpoints.rows.add(tx, owner, {**endpoint, "_secret": secret, "_old": None})

        await self._db.run(add)
        return Reply({**endpoint, "signing_secret": secret})

    async def retrieve(self, call: Call) -> Reply:
        """An endpoint; NotFound if there is none."""
        return Reply(shown(await self._get(call)))

    async def update(self, call: Call) -> Reply:
        """The endpoint with another name, address or types of events. Raises NotFound, BadRequest as for a new one."""
        body: EndpointUpdate = call.body
        if body.url is not None:
            self._check(call, body.url)
        asked = {"name": body.name, "url": body.url, "event_types": body.event_types}
        given = {name: value for name, value in asked.items() if value is not None}
        if body.event_types is not None:
            given["event_types"] = [*dict.fromkeys(body.event_types)]
        return Reply(shown(await self._change(call, lambda found: {**found, **given})))

    async def delete(self, call: Call) -> Reply:
        """Forget an endpoint, and what was still to be sent to it; NotFound if there is none."""
        gone = await self._endpoints.remove(call, call.params["webhook_endpoint_id"])
        return Reply(deleted(gone["id"], "webhook_endpoint.deleted"))

    async def rotate(self, call: Call) -> Reply:
        """The endpoint with another secret; the one before may stay good for a day. NotFound if there is none."""
        body: SecretRotate = call.body
        secret = new_secret(self._ids)
        until = self._db.now() + _DAY_S if body.keep_old_secret_active_for_24_hours else 0.0

        def change(found: Object) -> Object:
            old = {"secret": found["_secret"], "until": until} if until and "_secret" in found else None
            return {**found, "signing_secret_hint": hint(secret), "_secret": secret, "_old": old}

        return Reply({**shown(await self._change(call, change)), "signing_secret": secret})

    async def test(self, call: Call) -> Reply:
        """What the endpoint answers to a sample. Raises NotFound, RateLimited, BadRequest if it does not answer."""
        body: EndpointTest = call.body
        found = await self._get(call)
        status = 200 if SYNTHESIZED in found else await self._try(found, body.event_type)
        result: EndpointTestResult = {
            "object": "webhook_endpoint.test",
            "webhook_endpoint_id": found["id"],
            "event_type": body.event_type,
            "status_code": status,
            "success": True,
        }
        return Reply(result)

    async def event_types(self, call: Call) -> Reply:
        """All types of events."""
        known: EventTypeList = {"object": "list", "data": [*EVENT_TYPES]}
        return Reply(known)

    # -- the rest

    async def _get(self, call: Call) -> Object:
        return await self._endpoints.get(call, call.params["webhook_endpoint_id"])

    async def _change(self, call: Call, change: Callable[[Object], Object]) -> Object:
        """The endpoint as `change` makes it, and when, if that is another one."""

        def dated(found: Object) -> Object:
            changed = change(found)
            return found if changed == found else {**changed, "updated_at": int(self._db.now())}

        return await self._endpoints.change(call, call.params["webhook_endpoint_id"], dated)

    async def _try(self, endpoint: Object, type: EventType) -> int:
        if self._testing >= _TESTS_AT_ONCE:
            raise RateLimited("Too many webhook endpoints are being tested. Please retry.", "requests", 1.0)
        self._testing += 1
        try:
            event = _event(self._ids.hex("evt_"), type, sample(type), self._db.now())
            to = Receiver(endpoint["url"], _secrets(endpoint, self._db.now()))
            outcome = await self._deliveries.post(to, self._ids.hex("wh_"), event)
        finally:
            self._testing -= 1
        if outcome.status is None:
            told = f"The test event could not be delivered to the webhook endpoint: {outcome.fault}."
            raise BadRequest(told, code="webhook_delivery_failed")
        return outcome.status

    def _check(self, call: Call, url: str) -> None:
        if lenient(call, self._lenient):
            return
        try:
            target(url, allow_private=self._options.allow_private)
        except Unfit as unfit:
            raise BadRequest(f"Invalid 'url': {unfit}.", param="url", code="invalid_value") from None

    def _receiver(self, tx: Tx, owner: str, name: str) -> Receiver | None:
        if name in self._options.urls:
            return Receiver(name, (self._options.secret,))
        found = self._endpoints.rows.get(tx, owner, name)
        return None if found is None else Receiver(found["url"], _secrets(found, self._db.now()))


def _event(id: str, type: EventType, data: Mapping[str, Any], now: float) -> Event:
    return {"id": id, "object": "event", "created_at": int(now), "type": type, "data": data}


def _secrets(endpoint: Object, now: float) -> Sequence[str]:
    """Those that are good for it: its own first."""
    old = endpoint["_old"]
    return [endpoint["_secret"], *([old["secret"]] if old is not None and now < old["until"] else ())]


def _made(id: str) -> Object:
    return {**example(WebhookEndpoint, id), "id": id, "event_types": ["batch.completed"]}


def _missing(id: str) -> ApiError:
    return NotFound(f"Webhook endpoint '{id}' not found.", param="webhook_endpoint_id")
