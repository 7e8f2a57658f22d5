"""Sound decoded in a process of its own: with a program that stands in for it, and with the real one."""

import io
import stat
import subprocess
import sys
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
import soundfile

from fakeai.content import ffmpeg
from fakeai.content.ffmpeg import UndecodedError, decoded

MOST = 1_000_000
PROGRAM = ffmpeg.found()
SOUND = (9_000 * np.sin(np.arange(5 * 44_100) / 20)).astype(np.int16)

STAND_IN = """#!{python} -IS
import sys, resource
{fault}
data = open("/dev/stdin", "rb").read()
limits = [resource.getrlimit(one)[0] for one in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE)]
sys.stdout.write(repr((sys.argv[1:], data, limits)))
"""


@pytest.fixture
def program(tmp_path: Path):
    def make(fault: str = "") -> str:
        path = tmp_path / "ffmpeg"
        path.write_text(STAND_IN.format(python=sys.executable, fault=fault))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return make


def test_the_program_is_looked_for_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ffmpeg, "which", lambda name: f"/usr/bin/{name}")
    assert ffmpeg.found() == ffmpeg.found("auto") == ffmpeg.found("ffmpeg") == "/usr/bin/ffmpeg"
    assert ffmpeg.found("none") is None
    monkeypatch.setattr(ffmpeg, "which", lambda name: None)
    assert ffmpeg.found("auto") is None
    with pytest.raises(ValueError, match=r"audio\.decoder: there is no ffmpeg on PATH"):
        ffmpeg.found("ffmpeg")


def test_it_gets_the_file_and_nothing_else_to_read_and_has_limits(program):
    with decoded(program(), b"the file", "mov", MOST) as file:
        arguments, data, limits = eval(file.read())
    assert data == b"the file"
    assert arguments[arguments.index("-protocol_whitelist") + 1] == "file"
    assert arguments[arguments.index("-f") + 1] == "mov"
    assert "-nostdin" in arguments and arguments.index("-codec_whitelist") < arguments.index("-i")
    assert limits[:2] == [3, 512 * 2**20]
    assert MOST < limits[2] < MOST + 100_000


@pytest.mark.parametrize(
    "fault",
    ["sys.exit(1)", "while True: sys.stdout.write('0' * 60_000)", "x = bytearray(10**9)"],
    ids=["fails", "writes much", "takes much memory"],
)
def test_a_file_that_it_does_not_decode_is_told(program, fault: str):
    with pytest.raises(UndecodedError, match="status"), decoded(program(fault), b"", "mov", MOST):
        pass


def test_a_program_that_hangs_is_ended(program, monkeypatch):
    monkeypatch.setattr(ffmpeg, "_PATIENCE_S", 0.5)
    with pytest.raises(UndecodedError), decoded(program("import time; time.sleep(60)"), b"", "mov", MOST):
        pass


def test_a_program_that_is_not_there_is_told():
    with pytest.raises(UndecodedError), decoded("/nowhere/ffmpeg", b"", "mov", MOST):
        pass


def recorded(*options: str) -> bytes:
    """The sound as the real program writes it."""
    wav = io.BytesIO()
    soundfile.write(wav, SOUND, 44_100, "PCM_16", format="WAV")
    command = [str(PROGRAM), "-v", "error", "-f", "wav", "-i", "pipe:0", *options, "pipe:1"]
    return subprocess.run(command, input=wav.getvalue(), capture_output=True, check=True).stdout


needed = pytest.mark.skipif(PROGRAM is None, reason="ffmpeg is not installed")
LIVE = ("-movflags", "frag_keyframe+empty_moov", "-f", "mp4")
RECORDED: tuple[tuple[ffmpeg.Demuxer, tuple[str, ...]], ...] = (
    ("mov", ("-c:a", "aac", *LIVE)),
    ("mov", ("-c:a", "alac", *LIVE)),
    ("mov", ("-c:a", "libmp3lame", *LIVE)),
    ("matroska", ("-c:a", "libvorbis", "-f", "webm")),
    ("aac", ("-c:a", "aac", "-f", "adts")),
    ("mpeg", ("-c:a", "mp2", "-f", "mpeg")),
)


@needed
@pytest.mark.parametrize(("demuxer", "options"), RECORDED, ids=[f"{row[0]} {row[1][1]}" for row in RECORDED])
def test_the_real_one_decodes(demuxer: ffmpeg.Demuxer, options: tuple[str, ...]):
    with decoded(str(PROGRAM), recorded(*options), demuxer, MOST) as file:
        heard, rate = soundfile.read(file, dtype="int16")
    assert rate == 44_100 and len(heard) == pytest.approx(len(SOUND), abs=5_000)
    assert np.abs(heard.astype(int)).mean() == pytest.approx(np.abs(SOUND.astype(int)).mean(), rel=0.1)


@needed
def test_what_was_lossless_has_the_very_samples():
    with decoded(str(PROGRAM), recorded("-c:a", "alac", *LIVE), "mov", MOST) as file:
        assert (soundfile.read(file, dtype="int16")[0] == SOUND).all()


@needed
def test_no_more_is_decoded_than_asked_for():
    with decoded(str(PROGRAM), recorded("-c:a", "aac", *LIVE), "mov", 100_000) as file:
        assert len(soundfile.read(file, dtype="int16")[0]) == pytest.approx(50_000, rel=0.1)


@needed
def test_damaged_files_are_refused_or_heard_and_cost_little():
    whole = recorded("-c:a", "aac", *LIVE)
    rng = np.random.default_rng(1)
    started = monotonic()
    for _ in range(10):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole), 300).tolist():
            damaged[at] ^= 0xFF
        try:
            with decoded(str(PROGRAM), bytes(damaged), "mov", MOST) as file:
                assert len(file.read()) <= MOST + 100_000
        except UndecodedError:
            pass
    assert monotonic() - started < 60
