"""Text of PDF files."""

import pytest

from fakeai.content.file_kinds import UnreadableError
from fakeai.content.pdf_text import pdf_text
from tests.content.documents_made import pdf


def test_the_pages_of_a_file_are_read_in_order() -> None:
    assert pdf_text(pdf(["First (line)", "second"], ["of page two"])).split("\n") == [
        "First (line)",
        "second",
        "",
        "of page two",
    ]
    assert pdf_text(pdf(["squeezed"], squeeze=1)) == "squeezed"


@pytest.mark.parametrize("data", [b"%PDF-1.4\njunk", pdf(["x"])[:200], b"%PDF-"])
def test_a_broken_file_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError) as refused:
        pdf_text(data)
    assert refused.value.code == "invalid_file"
