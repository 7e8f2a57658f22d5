"""The work on films: in steps that can be taken again after a crash."""

from typing import Any

import pytest

from fakeai.core.call import ANYONE
from fakeai.core.errors import BadRequest
from fakeai.services.videos.making import KIND, wish
from fakeai.services.videos.service import Videos
from fakeai.store.jobs import Jobs, Later
from fakeai.store.local import MemoryBlobsAt
from fakeai.store.objects import Collection
from fakeai.store.sql import SqlDatabase
from tests.services.conftest import MakeCall
from tests.services.videos.conftest import Filmer

ROWS = Collection(KIND)


class Step:
    """A job as its handler sees it, held by nobody else."""

    def __init__(self, key: str) -> None:
        self.kind, self.key, self.owner = KIND, key, ANYONE.owner
        self.guarded = 0

    def guard(self, tx: Any) -> None:
        self.guarded += 1


@pytest.fixture
async def step(videos: Videos, jobs: Jobs, make_call: MakeCall) -> Step:
    jobs.wake = lambda: None  # type: ignore[method-assign]  # the steps are taken by hand
    made = (await videos.create(make_call(videos, "create", {"prompt": "a cat"}))).body
    return Step(made["id"])


@pytest.fixture
def work(jobs: Jobs, videos: Videos) -> Any:
    return jobs._handlers[KIND][0]


async def row(db: SqlDatabase, step: Step) -> Any:
    return await db.read(lambda tx: ROWS.get(tx, step.owner, step.key))


async def keys(blobs: MemoryBlobsAt) -> list[str]:
    return [key for key, _ in await blobs.keys()]


async def test_a_film_is_made_told_of_and_forgotten(
    step: Step, work: Any, db: SqlDatabase, blobs: MemoryBlobsAt
) -> None:
    with pytest.raises(Later) as later:
        await work(step)
    made = await row(db, step)
    assert (made["status"], made["progress"]) == ("completed", 100)
    assert later.value.at == pytest.approx(db.now() + 3_600, abs=5)
    assert await keys(blobs) == made["_blobs"]
    assert step.guarded == 2
    await db.run(lambda tx: ROWS.replace(tx, step.owner, {**made, "expires_at": 1}))
    await work(step)
    assert await keys(blobs) == []
    assert (await row(db, step))["status"] == "completed"


async def test_after_a_crash_what_was_made_is_not_made_again(
    step: Step, work: Any, db: SqlDatabase, filmer: Filmer
) -> None:
    before = await row(db, step)
    await db.run(lambda tx: ROWS.replace(tx, step.owner, {**before, "_ends": db.now() + 500}))
    for _ in range(3):
        with pytest.raises(Later) as later:
            await work(step)
        assert later.value.at == (await row(db, step))["_ends"]
    assert len(filmer.wishes) == 1
    assert (await row(db, step))["status"] == "queued"


async def test_a_film_that_was_deleted_meanwhile_leaves_nothing(
    step: Step, work: Any, db: SqlDatabase, blobs: MemoryBlobsAt, filmer: Filmer, videos: Videos, make_call: MakeCall
) -> None:
    film = filmer.film

    async def slow(model: Any, asked: Any) -> Any:
        await videos.delete(make_call(videos, "delete", params={"video_id": step.key}))
        return await film(model, asked)

    filmer.film = slow  # type: ignore[method-assign]
    await work(step)
    assert await row(db, step) is None
    assert await keys(blobs) == []
    await work(step)


async def test_what_cannot_be_filmed_fails_with_its_reason(
    step: Step, work: Any, db: SqlDatabase, filmer: Filmer
) -> None:
    filmer.error = BadRequest("no picture", code="invalid_image_file")
    await work(step)
    assert (await row(db, step))["error"] == {"code": "invalid_image_file", "message": "no picture"}


async def test_a_defect_is_tried_again_and_told_in_the_end(
    step: Step, work: Any, jobs: Jobs, db: SqlDatabase, filmer: Filmer
) -> None:
    filmer.error = RuntimeError("defect")
    with pytest.raises(RuntimeError):
        await work(step)
    assert (await row(db, step))["status"] == "queued"
    failed = jobs._handlers[KIND][1]
    assert failed is not None
    await failed(step, filmer.error)  # type: ignore[arg-type]
    assert (await row(db, step))["error"]["code"] == "internal_error"


def test_a_wish_is_what_the_row_says() -> None:
    video = {"size": "720x1280", "_shots": [{"prompt": "a", "seconds": 4, "seed": "0a"}]}
    made = wish(video, b"picture")
    assert (made.width, made.height, made.seconds, made.shots[0].seed, made.reference) == (
        720,
        1280,
        4,
        b"\n",
        b"picture",
    )
