"""Text of PDF files. Meant for a process that may be ended: see `reading`."""

import logging
from io import BytesIO

from fakeai.content.file_kinds import MOST_CHARACTERS, UnreadableError
from fakeai.content.markup_text import tidy

_MOST_PAGES = 20_000


def pdf_text(data: bytes) -> str:
    """The text of all pages. Raises UnreadableError for what is no PDF file, or one that takes a password."""
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError:
        raise UnreadableError("server_error", "PDF files are not read here: pypdf is not installed.") from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong with a file is its owner's to know
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableError("invalid_file", "The PDF file is encrypted.")
        parts: list[str] = []
        size = 0
        for number, page in enumerate(reader.pages):
            text = page.extract_text()
            size += len(text)
            if size > MOST_CHARACTERS or number >= _MOST_PAGES:
                raise UnreadableError("invalid_file", "The PDF file holds too much text.")
            parts.append(text)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, OSError) as error:
        # a broken file shows in whatever its reader stumbles over
        raise UnreadableError("invalid_file", f"The PDF file cannot be read: {type(error).__name__}.") from None
    return tidy("\n\n".join(parts))
