"""Scenes as svg."""

from xml.etree import ElementTree

from fakeai.content.pictures import Wish
from fakeai.content.pictures_svg import write

_SVG = "{http://www.w3.org/2000/svg}"


def test_an_svg_has_its_size_and_shows_the_prompt() -> None:
    root = ElementTree.fromstring(write(Wish("A red house by the sea", 640, 480, b"1")))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("640", "480", "0 0 640 480")
    assert " ".join(text.text or "" for text in root.iter(f"{_SVG}text")) == "A red house by the sea"
    assert len(list(root.iter(f"{_SVG}polygon"))) == 4


def test_a_prompt_cannot_write_markup() -> None:
    hostile = '</text><script>alert(1)</script>"&\x00\ud800'
    root = ElementTree.fromstring(write(Wish(hostile, 640, 480, b"1")))
    assert not list(root.iter(f"{_SVG}script"))
    assert "<script>" in "".join(root.itertext())


def test_a_transparent_one_has_no_sky() -> None:
    assert b"url(#sky)" in write(Wish("hills", 64, 64, b"1"))
    assert b"url(#sky)" not in write(Wish("hills", 64, 64, b"1", transparent=True))
