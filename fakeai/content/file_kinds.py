"""What kind of document a file is, by its name, its media type and its first bytes; and plain text from its bytes.

Knows what vector stores can read; does not read what takes a parser.
"""

from pathlib import PurePath
from typing import Final, Literal, TypeAlias

FaultCode: TypeAlias = Literal["invalid_file", "unsupported_file", "server_error"]
Kind: TypeAlias = Literal["text", "html", "pdf", "docx", "pptx"]

MOST_CHARACTERS: Final = 24_000_000
"""Characters of a file's text: about the five million tokens that OpenAI takes."""

_TEXT_ENDINGS: Final = (
    "bash c cc cfg conf cpp cs css csv cxx dart diff eml go gradle h hpp ical ics ini ipynb java jl js json jsonl jsx kt "
    "latex less log lua m markdown md mjs php pl plist properties proto ps1 py pyi r rb rs rst rtf sass scala scss sh sql "
    "srt svg swift tex text toml ts tsv tsx txt vb vtt vue xml yaml yml zsh"
)
_PARSED: Final = {"html": "html", "htm": "html", "xhtml": "html", "pdf": "pdf", "docx": "docx", "pptx": "pptx"}
_MEDIA: Final = {
    "application/pdf": "pdf",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
}
_TEXT_MEDIA: Final = (
    "application/json application/jsonl application/x-ndjson application/xml application/x-yaml application/x-sh "
    "application/javascript application/typescript application/x-tex application/csv"
)
_MAGIC: Final = {"pdf": b"%PDF-", "docx": b"PK\x03\x04", "pptx": b"PK\x03\x04"}
_LOOK: Final = 1_024
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class UnreadableError(Exception):
    """Why a file has no text: a code of OpenAI's and a sentence."""

    def __init__(self, code: FaultCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def kind_of(filename: str, media_type: str, data: bytes) -> Kind:
    """What the file is read as: the name's ending counts, then the media type. Raises UnreadableError."""
    ending = PurePath(filename).suffix[1:].lower()
    kind = _named(ending, media_type.partition(";")[0].strip().lower(), data)
    if kind is None:
        what = f"Files with the extension '.{ending[:20]}'" if ending else "Files of this type"
        raise UnreadableError("unsupported_file", f"{what} cannot be searched.")
    magic = _MAGIC.get(kind)
    if magic is not None and magic not in data[:_LOOK]:
        raise UnreadableError("invalid_file", f"The file is not a {kind.upper()} file.")
    return kind


def _named(ending: str, media_type: str, data: bytes) -> Kind | None:
    found = _PARSED.get(ending) or ("text" if ending in _TEXT_ENDINGS.split() else None)
    if found is None and not ending:
        plain = media_type in _TEXT_MEDIA.split() or media_type.startswith("text/")
        found = _MEDIA.get(media_type) or ("text" if plain else None) or ("pdf" if data.startswith(b"%PDF-") else None)
        if found is None and b"\0" not in data[:_LOOK]:
            found = "text"
    return found  # type: ignore[return-value]  # the tables hold kinds


def plain_text(data: bytes) -> str:
    """Text in UTF-8, or in UTF-16 with a mark. Raises UnreadableError."""
    name = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        raise UnreadableError("invalid_file", "The file is not text in UTF-8, UTF-16 or ASCII.") from None
    if "\0" in text:
        raise UnreadableError("invalid_file", "The file holds NUL characters: it is not text.")
    return bounded(text)


def bounded(text: str) -> str:
    """The text as it can be kept, unless it is longer than what is read of one file: UnreadableError then."""
    if len(text) > MOST_CHARACTERS:
        raise UnreadableError("invalid_file", f"The file holds more than {MOST_CHARACTERS} characters of text.")
    return text.replace("\0", "\ufffd")
