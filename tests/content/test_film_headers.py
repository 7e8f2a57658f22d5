"""Durations and sizes of films, from containers built here box by box."""

import struct
from collections.abc import Callable
from time import process_time

import pytest

from fakeai.content.film_headers import FilmInfo, info, whole


def box(name: bytes, *contents: bytes) -> bytes:
    body = b"".join(contents)
    return struct.pack(">I4s", 8 + len(body), name) + body


def header(version: int, scale: int, duration: int) -> bytes:
    times = struct.pack(">QQIQ", 0, 0, scale, duration) if version else struct.pack(">IIII", 0, 0, scale, duration)
    return bytes((version, 0, 0, 0)) + times + bytes(80)


def track(version: int, width: int, height: int, samples: int, scale: int, duration: int) -> bytes:
    places = bytes((version, 0, 0, 7)) + bytes(84 if version else 72) + struct.pack(">II", width << 16, height << 16)
    table = box(b"stbl", box(b"stsz", bytes(8), struct.pack(">I", samples)))
    return box(
        b"trak", box(b"tkhd", places), box(b"mdia", box(b"mdhd", header(version, scale, duration)), box(b"minf", table))
    )


def film(version: int) -> bytes:
    sound = track(version, 0, 0, 430, 44_100, 441_000)
    picture = track(version, 1920, 1080, 300, 30_000, 300_000)
    moov = box(b"moov", box(b"mvhd", header(version, 600, 6_000)), sound, picture)
    return box(b"ftyp", b"isom") + box(b"mdat", bytes(5_000)) + moov


@pytest.mark.parametrize("version", [0, 1])
def test_mp4_tells_duration_size_and_frame_rate(version: int):
    assert info(film(version)) == FilmInfo(10.0, 1920, 1080, 30.0)


def test_m4a_has_no_picture():
    moov = box(b"moov", box(b"mvhd", header(0, 1_000, 2_500)), track(0, 0, 0, 100, 44_100, 110_250))
    assert info(box(b"ftyp", b"M4A ") + moov) == FilmInfo(2.5, 0, 0, None)


def test_a_fragmented_mp4_states_its_duration_elsewhere():
    mehd = box(b"mvex", box(b"mehd", bytes(4), struct.pack(">I", 7_000)))
    moov = box(b"moov", box(b"mvhd", header(0, 1_000, 0)), mehd, track(0, 64, 48, 0, 1_000, 0))
    assert info(box(b"ftyp") + moov) == FilmInfo(7.0, 64, 48, None)


@pytest.mark.parametrize("own", [True, False])
def test_a_fragmented_mp4_without_a_duration_lasts_until_its_last_fragment_ends(own: bool):
    moov = box(b"moov", box(b"mvhd", header(0, 1_000, 0)), track(0, 64, 48, 0, 15_000, 0))
    times = (0, 30_000)
    moofs = b""
    for time in times:
        tfhd = box(b"tfhd", bytes((0, 0, 0, 0x3A)), bytes(4), struct.pack(">III", 1, 500, 900), bytes(4))
        tfdt = box(b"tfdt", bytes((1, 0, 0, 0)), struct.pack(">Q", time))
        trun = box(b"trun", bytes((0, 0, 1 if own else 0, 5)), struct.pack(">III", 30, 8, 0), struct.pack(">I", 600))
        moofs += box(b"moof", box(b"mfhd", bytes(8)), box(b"traf", tfhd, tfdt, trun)) + box(b"mdat", bytes(50))
    # 30 samples of 600 ticks (its own), or of 500 (the default), after 30,000 ticks of 1/15,000 s.
    assert info(box(b"ftyp") + moov + moofs) == FilmInfo(3.2 if own else 3.0, 64, 48, None)


def test_boxes_of_64_bit_length_and_up_to_the_end_are_followed():
    big = struct.pack(">I4sQ", 1, b"mdat", 16 + 100) + bytes(100)
    moov = bytearray(box(b"moov", box(b"mvhd", header(0, 1_000, 4_000))))
    moov[0:4] = bytes(4)
    assert info(box(b"ftyp") + big + bytes(moov)) == FilmInfo(4.0, 0, 0, None)


def element(name: int, contents: bytes, size: bytes | None = None) -> bytes:
    length = size if size is not None else (0x10000000 | len(contents)).to_bytes(4, "big")
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + length + contents


UNKNOWN = b"\x01\xff\xff\xff\xff\xff\xff\xff"


