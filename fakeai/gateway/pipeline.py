"""The one door: HTTP, batches, experiments and tests all call `Gateway.handle`."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from fakeai.core.call import Call, Endpoint, Handler, Middleware, Origin, Reply, Service
from fakeai.core.errors import Unavailable, UpgradeRequired


class Later(NamedTuple):
    """A service that is made when somebody first asks for a path with one of its `roots` as the first segment."""

    roots: frozenset[str]
    make: Callable[[], Service]


class Gateway:
    """The ordered middlewares around the handlers of all services.

    Chains are built once per endpoint and origin, when one is first called: a middleware that does not apply costs
    nothing. One with a `header` is in the way only of calls that have it; one with a method `applies` only of the
    endpoints it says so of.
    """

    def __init__(self, services: Iterable[Service | Later], middleware: Sequence[Middleware]) -> None:
        self._middleware = middleware
        self._services = list(services)
        self._below: dict[str, list[int]] = {}
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._chains: dict[tuple[Origin, str, str], Handler] = {}
        self._draining = False
        for number, service in enumerate(self._services):
            for root in service.roots if isinstance(service, Later) else {_root(row.path) for row in service.ENDPOINTS}:
                self._below.setdefault(root, []).append(number)
            if not isinstance(service, Later):
                self._handlers |= _handlers(service)

    @property
    def endpoints(self) -> list[Endpoint]:
        """The rows of all services, in their order; those that were not there yet are made."""
        return [row for number in range(len(self._services)) for row in self._service(number).ENDPOINTS]

    def below(self, root: str) -> list[Endpoint]:
        """The rows whose paths begin with that segment."""
        services = map(self._service, self._below.get(root, ()))
        return [row for service in services for row in service.ENDPOINTS if _root(row.path) == root]

    def find_row(self, method: str, path: str) -> Endpoint | None:
        """The row of exactly this path, as rows write it."""
        return next((row for row in self.below(_root(path)) if (row.method, row.path) == (method, path)), None)

    def drain(self) -> None:
        """Refuse whoever comes from here on, but for probes; what is under way goes on."""
        self._draining = True
        self._chains.clear()

    def _service(self, number: int) -> Service:
        service = self._services[number]
        if isinstance(service, Later):
            service = self._services[number] = service.make()
            self._handlers |= _handlers(service)
        return service

    async def handle(self, call: Call) -> Reply:
        """Answer `call`; raises ApiError."""
        endpoint = call.endpoint
        chain = self._chains.get((call.origin, endpoint.method, endpoint.path)) or self._build(endpoint, call.origin)
        return await chain(call)

    def _build(self, endpoint: Endpoint, origin: Origin) -> Handler:
        applied = [step for step in self._middleware if _applies(step, endpoint, origin)]
        handler = self._handlers[endpoint.method, endpoint.path]
        if self._draining and origin == "http" and not endpoint.probe:
            handler, applied = _refuse, applied[:1]  # the outermost writes down what comes, refusals too
        chain = _chain(_over_sockets(handler) if endpoint.reply == "socket" else handler, applied)
        self._chains[origin, endpoint.method, endpoint.path] = chain
        return chain


async def _refuse(call: Call) -> Reply:
    """Nobody is let in any more."""
    raise Unavailable("The server is shutting down. Please retry.", code="shutting_down", retry_after=1.0)


def _root(path: str) -> str:
    return path.split("/", 2)[1]


def _handlers(service: Service) -> dict[tuple[str, str], Handler]:
    return {(row.method, row.path): getattr(service, row.handler) for row in service.ENDPOINTS}


def _applies(step: Middleware, endpoint: Endpoint, origin: Origin) -> bool:
    if endpoint.probe or origin not in step.origins:
        return False
    applies: Callable[[Endpoint], bool] | None = getattr(step, "applies", None)
    return applies is None or applies(endpoint)


def _over_sockets(handler: Handler) -> Handler:
    """A handler that talks, for callers who can. Who cannot is told so once he is let in."""

    async def handle(call: Call) -> Reply:
        if not call.websocket:
            raise UpgradeRequired
        reply = await handler(call)
        reply.status = 101
        return reply

    return handle


def _chain(handler: Handler, steps: Sequence[Middleware]) -> Handler:
    for step in reversed(steps):
        handler = _around(step, handler)
    return handler


def _around(step: Middleware, inner: Handler) -> Handler:
    header: str | None = getattr(step, "header", None)

    def handle(call: Call):  # type: ignore[no-untyped-def]  # returns the middleware's own coroutine: one frame less a call
        return step(call, inner)

    def handle_some(call: Call):  # type: ignore[no-untyped-def]  # as above
        return step(call, inner) if header in call.headers else inner(call)

    return handle if header is None else handle_some
