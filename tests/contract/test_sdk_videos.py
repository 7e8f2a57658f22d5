"""Films as the official SDK sees them: made, waited for, downloaded, remixed, extended, listed, refused, deleted."""

import time
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import openai
import pytest
from content.film_reader import Decoder, Mp4
from PIL import Image

from contract.media_steps import FILM, FRAME
from fakeai.testing import FakeAI

QUICK = {"media.video_queue_s": 0.01, "media.video_s_per_s": 0.01}
PROMPT = "A red house by the sea"
pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAI]:
    with FakeAI(QUICK, seed=1) as made:
        yield made


@pytest.fixture(scope="module")
def client(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, _strict_response_validation=True)


@pytest.fixture(scope="module")
def film(client: Any) -> Any:
    """One that is done."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return client.videos.create_and_poll(prompt=PROMPT, size="1280x720", poll_interval_ms=50)


def sent(client: Any, path: str, **body: Any) -> Any:
    """What the SDK's own method cannot send: a film by its id."""
    return client.post(path, body=body, cast_to=openai.types.Video)


def done(client: Any, video: Any) -> Any:
    return client.videos.poll(video.id, poll_interval_ms=50)


def test_a_film_is_made_and_is_what_was_asked_for(client: Any, film: Any) -> None:
    assert (film.status, film.progress, film.model, film.error) == ("completed", 100, "sora-2", None)
    assert film.expires_at == film.completed_at + 86_400
    reply = client.videos.download_content(film.id)
    assert reply.response.headers["content-type"] == "video/mp4"
    read = Mp4(reply.content)
    assert (read.width, read.height, read.seconds) == (1280, 720, 4.0)
    decoder = Decoder(read.sps)
    decoder.decode(read.samples[0])
    first = decoder.planes[0].copy()
    decoder.decode(read.samples[1])
    assert (decoder.planes[0] != first).any()


def test_stills_can_be_had(client: Any, film: Any) -> None:
    for variant, kind in (("thumbnail", "WEBP"), ("spritesheet", "JPEG")):
        with Image.open(BytesIO(client.videos.download_content(film.id, variant=variant).content)) as still:
            assert still.format == kind
            assert still.width == 1280


def test_a_player_gets_the_parts_it_asks_for(client: Any, film: Any) -> None:
    whole = client.videos.download_content(film.id).content
    part = client.videos.download_content(film.id, extra_headers={"Range": "bytes=100-199"})
    assert (part.response.status_code, part.content) == (206, whole[100:200])
    assert part.response.headers["content-range"] == f"bytes 100-199/{len(whole)}"


def test_equal_requests_give_equal_films(client: Any, film: Any) -> None:
    again = client.videos.create_and_poll(prompt=PROMPT, size="1280x720", poll_interval_ms=50)
    assert again.id != film.id
    assert client.videos.download_content(again.id).content == client.videos.download_content(film.id).content


def test_a_remix_an_edit_and_an_extension(client: Any, film: Any) -> None:
    remix = client.videos.remix(film.id, prompt="The same at night")
    edit = sent(client, "/videos/edits", prompt="In the rain", video={"id": film.id})
    longer = sent(client, "/videos/extensions", prompt="A boat comes", seconds="8", video={"id": film.id})
    assert (remix.remixed_from_video_id, edit.remixed_from_video_id) == (film.id, None)
    whole = client.videos.download_content(film.id).content
    made = [client.videos.download_content(done(client, one).id).content for one in (remix, edit, longer)]
    assert len({whole, *made}) == 4
    read = Mp4(made[2])
    assert (longer.seconds, read.seconds) == ("12", 12.0)
    assert read.samples[: len(Mp4(whole).samples)] == Mp4(whole).samples


def test_files_from_elsewhere_are_edited_and_extended(client: Any) -> None:
    edit = client.videos.edit(prompt="More rain", video=("a.mp4", FILM))
    longer = client.videos.extend(prompt="A storm", seconds="4", video=("a.mp4", FILM))
    assert (edit.size, edit.seconds, longer.seconds) == ("720x1280", "4", "8")


def test_a_picture_is_what_a_film_begins_with(client: Any) -> None:
    made = done(client, client.videos.create(prompt="It moves", input_reference=FRAME))
    with Image.open(BytesIO(client.videos.download_content(made.id, variant="thumbnail").content)) as still:
        red, green, blue = still.convert("RGB").getpixel((360, 900))  # type: ignore[misc]
    assert abs(red - 200) + abs(green - 90) + abs(blue - 40) < 30


def test_characters_are_made_and_found(client: Any) -> None:
    made = client.videos.create_character(name="Ada", video=("a.mp4", FILM))
    assert client.videos.get_character(made.id).name == "Ada"
    with pytest.raises(openai.NotFoundError, match="Character with id 'char_9' not found"):
        client.videos.get_character("char_9")


