"""Edits and variations."""

from PIL import Image, ImageChops

from fakeai.content.pictures import Wish, paint
from fakeai.content.pictures_edit import area_marked, area_of, edit, fitted, vary

WISH = Wish("a blue rocket", 256, 256, b"1")
BASE = paint(Wish("a red house", 256, 256, b"2"))


def masked(box: tuple[int, int, int, int]) -> Image.Image:
    mask = Image.new("RGBA", (256, 256), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), box)
    return mask


def test_only_what_the_mask_leaves_open_is_repainted() -> None:
    box = (60, 30, 200, 130)
    made = edit(WISH, [BASE], area_of(masked(box), BASE.size))
    assert made.size == BASE.size
    assert ImageChops.difference(made, BASE).getbbox() is not None
    outside = made.copy()
    outside.paste(BASE.crop(box), box)
    assert outside.tobytes() == BASE.tobytes()


def test_half_transparent_parts_of_a_mask_are_kept() -> None:
    mask = Image.new("RGBA", (256, 256), (0, 0, 0, 1))
    assert edit(WISH, [BASE], area_of(mask, BASE.size)).tobytes() == BASE.tobytes()


def test_a_mask_of_odd_shape_is_followed_pixel_by_pixel() -> None:
    mask = masked((60, 30, 200, 130))
    mask.paste((0, 0, 0, 255), (100, 60, 120, 80))
    made = edit(WISH, [BASE], area_of(mask, BASE.size))
    assert made.crop((100, 60, 120, 80)).tobytes() == BASE.crop((100, 60, 120, 80)).tobytes()
    assert made.crop((60, 30, 100, 130)).tobytes() != BASE.crop((60, 30, 100, 130)).tobytes()


def test_a_markup_has_its_surroundings_repainted() -> None:
    markup = Image.new("RGBA", (256, 256), (0, 0, 0, 0))
    markup.paste((255, 0, 0, 255), (80, 80, 90, 150))
    markup.paste((255, 0, 0, 255), (150, 80, 160, 90))
    assert area_marked(markup, (256, 256)).getbbox() == (80, 80, 160, 150)
    assert area_marked(Image.new("RGBA", (256, 256), (0, 0, 0, 0)), (256, 256)).getbbox() is None


def test_an_edit_without_a_mask_has_the_base_the_things_and_the_other_pictures() -> None:
    alone, beside = edit(WISH, [BASE]), edit(WISH, [BASE, Image.new("RGB", (90, 40), (0, 255, 0))])
    assert alone.size == beside.size == (256, 256)
    assert alone.mode == "RGB"
    assert alone.tobytes() != BASE.tobytes()
    changed = ImageChops.difference(alone, beside).getbbox()
    assert changed is not None
    assert changed[2] <= 64
    assert changed[3] <= 64
    assert beside.getpixel((30, 30)) == (0, 255, 0)


def test_a_transparent_edit_has_transparent_corners() -> None:
    made = edit(WISH._replace(transparent=True), [BASE])
    assert made.mode == "RGBA"
    assert made.getpixel((0, 0))[3] == 0  # type: ignore[index]
    assert made.getpixel((128, 128))[3] == 255  # type: ignore[index]


def test_other_shapes_are_filled() -> None:
    assert fitted(BASE, (256, 256)) is BASE
    assert fitted(BASE, (300, 100)).size == (300, 100)


def test_a_variation_has_other_colours_and_the_same_shapes() -> None:
    made = vary(BASE, (128, 128), b"1")
    assert made.size == (128, 128)
    assert made.tobytes() != fitted(BASE, (128, 128)).tobytes()
    assert made.tobytes() == vary(BASE, (128, 128), b"1").tobytes()
    assert made.tobytes() != vary(BASE, (128, 128), b"2").tobytes()
    see_through = BASE.convert("RGBA")
    see_through.putalpha(77)
    assert vary(see_through, (64, 64), b"1").getchannel("A").getextrema() == (77, 77)
