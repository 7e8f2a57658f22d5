"""Sound files: what is heard of good ones, and how fast bad ones are refused."""

import io
import struct
import subprocess
from time import monotonic, process_time

import numpy as np
import pytest
import soundfile
from content.webm_made import packets_of, webm

from fakeai.content import ffmpeg, g711, sound
from fakeai.content.sound import SUPPORTED, SoundError, listen, supports
from fakeai.content.speech import speak
from fakeai.core.chance import Chance
from fakeai.services.realtime.sound import encoded

PROGRAM = ffmpeg.found()
NOISE = np.random.default_rng(1).normal(scale=0.1, size=24_000 * 5)


def written(sound: np.ndarray, fmt: str, subtype: str | None = None, rate: int = 24_000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, rate, subtype, format=fmt)
    return file.getvalue()


def wav(samples: bytes, *, rate: int = 24_000, channels: int = 1, claimed: int | None = None, kind: int = 1) -> bytes:
    bits = 32 if kind == 3 else 16
    size = len(samples) if claimed is None else claimed
    head = struct.pack("<4sI4s4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16)
    head += struct.pack(
        "<HHIIHH", kind, channels, rate, rate * channels * bits // 8 % 2**32, channels * bits // 8, bits
    )
    return head + struct.pack("<4sI", b"data", size) + samples


def mp4(seconds: int, size: int) -> bytes:
    header = struct.pack(">IIIII", 0, 0, 0, 1_000, seconds * 1_000) + bytes(80)
    mvhd = struct.pack(">I4s", 8 + len(header), b"mvhd") + header
    moov = struct.pack(">I4s", 8 + len(mvhd), b"moov") + mvhd
    return struct.pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0) + moov + struct.pack(">I4s", 8 + size, b"mdat") + bytes(size)


@pytest.mark.parametrize(
    ("fmt", "subtype", "name"),
    [
        ("WAV", "PCM_16", "a.wav"),
        ("WAV", "FLOAT", "a.wav"),
        ("FLAC", "PCM_24", "a.flac"),
        ("OGG", "VORBIS", "a.ogg"),
        ("OGG", "OPUS", "a.opus"),
        ("MP3", None, "a.mp3"),
    ],
)
def test_files_are_heard_for_as_long_and_as_loud_as_they_are(fmt: str, subtype: str | None, name: str):
    both = np.stack([NOISE, NOISE], axis=1)
    for samples in (NOISE, both):
        heard = listen(written(samples, fmt, subtype), name)
        assert heard.seconds == pytest.approx(5.0, abs=0.15)
        assert heard.levels is not None
        assert len(heard.levels) == pytest.approx(250, abs=8)
        assert float(np.median(heard.levels)) == pytest.approx(0.1, rel=0.3)
        assert heard.said == [] and heard.tagged is None


@pytest.mark.parametrize("fmt", ["wav", "flac", "mp3", "opus", "aac", "pcm16"])
def test_our_own_speech_tells_its_words(fmt):
    data = speak("Hello there, world.", "nova", fmt, Chance(1))
    heard = listen(data, f"x.{fmt.removesuffix('16')}")
    words = "".join(piece.text for piece in heard.said)
    assert (words or heard.tagged) == "Hello there, world."
    assert bool(words) == (fmt in ("wav", "flac", "pcm16"))
    assert heard.seconds == pytest.approx(1.3, abs=0.2)


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW"])
def test_codes_of_a_telephone_tell_their_words(subtype: str):
    data = speak("Hello there, world.", "nova", "pcm16", Chance(1))
    slow = encoded(data, "audio/pcmu" if subtype == "ULAW" else "audio/pcma")
    samples = g711.samples(np.frombuffer(slow, np.uint8), "mu" if subtype == "ULAW" else "a")
    heard = listen(written(samples, "WAV", subtype, 8_000), "a.wav")
    assert "".join(piece.text for piece in heard.said) == "Hello there, world."


def test_containers_tell_their_duration_only_where_nobody_decodes_them():
    heard = listen(mp4(12, 30_000), "a.m4a")
    assert (heard.kind, heard.seconds, heard.levels) == ("mp4", 12.0, None)


def test_opus_in_webm_is_heard_as_in_ogg():
    head, _, *packets = packets_of(written(NOISE, "OGG", "OPUS"))
    heard = listen(webm(head, packets), "a.webm")
    assert heard.kind == "webm" and heard.seconds == pytest.approx(5.0, abs=0.1)
    assert heard.levels is not None and float(np.median(heard.levels)) == pytest.approx(0.1, rel=0.3)


@pytest.mark.parametrize("live", [True, False])
def test_a_long_webm_is_decoded_in_part_and_as_long_as_it_is(monkeypatch: pytest.MonkeyPatch, *, live: bool):
    monkeypatch.setattr(sound, "_MOST_SAMPLES", 20_000)
    monkeypatch.setattr(sound, "_BLOCK", 4_096)
    head, _, *packets = packets_of(written(NOISE, "OGG", "OPUS"))
    heard = listen(webm(head, packets, live=live), "a.webm")
    assert heard.seconds == pytest.approx(5.0, abs=0.25)
    assert heard.start is not None and len(heard.start) < 30_000


