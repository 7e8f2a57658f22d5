"""Captions."""

from PIL import Image

from fakeai.content.pictures_text import caption_height, draw_caption, draw_strip, fitted, panel_at
from fakeai.content.typefaces import font


def test_lines_fit_into_their_box_in_the_largest_type() -> None:
    caption = fitted("A red house by the sea at sunset", 200, 80, largest=60)
    assert " ".join(caption.lines) == "A red house by the sea at sunset"
    assert all(font(caption.size).getlength(line) <= 200 for line in caption.lines)
    assert caption_height(caption) <= 80
    assert 12 < caption.size < 60


def test_a_short_text_is_as_large_as_allowed() -> None:
    assert fitted("Sea", 500, 300, largest=40) == (("Sea",), 40)


def test_words_longer_than_a_line_are_broken() -> None:
    caption = fitted("x" * 300, 100, 60, largest=20)
    assert len(caption.lines) > 1
    assert all(font(caption.size).getlength(line) <= 101 for line in caption.lines)


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    caption = fitted("many words " * 3_000, 120, 40, largest=20)
    assert caption.lines[-1].endswith("…")
    assert caption_height(caption) <= 45


def test_control_characters_and_line_breaks_are_spaces() -> None:
    assert fitted("a\x00b\nc\u202ed", 500, 300, largest=40).lines == ("a b c d",)


def test_a_text_is_drawn_bright_on_dark() -> None:
    image = Image.new("RGB", (300, 300), (255, 0, 0))
    panel = panel_at("Sea", (0, 0, 300, 300))
    draw_caption(image, panel)
    middle = image.crop((panel.x + 4, panel.y + 4, panel.x + panel.width - 4, panel.y + panel.height - 4))
    low, high = middle.convert("L").getextrema()
    assert low < 70
    assert high > 230
    assert image.getpixel((2, 2)) == (255, 0, 0)


def test_behind_a_caption_nothing_shines_through() -> None:
    image = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    panel = panel_at("Sea", (0, 0, 300, 300))
    draw_caption(image, panel)
    assert image.getpixel((panel.x + panel.width // 2, panel.y + 3))[3] == 255  # type: ignore[index]


def test_a_strip_has_its_text_in_what_is_seen() -> None:
    strip = draw_strip((320, 64), (300, 56), "Sea")
    assert strip.size == (320, 64)
    box = strip.convert("L").point(lambda level: 255 if level > 128 else 0).getbbox()
    assert box is not None
    assert box[2] < 300
    assert box[3] < 56
