"""Each letter is written in the first typeface that has it; ours comes first, so that most look the same everywhere."""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from fakeai.content import typefaces
from fakeai.content.typefaces import font, installed, runs

LETTERS = ("äö ", "雪の", "ö")


def first(letter: str) -> int:
    return next((number for number, letters in enumerate(LETTERS) if letter in letters), 0)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [(0, "")]),
        ("ab c", [(0, "ab c")]),
        ("äö 雪の 雪", [(0, "äö "), (1, "雪の 雪")]),
        ("雪äö?", [(1, "雪"), (0, "äö?")]),
        (" 雪", [(0, " "), (1, "雪")]),
        ("雪\u0301ä\u0301", [(1, "雪\u0301"), (0, "ä\u0301")]),
    ],
)
def test_a_line_is_cut_where_the_typeface_changes(text: str, parts: list[tuple[int, str]]) -> None:
    assert runs(text, first) == parts


def test_a_letter_is_looked_for_once_however_many_typefaces_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def has(number: int, letter: str) -> bool:
        asked.append(letter)
        return False

    monkeypatch.setattr(typefaces, "_has", has)
    monkeypatch.setattr(typefaces, "installed", lambda: ("nowhere",) * 200)
    monkeypatch.setattr(typefaces, "_first", lru_cache(maxsize=300)(typefaces._first.__wrapped__))
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 300)))
    assert {font(size).getlength(text) > 0 for size in (10, 12)} == {True}
    assert len(asked) == 300 * 201


def test_what_is_installed_is_found_by_its_name(tmp_path: Path) -> None:
    ours = files("fakeai").joinpath("data/fonts/DejaVuSans-subset.ttf").read_bytes()
    (tmp_path / "b").mkdir()
    for name in ("b/DejaVuSans.ttf", "NotoSansThai-Regular.ttf", "unifont.otf", "Other.ttf"):
        (tmp_path / name).write_bytes(ours)
    (tmp_path / "ipag.ttf").write_bytes(b"no typeface")
    found = installed.__wrapped__((str(tmp_path), str(tmp_path / "none")))
    assert [Path(path).name for path in found] == ["DejaVuSans.ttf", "unifont.otf", "NotoSansThai-Regular.ttf"]


def test_letters_of_latin_greek_and_cyrillic_are_there() -> None:
    assert [letter for letter in "AzéßŁñΩжЯ€—… " if not typefaces._has(0, letter)] == []
    assert not typefaces._has(0, "雪")


def test_our_own_letters_are_ours_whatever_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "A fox, Große Füße, лиса, αλεπού"
    before = font(20).getlength(text)
    monkeypatch.setattr(typefaces, "installed", tuple)
    assert typefaces.Face(20).getlength(text) == before
    assert runs(text, typefaces._first.__wrapped__) == [(0, text)]


def test_parts_of_a_line_stand_side_by_side_around_its_middle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "unifont.otf"
    path.write_bytes(files("fakeai").joinpath("data/fonts/DejaVuSans-subset.ttf").read_bytes())
    monkeypatch.setattr(typefaces, "installed", lambda: (str(path),))
    monkeypatch.setattr(typefaces, "_first", lambda letter: int(letter == "Ä"))
    face = typefaces.Face(20)
    image = Image.new("L", (200, 40))
    face.draw(ImageDraw.Draw(image), (100, 20), "HHÄÄHH", 255)  # type: ignore[arg-type]  # of one band
    left, top, right, bottom = image.getbbox() or (0, 0, 0, 0)
    assert right - left == pytest.approx(face.getlength("HHÄÄHH"), abs=6)
    assert (left + right) / 2 == pytest.approx(100, abs=3) and (top + bottom) / 2 == pytest.approx(20, abs=5)
