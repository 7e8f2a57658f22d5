"""What a film begins with: a picture, a film of the caller's, or the file of one from elsewhere.

A file from elsewhere is not decoded: it has a size and a length by its headers, and its bytes are a seed.
"""

from hashlib import blake2b
from typing import NamedTuple

from fakeai.content import film_headers
from fakeai.content.media import MediaError, from_url
from fakeai.content.pictures_files import check
from fakeai.content.pictures_made import stand_in
from fakeai.core.call import Call
from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError, BadRequest
from fakeai.core.form import Upload
from fakeai.services.files import Files
from fakeai.wire.images.request import ImageRef

LONGEST_S = 120
"""Of a film with all its extensions (developers.openai.com/api/docs/guides/video-generation)."""
MOST_BYTES = 100 * 2**20
_SIZES = ("720x1280", "1280x720", "1024x1792", "1792x1024", "1080x1920", "1920x1080")


class Clip(NamedTuple):
    """A film from elsewhere, by its headers."""

    size: str
    seconds: int
    digest: bytes


async def picture(call: Call, given: Upload | ImageRef, files: Files) -> bytes:
    """The file of a picture. Raises BadRequest, and NotFound for a file that the caller has not."""
    if isinstance(given, Upload):
        return given.data
    if (given.image_url is None) == (given.file_id is None):
        raise BadRequest(
            "Invalid 'input_reference': provide exactly one of 'image_url' or 'file_id'.", param="input_reference"
        )
    if given.file_id is not None:
        return await files.content(await files.get(call, given.file_id))
    assert given.image_url is not None
    try:
        medium = from_url(given.image_url, "image", param="input_reference")
    except MediaError as error:
        raise BadRequest(error.message, param="input_reference", code="invalid_value") from None
    return await off_loop(stand_in, given.image_url) if medium.data is None else medium.data


def check_picture(data: bytes, size: str) -> None:
    """Raises BadRequest for a file that is no picture, or of another size than the film."""
    width, height = check(data, "input_reference")
    if f"{width}x{height}" != size:
        raise BadRequest("Inpaint image must match the requested width and height", param="input_reference")


async def clip(given: Upload) -> Clip:
    """What a film's file says of itself. Raises BadRequest for one that is none, or too long."""
    data = given.data
    if len(data) > MOST_BYTES:
        raise BadRequest(f"Invalid 'video': the file is larger than the limit of {MOST_BYTES} bytes.", param="video")
    found = film_headers.info(data)
    if found is None or not found.width or not found.height or found.seconds <= 0 or not film_headers.whole(data):
        raise no_film()
    if found.seconds > LONGEST_S:
        raise BadRequest(
            f"Invalid 'video': it may be {LONGEST_S} seconds long at most.", param="video", code="video_too_long"
        )
    own = f"{found.width}x{found.height}"
    upright = found.height > found.width
    size = own if own in _SIZES else "720x1280" if upright else "1280x720"
    return Clip(size, max(round(found.seconds), 1), await off_loop(_digest, data))


def no_film() -> ApiError:
    """The refusal of a file that is no film."""
    return BadRequest(
        "Invalid video file for 'video': please check your file. Supported types are 'video/mp4' and 'video/webm'.",
        param="video",
        code="invalid_video_file",
    )


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=32).digest()
