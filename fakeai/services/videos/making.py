"""The work on a film: made when it is begun, told to be done when its time has come, and forgotten when it has expired.

What has been made is kept before it is told of, so that a server that is killed goes on where it was.
"""

from collections.abc import Callable

from fakeai.backends.base import Films
from fakeai.content.film import Film, FilmWish, Shot
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.services.blob_rows import forget, run_with_blob
from fakeai.services.directory import ModelDirectory
from fakeai.services.videos import progress
from fakeai.services.videos.progress import ENDS
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.jobs import Job, Later
from fakeai.store.objects import Collection
from fakeai.wire.webhooks.events import EventType

KIND = "video"
"""Of the jobs, and of the rows."""

PARTS = "_parts"
"""Private key: where in the row's one blob each file is."""
_VARIANTS = ("video", "thumbnail", "spritesheet")


class Making:
    """The handler of jobs that make films."""

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        ids: Ids,
        filmer: Films,
        directory: ModelDirectory,
        webhooks: Webhooks,
        lifetime_s: float,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._ids = ids
        self._filmer = filmer
        self._directory = directory
        self._webhooks = webhooks
        self._lifetime_s = lifetime_s
        self._rows = Collection(KIND)

    async def work(self, job: Job) -> None:
        """Whatever is next for a film; raises Later when there is more."""
        video = await self._db.read(lambda tx: self._rows.get(tx, job.owner, job.key))
        if video is None or video["status"] == "failed":
            return
        if video["status"] == "completed":
            await self._expire(job, video)
            return
        blocked = video.get("_blocked")
        if blocked:
            await self._fail(job, *blocked)
            return
        if PARTS not in video and not await self._make(job, video):
            return
        if self._db.now() < video[ENDS]:
            raise Later(video[ENDS])
        now = self._db.now()
        await self._change(job, lambda row: progress.completed(row, now, self._lifetime_s), "video.completed")
        raise Later(now + self._lifetime_s)

    async def failed(self, job: Job, error: Exception) -> None:
        """The film of a job that was tried in vain."""
        await self._fail(job, "internal_error", "The video could not be made. Please try again.")

    async def _make(self, job: Job, video: Object) -> bool:
        """Make the film and keep it; False if it cannot be made, or nobody wants it any more."""
        reference = await self._blobs.read(video["_reference"]) if video["_reference"] else None
        try:
            made = await self._filmer.film(self._directory.card(video["model"]), wish(video, reference))
        except BadRequest as error:
            await self._fail(job, error.code or "invalid_request", error.message)
            return False
        key, data, parts = self._ids.make("blob-"), *_joined(made)
        stored = await self._blobs.put(key, data)

        def keep(tx: Tx) -> Object | None:
            job.guard(tx)
            return self._rows.change(
                tx,
                job.owner,
                job.key,
                lambda row: {**row, PARTS: parts, "_blobs": [key], "_sha256": stored.sha256, "_reference": ""},
            )

        there = await run_with_blob(self._db, self._blobs, key, keep)
        await forget(self._blobs, video["_blobs"] if there is not None else [key])
        return there is not None

    async def _expire(self, job: Job, video: Object) -> None:
        if self._db.now() < video["expires_at"]:
            raise Later(float(video["expires_at"]))
        await self._change(job, lambda row: {**row, "_blobs": [], PARTS: None})
        await forget(self._blobs, video["_blobs"])

    async def _fail(self, job: Job, code: str, message: str) -> None:
        await self._change(job, lambda row: progress.failed(row, code, message), "video.failed")

    async def _change(self, job: Job, change: Callable[[Object], Object], event: EventType | None = None) -> None:
        """Change the row; if that is an event, those are told who want to know."""

        def work(tx: Tx) -> None:
            job.guard(tx)
            if self._rows.change(tx, job.owner, job.key, change) is not None and event is not None:
                self._webhooks.tell(tx, job.owner, event, {"id": job.key})

        await self._db.run(work)
        self._webhooks.wake()


def wish(video: Object, reference: bytes | None) -> FilmWish:
    """What is to be filmed for a row."""
    width, height = map(int, video["size"].split("x"))
    shots = tuple(Shot(shot["prompt"], shot["seconds"], bytes.fromhex(shot["seed"])) for shot in video["_shots"])
    return FilmWish(shots, width, height, reference)


def _joined(made: Film) -> tuple[bytes, dict[str, tuple[int, int]]]:
    parts, at = {}, 0
    for name, data in zip(_VARIANTS, made, strict=True):
        parts[name] = (at, at + len(data))
        at += len(data)
    return b"".join(made), parts
