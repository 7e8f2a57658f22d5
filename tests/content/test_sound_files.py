"""Sound files written as the sound comes: readable, the same whatever the parts, with the comment in them."""

import io

import numpy as np
import pytest
import soundfile

from fakeai.content.sound_files import begin
from fakeai.content.sound_headers import seconds
from fakeai.content.transcript import tag, tagged

SOUND = (9_000 * np.sin(np.arange(60_000) / 20)).astype(np.int16)
COMMENT = tag("Hello, this is what was said. " * 40)


def written(fmt: str, part: int, total: int | None = len(SOUND)) -> list[bytes]:
    file = begin(fmt, total, COMMENT)
    parts = [file.add(SOUND[at : at + part]) for at in range(0, len(SOUND), part)]
    return [*parts, file.end()]


@pytest.mark.parametrize("fmt", ["wav", "flac", "mp3", "opus"])
def test_files_can_be_read_and_are_the_sound(fmt: str):
    data = b"".join(written(fmt, 12_000))
    sound, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert rate == 24_000
    if fmt in ("wav", "flac"):
        assert (sound == SOUND).all()
    assert len(sound) == pytest.approx(len(SOUND), abs=2_700)
    assert seconds(data) == pytest.approx(2.5, abs=0.12)
    assert tagged(data) == "Hello, this is what was said. " * 40


@pytest.mark.parametrize("fmt", ["wav", "flac", "mp3", "opus", "aac", "pcm"])
def test_bytes_come_with_the_sound_and_are_the_same_each_time(fmt: str):
    parts = written(fmt, 12_000)
    assert sum(map(bool, parts)) >= 4
    assert b"".join(parts) == b"".join(written(fmt, 12_000)) == b"".join(written(fmt, 60_000))


def test_a_length_that_nobody_knows_is_told_so():
    wav, flac = (b"".join(written(fmt, 12_000, None)) for fmt in ("wav", "flac"))
    assert wav[4:8] == b"\xff\xff\xff\xff"
    assert (soundfile.read(io.BytesIO(wav), dtype="int16")[0] == SOUND).all()
    assert int.from_bytes(flac[18:26], "big") & 0xF_FFFF_FFFF == 0


def test_aac_begins_with_a_tag_that_says_how_long_it_is():
    data = b"".join(written("aac", 12_000))
    assert data.startswith(b"ID3\x04\x00\x00")
    size = sum(byte << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    assert data[10 + size : 12 + size] == b"\xff\xf1"
