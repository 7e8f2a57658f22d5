"""Text of HTML pages, Word documents and slides. Meant for a process that may be ended: see `reading`.

Nothing in a document names anything outside it that would be fetched, and no entry of an archive is ever written.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from typing import Final
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from fakeai.content.file_kinds import MOST_CHARACTERS, UnreadableError, bounded, plain_text

_UNSEEN: Final = frozenset({"script", "style", "template", "noscript", "svg"})
_BLOCK_TAGS: Final = (
    "address article aside blockquote br dd div dl dt figcaption footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p "
    "pre section table td th title tr ul"
)
_SLIDE: Final = re.compile(r"ppt/slides/slide([0-9]{1,6})\.xml")
_MOST_ENTRIES: Final = 10_000
_MOST_XML: Final = 64 * 2**20
_DEEPEST: Final = 200
_PART: Final = 65_536


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks = frozenset(_BLOCK_TAGS.split())
        self.parts: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag in self._blocks:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            del self._unseen[self._unseen.index(tag) :]
        elif tag in self._blocks:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def html_text(data: bytes) -> str:
    """What a page shows, a line a block."""
    page = _Page()
    try:
        page.feed(plain_text(data))
        page.close()
    except AssertionError:  # of declarations that the parser does not know
        raise UnreadableError("invalid_file", "The page's markup is broken.") from None
    return tidy("".join(page.parts))


def tidy(text: str) -> str:
    """The text without runs of blanks and of empty lines."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return bounded(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip())


def docx_text(data: bytes) -> str:
    """The paragraphs of a Word document."""
    with _archive(data) as archive:
        return tidy(_xml_text(archive, "word/document.xml"))


def pptx_text(data: bytes) -> str:
    """The text of all slides, in their order."""
    with _archive(data) as archive:
        slides = sorted((int(m[1]), m[0]) for name in archive.namelist() if (m := _SLIDE.fullmatch(name)))
        if not slides:
            raise UnreadableError("invalid_file", "The presentation has no slides.")
        return tidy("\n\n".join(_xml_text(archive, name) for _, name in slides))


def _archive(data: bytes) -> ZipFile:
    try:
        archive = ZipFile(BytesIO(data))
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        raise UnreadableError("invalid_file", "The file is not an Office document: its archive is broken.") from None
    if len(archive.namelist()) > _MOST_ENTRIES:
        raise UnreadableError("invalid_file", "The document's archive has too many entries.")
    return archive


def _parts(archive: ZipFile, name: str) -> Iterator[bytes]:
    """The entry's bytes, as many as are looked at: what its header says of its size is not trusted."""
    try:
        with archive.open(name) as entry:
            read = 0
            while part := entry.read(_PART):
                read += len(part)
                if read > _MOST_XML:
                    raise UnreadableError("invalid_file", "The document is too large once it is unpacked.")
                yield part
    except KeyError:
        raise UnreadableError("invalid_file", f"The document lacks its part {name}.") from None
    except (BadZipFile, RuntimeError, EOFError, NotImplementedError, OSError):
        raise UnreadableError("invalid_file", "The document's archive is broken or encrypted.") from None


class _Runs:
    """Text of WordprocessingML and DrawingML: what stands in `t` elements, a line a paragraph."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._size = 0
        self._depth = 0
        self._inside = False

    def start(self, name: str, _: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnreadableError("invalid_file", "The document's XML is nested too deeply.")
        local = name.rpartition(":")[2]
        self._inside = local == "t"
        if local in ("tab", "br"):
            self.parts.append("\t" if local == "tab" else "\n")

    def end(self, name: str) -> None:
        self._depth -= 1
        self._inside = False
        if name.rpartition(":")[2] == "p":
            self.parts.append("\n")

    def text(self, data: str) -> None:
        if self._inside:
            self._size += len(data)
            if self._size > MOST_CHARACTERS:
                raise UnreadableError("invalid_file", "The document holds too much text.")
            self.parts.append(data)


def _refuse(*_: object) -> None:
    raise UnreadableError("invalid_file", "The document's XML declares a document type, which is not read.")


def _xml_text(archive: ZipFile, name: str) -> str:
    runs = _Runs()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = runs.start
    parser.EndElementHandler = runs.end
    parser.CharacterDataHandler = runs.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        for part in _parts(archive, name):
            parser.Parse(part, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise UnreadableError(
            "invalid_file", f"The document's XML is broken: {expat.ErrorString(error.code)}."
        ) from None
    return "".join(runs.parts)
