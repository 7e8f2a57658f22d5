"""What a film begins with."""

import struct

import pytest
from contract.media_steps import FILM, png

from fakeai.core.errors import BadRequest
from fakeai.core.form import Upload
from fakeai.services.videos.sources import MOST_BYTES, check_picture, clip


def upload(data: bytes) -> Upload:
    return Upload("a.mp4", "video/mp4", data)


async def test_a_film_is_what_its_headers_say() -> None:
    found = await clip(upload(FILM))
    assert (found.size, found.seconds) == ("720x1280", 4)
    assert found.digest == (await clip(upload(FILM))).digest
    assert found.digest != (await clip(upload(FILM + b"\0"))).digest


async def test_other_sizes_become_the_ones_there_are() -> None:
    wide = FILM.replace(struct.pack(">II", 720 << 16, 1280 << 16), struct.pack(">II", 1000 << 16, 500 << 16))
    assert (await clip(upload(wide))).size == "1280x720"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "invalid_video_file"),
        (b"Example data", "invalid_video_file"),
        (FILM[:60], "invalid_video_file"),
        (FILM[:-1], "invalid_video_file"),
        (FILM.replace(struct.pack(">II", 1_000, 4_000), struct.pack(">II", 1_000, 36_000_000)), "video_too_long"),
    ],
    ids=["nothing", "text", "cut", "cut at its end", "ten hours"],
)
async def test_what_is_no_film_or_claims_too_much_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await clip(upload(data))
    assert (refused.value.param, refused.value.code) == ("video", code)


async def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(BadRequest, match="larger than the limit"):
        await clip(upload(bytes(MOST_BYTES + 1)))


def test_a_picture_must_be_of_the_film_s_size() -> None:
    check_picture(png(64, 48), "64x48")
    with pytest.raises(BadRequest, match="must match the requested width and height"):
        check_picture(png(64, 48), "48x64")
    with pytest.raises(BadRequest, match="Supported types"):
        check_picture(b"Example data", "48x64")
