"""Files and links of a project that has nothing yet."""

import pytest

from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.services.files import Files
from fakeai.services.images.links import ImageLinks
from fakeai.store.local import MemoryBlobs, MemoryBlobsAt
from fakeai.store.sql import SqlDatabase


@pytest.fixture
def blobs(clock: WallClock) -> MemoryBlobsAt:
    return MemoryBlobs().at(clock)


@pytest.fixture
def files(db: SqlDatabase, blobs: MemoryBlobsAt, ids: Ids) -> Files:
    return Files(db, blobs, ids, None, lenient=False, synthesize=False)


@pytest.fixture
def links(db: SqlDatabase, blobs: MemoryBlobsAt, ids: Ids) -> ImageLinks:
    return ImageLinks(db, blobs, ids, 3_600.0)
