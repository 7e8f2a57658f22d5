"""Files of all kinds, and hostile ones: each ends with text or a reason, in a process of its own."""

import resource
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from fakeai.content import reading
from fakeai.content.file_kinds import UnreadableError
from tests.content.documents_made import archive, docx, file_of, pdf, stream

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def test_every_kind_is_read() -> None:
    for name, data in (
        ("a.txt", b"Hello you"),
        ("a.html", b"<p>Hello you</p>"),
        ("a.pdf", pdf(["Hello you"])),
        ("a.docx", docx("Hello you")),
        ("a.pptx", archive(ppt__slides__slide1_xml="<p><t>Hello you</t></p>")),
    ):
        assert reading.read(name, "", data) == "Hello you", name


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bomb.docx", lambda: archive(word__document_xml=b"<a><t>" + b"a" * 200_000_000)),
        ("tags.docx", lambda: archive(word__document_xml=b"<a>" + b"<b/>" * 20_000_000)),
        (
            "laughs.docx",
            lambda: archive(word__document_xml=f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]><a><t>&l9;</t></a>'),
        ),
        ("bomb.pdf", lambda: file_of([*[b"<< >>"] * 3, stream(b"(a) Tj " * 30_000_000, 2)])),
        ("attributes.html", lambda: b"<a " * 3_000_000),
        ("junk.pdf", lambda: b"%PDF-1.4" + zlib.compress(b"x" * 1_000)),
        ("empty.txt", lambda: b" \n"),
        ("empty.pdf", lambda: pdf([])),
    ],
    ids=lambda value: value if isinstance(value, str) else "made",
)
def test_a_hostile_file_ends_as_an_invalid_one(name: str, data: Callable[[], bytes]) -> None:
    hostile = data()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UnreadableError) as refused:
        reading.read(name, "", hostile)
    assert refused.value.code == "invalid_file"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "nothing of it grows here (KiB)"


def test_a_pdf_file_that_unpacks_to_hundreds_of_megabytes_is_refused() -> None:
    whole = pdf(["x"], squeeze=0)
    page = stream(b"BT (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) Tj ET " * 8_000_000, 2)
    at, end = whole.index(b"5 0 obj"), whole.index(b"xref")
    data = whole[:at] + b"5 0 obj\n" + page + b"\nendobj\n" + whole[end:]
    assert len(data) < 50_000
    with pytest.raises(UnreadableError) as refused:
        reading.read("a.pdf", "", data)
    assert refused.value.code == "invalid_file"


def test_entries_that_lead_out_of_an_archive_are_never_written(tmp_path: Path) -> None:
    entry = "../" * 12 + str(tmp_path / "evil").lstrip("/")
    data = archive(word__document_xml="<p><t>fine</t></p>", **{entry: b"x"})
    assert reading.read("a.docx", "", data) == "fine"
    assert list(tmp_path.iterdir()) == []


def test_the_process_that_parses_has_little_memory_and_writes_no_file(tmp_path: Path) -> None:
    limited = "from fakeai.content import reading; reading._limit(); "
    for greedy, error in (
        ("bytearray(reading.MEMORY)", b"MemoryError"),
        (f"f = open({str(tmp_path / 'x')!r}, 'w'); f.write('x'); f.flush()", b"File too large"),
    ):
        ended = subprocess.run([sys.executable, "-c", limited + greedy], capture_output=True, check=False)
        assert error in ended.stderr


def test_reading_ends_when_its_time_is_over() -> None:
    with pytest.raises(UnreadableError, match="too long"):
        reading.read("a.pdf", "", pdf(["x"]), wall_s=0.001)