@pytest.mark.skipif(PROGRAM is None, reason="ffmpeg is not installed")
def test_other_containers_are_heard_where_a_program_decodes_them():
    command = [
        str(PROGRAM),
        "-v",
        "error",
        "-f",
        "wav",
        "-i",
        "pipe:0",
        "-f",
        "mp4",
        "-movflags",
        "frag_keyframe+empty_moov",
    ]
    loud, words = written(NOISE, "WAV"), speak("Hello there, world.", "nova", "wav", Chance(1))
    made = [
        subprocess.run([*command, "-c:a", codec, "pipe:1"], input=data, capture_output=True, check=True).stdout
        for codec, data in (("aac", loud), ("alac", words))
    ]
    heard, told = (listen(data, "a.m4a", "", PROGRAM) for data in made)
    assert heard.kind == "mp4" and heard.seconds == pytest.approx(5.0, abs=0.1)
    assert heard.levels is not None and float(np.median(heard.levels)) == pytest.approx(0.1, rel=0.3)
    assert "".join(piece.text for piece in told.said) == "Hello there, world."
    aac = listen(speak("Hello there, world.", "nova", "aac", Chance(1)), "a.aac", "", PROGRAM)
    assert aac.levels is not None and aac.tagged == "Hello there, world."


@pytest.mark.skipif(PROGRAM is None, reason="ffmpeg is not installed")
def test_a_long_container_is_decoded_in_part_and_as_long_as_it_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sound, "_MOST_SAMPLES", 20_000)
    monkeypatch.setattr(sound, "_BLOCK", 4_096)
    live = ["-f", "mp4", "-movflags", "frag_keyframe+empty_moov", "-c:a", "aac", "pipe:1"]
    command = [str(PROGRAM), "-v", "error", "-f", "wav", "-i", "pipe:0", *live]
    data = subprocess.run(command, input=written(NOISE, "WAV"), capture_output=True, check=True).stdout
    heard = listen(data, "a.m4a", "", PROGRAM)
    assert heard.seconds == pytest.approx(5.0, abs=0.2)
    assert heard.start is not None and len(heard.start) < 30_000


def test_a_container_whose_index_is_missing_costs_nothing():
    boxes = b"\0\0\0\x10ftypM4A \0\0\0\0" + b"\0\0\0\x08free" * 3_000_000
    started = monotonic()
    with pytest.raises(SoundError, match="corrupted or unsupported"):
        listen(boxes, "a.m4a", "", "/nowhere/ffmpeg")
    assert monotonic() - started < 1


@pytest.mark.skipif(PROGRAM is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("data", [mp4(12, 30_000), b"\0\0\1\xba" + bytes(1_000), b"\x1a\x45\xdf\xa3" + bytes(1_000)])
def test_a_container_in_which_the_program_finds_no_sound_is_refused(data: bytes):
    with pytest.raises(SoundError, match="corrupted or unsupported"):
        listen(data, "a.m4a", "", PROGRAM)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("text.mp3", b"This is a text, and no sound. " * 100, "invalid_value"),
        ("empty.wav", b"", "audio_too_short"),
        ("short.wav", wav(bytes(2_000)), "audio_too_short"),
        ("ten-hours.wav", wav(bytes(1_000), claimed=24_000 * 2 * 36_000), "audio_too_short"),
        ("ten-hours.m4a", mp4(36_000, 1_000), "invalid_value"),
        ("channels.wav", wav(bytes(192 * 2 * 24_000), channels=192), "invalid_value"),
        ("rate.wav", wav(bytes(100_000), rate=4_000_000), "invalid_value"),
        ("nothing.wav", wav(bytes(1_000), rate=0, channels=0), "invalid_value"),
        ("cut.flac", written(NOISE, "FLAC")[:5_000], "invalid_value"),
        ("cut.ogg", written(NOISE, "OGG")[:600], "invalid_value"),
        ("bare.mp4", b"\0\0\0\x20ftypisom" + bytes(1_000), "invalid_value"),
        ("one.aac", b"\xff\xf1\x58\x40\x01\x1f\xfc" + bytes(2), "audio_too_short"),
    ],
)
def test_bad_files_are_refused_at_once(name: str, data: bytes, code: str):
    listen(wav(bytes(48_000)), "warm.wav")
    started = process_time()
    with pytest.raises(SoundError) as caught:
        listen(data, name)
    assert process_time() - started < 0.1
    assert (caught.value.status, caught.value.param, caught.value.code) == (400, "file", code)


def test_a_header_that_claims_more_than_there_is_is_not_believed():
    flac = written(NOISE, "FLAC")
    claimed = int.from_bytes(flac[18:26], "big") & ~0xF_FFFF_FFFF | 24_000 * 36_000
    with pytest.raises(SoundError):
        listen(flac[:18] + claimed.to_bytes(8, "big") + flac[26:1_024], "a.flac")
    assert listen(wav(bytes(48_000), claimed=2**32 - 40), "a.wav").seconds == 1.0


def test_what_is_no_number_is_silence():
    heard = listen(wav(struct.pack("<f", float("nan")) * 24_000, kind=3), "a.wav")
    assert heard.levels is not None and not heard.levels.any()


def test_long_sound_is_heard_in_part_and_as_long_as_it_is():
    samples = np.zeros((3_000_000, 8), np.int16)
    samples[::50] = 9_000
    started = process_time()
    heard = listen(wav(np.tile(samples, (2, 1)).tobytes(), channels=8, rate=24_000), "a.wav")
    assert process_time() - started < 5.0
    assert heard.seconds == pytest.approx(250.0, abs=0.1)
    assert heard.levels is not None and len(heard.levels) == pytest.approx(12_500, abs=2)


def test_a_name_or_a_type_says_whether_it_may_be_sound():
    assert all(supports(f"speech.{ending.upper()}", "") for ending in SUPPORTED)
    assert supports("blob", "application/octet-stream")
    assert supports("a.xyz", "audio/xyz")
    assert not supports("a.txt", "text/plain")
    with pytest.raises(SoundError, match=r"Invalid file format. Supported formats: \['flac', 'm4a'"):
        listen(written(NOISE, "WAV"), "a.txt", "text/plain")
