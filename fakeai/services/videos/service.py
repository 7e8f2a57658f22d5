"""Films: ordered, told of while they are made, remixed, edited, extended, downloaded, deleted."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType

from fakeai.backends.base import Films
from fakeai.content.moderation import moderate
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError, BadRequest, NotFound, ServerError
from fakeai.core.form import Upload
from fakeai.core.generation import Usage
from fakeai.services.base import lenient
from fakeai.services.blob_rows import OwnedBytes, forget, run_with_blob
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.ranges import download, span
from fakeai.services.resource import SYNTHESIZED, Resource, deleted
from fakeai.services.videos import progress, sources
from fakeai.services.videos.making import KIND, PARTS, Making
from fakeai.services.videos.progress import BEGINS, ENDS
from fakeai.services.videos.sources import LONGEST_S
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.jobs import Jobs
from fakeai.wire import wording
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery, one_of
from fakeai.wire.videos.reply import Video
from fakeai.wire.videos.request import VideoCreate, VideoEdit, VideoExtend, VideoRef, VideoRemix

_ONE = "/videos/{video_id}"
_TAG = "Videos"
_MODEL = "sora-2"
_USUAL = "720x1280"
_SMALL = ("720x1280", "1280x720")
_LARGE = (*_SMALL, "1024x1792", "1792x1024", "1080x1920", "1920x1080")
_MOST_BODY = 128 * 2**20
_INLINE = 8_192
_AGAIN = "openai-poll-after-ms"
"""How long the SDK waits before it asks again; without it, a second."""
_AGAIN_MS = "250"
_FILES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"video": ("mp4", "video/mp4"), "thumbnail": ("webp", "image/webp"), "spritesheet": ("jpg", "image/jpeg")}
)
_BLOCKED = ("moderation_blocked", "Your request was blocked by our moderation system.")
_Shots = Sequence[Object]


class Videos:
    """`/videos`."""

    ENDPOINTS = (
        Endpoint("GET", "/videos", "list", "List films", tag=_TAG),
        Endpoint(
            "POST",
            "/videos",
            "create",
            "Make a film",
            body=VideoCreate,
            form=True,
            tag=_TAG,
            usage="videos",
        ),
        Endpoint(
            "POST",
            "/videos/edits",
            "edit",
            "Make a film like another",
            body=VideoEdit,
            form=True,
            max_body=_MOST_BODY,
            tag=_TAG,
            usage="videos",
        ),
        Endpoint(
            "POST",
            "/videos/extensions",
            "extend",
            "Make a film longer",
            body=VideoExtend,
            form=True,
            max_body=_MOST_BODY,
            tag=_TAG,
            usage="videos",
        ),
        Endpoint("GET", _ONE, "retrieve", "Get a film's state", tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a film", tag=_TAG),
        Endpoint("POST", _ONE + "/remix", "remix", "Make a film anew", body=VideoRemix, tag=_TAG, usage="videos"),
        Endpoint("GET", _ONE + "/content", "content", "Get a film's files", reply="bytes", tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        jobs: Jobs,
        ids: Ids,
        files: Files,
        filmer: Films,
        directory: ModelDirectory,
        webhooks: Webhooks,
        video_queue_s: float,
        video_s_per_s: float,
        video_lifetime_s: float,
        *,
        seed: bytes,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._jobs = jobs
        self._ids = ids
        self._files = files
        self._directory = directory
        self._queue_s = video_queue_s
        self._pace = video_s_per_s
        self._seed = seed
        self._lenient = lenient
        self._videos = Resource(db, KIND, Video, _missing, synthesize=synthesize, made=_made)
        self._bytes = OwnedBytes(db, blobs, self._videos.rows, lambda row: _missing(row["id"]), _damaged)
        making = Making(db, blobs, ids, filmer, directory, webhooks, video_lifetime_s)
        jobs.register(KIND, making.work, making.failed)

    # -- looking at them

    async def list(self, call: Call) -> Reply:
        """A page of films, the newest first unless told otherwise."""
        page = await self._videos.page(call, ListQuery.from_query(call.query), private=True)
        now = self._db.now()
        return Reply({**page, "data": [progress.at(video, now) for video in page["data"]]})

    async def retrieve(self, call: Call) -> Reply:
        """A film; NotFound if there is none."""
        video = progress.at(await self._videos.get(call, call.params["video_id"]), self._db.now())
        waits = video["status"] in ("queued", "in_progress")
        return Reply(video, headers={_AGAIN: _AGAIN_MS} if waits else {})

    async def delete(self, call: Call) -> Reply:
        """Forget a film and its files, whether it is done or not; NotFound if there is none."""
        gone = await self._videos.remove(call, call.params["video_id"])
        await forget(self._blobs, gone.get("_blobs", ()))
        return Reply(deleted(gone["id"], "video.deleted"))

    async def content(self, call: Call) -> Reply:
        """One of a film's files, or a range of it. Raises NotFound, BadRequest before it is done, RangeNotSatisfiable."""
        variant = one_of(call.query, "variant", tuple(_FILES)) or "video"
        video = await self._videos.get(call, call.params["video_id"])
        suffix, media_type = _FILES[variant]
        name = f"{video['id']}.{suffix}"
        if SYNTHESIZED in video:
            return download(b"", name, media_type, 0, None)
        if video["status"] != "completed":
            raise BadRequest(
                f"Video is not ready yet, use GET /v1/videos/{video['id']} to check its status.", code="video_not_ready"
            )
        if not video.get(PARTS) or self._db.now() >= video["expires_at"]:
            raise NotFound(f"The files of video '{video['id']}' have expired.", code="video_expired")
        begin, end = video[PARTS][variant]
        wanted = span(call.headers.get("range"), end - begin)
        part = (begin, end) if wanted is None else (begin + wanted.start, begin + wanted.end)
        data = await self._bytes.read(video, *part)
        if len(data) != part[1] - part[0]:
            raise _damaged(video)
        return download(data, name, media_type, end - begin, wanted)

    # -- making them

    async def create(self, call: Call) -> Reply:
        """A film that is queued. Raises BadRequest, NotFound, ModelNotFound."""
        body: VideoCreate = call.body
        card, easy = self._card(call, body.model or _MODEL), lenient(call, self._lenient)
        size, seconds = body.size or _USUAL, int(body.seconds or 4)
        if not easy:
            _check(card, size)
        reference = None
        if body.input_reference is not None:
            reference = await sources.picture(call, body.input_reference, self._files)
            reference = await off_loop(_usable if easy else _checked, reference, size)
        shot = self._shot(body.prompt, seconds, card.id, blake2b(reference or b"").hexdigest())
        return await self._ordered(call, card, body.prompt, size, [shot], reference)

    async def remix(self, call: Call) -> Reply:
        """A film like one that is done, by another prompt. Raises NotFound, and BadRequest if it is not done."""
        body: VideoRemix = call.body
        video = await self._done(call, call.params["video_id"])
        return await self._again(call, video, body.prompt, video["id"])

    async def edit(self, call: Call) -> Reply:
        """The same for a film of the caller's, or one from elsewhere. Raises as `remix` does."""
        body: VideoEdit = call.body
        if isinstance(body.video, VideoRef):
            return await self._again(call, await self._done(call, body.video.id), body.prompt, None)
        clip = await self._clip(call, body.video)
        card = self._card(call, _MODEL)
        shot = self._shot(body.prompt, clip.seconds, card.id, clip.digest.hex())
        return await self._ordered(call, card, body.prompt, clip.size, [shot])

    async def extend(self, call: Call) -> Reply:
        """A film that begins as another and goes on by a prompt. Raises as `remix` does, and BadRequest if it is too long."""
        body: VideoExtend = call.body
        if isinstance(body.video, VideoRef):
            video = await self._done(call, body.video.id)
            card, size, shots = self._card(call, video["model"]), video["size"], list(_shots(video))
        else:
            clip = await self._clip(call, body.video)
            card, size = self._card(call, _MODEL), clip.size
            shots = [self._shot(body.video.filename[:100], clip.seconds, card.id, clip.digest.hex())]
        shots.append(self._shot(body.prompt, int(body.seconds), card.id, str(shots)))
        if _length(shots) > LONGEST_S and not lenient(call, self._lenient):
            raise BadRequest(f"Invalid 'seconds': a video may be {LONGEST_S} seconds long at most.", param="seconds")
        return await self._ordered(call, card, body.prompt, size, shots, new_s=int(body.seconds))

    async def _again(self, call: Call, video: Object, prompt: str, remixed: str | None) -> Reply:
        """Its shots with the same seeds and another prompt: what the prompt does not say stays."""
        shots = [{**shot, "prompt": prompt} for shot in _shots(video)]
        card = self._card(call, video["model"])
        return await self._ordered(call, card, prompt, video["size"], shots, remixed=remixed)

    async def _ordered(
        self,
        call: Call,
        card: ModelCard,
        prompt: str,
        size: str,
        shots: _Shots,
        reference: bytes | None = None,
        *,
        remixed: str | None = None,
        new_s: int | None = None,
    ) -> Reply:
        """Keep a film's row, and have it made."""
        flagged = not lenient(call, self._lenient) and await _flagged(prompt)
        now, length = self._db.now(), _length(shots)
        video: Video = {
            "id": (call.ids or self._ids).make("video_"),
            "object": "video",
            "model": card.id,
            "status": "queued",
            "progress": 0,
            "created_at": int(now) if call.created is None else call.created,
            "completed_at": None,
            "expires_at": None,
            "prompt": prompt,
            "size": size,  # type: ignore[typeddict-item]  # one of them: a request's, or a row's
            "seconds": str(length),
            "remixed_from_video_id": remixed,
            "error": None,
        }
        key = "" if reference is None else self._ids.make("blob-")
        begins = now + self._queue_s
        row: Object = {
            **video,
            BEGINS: begins,
            ENDS: begins + self._pace * (new_s or length),
            "_shots": list(shots),
            "_reference": key,
            "_blobs": [key] if key else [],
            "_blocked": _BLOCKED if flagged else None,
        }
        owner = call.principal.owner

        def add(tx: Tx) -> None:
            self._videos.rows.add(tx, owner, row)
            self._jobs.add(tx, KIND, video["id"], owner, at=begins)

        if reference is not None:
            await self._blobs.put(key, reference)
            await run_with_blob(self._db, self._blobs, key, add)
        else:
            await self._db.run(add)
        self._jobs.wake()
        return Reply(video, usage=Usage(0, 0, amount=new_s or length, detail=size))

    # -- what they begin with

    def _card(self, call: Call, model: str) -> ModelCard:
        card = self._directory.card(model)
        call.model = card.id
        return card

    def _shot(self, prompt: str, seconds: int, *about: str) -> Object:
        words = "\0".join((prompt, str(seconds), *about)).encode("utf-8", "surrogatepass")
        return {"prompt": prompt, "seconds": seconds, "seed": blake2b(words, key=self._seed[:64]).hexdigest()}

    async def _done(self, call: Call, id: str) -> Object:
        video = await self._videos.get(call, id)
        if video["status"] != "completed" and SYNTHESIZED not in video:
            raise BadRequest(f"Video '{video['id']}' is not completed.", code="video_not_ready")
        return video

    async def _clip(self, call: Call, given: Upload) -> sources.Clip:
        try:
            return await sources.clip(given)
        except BadRequest:
            if not lenient(call, self._lenient):
                raise
            return sources.Clip(_USUAL, 4, blake2b(given.data).digest())


