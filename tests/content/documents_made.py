"""Small documents, written by hand: PDF files, and archives of Office documents."""

import zlib
from collections.abc import Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile


def pdf(*pages: Sequence[str], squeeze: int = 0) -> bytes:
    """A PDF file with these lines on its pages; `squeeze` is how often their streams are compressed."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, lines in enumerate(pages):
        shown = b" ".join(b"(%s) Tj T*" % line.replace("(", r"\(").replace(")", r"\)").encode() for line in lines)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % (5 + 2 * number)
        )
        objects.append(stream(b"BT /F1 12 Tf 14 TL 50 780 Td " + shown + b" ET", squeeze))
    return file_of(objects)


def stream(data: bytes, squeeze: int) -> bytes:
    for _ in range(squeeze):
        data = zlib.compress(data, 9)
    filters = b"/Filter [%s] " % (b"/FlateDecode " * squeeze) if squeeze else b""
    return b"<< %s/Length %d >>\nstream\n%s\nendstream" % (filters, len(data), data)


def file_of(objects: Sequence[bytes]) -> bytes:
    out, at = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        at.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in at)
    count = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table) + trailer


def archive(**entries: str | bytes) -> bytes:
    """A ZIP archive; in names `__` stands for a slash and `_xml` for an ending."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as made:
        for name, data in entries.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return file.getvalue()


def docx(*paragraphs: str) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return archive(word__document_xml=f'<w:document xmlns:w="w"><w:body>{body}</w:body></w:document>')
