"""The text of a file that somebody has uploaded, whatever it is: hostile ones included.

What takes a parser (PDF, Office, HTML) is parsed in a process of its own that has little memory and little time, and
ends with its file; nothing it does can hold or hurt the server. Plain text is decoded at once.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from fakeai.content.file_kinds import Kind, UnreadableError, bounded, kind_of, plain_text

MEMORY: Final = 256 * 2**20
"""Bytes of address space of the process that parses."""
CPU_S: Final = 15
WALL_S: Final = 60.0
"""Seconds after which it is ended."""

_READ: Final = 0
_REFUSED: Final = 3
_CODES: Final = ("invalid_file", "unsupported_file", "server_error")
_BEGIN: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from fakeai.content.reading import child; sys.exit(child(sys.argv[2]))"
)


def read(filename: str, media_type: str, data: bytes, *, wall_s: float = WALL_S) -> str:
    """The text of a file. Raises UnreadableError; takes up to `wall_s`: belongs in a thread."""
    kind = kind_of(filename, media_type, data)
    text = plain_text(data) if kind == "text" else _parsed(kind, data, wall_s)
    if not text.strip():
        raise UnreadableError("invalid_file", "The file holds no text.")
    return text


def _parsed(kind: Kind, data: bytes, wall_s: float) -> str:
    if len(data) > MEMORY // 2:
        raise UnreadableError("invalid_file", "The file is too large to be read.")
    command = [sys.executable, "-I", "-B", "-c", _BEGIN, str(Path(__file__).parents[2]), kind]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, close_fds=True) as process:
        try:
            out, _ = process.communicate(data, wall_s)
        except subprocess.TimeoutExpired:
            raise UnreadableError("invalid_file", "Reading the file takes too long.") from None
        finally:
            process.kill()
    if process.returncode == _READ:
        return bounded(out.decode("utf-8", "replace"))
    if process.returncode == _REFUSED and out:
        code, _, message = out.decode("utf-8", "replace").partition("\n")
        raise UnreadableError(code if code in _CODES else "invalid_file", message)  # type: ignore[arg-type]
    raise UnreadableError("invalid_file", "The file takes too much memory or time to be read.")


def child(kind: str) -> int:
    """What the other process does: the file comes on its input, the text leaves on its output. Returns an exit status."""
    _limit()
    try:
        text = _parse(kind, sys.stdin.buffer.read())
    except UnreadableError as error:
        sys.stdout.buffer.write(f"{error.code}\n{error.message}".encode())
        return _REFUSED
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return _READ


def _parse(kind: str, data: bytes) -> str:
    try:
        if kind == "pdf":
            from fakeai.content.pdf_text import pdf_text

            return pdf_text(data)
        from fakeai.content import markup_text

        parse = {"html": markup_text.html_text, "docx": markup_text.docx_text, "pptx": markup_text.pptx_text}[kind]
        return parse(data)
    except (MemoryError, RecursionError):
        raise UnreadableError("invalid_file", "The file takes too much memory or time to be read.") from None


def _limit() -> None:
    """Little memory and time, and no file: neither core dumps nor anything else is written."""
    try:
        import resource
    except ImportError:  # where there are none, the parent's clock is what ends this process
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))
