"""The composition root: Settings in, App out. The only module that knows every room."""

import gc
from functools import partial
from typing import TYPE_CHECKING, Any

from fakeai import __version__, registry
from fakeai.backends.engine_room import EngineRoom
from fakeai.content import espeak, ffmpeg
from fakeai.content.tokens import encoding
from fakeai.content.vocabulary import give_back_memory
from fakeai.core import roles
from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.chance import Chance, Ids
from fakeai.core.clock import Clock, WallClock
from fakeai.core.events import Bus, WorkerSnapshot
from fakeai.core.hardware import GpuCard
from fakeai.core.readiness import OK, Readiness
from fakeai.gateway.pipeline import Gateway, Later
from fakeai.gateway.upstream import Target
from fakeai.kept import Kept
from fakeai.server.asgi import AsgiApp, Message, Receive, Send
from fakeai.server.codec import Codec
from fakeai.server.logs import log_requests
from fakeai.server.routes import Routes
from fakeai.services.agents.pace import Pace
from fakeai.services.costs import Spending
from fakeai.services.front.accounts import Accounts
from fakeai.services.front.call_book import CallBook
from fakeai.services.front.completion_cache import CompletionCache, Rules
from fakeai.services.front.door import Door
from fakeai.services.front.keyring import KeyRing
from fakeai.services.keys import Keys
from fakeai.services.policies import Policies
from fakeai.services.prices import Prices
from fakeai.services.webhooks.endpoints import WebhookOptions
from fakeai.settings import Settings
from fakeai.settings.tree import ModelCluster
from fakeai.sim.timing import Distribution, Latency, LatencyProfile
from fakeai.store.completions import trim
from fakeai.store.housekeeping import Housekeeping
from fakeai.store.jobs import Jobs
from fakeai.store.probe import Probe
from fakeai.store.sql import SqlDatabase
from fakeai.store.usage import Meter, measure_stores
from fakeai.wire.base import parse, unknown_fields
from fakeai.wire.form import parse_form

if TYPE_CHECKING:
    from fakeai.server.journal_file import JournalFile
    from fakeai.server.kv_events import KvEvents
    from fakeai.server.run import Server
    from fakeai.sim.power import EnergyMeter
    from fakeai.sim.spec import ClusterSpec
    from fakeai.store.base import KeyValue