def webm(duration: bytes | None, clusters: bytes = b"") -> bytes:
    about = element(0x2AD7B1, (1_000_000).to_bytes(3, "big")) + (element(0x4489, duration) if duration else b"")
    picture = element(0xE0, element(0xB0, (640).to_bytes(2, "big")) + element(0xBA, (360).to_bytes(2, "big")))
    tracks = element(0xAE, element(0x83, b"\x02")) + element(
        0xAE, element(0x23E383, (40_000_000).to_bytes(4, "big")) + picture
    )
    parts = element(0x114D9B74, bytes(10)) + element(0x1549A966, about) + element(0x1654AE6B, tracks) + clusters
    return element(0x1A45DFA3, element(0x4282, b"webm")) + element(0x18538067, parts, UNKNOWN)


def test_webm_tells_duration_size_and_frame_rate():
    assert info(webm(struct.pack(">d", 12_500.0))) == FilmInfo(12.5, 640, 360, 25.0)
    assert info(webm(struct.pack(">f", 500.0))) == FilmInfo(0.5, 640, 360, 25.0)


def test_a_live_webm_lasts_until_its_last_cluster():
    clusters = b"".join(
        element(0x1F43B675, element(0xE7, tick.to_bytes(2, "big")) + bytes(9), UNKNOWN) for tick in (0, 900, 1_800)
    )
    assert info(webm(None, clusters)) == FilmInfo(1.8, 640, 360, 25.0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_an_impossible_duration_is_none(value: float):
    assert info(webm(struct.pack(">d", value))) is None


def test_a_film_without_time_units_is_none():
    assert info(box(b"ftyp") + box(b"moov", box(b"mvhd", header(0, 0, 10)))) is None


@pytest.mark.parametrize("data", [film(0), film(1), webm(struct.pack(">d", 1_000.0))])
def test_a_film_cut_anywhere_never_raises(data: bytes):
    for length in range(len(data)):
        found = info(data[:length])
        assert found is None or found.seconds in (10.0, 1.0, 0.0)


@pytest.mark.parametrize(
    "made",
    [
        lambda: bytes(100_000_000),
        lambda: box(b"ftyp") + box(b"free") * 5_000_000,
        lambda: box(b"ftyp") + struct.pack(">I4sQ", 1, b"moov", (1 << 64) - 1) + box(b"trak") * 2_000_000,
        lambda: b"\x1a\x45\xdf\xa3" + b"\xff" * 20_000_000,
        lambda: b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67" + UNKNOWN + b"\xec\x80" * 10_000_000,
        lambda: b"\x1a\x45\xdf\xa3\x01" + b"\xff" * 6 + b"\xfe" + bytes(20_000_000),
        lambda: b"\x1a\x45\xdf\xa3" + bytes(50_000_000),
        lambda: (
            box(b"ftyp") + box(b"moov", box(b"mvhd", header(0, 0, 0)), *[box(b"trak", box(b"free") * 2_000)] * 2_000)
        ),
    ],
    ids=["zeros", "boxes", "huge moov", "ebml ones", "voids", "huge header", "ebml zeros", "tracks"],
)
def test_hostile_files_take_milliseconds_and_are_refused(made: Callable[[], bytes]):
    data = made()
    started = process_time()
    assert info(data) is None
    assert process_time() - started < 0.1


def test_films_of_too_many_parts_take_milliseconds():
    part = box(b"traf", box(b"free") * 2_000)
    moov = box(b"moov", box(b"mvhd", header(0, 1_000, 0)), *[box(b"trak", box(b"free") * 2_000)] * 100)
    fragments = box(b"ftyp") + moov + box(b"moof", part * 500)
    entries = element(0x1654AE6B, element(0xAE, b"\xec\x80" * 2_000) * 500)
    about = element(0x1549A966, element(0x4489, struct.pack(">f", 2_000.0)))
    tracks = element(0x1A45DFA3, b"") + element(0x18538067, about + entries)
    started = process_time()
    assert info(fragments) == FilmInfo(0.0, 0, 0, None)
    assert info(tracks) == FilmInfo(2.0, 0, 0, None)
    assert process_time() - started < 0.2


@pytest.mark.parametrize(
    ("data", "good"),
    [
        (box(b"ftyp") + box(b"mdat", bytes(9)), True),
        (box(b"ftyp") + box(b"mdat", bytes(9)) + b"ab", True),
        (box(b"ftyp") + box(b"mdat", bytes(9))[:-1], False),
        (box(b"ftyp") + struct.pack(">I4s", 0, b"mdat") + bytes(3), True),
        (box(b"ftyp") + struct.pack(">I4sQ", 1, b"mdat", 2**62) + bytes(3), False),
        (box(b"ftyp") + struct.pack(">I4sQ", 1, b"mdat", 19) + bytes(3), True),
        (b"\x1a\x45\xdf\xa3", True),
    ],
)
def test_an_mp4_cut_short_is_not_whole(data: bytes, good: bool):
    assert whole(data) is good
