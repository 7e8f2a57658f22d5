"""Pictures as files: bytes looked at before a pixel is decoded, decoded within bounds, and written.

What is refused is refused by its header, in microseconds, or by its parts, in a millisecond a megabyte. Knows no prompts.
"""

from collections.abc import Mapping
from io import BytesIO
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from fakeai.content import image_headers, image_parts
from fakeai.content.marks import places
from fakeai.core.errors import BadRequest

if TYPE_CHECKING:
    from PIL.Image import Image

Format = Literal["png", "jpeg", "webp"]

MOST_BYTES: Final = 50 * 2**20
"""Of one picture (the API reference of `images.edit`)."""
MOST_PIXELS: Final = 40_000_000
_LARGE: Final = 16_000_000
"""Pixels beyond which a picture is read at half its size: twice what any is made of."""
_MOST_PER_BYTE: Final = 200
"""Pixels of such a picture that a byte of its file may stand for: photographs have about one, bombs a thousand."""
_ORIENTATION: Final = 0x0112
_MOST_SCANS: Final = 100
"""Of a progressive JPEG: each costs as much as the whole picture."""
_READ: Final = ("png", "jpeg", "webp")
_MIME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "png": "image/png",
        "jpeg": "image/jpeg",
        "webp": "image/webp",
        "gif": "image/gif",
        "svg": "image/svg+xml",
    }
)


def media_type(format: str) -> str:
    """What a browser calls the format."""
    return _MIME[format]


def check(data: bytes, param: str, formats: tuple[str, ...] = _READ, most_bytes: int = MOST_BYTES) -> tuple[int, int]:
    """Width and height, of a file that is whole. Raises BadRequest for what is no picture that is taken."""
    if len(data) > most_bytes:
        raise BadRequest(
            f"Invalid '{param}': the image is larger than the limit of {most_bytes} bytes.",
            param=param,
            code="image_too_large",
        )
    found = image_headers.size(data)
    if found is None or found == image_headers.BROKEN or found.format not in formats:
        words = ", ".join(f"'image/{name}'" for name in formats)
        raise BadRequest(
            f"Invalid image file or mode for '{param}', please check your image file. Supported types are: {words}.",
            param=param,
            code="invalid_image_file",
        )
    pixels = found.width * found.height
    empty = pixels > _LARGE and pixels > _MOST_PER_BYTE * len(data)
    if pixels > MOST_PIXELS or max(found.width, found.height) > 16_384 or empty:
        raise BadRequest(
            f"Invalid '{param}': the image has {found.width}x{found.height} pixels, more than are allowed"
            f"{' for so few bytes' if empty else ''}.",
            param=param,
            code="image_too_large",
        )
    scans = islice(places(data, b"\xff\xda"), _MOST_SCANS + 1) if found.format == "jpeg" else ()
    if len(list(scans)) > _MOST_SCANS or not image_parts.whole(data, found.format):
        raise _unreadable(param)
    return found.width, found.height


def decode(data: bytes, param: str, formats: tuple[str, ...] = _READ, most_bytes: int = MOST_BYTES) -> "Image":
    """The first frame, upright, as RGB or RGBA. Raises BadRequest as `check` does, and for damaged contents."""
    from PIL import Image, ImageOps

    check(data, param, formats, most_bytes)
    try:
        with Image.open(BytesIO(data), formats=[name.upper() for name in formats]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _unreadable(param)
            image.load()
            has_alpha = "A" in image.getbands() or "transparency" in image.info
            plain = image.convert("RGBA" if has_alpha else "RGB")
            if plain.width * plain.height > _LARGE:
                plain = plain.reduce(2)
            turn = image.getexif().get(_ORIENTATION)
            return plain if turn is None else ImageOps.exif_transpose(_turned(plain, turn))
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError):
        raise _unreadable(param) from None


def _turned(image: "Image", turn: int) -> "Image":
    """The picture, told how its camera was held."""
    image.getexif()[_ORIENTATION] = turn
    return image


def _unreadable(param: str) -> BadRequest:
    return BadRequest(
        f"Invalid image file or mode for '{param}', please check your image file: it cannot be decoded.",
        param=param,
        code="invalid_image_file",
    )


def encode(image: "Image", format: Format, compression: int = 100) -> bytes:
    """The picture as a file. `compression` is the quality in percent of jpeg and webp; jpeg has no transparency."""
    out = BytesIO()
    match format:
        case "png":
            image.save(out, "PNG", compress_level=4)
        case "jpeg":
            image.convert("RGB").save(out, "JPEG", quality=max(compression, 1), subsampling=0)
        case "webp":
            image.save(out, "WEBP", quality=compression, method=2)
    return out.getvalue()


def encode_animation(frames: "list[Image]", duration_ms: int) -> bytes:
    """A gif that plays over and over; times are told in hundredths of a second."""
    out = BytesIO()
    shown = max(round(duration_ms / 10) * 10, 10)
    first, *rest = [frame.convert("RGB").quantize(128) for frame in frames]
    first.save(out, "GIF", save_all=True, append_images=rest, duration=min(shown, 655_350), loop=0, disposal=1)
    return out.getvalue()
