"""Films of a server that has nothing yet, with a filmer that can be told to fail."""

from typing import Any

import pytest

from fakeai.content.film import Film, FilmWish
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.videos.service import Videos
from fakeai.services.webhooks.endpoints import WebhookOptions, Webhooks
from fakeai.store.jobs import Jobs
from fakeai.store.local import MemoryBlobs, MemoryBlobsAt
from fakeai.store.sql import SqlDatabase


class Filmer:
    """Makes films of a few bytes, and remembers for which wishes."""

    def __init__(self) -> None:
        self.wishes: list[FilmWish] = []
        self.error: Exception | None = None

    async def film(self, model: Any, wish: FilmWish) -> Film:
        self.wishes.append(wish)
        if self.error is not None:
            raise self.error
        return Film(b"video" + str(wish).encode(), b"thumbnail", b"sheet")


@pytest.fixture
def filmer() -> Filmer:
    return Filmer()


@pytest.fixture
def blobs(clock: WallClock) -> MemoryBlobsAt:
    return MemoryBlobs().at(clock)


@pytest.fixture
def jobs(db: SqlDatabase, clock: WallClock, ids: Ids) -> Jobs:
    return Jobs(db, clock, ids)


@pytest.fixture
def videos(
    db: SqlDatabase,
    clock: WallClock,
    blobs: MemoryBlobsAt,
    jobs: Jobs,
    ids: Ids,
    filmer: Filmer,
    directory: ModelDirectory,
) -> Videos:
    files = Files(db, blobs, ids, None, lenient=False, synthesize=False)
    webhooks = Webhooks(db, jobs, ids, clock, WebhookOptions(), lenient=False, synthesize=False)
    options = {"seed": b"s", "lenient": False, "synthesize": False}
    return Videos(db, blobs, jobs, ids, files, filmer, directory, webhooks, 1e-6, 1e-6, 3_600.0, **options)
