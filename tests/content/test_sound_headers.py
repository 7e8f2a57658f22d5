"""Durations of sounds, checked against files that libsndfile writes and headers made by hand."""

import io
import struct
from collections.abc import Callable
from time import process_time

import numpy as np
import pytest
import soundfile

from fakeai.content.sound_headers import seconds

TONE = (np.sin(np.arange(3 * 24_000) * 0.06) * 8_000).astype(np.int16)


def written(container: str, subtype: str, samples: "np.ndarray" = TONE, rate: int = 24_000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=container, subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize(
    ("container", "subtype", "tolerance"),
    [
        ("WAV", "PCM_16", 0),
        ("WAV", "ULAW", 0),
        ("WAVEX", "PCM_24", 0),
        ("RF64", "PCM_16", 0),
        ("FLAC", "PCM_16", 0),
        ("OGG", "OPUS", 0.001),
        ("OGG", "VORBIS", 0.001),
        ("MP3", "MPEG_LAYER_III", 0.1),
    ],
)
def test_duration_is_that_of_the_file(container: str, subtype: str, tolerance: float):
    data = written(container, subtype)
    if container == "RF64":
        data = data.replace(b"data" + data[data.index(b"data") + 4 :][:4], b"data\xff\xff\xff\xff")
    assert seconds(data) == pytest.approx(3.0, abs=tolerance or 1e-9)


def test_stereo_at_44100_hertz():
    samples = np.zeros((44_100, 2), np.int16)
    assert seconds(written("WAV", "PCM_16", samples, 44_100)) == 1.0
    assert seconds(written("FLAC", "PCM_16", samples, 44_100)) == 1.0
    assert seconds(written("MP3", "MPEG_LAYER_III", samples, 44_100)) == pytest.approx(1.0, abs=0.1)


def test_a_streamed_wav_without_lengths_lasts_as_long_as_its_samples():
    data = bytearray(written("WAV", "PCM_16"))
    at = data.index(b"data") + 4
    for missing in (0, 0xFFFFFFFF):
        data[at : at + 4] = struct.pack("<I", missing)
        assert seconds(bytes(data)) == 3.0


def frames(count: int) -> bytes:
    # MPEG 1 layer III, 128 kbit/s, 44.1 kHz, stereo: 144 * 128000 // 44100 = 417 bytes, 1152 samples.
    return (b"\xff\xfb\x90\x00" + bytes(413)) * count


def test_mp3_without_a_count_is_estimated_from_its_frames():
    assert seconds(frames(40)) == pytest.approx(40 * 1152 / 44_100)
    assert seconds(frames(5_000)) == pytest.approx(5_000 * 1152 / 44_100)
    assert seconds(b"ID3\x04\0\0" + bytes((0, 0, 7, 0x68)) + bytes(1000) + frames(40)) == pytest.approx(
        40 * 1152 / 44_100
    )


def test_mp3_with_a_count_is_believed():
    xing = bytearray(frames(4))
    xing[36:48] = b"Xing" + struct.pack(">II", 1, 1_000)
    assert seconds(bytes(xing)) == pytest.approx(1_000 * 1152 / 44_100)
    vbri = bytearray(frames(4))
    vbri[36:40] = b"VBRI"
    vbri[50:54] = struct.pack(">I", 2_000)
    assert seconds(bytes(vbri)) == pytest.approx(2_000 * 1152 / 44_100)


def test_flac_of_unknown_length_is_estimated():
    data = bytearray(written("FLAC", "PCM_16"))
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    assert seconds(bytes(data)) == pytest.approx(len(data) / (0.6 * 48_000))


@pytest.mark.parametrize("container", ["WAV", "FLAC", "OGG", "MP3"])
def test_a_file_cut_anywhere_in_its_headers_never_raises(container: str):
    data = written(container, {"OGG": "OPUS", "MP3": "MPEG_LAYER_III"}.get(container, "PCM_16"))
    for length in range(0, 300, 3):
        answer = seconds(data[:length])
        assert answer is None or 0 <= answer < 10


@pytest.mark.parametrize(
    "made",
    [
        lambda: bytes(100_000_000),
        lambda: b"\xff" * 50_000_000,
        lambda: b"\xff\xfb\x90\x00" * 10_000_000,
        lambda: b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(20_000_000),
        lambda: b"RIFF\0\0\0\0WAVE" + b"LIST\0\0\0\0" * 5_000_000,
        lambda: b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff" + bytes(1_000_000),
        lambda: b"OggS" * 10_000_000,
        lambda: b"OggS" + bytes(22) + b"\x01\x13OpusHead" + bytes(50_000_000),
        lambda: b"fLaC" + bytes(50_000_000),
    ],
    ids=["zeros", "ones", "syncs", "id3", "chunks", "huge chunk", "pages", "no last page", "flac"],
)
def test_hostile_files_take_milliseconds_and_are_refused(made: Callable[[], bytes]):
    data = made()
    started = process_time()
    assert seconds(data) is None
    assert process_time() - started < 0.1