def _check(card: ModelCard, size: str) -> None:
    """What the model does not take. Raises BadRequest."""
    if card.known and card.family != "video":
        raise wording.invalid_value("model", card.id, ("sora-2", "sora-2-pro"))
    sizes = _SMALL if card.id.startswith("sora-2") and not card.id.startswith("sora-2-pro") else _LARGE
    if size not in sizes:
        raise wording.invalid_value("size", size, sizes)


def _checked(reference: bytes, size: str) -> bytes:
    sources.check_picture(reference, size)
    return reference


def _usable(reference: bytes, size: str) -> bytes | None:
    """The picture, if it can be filmed: for calls that are held to the document's rules only."""
    try:
        return _checked(reference, size)
    except BadRequest:
        return None


async def _flagged(prompt: str) -> bool:
    verdict = await off_loop(moderate, prompt) if len(prompt) > _INLINE else moderate(prompt)
    return verdict.flagged


def _shots(video: Object) -> _Shots:
    """Of a film that is made up, one."""
    made_up: Object = {"prompt": video["prompt"] or "", "seconds": int(video["seconds"]), "seed": "00"}
    return video.get("_shots") or [made_up]


def _length(shots: _Shots) -> int:
    return sum(shot["seconds"] for shot in shots)


def _made(id: str) -> Object:
    made = example(
        Video, id, model=_MODEL, status="completed", progress=100, prompt="A film nobody has seen", seconds="4"
    )
    return {**made, "id": id, "completed_at": made["created_at"] + 2}


def _missing(id: str) -> ApiError:
    return NotFound(f"Video with id '{id}' not found.", param="video_id")


def _damaged(video: Object) -> ApiError:
    return ServerError(
        f"The files of {video['id']} are not what was kept: their storage is damaged.", code="file_damaged"
    )