class App:
    """A whole fakeai: an ASGI app, and `server()` to put it on a socket. Two Apps share vocabularies, and `kept` if given it."""

    def __init__(self, settings: Settings, clock: Clock | None = None, kept: Kept | None = None) -> None:
        self.settings = settings
        self.clock = clock or WallClock(settings.latency.speed)
        self.bus = Bus()
        self._kv_events = _kv_events(settings, self.bus, self.clock)
        self._journal = _journal(settings, self.bus, self.clock)
        kept = kept or Kept(settings)
        self._kept = kept
        self._local = kept.local
        given: dict[str, Any] = {
            "clock": self.clock,
            "bus": self.bus,
            "catalog": kept.directory.catalog,
            "ids": Ids(kept.ids.data(32)),
            "seed": b"" if settings.seed is None else Chance(settings.seed).stream("answers").data(32),
            "profile": _profile(settings),
            "clusters": clusters(settings),
            "kv_contents": settings.kv_events.enabled,
            "engines": self._engines,
            "meters": _meter,
            "directory": kept.directory,
            "known_model": lambda model: kept.directory.names(model) or model in settings.cluster.models,
            "local": kept.local,
            "upstreams": _upstreams(settings),
            "db": SqlDatabase(kept.sql, self.clock),
            "blobs": kept.blobs(self.clock),
            "kv": kept.values(self.clock),
            "organization": settings.organization,
            "changes": kept.changes,
            "batch_concurrency": settings.batches.concurrency,
            "door_roles": roles_of(settings),
            "charge_failures": settings.gateway.charge_failures,
            "quota_period": settings.gateway.quota_period,
            "max_concurrent": settings.gateway.max_concurrent,
            "call_log": settings.gateway.log,
            "log_limit": settings.gateway.log_limit,
            "webhook_options": _webhooks(settings),
            "speech_program": espeak.found(settings.audio.synthesiser),
            "decoder_program": ffmpeg.found(settings.audio.decoder),
            "agent_pace": Pace(**dict(settings.agents)),
            "tuning_epoch_s": settings.fine_tuning.epoch_s,
            "tuning_queue_s": settings.fine_tuning.queue_s,
            "file_quota": settings.store.file_quota,
            **dict(settings.media),
            **dict(settings.azure),
            "stored_limit": settings.stored_completions,
            "prompts": settings.prompts,
            "lenient": settings.conformance or settings.validation == "schema",
            "synthesize": settings.conformance or settings.unknown_ids == "synthesize",
            "parse": parse,
            "parse_form": parse_form,
            "unknown_fields": unknown_fields,
            "version": __version__,
            "not_ready": self.not_ready,
            "readiness": self.readiness,
            "exposition": self.exposition,
            "kv_sources": self._kv_events.sources if self._kv_events is not None else dict,
            "all_services": self._all_services,
        }
        parts = registry.Parts(given, registry.BACKENDS + registry.SHARED + registry.SERVICES)
        parts["keys"] = Keys(parts["db"], kept.pepper, kept.changes)
        parts["keyring"] = KeyRing(parts["keys"], parts["ids"], parts["door_roles"])
        parts["door"] = Door(parts["db"], self.clock, parts["keys"], kept.changes, gateway=settings.gateway.enabled)
        parts["accounts"] = Accounts(parts["db"], self.clock, settings.gateway.quota_period, kept.allotments)
        parts["completion_cache"] = CompletionCache(
            parts["db"], None if settings.store.redis is None else parts["kv"], _cache_rules(settings)
        )
        parts["policies"] = Policies(parts["db"], self.clock, kept.changes)
        parts["spending"] = Spending(Prices(kept.directory.catalog))
        parts["meter"] = self._meter = Meter(kept.tally, parts["db"], self.clock)
        parts["jobs"] = self._jobs = Jobs(parts["db"], self.clock, parts["ids"])
        parts["dispatch"] = self.dispatch
        parts["find_row"] = self._find_row
        self._housekeeping = Housekeeping(
            parts["db"], parts["blobs"], (measure_stores, partial(trim, most=settings.gateway.cache_entries))
        )
        self._probe = Probe(parts["db"], kept.directory_on_disk, parts["kv"] if kept.has_redis else None)
        self._room: EngineRoom = parts["engine_room"]
        families = registry.METRICS + (registry.ENGINE_METRICS if parts["clusters"] else ())
        self._metrics = [registry.assemble(cls, parts) for cls in registry.table("metric family", families)]
        self._kv: KeyValue = parts["kv"]
        steps = {
            name: registry.assemble(cls, parts)
            for name, cls in registry.table("middleware", registry.MIDDLEWARE).items()
        }
        self._upstream = steps["upstream"]
        self._call_book: CallBook = parts["call_book"]
        self._accounts: Accounts = parts["accounts"]
        self.gateway = Gateway(
            (Later(frozenset(roots.split()), partial(parts.__getitem__, name)) for name, _, roots in registry.SERVICES),
            list(steps.values()),
        )
        self.codec = Codec(
            self.gateway,
            Routes(self.gateway.below),
            self.clock,
            self.bus,
            parts["ids"],
            Principal(settings.organization),
            settings.server.max_body_bytes,
            parts["door"].was_shut,
        )
        if settings.server.access_log:
            log_requests(self.bus)
        self.asgi = AsgiApp(self.codec, self._all_services, __version__, settings.server.max_message_bytes)
        self._warm = False
        self._draining = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI 3, for any server and for in-process clients."""
        await self.asgi(scope, receive, send)

    def warm_up(self) -> None:
        """Load what the first request needs and start-up does not wait for: the vocabulary, 0.2 s, and real models, aside."""
        self._local.load()
        self._room.open()
        encoding("o200k_base")
        self.gateway.below("chat")
        self._warm = True

    def _engines(self) -> list[WorkerSnapshot]:
        return self._room.snapshot()

    async def dispatch(self, call: Call) -> Reply:
        """The one door, for services that make calls of their own."""
        return await self.gateway.handle(call)

    def _all_services(self) -> list[Endpoint]:
        """The rows of all services, each of which is there from then on: for who shows them, and for work that was left."""
        return self.gateway.endpoints

    def _find_row(self, method: str, path: str) -> Endpoint | None:
        return self.gateway.find_row(method, path)

    def _begin(self) -> None:
        """What a server does first: get warm, keep house, and look for work that an earlier life has left."""
        self.warm_up()
        gc.collect()
        give_back_memory()
        self._housekeeping.begin()
        if not self._kept.sql.in_memory:
            self._all_services()
            self._jobs.poll()

    async def not_ready(self) -> str | None:
        """Why requests would have to wait or be refused, or None."""
        return (await self.readiness()).reason

    async def readiness(self) -> Readiness:
        """What it takes to answer, and whether it is there. Loads nothing."""
        llm = self._local.not_ready() if self._warm else "loading the vocabulary"
        return Readiness(llm=llm or OK, draining=self._draining, **(await self._probe.look())._asdict())

    def _drain(self) -> None:
        """Let nobody new in: the server is about to end."""
        self._draining = True
        self.gateway.drain()

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return "".join(text for family in self._metrics for text in family.expose()).encode()

    def server(self) -> "Server":
        """A bound server.

        Raises OSError when the address cannot be had, ValueError when that of KV events or the journal's file cannot.
        """
        from fakeai.server.limits import Deadlines, SocketLimits
        from fakeai.server.run import Server

        at = self.settings.server
        self._upstream.pooled = True
        if self._kv_events is not None:
            self._kv_events.open((one.model, one.worker) for one in self._room.snapshot())
        if self._journal is not None:
            self._journal.open()
        sockets = SocketLimits(at.max_message_bytes, at.body_timeout_s, at.idle_timeout_s, at.ping_s)
        deadlines = Deadlines(at.header_timeout_s, at.body_timeout_s, at.idle_timeout_s, at.max_header_bytes, sockets)
        return Server(
            self.asgi,
            self.codec,
            host=at.host,
            port=at.port,
            deadlines=deadlines,
            drain_s=at.drain_s,
            warm_up=self._begin,
            wind_down=self.wind_down,
            drain=self._drain,
        )

    async def wind_down(self) -> None:
        """Let go of what is needed no more, on the loop that it ran on."""
        await self._upstream.close()
        await self._housekeeping.stop()
        await self._jobs.stop()
        await self._call_book.settled()
        await self._accounts.settled()
        await self._meter.close()
        await self._kv.close()
        if self._kv_events is not None:
            await self._kv_events.close()
        if self._journal is not None:
            await self._journal.close()


def build(settings: Settings | None = None, clock: Clock | None = None, kept: Kept | None = None) -> App:
    """An App with `settings` (the defaults when None). Raises ValueError for a setting that cannot be used, named."""
    return App(settings or Settings(), clock, kept)


def roles_of(settings: Settings) -> dict[str, roles.Role]:
    """The roles of the table, with those that the settings describe."""
    own = {name: roles.Role(roles.Limits(**dict(of))) for name, of in settings.gateway.roles.items()}
    return roles.load() | own


def _cache_rules(settings: Settings) -> Rules:
    of = settings.gateway
    return Rules(of.cache, of.cache_scope, of.cache_ttl_s, of.cache_redis_ttl_s)


def _webhooks(settings: Settings) -> WebhookOptions:
    of = settings.webhooks
    secret = "" if of.secret is None else of.secret.get_secret_value()
    return WebhookOptions(of.urls.split(), secret, of.allow_private, of.timeout_s)


def _upstreams(settings: Settings) -> dict[str, Target]:
    """The models that are somewhere else."""
    return {
        model: Target(
            of.base_url.rstrip("/"),
            of.api_key.get_secret_value() if of.api_key is not None else None,
            of.upstream_model,
            of.timeout_s,
        )
        for model, of in settings.models.items()
        if of.base_url is not None
    }


def clusters(settings: Settings) -> "dict[str, ClusterSpec]":
    """The clusters that the settings describe, by model id; "" for all other models. Raises ValueError."""
    of = settings.cluster
    if not (of.gpu or any(own.gpu for own in of.models.values())):
        return {}
    from fakeai.sim.orders import read_speeds
    from fakeai.sim.planner import PlannerConfig
    from fakeai.sim.router import RouterConfig
    from fakeai.sim.spec import ClusterSpec, check

    found = {}
    for model, own in {"": ModelCluster(), **of.models}.items():
        values = of.model_dump(exclude=set(_ROUTING)) | own.model_dump(exclude_none=True)
        if values["gpu"]:
            routing = RouterConfig(
                temperature=of.router_temperature,
                active_decode_blocks_threshold=of.busy_blocks,
                active_prefill_tokens_threshold=of.busy_prefill_tokens,
            )
            planning = PlannerConfig(max_workers=of.max_workers)
            try:
                values["stragglers"] = read_speeds("stragglers", values["stragglers"])
                spec = ClusterSpec(**values, routing=routing, planning=planning, seed=settings.seed or 0)
                check(spec)
            except ValueError as error:
                raise ValueError(f"cluster{'.models.' + model if model else ''}: {error}") from error
            found[model] = spec
    return found


_ROUTING = ("models", "router_temperature", "busy_blocks", "busy_prefill_tokens", "max_workers")
"""Settings of a cluster that are parts of the router's or the planner's, or none of one cluster's."""


def _kv_events(settings: Settings, bus: Bus, clock: Clock) -> "KvEvents | None":
    """Who publishes KV events, if somebody is to."""
    of = settings.kv_events
    if not of.enabled:
        return None
    from fakeai.server.kv_events import KvEvents
    from fakeai.server.kv_line import Config

    return KvEvents(Config(of.endpoint, of.replay_endpoint, of.topic, of.buffer_steps, of.hwm), bus, clock)


def _journal(settings: Settings, bus: Bus, clock: Clock) -> "JournalFile | None":
    """Who writes the journal, if somebody is to."""
    of = settings.journal
    if of.path is None:
        return None
    from fakeai.server.journal_file import JournalFile

    return JournalFile(of.path, of.max_bytes, bus, clock)


def _meter(card: GpuCard, now: float) -> "EnergyMeter":
    from fakeai.sim.power import EnergyMeter, PowerModel

    return EnergyMeter(PowerModel.of_tdp(card.tdp_w), now)


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
