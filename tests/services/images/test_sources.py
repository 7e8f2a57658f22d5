"""The pictures that a request begins with."""

from base64 import b64encode
from threading import get_ident
from typing import Any

import pytest
from contract.media_steps import png

from fakeai.core import catalog
from fakeai.core.call import ANYONE, Call, Principal
from fakeai.core.errors import BadRequest, NotFound
from fakeai.core.form import Upload
from fakeai.services.files import Files
from fakeai.services.images import sources
from fakeai.services.images.rules import family
from fakeai.services.images.service import Images
from fakeai.services.images.sources import Sources, checked, of_edit, readable
from fakeai.wire.images.request import ImageEdit, ImageRef
from tests.content.images_made import png as opaque

CARDS = catalog.load().cards
GPT, OLD = family(CARDS["gpt-image-1.5"]), family(CARDS["dall-e-2"])
SMALL, OPEN = png(32, 32), png(32, 32, 0)


def call(principal: Principal = ANYONE) -> Call:
    return Call("req_1", Images.ENDPOINTS[1], "/", {}, principal=principal)


def upload(data: bytes) -> Upload:
    return Upload("a.png", "image/png", data)


async def read(files: Files, of: Any = GPT, *, easy: bool = False, **asked: Any) -> Sources:
    return await of_edit(call(), ImageEdit(prompt="a", **asked), files, of, easy=easy)


@pytest.mark.parametrize("easy", [False, True])
async def test_large_files_are_looked_at_aside(files: Files, monkeypatch: pytest.MonkeyPatch, *, easy: bool) -> None:
    threads: list[int] = []

    def check(*_: object) -> tuple[int, int]:
        threads.append(get_ident())
        return 32, 32

    monkeypatch.setattr(sources, "check", check)
    await read(files, image=upload(SMALL), easy=easy)
    await read(files, image=upload(SMALL + bytes(2**18)), easy=easy)
    assert threads[0] == get_ident() != threads[1]


async def test_files_of_a_form_are_looked_at_by_their_headers(files: Files) -> None:
    found = await read(files, image=[upload(SMALL), upload(png(64, 48))], mask=upload(OPEN))
    assert (found.sizes, found.mask) == (((32, 32), (64, 48)), OPEN)


async def test_pictures_come_from_data_urls_and_uploaded_files(files: Files) -> None:
    kept = await files.create(ANYONE.owner, "a.png", "vision", SMALL)
    data = f"data:image/png;base64,{b64encode(SMALL).decode()}"
    found = await read(files, images=[ImageRef(file_id=kept["id"]), ImageRef(image_url=data)])
    assert found.pictures == (SMALL, SMALL)


async def test_a_file_of_somebody_else_is_not_there(files: Files) -> None:
    kept = await files.create("org-b/proj_b", "a.png", "vision", SMALL)
    with pytest.raises(NotFound, match="No such File object"):
        await read(files, images=[ImageRef(file_id=kept["id"])])


async def test_no_url_is_opened(files: Files) -> None:
    found = await read(files, images=[ImageRef(image_url="http://127.0.0.1:9/a.png")])
    assert found.sizes == ((1024, 1024),)


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({}, "image"),
        ({"image": upload(b"Example data")}, "image"),
        ({"images": [ImageRef()]}, "image"),
        ({"images": [ImageRef(image_url="file:///etc/passwd")]}, "image"),
        ({"images": [ImageRef(image_url="data:image/png;base64,!")]}, "image"),
        ({"image": upload(SMALL), "mask": upload(png(16, 16, 0))}, "mask"),
        ({"image": upload(SMALL), "mask": upload(b"GIF89a")}, "mask"),
        ({"image": upload(SMALL), "markup": upload(png(33, 32, 0))}, "markup"),
    ],
)
async def test_what_cannot_be_taken_is_refused_by_name(files: Files, asked: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await read(files, **asked)
    assert refused.value.param == param


async def test_a_mask_must_have_transparency(files: Files) -> None:
    with pytest.raises(BadRequest, match="missing alpha channel"):
        await read(files, image=upload(SMALL), mask=upload(opaque(32, 32)))


async def test_a_picture_cut_short_is_refused_before_anything_is_drawn(files: Files) -> None:
    with pytest.raises(BadRequest, match="cannot be decoded"):
        await read(files, image=upload(SMALL[:-12]))


async def test_dall_e_takes_one_square_png(files: Files) -> None:
    assert (await read(files, OLD, image=upload(SMALL))).sizes == ((32, 32),)
    for given in ([upload(SMALL)] * 2, upload(png(32, 16)), upload(b"\xff\xd8")):
        with pytest.raises(BadRequest):
            await read(files, OLD, image=given)


async def test_who_is_held_to_the_document_only_may_send_anything(files: Files) -> None:
    found = await read(files, easy=True, image=upload(b"Example data"), mask=upload(b"Example data"))
    assert found == Sources()
    assert await read(files, easy=True) == Sources()
    assert readable(Sources((b"x", SMALL), (), png(9, 9), None)) == Sources((SMALL,), ((32, 32),))


async def test_digests_are_of_all_bytes() -> None:
    base = Sources((SMALL,))
    others = [Sources((SMALL, SMALL)), base._replace(mask=SMALL), base._replace(markup=SMALL), Sources((OPEN,))]
    assert len({await one.digest() for one in [base, *others]}) == 5
    large = Sources((bytes(2**19),))
    assert await large.digest() == await large.digest() != await base.digest()
    assert checked(base, GPT).sizes == ((32, 32),)