def test_films_are_listed_by_page(fake: FakeAI) -> None:
    client = fake.client(max_retries=0, default_headers={"OpenAI-Project": "proj_listed"})
    made = [client.videos.create(prompt=f"Film {n}").id for n in range(5)]
    assert [video.id for video in client.videos.list(limit=2)] == made[::-1]
    assert [video.id for video in client.videos.list(limit=2, order="asc")] == made
    assert client.videos.list(limit=0).data == []
    with pytest.raises(openai.BadRequestError, match="no object with id 'nothing'"):
        client.videos.list(after="nothing")


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 32_001}, "prompt"),
        ({"size": "1x1"}, "size"),
        ({"size": "1792x1024"}, "size"),
        ({"seconds": "5"}, "seconds"),
        ({"model": "gpt-4o"}, "model"),
        ({"input_reference": b"This is text."}, "input_reference"),
        ({"input_reference": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0N \0\0N \x08\x02\0\0\0"}, "input_reference"),
    ],
)
def test_what_cannot_be_filmed_is_refused_by_name(client: Any, asked: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create(**{"prompt": "a", **asked})
    assert refused.value.param == param


def test_what_may_not_be_filmed_fails(client: Any) -> None:
    made = client.videos.create_and_poll(prompt="I will kill you and your family", poll_interval_ms=50)
    assert (made.status, made.error.code) == ("failed", "moderation_blocked")
    with pytest.raises(openai.BadRequestError, match="not ready"):
        client.videos.download_content(made.id)


def test_nobody_else_sees_a_film(fake: FakeAI, client: Any, film: Any) -> None:
    other = fake.client(max_retries=0, default_headers={"OpenAI-Project": "proj_other"})
    for verb in (
        lambda: other.videos.retrieve(film.id),
        lambda: other.videos.delete(film.id),
        lambda: other.videos.remix(film.id, prompt="a"),
        lambda: other.videos.download_content(film.id),
        lambda: sent(other, "/videos/edits", prompt="a", video={"id": film.id}),
        lambda: sent(other, "/videos/extensions", prompt="a", seconds="4", video={"id": film.id}),
    ):
        with pytest.raises(openai.NotFoundError, match=f"Video with id '{film.id}' not found"):
            verb()
    assert other.videos.list().data == []
    assert client.videos.retrieve(film.id) == film


def test_a_deleted_film_is_gone(client: Any) -> None:
    made = client.videos.create(prompt="a")
    gone = client.videos.delete(made.id)
    assert (gone.id, gone.deleted, gone.object) == (made.id, True, "video.deleted")
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(made.id)


def test_files_of_films_expire(fake: FakeAI) -> None:
    with FakeAI({**QUICK, "media.video_lifetime_s": 0.5}, seed=1) as short:
        client = short.client(max_retries=0)
        made = client.videos.create_and_poll(prompt="a", poll_interval_ms=50)
        for _ in range(100):
            try:
                client.videos.download_content(made.id, extra_headers={"Range": "bytes=0-0"})
            except openai.NotFoundError as error:
                assert error.code == "video_expired"
                break
            client.videos.poll(client.videos.create(prompt="b").id, poll_interval_ms=50)
        else:
            raise AssertionError("never expired")
        assert client.videos.retrieve(made.id).status == "completed"


def test_seconds_are_counted_and_cost(fake: FakeAI) -> None:
    client = fake.client(max_retries=0, organization="org-paid")
    client.videos.create(prompt="a", seconds="12", model="sora-2-pro")
    client.videos.create(prompt="a")
    page = client.admin.organization.usage.costs(start_time=int(time.time()) // 86_400 * 86_400, group_by=["line_item"])
    told = {row.line_item: (row.quantity, row.amount.value) for bucket in page.data for row in bucket.results}
    assert told == {
        "sora-2-pro, duration_seconds": (12, pytest.approx(3.6)),
        "sora-2, duration_seconds": (4, pytest.approx(0.4)),
    }


def test_a_server_that_is_started_again_goes_on_where_it_was(tmp_path: Path) -> None:
    kept = {"store.data_dir": str(tmp_path), "media.video_queue_s": 0.05, "media.video_s_per_s": 0.25}
    with FakeAI(kept) as first, openai.OpenAI(base_url=f"{first.url}/v1", api_key="k") as client:
        made = client.videos.create(prompt=PROMPT)
    with FakeAI(kept) as second, openai.OpenAI(base_url=f"{second.url}/v1", api_key="k") as client:
        assert client.videos.poll(made.id).status == "completed"
        assert Mp4(client.videos.download_content(made.id).content).seconds == 4.0
