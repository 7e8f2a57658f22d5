"""The pictures that a request begins with: of a form, of a data URL, or of a file that was uploaded.

They are looked at by their headers here; whoever draws decodes them. No URL is ever opened: of one that is somewhere else
there is a picture that says so.
"""

from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

from fakeai.content.media import MediaError, from_url
from fakeai.content.pictures_files import check
from fakeai.content.pictures_made import MASK_BYTES, stand_in
from fakeai.core.call import Call
from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest
from fakeai.core.form import Upload
from fakeai.services.files import Files
from fakeai.services.images.rules import Family
from fakeai.wire import wording
from fakeai.wire.images.request import ImageEdit, ImageRef

_LEGACY_BYTES = 4 * 2**20
_INLINE = 2**18
_ALPHA = (4, 6)
"""Types of colour of a png that have transparency."""


class Sources(NamedTuple):
    """Files, and width and height of each of the pictures to be changed."""

    pictures: tuple[bytes, ...] = ()
    sizes: tuple[tuple[int, int], ...] = ()
    mask: bytes | None = None
    markup: bytes | None = None

    async def digest(self) -> bytes:
        """Stands for all of their bytes."""
        return await off_loop(_digest, self) if self._large() else _digest(self)

    async def checked(self, of: Family, *, easy: bool) -> "Sources":
        """With their sizes. Raises BadRequest for what cannot be taken; `easy`: what can be read at all."""
        work = partial(readable, self) if easy else partial(checked, self, of)
        return await off_loop(work) if self._large() else work()

    def _large(self) -> bool:
        return sum(map(len, self.pictures)) + len(self.mask or b"") + len(self.markup or b"") > _INLINE


def _digest(sources: Sources) -> bytes:
    whole = blake2b(digest_size=32)
    for data in (*sources.pictures, sources.mask or b"", sources.markup or b""):
        whole.update(blake2b(data).digest())
    return whole.digest()


async def of_edit(call: Call, body: ImageEdit, files: Files, of: Family, *, easy: bool) -> Sources:
    """The pictures of an edit. Raises BadRequest for what is none, and NotFound for a file that the caller has not."""
    given = _given(body)
    if not given and not easy:
        raise wording.missing("image")
    if not of.gpt and len(given) > 1 and not easy:
        raise wording.array_too_long("image", 1, len(given))
    pictures = [await _bytes(call, one, files, "image") for one in given]
    mask = None if body.mask is None else await _bytes(call, body.mask, files, "mask")
    markup = None if body.markup is None else await _bytes(call, body.markup, files, "markup")
    return await Sources(tuple(pictures), (), mask, markup).checked(of, easy=easy)


def checked(sources: Sources, of: Family) -> Sources:
    """With their sizes. Raises BadRequest for a picture, a mask or a markup that cannot be taken."""
    if of.gpt:
        sizes = [check(data, "image") for data in sources.pictures]
    else:
        sizes = [check(data, "image", ("png",), _LEGACY_BYTES) for data in sources.pictures]
        if any(width != height for width, height in sizes):
            raise BadRequest("Uploaded image must be a square.", param="image", code="invalid_image_size")
    if sources.mask is not None:
        _check_over(sources.mask, "mask", sizes[0])
    if sources.markup is not None:
        _check_over(sources.markup, "markup", sizes[0])
    return sources._replace(sizes=tuple(sizes))


def readable(sources: Sources) -> Sources:
    """What of them can be read at all: for calls that are held to the document's rules only."""

    def good(data: bytes | None) -> tuple[int, int] | None:
        try:
            return None if data is None else check(data, "image")
        except BadRequest:
            return None

    found = [(data, size) for data in sources.pictures if (size := good(data)) is not None]
    mask, markup = (data if found and good(data) == found[0][1] else None for data in (sources.mask, sources.markup))
    return Sources(tuple(data for data, _ in found), tuple(size for _, size in found), mask, markup)


def _given(body: ImageEdit) -> Sequence[Upload | ImageRef]:
    if body.image is not None:
        return body.image if isinstance(body.image, list) else [body.image]
    return body.images or []


async def _bytes(call: Call, one: Upload | ImageRef, files: Files, param: str) -> bytes:
    if isinstance(one, Upload):
        return one.data
    if (one.image_url is None) == (one.file_id is None):
        raise BadRequest(f"Invalid '{param}': provide exactly one of 'image_url' or 'file_id'.", param=param)
    if one.file_id is not None:
        return await files.content(await files.get(call, one.file_id))
    assert one.image_url is not None
    try:
        medium = from_url(one.image_url, "image", param=param)
    except MediaError as error:
        raise BadRequest(error.message, param=param, code="invalid_value") from None
    return await off_loop(stand_in, one.image_url) if medium.data is None else medium.data


def _check_over(data: bytes, param: str, size: tuple[int, int]) -> None:
    """Hold what lies over the first picture to its size, and to having transparency."""
    found = check(data, param, ("png",), MASK_BYTES)
    if found != size:
        raise BadRequest(
            f"Invalid {param} image format - {param} size does not match image size",
            param=param,
            code=f"invalid_{param}",
        )
    if data[25] not in _ALPHA and b"tRNS" not in data[:4096]:
        raise BadRequest(
            f"Invalid {param} image format - {param} image missing alpha channel", param=param, code=f"invalid_{param}"
        )
