"""Films ordered, and what others are made of."""

from threading import get_ident
from typing import Any

import pytest
from contract.media_steps import FILM, png

from fakeai.core.call import Principal
from fakeai.core.errors import BadRequest, NotFound, RangeNotSatisfiable
from fakeai.core.form import Upload
from fakeai.services.videos import sources
from fakeai.services.videos.making import KIND
from fakeai.services.videos.service import Videos
from fakeai.store.jobs import Jobs, Later
from fakeai.wire.videos.request import VideoCreate, VideoEdit, VideoExtend
from tests.services.conftest import MakeCall
from tests.services.videos.conftest import Filmer
from tests.services.videos.test_making import Step


class Door:
    """The service, asked by hand; jobs are worked off by hand, too."""

    def __init__(self, videos: Videos, jobs: Jobs, make_call: MakeCall) -> None:
        self._videos, self._jobs, self._make_call = videos, jobs, make_call
        jobs.wake = lambda: None  # type: ignore[method-assign]

    async def ask(self, handler: str, body: Any = None, *, parsed: Any = None, **more: Any) -> Any:
        call = self._make_call(
            self._videos, handler, body or {"prompt": "x", "seconds": "4", "video": {"id": "v"}}, **more
        )
        if parsed is not None:
            call.body = parsed
        return await getattr(self._videos, handler)(call)

    async def made(self, handler: str, body: Any = None, **more: Any) -> Any:
        """The film, completed."""
        made = (await self.ask(handler, body, **more)).body
        with pytest.raises(Later):
            await self._jobs._handlers[KIND][0](Step(made["id"]))  # type: ignore[arg-type]
        return (await self.ask("retrieve", params={"video_id": made["id"]})).body


@pytest.fixture
def door(videos: Videos, jobs: Jobs, make_call: MakeCall) -> Door:
    return Door(videos, jobs, make_call)


def upload(data: bytes) -> Upload:
    return Upload("a", "", data)


async def test_what_is_not_said_is_as_usual(door: Door) -> None:
    reply = await door.ask("create", {"prompt": "a cat"})
    told = reply.body
    assert (told["model"], told["seconds"], told["size"], told["status"]) == ("sora-2", "4", "720x1280", "queued")
    assert (reply.usage.amount, reply.usage.detail) == (4, "720x1280")


