"""The container."""

import struct

from content.film_reader import Mp4

from fakeai.content import film_headers
from fakeai.content.film_h264 import picture_parameters, sequence_parameters
from fakeai.content.film_mp4 import Track, mp4

SPS, PPS = sequence_parameters(1280, 720, 16), picture_parameters()
FRAMES = [bytes([0x65]) * (n + 1) for n in range(32)]
FILE = mp4(Track(1280, 720, 16, SPS, PPS, FRAMES, [0, 16]), created=5)


def test_it_says_how_large_and_how_long_the_film_is() -> None:
    read = Mp4(FILE)
    assert (read.width, read.height, read.seconds) == (1280, 720, 2.0)
    found = film_headers.info(FILE)
    assert found is not None
    assert (found.width, found.height, found.seconds, found.fps) == (1280, 720, 2.0, 16.0)


def test_frames_are_where_the_tables_say() -> None:
    read = Mp4(FILE)
    assert read.samples == FRAMES
    assert read.keys == [0, 16]
    assert (read.sps, read.pps) == (SPS, PPS)


def test_it_can_be_played_before_it_is_all_there() -> None:
    assert [name for name in Mp4(FILE).boxes if name.count("/") == 1] == ["/ftyp", "/moov", "/mdat"]


def test_its_profile_is_that_of_its_parameters() -> None:
    entry = Mp4(FILE).boxes["/moov/trak/mdia/minf/stbl/stsd"]
    at = entry.index(b"avcC") + 4
    assert entry[at : at + 4] == b"\1" + SPS[1:4]
    assert struct.unpack_from(">HHHB", entry, entry.index(b"nclx") + 4) == (1, 1, 1, 0)
