"""Sound that libsndfile does not read, decoded by the program `ffmpeg`, where the machine has one, in a process of its own.

It has little memory and little time, reads the file it is given and no other, writes samples and nothing else, and ends
with its file: what a hostile one does, it does there.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which
from typing import BinaryIO, Final, Literal, TypeAlias

PROGRAM: Final = "ffmpeg"

Demuxer: TypeAlias = Literal["mov", "matroska", "aac", "mpeg"]
"""What the program is to take a file for; it guesses at none."""

_MEMORY: Final = 512 * 2**20
"""Bytes of address space."""
_CPU_S: Final = 3
"""What a file of 25 MiB takes is a fifth of that."""
_PATIENCE_S: Final = 20.0
_LIMITED: Final = 'ulimit -t {cpu}; ulimit -v {memory}; ulimit -f {size}; ulimit -c 0; exec "$@"'
"""For a shell, which then becomes the program; a limit that is lower already stays as it is. Kilobytes and blocks of 512."""
_DECODERS: Final = (
    "aac,aac_fixed,aac_latm,ac3,alac,amrnb,amrwb,eac3,flac,libopus,libvorbis,mp2,mp2float,mp3,mp3float,opus,vorbis,"
    "pcm_alaw,pcm_f32le,pcm_mulaw,pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le"
)
_HEADROOM: Final = 65_536


class UndecodedError(Exception):
    """The program finds no sound in the file, or takes too long."""


def found(wanted: Literal["auto", "ffmpeg", "none"] = "auto") -> str | None:
    """Where the program is, if it is anywhere and wanted. Raises ValueError where it must be, and is not."""
    path = None if wanted == "none" else which(PROGRAM)
    if wanted == PROGRAM and path is None:
        raise ValueError(f"audio.decoder: there is no {PROGRAM} on PATH")
    return path


@contextmanager
def decoded(program: str, data: bytes, demuxer: Demuxer, most_bytes: int) -> Iterator[BinaryIO]:
    """The first track of sound as a wav of 16 bits, of its own rate and channels, at most `most_bytes` and a little more.

    Raises UndecodedError; takes up to 20 s: belongs in a thread.
    """
    with _memory() as source, _memory() as target:
        source.write(data)
        source.seek(0)
        command = _command(program, demuxer, most_bytes)
        try:
            done = subprocess.run(
                command,
                stdin=source,
                stdout=target,
                stderr=subprocess.DEVNULL,
                timeout=_PATIENCE_S,
                check=False,
                close_fds=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise UndecodedError(type(error).__name__) from error
        if done.returncode:
            raise UndecodedError(f"status {done.returncode}")
        target.seek(0)
        yield target


def _memory() -> BinaryIO:
    """A file without a name: containers need not be written as one goes, and their index may be at the end."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("fakeai-sound"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


def _command(program: str, demuxer: Demuxer, most_bytes: int) -> list[str]:
    limits = _LIMITED.format(cpu=_CPU_S, memory=_MEMORY // 1024, size=(most_bytes + _HEADROOM) // 512 + 1)
    reading = ["-protocol_whitelist", "file", "-f", demuxer, "-codec_whitelist", _DECODERS, "-threads", "1"]
    writing = ["-map", "0:a:0", "-map_metadata", "-1", "-c:a", "pcm_s16le", "-fs", str(most_bytes), "-f", "wav"]
    shell = ["/bin/sh", "-c", limits, PROGRAM]
    return [
        *shell, program, "-nostdin", "-hide_banner", "-v", "quiet", *reading, "-i", "file:/dev/stdin", *writing, "pipe:1"
    ]  # fmt: skip
