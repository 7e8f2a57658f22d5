"""Text of pages, Word documents and slides."""

import pytest

from fakeai.content.file_kinds import UnreadableError
from fakeai.content.markup_text import docx_text, html_text, pptx_text, tidy
from tests.content.documents_made import archive, docx


def test_a_page_is_what_it_shows() -> None:
    page = b"""<html><head><title>Ships</title><style>p {}</style><script>var a = "<p>no</p>"</script></head>
    <body><h1>Of ships</h1><p>They   <b>float</b> &amp; sink.</p><ul><li>one<li>two</ul></body></html>"""
    lines = [line for line in html_text(page).split("\n") if line]
    assert lines == ["Ships", "Of ships", "They float & sink.", "one", "two"]


def test_a_page_whose_markup_breaks_off_is_read_as_far_as_it_goes() -> None:
    assert html_text(b"<p>Hello <b>you") == "Hello you"


def test_paragraphs_of_a_document_are_lines() -> None:
    assert docx_text(docx("Hello", "you &amp; me")) == "Hello\nyou & me"


def test_slides_come_in_their_order() -> None:
    slides = {f"ppt__slides__slide{n}_xml": f"<s><p><t>Slide {n}</t></p></s>" for n in (10, 2, 1)}
    assert pptx_text(archive(**slides)).split("\n\n") == ["Slide 1", "Slide 2", "Slide 10"]


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04junk",
        archive(other_xml="x"),
        archive(word__document_xml="<a><t>"),
        archive(word__document_xml='<!DOCTYPE a [<!ENTITY l SYSTEM "file:///etc/passwd">]><a><t>&l;</t></a>'),
        archive(word__document_xml="<t>" * 100_000),
    ],
)
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError) as refused:
        docx_text(data)
    assert refused.value.code == "invalid_file"


def test_blanks_and_empty_lines_are_few() -> None:
    assert tidy("  a \t b \n\n\n\n c ") == "a b\n\nc"
