"""Real parts for services, without a server: a directory, a backend, and calls made by hand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson
import pytest

from fakeai.core import catalog
from fakeai.core.call import ANYONE, Call, Principal, Service
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock, WallClock
from fakeai.services.directory import ModelDirectory
from fakeai.services.webhooks.endpoints import WebhookOptions, Webhooks
from fakeai.sim.timing import Distribution, Latency, LatencyProfile
from fakeai.store.jobs import Jobs
from fakeai.store.sql import Sql, SqlDatabase
from fakeai.wire.base import parse

MakeCall = Callable[..., Call]

_CATALOG = catalog.load()


@pytest.fixture
def directory() -> ModelDirectory:
    return ModelDirectory(_CATALOG, strict=False, default="gpt-4o-mini")


@pytest.fixture
def clock() -> WallClock:
    return WallClock(epoch=1_760_000_000.0)


@pytest.fixture
def db(clock: WallClock) -> Iterator[SqlDatabase]:
    sql = Sql()
    yield SqlDatabase(sql, clock)
    sql.close()


@pytest.fixture
def ids() -> Ids:
    return Ids(b"tests")


def make_webhooks(db: SqlDatabase, clock: Clock, options: WebhookOptions | None = None) -> Webhooks:
    """Webhooks of a server that works on nothing."""
    ids = Ids(b"webhooks")
    return Webhooks(db, Jobs(db, clock, ids), ids, clock, options or WebhookOptions(), lenient=False, synthesize=False)


@pytest.fixture
def webhooks(db: SqlDatabase, clock: WallClock) -> Webhooks:
    return make_webhooks(db, clock)


@pytest.fixture
def no_latency() -> LatencyProfile:
    zero = Distribution("constant", 0.0)
    return LatencyProfile(Latency(zero, zero), {})


@pytest.fixture
def make_call() -> MakeCall:
    def make(
        service: Service,
        handler: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        query: Mapping[str, Sequence[str]] | None = None,
        principal: Principal = ANYONE,
    ) -> Call:
        endpoint = next(row for row in service.ENDPOINTS if row.handler == handler)
        call = Call(
            "req_1", endpoint, endpoint.path, headers or {}, params=params or {}, query=query or {}, principal=principal
        )
        if endpoint.body is not None:
            call.body = parse(endpoint.body, orjson.dumps(body))
        return call

    return make
