"""The composition root: Settings in, App out. The only module that knows every room."""

import gc
from typing import TYPE_CHECKING, Any

from fakeai import __version__, registry
from fakeai.content.tokens import encoding
from fakeai.content.vocabulary import give_back_memory
from fakeai.core import catalog
from fakeai.core.call import Principal
from fakeai.core.chance import Chance, Ids
from fakeai.core.clock import Clock, WallClock
from fakeai.core.events import Bus
from fakeai.gateway.pipeline import Gateway
from fakeai.server.asgi import AsgiApp, Message, Receive, Send
from fakeai.server.codec import Codec
from fakeai.server.logs import log_requests
from fakeai.server.routes import Routes
from fakeai.services.directory import ModelDirectory
from fakeai.settings import Settings
from fakeai.sim.timing import Distribution, Latency, LatencyProfile
from fakeai.store.objects import Objects
from fakeai.wire.base import parse, unknown_fields

if TYPE_CHECKING:
    from fakeai.server.run import Server


class Kept:
    """What outlasts a request: stored completions, accepted models, and the stream that seeds ids.

    Apps that share one find what another has stored, and no two of their ids are the same. They may be of several
    threads, but are built one after another.
    """

    def __init__(self, settings: Settings) -> None:
        chance = Chance.from_entropy() if settings.seed is None else Chance(settings.seed)
        self.ids = chance.stream("ids")
        self.completions = Objects(settings.stored_completions)
        self.directory = ModelDirectory(catalog.load(), strict=settings.strict_models, default=settings.default_model)


class App:
    """A whole fakeai: an ASGI app, and `server()` to put it on a socket. Two Apps share vocabularies, and `kept` if given it."""

    def __init__(self, settings: Settings, clock: Clock | None = None, kept: Kept | None = None) -> None:
        self.settings = settings
        self.clock = clock or WallClock(settings.latency.speed)
        self.bus = Bus()
        kept = kept or Kept(settings)
        parts: dict[str, Any] = {
            "clock": self.clock,
            "bus": self.bus,
            "catalog": kept.directory.catalog,
            "ids": Ids(kept.ids.data(32)),
            "seed": b"" if settings.seed is None else Chance(settings.seed).stream("answers").data(32),
            "profile": _profile(settings),
            "directory": kept.directory,
            "completions": kept.completions,
            "lenient": settings.conformance or settings.validation == "schema",
            "synthesize": settings.conformance or settings.unknown_ids == "synthesize",
            "parse": parse,
            "unknown_fields": unknown_fields,
            "version": __version__,
            "not_ready": self.not_ready,
            "exposition": self.exposition,
        }
        for name, cls in registry.table("backend", registry.BACKENDS).items():
            parts[name] = registry.assemble(cls, parts)
        self._metrics = [registry.assemble(cls, parts) for cls in registry.table("metric family", registry.METRICS)]
        services = []
        for name, cls in registry.table("service", registry.SERVICES).items():
            parts[name] = registry.assemble(cls, parts)
            services.append(parts[name])
        middleware = [registry.assemble(cls, parts) for cls in registry.table("middleware", registry.MIDDLEWARE)]
        self.gateway = Gateway(services, middleware)
        self.codec = Codec(
            self.gateway,
            Routes(self.gateway.endpoints),
            self.clock,
            self.bus,
            parts["ids"],
            Principal(settings.organization),
            settings.server.max_body_bytes,
        )
        if settings.server.access_log:
            log_requests(self.bus)
        self.asgi = AsgiApp(self.codec, self.gateway.endpoints, __version__)
        self._warm = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI 3, for any server and for in-process clients."""
        await self.asgi(scope, receive, send)

    def warm_up(self) -> None:
        """Load what the first request needs and start-up does not wait for: the vocabulary, 0.2 s."""
        encoding("o200k_base")
        gc.collect()
        give_back_memory()
        self._warm = True

    def not_ready(self) -> str | None:
        """Why requests would have to wait, or None."""
        return None if self._warm else "loading the vocabulary"

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return "".join(text for family in self._metrics for text in family.expose()).encode()

    def server(self) -> "Server":
        """A bound server; raises OSError when the address cannot be had."""
        from fakeai.server.protocol import Deadlines
        from fakeai.server.run import Server

        at = self.settings.server
        deadlines = Deadlines(at.header_timeout_s, at.body_timeout_s, at.idle_timeout_s, at.max_header_bytes)
        return Server(
            self.asgi,
            self.codec,
            host=at.host,
            port=at.port,
            deadlines=deadlines,
            drain_s=at.drain_s,
            warm_up=self.warm_up,
        )


def build(settings: Settings | None = None, clock: Clock | None = None, kept: Kept | None = None) -> App:
    """An App with `settings` (the defaults when None). Raises ValueError for a setting that cannot be used, named."""
    return App(settings or Settings(), clock, kept)


def _profile(settings: Settings) -> LatencyProfile:
    latency = settings.latency
    default = _latency("latency", latency.ttft, latency.itl)
    models = {
        model: _latency(f"latency.models.{model}", own.ttft or latency.ttft, own.itl or latency.itl)
        for model, own in latency.models.items()
    }
    return LatencyProfile(default, models)


def _latency(where: str, ttft: str, itl: str) -> Latency:
    try:
        return Latency(Distribution.parse(ttft), Distribution.parse(itl))
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
