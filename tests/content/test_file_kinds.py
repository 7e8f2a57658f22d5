"""What files are read as, and what is no text."""

import pytest

from fakeai.content.file_kinds import UnreadableError, bounded, kind_of, plain_text


@pytest.mark.parametrize(
    ("name", "media", "data", "kind"),
    [
        ("a.TXT", "application/octet-stream", b"x", "text"),
        ("a.py", "", b"x", "text"),
        ("data.jsonl", "", b"{}", "text"),
        ("a.csv", "", b"a,b", "text"),
        ("index.htm", "", b"<p>", "html"),
        ("a.pdf", "", b"junk\n%PDF-1.7", "pdf"),
        ("a.docx", "", b"PK\x03\x04", "docx"),
        ("a.pptx", "", b"PK\x03\x04", "pptx"),
        ("README", "", b"x", "text"),
        ("page", "text/html; charset=utf-8", b"x", "html"),
        ("paper", "", b"%PDF-1.4", "pdf"),
        ("table", "text/csv", b"a", "text"),
    ],
)
def test_the_ending_counts_then_the_media_type_then_the_bytes(name: str, media: str, data: bytes, kind: str) -> None:
    assert kind_of(name, media, data) == kind


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.xlsx", b"PK\x03\x04", "unsupported_file"),
        ("a.png", b"\x89PNG", "unsupported_file"),
        ("blob", b"\0\1", "unsupported_file"),
        ("a.pdf", b"hello", "invalid_file"),
        ("a.docx", b"hello", "invalid_file"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_code(name: str, data: bytes, code: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        kind_of(name, "", data)
    assert refused.value.code == code


def test_text_is_utf_8_or_utf_16_with_a_mark() -> None:
    assert plain_text("Grüße".encode()) == "Grüße"
    assert plain_text("Grüße".encode("utf-8-sig")) == "Grüße"
    assert plain_text("Grüße".encode("utf-16")) == "Grüße"
    for bad in (b"\xff\xfa", b"a\0b", "Grüße".encode("latin-1")):
        with pytest.raises(UnreadableError):
            plain_text(bad)


def test_a_text_has_an_end_and_no_nul() -> None:
    assert bounded("a\0b") == "a\ufffdb"
    with pytest.raises(UnreadableError, match="more than"):
        bounded("a" * 24_000_001)
