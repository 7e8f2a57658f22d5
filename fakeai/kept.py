"""What outlasts a request, and may be shared by several Apps: made from Settings, before any App is."""

import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fakeai import registry
from fakeai.backends.local import LocalModels, Spec
from fakeai.core import catalog
from fakeai.core.chance import Chance
from fakeai.core.clock import Clock, stopwatch
from fakeai.core.errors import ApiError
from fakeai.services.directory import ModelDirectory
from fakeai.services.fresh import Changes
from fakeai.settings import Settings
from fakeai.store.held import HeldAllotments
from fakeai.store.local import LocalBlobs, MemoryBlobs
from fakeai.store.memory import MemoryValues
from fakeai.store.pepper import pepper
from fakeai.store.sql import MEMORY, Sql
from fakeai.store.usage import Tally, write

if TYPE_CHECKING:
    from fakeai.store.base import Blobs, KeyValue
    from fakeai.store.s3 import S3Blobs

_log = logging.getLogger("fakeai.store")


class Kept:
    """What outlasts a request: what is stored, accepted models, real ones' weights, and the stream that seeds ids.

    Apps that share one find what another has stored, and no two of their ids are the same. They may be of several
    threads, but are built one after another.
    """

    def __init__(self, settings: Settings) -> None:
        chance = Chance.from_entropy() if settings.seed is None else Chance(settings.seed)
        self.sql = Sql(_database(settings), settings.store.busy_s)
        self._blobs = _blobs(settings)
        self._values = MemoryValues()
        self.tally = Tally()
        self.allotments = HeldAllotments() if self.sql.in_memory else None
        self.changes = Changes()
        self.pepper = _pepper(settings)
        self._redis = settings.store.redis
        self.has_redis = self._redis is not None
        on_disk = settings.store.data_dir
        self.directory_on_disk = None if on_disk is None else _directory(on_disk)
        starts = self.sql.open()
        self.ids = chance.stream(f"ids {starts}" if starts else "ids")
        engines = registry.table("engine", registry.ENGINES)
        self.local = LocalModels(_specs(settings), engines, chance.stream("models"))
        known = _with_models(catalog.load(), settings).joined(self.local.cards())
        only = settings.only_models.split()
        if only:
            known = known.only(dict.fromkeys((settings.default_model, *only)))
        self.directory = ModelDirectory(
            known, strict=settings.strict_models or bool(only), default=settings.default_model, only=bool(only)
        )

    def close(self) -> None:
        """Let go of the weights of real models, and of the database."""
        self.local.close()
        if not self.sql.in_memory:
            self._keep_usage()
        self.sql.close()
        if not isinstance(self._blobs, LocalBlobs | MemoryBlobs):
            self._blobs.close()

    def _keep_usage(self) -> None:
        """What no server has: the last that was counted."""
        counts = self.tally.take()
        if counts:
            with suppress(ApiError):
                self.sql.transact(lambda tx: write(tx, counts), 0.0, True, stopwatch())

    def blobs(self, clock: Clock) -> "Blobs":
        """The blobs as the App of this clock sees them."""
        return self._blobs.at(clock) if isinstance(self._blobs, MemoryBlobs) else self._blobs

    def values(self, clock: Clock) -> "KeyValue":
        """Counters and leases as the App of this clock sees them; its own connections, if there are any."""
        if self._redis is None:
            return self._values.at(clock)
        from fakeai.store.redis import RedisValues

        return RedisValues(self._redis.get_secret_value(), clock)


def _database(settings: Settings) -> str:
    """The URL of the database."""
    of = settings.store
    if of.database is not None:
        return of.database.get_secret_value()
    return MEMORY if of.data_dir is None else f"sqlite:///{_directory(of.data_dir) / 'fakeai.db'}"


def _pepper(settings: Settings) -> bytes:
    """What digests of keys depend on. Raises ValueError.

    A database of its own place may be several hosts', which agree on a secret by the settings or do without.
    """
    of = settings.store
    if of.pepper is not None:
        return of.pepper.get_secret_value().encode()
    return b"" if of.data_dir is None or of.database is not None else pepper(_directory(of.data_dir))


def _blobs(settings: Settings) -> "LocalBlobs | MemoryBlobs | S3Blobs":
    """Where blobs are kept. Raises ValueError."""
    of = settings.store
    if of.blobs is not None and of.blobs.startswith("s3://"):
        from fakeai.store.s3 import S3Blobs

        bucket = S3Blobs(of.blobs)
        bucket.open()
        return bucket
    if of.blobs is not None:
        return LocalBlobs(_directory(of.blobs))
    if of.data_dir is not None:
        return LocalBlobs(_directory(of.data_dir) / "blobs")
    if of.database is not None:
        _log.warning("files' bytes are kept in memory, unlike all else: set store.blobs or store.data_dir")
    return MemoryBlobs()


def _directory(path: str) -> Path:
    """The directory, made if it is not there. Raises ValueError."""
    found = Path(path).expanduser().absolute()
    try:
        found.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ValueError(f"store: {path!r} cannot be a directory to keep things in: {error.strerror}") from error
    return found


def _specs(settings: Settings) -> list[Spec]:
    """The models that run in this process."""
    return [
        Spec(model, of.backend, of.path, of.family, of.device, of.dtype, of.context_window, of.max_batch, of.shortens)
        for model, of in settings.models.items()
        if of.path is not None
    ]


def _with_models(known: catalog.Catalog, settings: Settings) -> catalog.Catalog:
    """The catalog with the ids that the settings name; those of real models in this process get cards of their own."""
    cards = []
    for model, of in settings.models.items():
        if of.path is None and known.get(model) is None:
            card = replace(known.accept(model), known=True, owned_by="fakeai")
            cards.append(card if of.base_url is None else replace(card, family=of.family))
    return known.joined(cards)