@pytest.mark.parametrize(
    ("asked", "param"),
    [({"model": "gpt-4o"}, "model"), ({"size": "1024x1792"}, "size"), ({"model": "sora-2-2025-12-08", "size": "1920x1080"}, "size")],
)  # fmt: skip
async def test_what_the_model_does_not_take_is_refused(door: Door, asked: dict[str, str], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await door.ask("create", {"prompt": "a", **asked})
    assert refused.value.param == param
    assert (await door.ask("create", {"prompt": "a", "model": "sora-2-pro", "size": "1024x1792"})).body[
        "size"
    ] == "1024x1792"


async def test_equal_requests_are_equal_wishes(door: Door, filmer: Filmer) -> None:
    for _ in range(2):
        await door.made("create", {"prompt": "a cat"})
    await door.made("create", {"prompt": "a dog"})
    one, same, other = filmer.wishes
    assert one == same != other


async def test_a_reference_is_given_to_who_films_and_kept_no_longer(door: Door, filmer: Filmer, blobs: Any) -> None:
    frame = png(720, 1280)
    await door.made("create", parsed=VideoCreate(prompt="a", input_reference=upload(frame)))
    assert filmer.wishes[0].reference == frame
    assert len(await blobs.keys()) == 1
    with pytest.raises(BadRequest, match="must match"):
        await door.ask("create", parsed=VideoCreate(prompt="a", input_reference=upload(png(64, 64))))


async def test_a_reference_is_looked_at_aside(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    monkeypatch.setattr(sources, "check_picture", lambda *_: threads.append(get_ident()))
    await door.ask("create", parsed=VideoCreate(prompt="a", input_reference=upload(b"a picture")))
    assert len(threads) == 1 and threads != [get_ident()]


async def test_only_what_is_done_can_be_used(door: Door) -> None:
    queued = (await door.ask("create", {"prompt": "a"})).body["id"]
    for handler, more in (
        ("remix", {"params": {"video_id": queued}}),
        ("edit", {"body": {"prompt": "b", "video": {"id": queued}}}),
        ("extend", {"body": {"prompt": "b", "seconds": "4", "video": {"id": queued}}}),
        ("content", {"params": {"video_id": queued}}),
    ):
        with pytest.raises(BadRequest) as refused:
            await door.ask(handler, **more)
        assert refused.value.code == "video_not_ready"


async def test_a_remix_keeps_the_seeds_and_names_its_source(door: Door, filmer: Filmer) -> None:
    made = await door.made("create", {"prompt": "a cat", "seconds": "8"})
    remix = await door.made("remix", {"prompt": "a dog"}, params={"video_id": made["id"]})
    edit = await door.made("edit", {"prompt": "a dog", "video": {"id": made["id"]}})
    assert (remix["remixed_from_video_id"], remix["seconds"], remix["prompt"]) == (made["id"], "8", "a dog")
    assert edit["remixed_from_video_id"] is None
    first, second, third = (one.shots[0] for one in filmer.wishes)
    assert first.seed == second.seed == third.seed
    assert (first.prompt, second.prompt, second.seconds) == ("a cat", "a dog", 8)


async def test_an_extension_is_the_film_and_more(door: Door, filmer: Filmer) -> None:
    made = await door.made("create", {"prompt": "a cat"})
    longer = await door.made("extend", {"prompt": "it leaves", "seconds": "12", "video": {"id": made["id"]}})
    assert longer["seconds"] == "16"
    assert filmer.wishes[1].shots[0] == filmer.wishes[0].shots[0]
    assert [shot.seconds for shot in filmer.wishes[1].shots] == [4, 12]


async def test_films_do_not_grow_for_ever(door: Door) -> None:
    made = await door.made("create", {"prompt": "a", "seconds": "20"})
    for _ in range(5):
        made = await door.made("extend", {"prompt": "b", "seconds": "20", "video": {"id": made["id"]}})
    assert made["seconds"] == "120"
    with pytest.raises(BadRequest, match="120 seconds"):
        await door.ask("extend", {"prompt": "b", "seconds": "4", "video": {"id": made["id"]}})


async def test_films_from_elsewhere_are_taken_by_their_headers(door: Door, filmer: Filmer) -> None:
    edit = await door.made("edit", parsed=VideoEdit(prompt="a", video=upload(FILM)))
    longer = await door.made("extend", parsed=VideoExtend(prompt="a", seconds="8", video=upload(FILM)))
    assert (edit["seconds"], edit["size"], longer["seconds"]) == ("4", "720x1280", "12")
    with pytest.raises(BadRequest) as refused:
        await door.ask("edit", parsed=VideoEdit(prompt="a", video=upload(b"text")))
    assert refused.value.code == "invalid_video_file"


async def test_each_file_can_be_had_whole_or_in_part(door: Door) -> None:
    made = await door.made("create", {"prompt": "a"})

    async def get(variant: str, headers: dict[str, str] | None = None) -> Any:
        return await door.ask("content", params={"video_id": made["id"]}, query={"variant": [variant]}, headers=headers)

    video = await get("video")
    assert video.body.startswith(b"videoFilmWish")
    assert video.media_type == "video/mp4"
    assert [((await get(one)).body, (await get(one)).media_type) for one in ("thumbnail", "spritesheet")] == [
        (b"thumbnail", "image/webp"),
        (b"sheet", "image/jpeg"),
    ]
    part = await get("thumbnail", {"range": "bytes=2-4"})
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"umb", "bytes 2-4/9")
    with pytest.raises(RangeNotSatisfiable):
        await get("thumbnail", {"range": "bytes=9-"})
    with pytest.raises(BadRequest):
        await get("subtitles")


async def test_what_may_not_be_filmed_fails_and_says_why(door: Door, jobs: Jobs) -> None:
    made = (await door.ask("create", {"prompt": "I will kill you and your family"})).body
    assert made["status"] == "queued"
    await jobs._handlers[KIND][0](Step(made["id"]))  # type: ignore[arg-type]
    told = (await door.ask("retrieve", params={"video_id": made["id"]})).body
    assert (told["status"], told["error"]["code"]) == ("failed", "moderation_blocked")


async def test_a_stranger_finds_nothing(door: Door) -> None:
    made = await door.made("create", {"prompt": "a"})
    stranger = Principal("org-b", "proj_b")
    for handler in ("retrieve", "delete", "content", "remix"):
        with pytest.raises(NotFound, match=f"Video with id '{made['id']}' not found"):
            await door.ask(handler, params={"video_id": made["id"]}, principal=stranger)
    for handler in ("edit", "extend"):
        with pytest.raises(NotFound):
            await door.ask(handler, {"prompt": "a", "seconds": "4", "video": {"id": made["id"]}}, principal=stranger)
    assert (await door.ask("list", principal=stranger)).body["data"] == []
    assert [video["id"] for video in (await door.ask("list")).body["data"]] == [made["id"]]


async def test_deleted_films_are_gone_with_their_bytes(door: Door, blobs: Any) -> None:
    made = await door.made("create", {"prompt": "a"})
    gone = (await door.ask("delete", params={"video_id": made["id"]})).body
    assert gone == {"id": made["id"], "object": "video.deleted", "deleted": True}
    assert await blobs.keys() == []
    with pytest.raises(NotFound):
        await door.ask("retrieve", params={"video_id": made["id"]})


async def test_who_waits_is_told_when_to_ask_again(door: Door) -> None:
    queued = (await door.ask("create", {"prompt": "a"})).body["id"]
    assert (await door.ask("retrieve", params={"video_id": queued})).headers == {"openai-poll-after-ms": "250"}
    made = await door.made("create", {"prompt": "a"})
    assert (await door.ask("retrieve", params={"video_id": made["id"]})).headers == {}
