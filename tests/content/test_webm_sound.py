"""The sound of webm files: Opus comes out as it went in, and nothing that is hostile costs much."""

import io
from time import process_time

import pytest
import soundfile
from content.test_ogg import SOUND, opus
from content.webm_made import block, element, packets_of, webm

from fakeai.content.webm_sound import opus_in_ogg


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("groups", [True, False])
def test_packets_of_opus_come_out_as_they_went_in(live: bool, groups: bool):
    head, packets = opus()
    file = opus_in_ogg(webm(head, packets, live=live, groups=groups))
    assert file is not None
    assert packets_of(file)[0] == head and packets_of(file)[2:] == packets
    assert len(soundfile.read(io.BytesIO(file))[0]) == pytest.approx(len(SOUND), abs=2_000)


def test_a_cut_file_has_the_packets_before_the_cut():
    head, packets = opus()
    whole = webm(head, packets)
    file = opus_in_ogg(whole[: len(whole) // 2])
    assert file is not None
    found = packets_of(file)[2:]
    assert found == packets[: len(found)] and len(found) == pytest.approx(len(packets) / 2, rel=0.2)


def test_other_tracks_and_laced_blocks_are_left_out():
    head, packets = opus()
    other = block(packets[0], 0, False, track=2) + block(packets[0], 0, False, flags=0x06) + element(0xA3, b"\x81")
    file = opus_in_ogg(webm(head, packets) + other)
    assert file == opus_in_ogg(webm(head, packets))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x1a\x45\xdf\xa3",
        webm(b"OpusHead" + bytes(11), [], codec=b"A_VORBIS"),
        webm(b"no head", []),
        webm(b"OpusHead" + bytes(300), []),
        element(0x1A45DFA3, b"") + bytes(1_000),
        b"\x1a\x45\xdf\xa3" * 1_000,
    ],
)
def test_a_file_without_opus_has_none(data: bytes):
    assert opus_in_ogg(data) is None


@pytest.mark.parametrize("filler", [b"\xec\x80", b"\xa0\x80", b"\x1f\x43\xb6\x75\x80", b"\xa3\x84\x81\0\0\x80"])
def test_millions_of_elements_cost_little(filler: bytes):
    data = webm(opus()[0], []) + filler * (10_000_000 // len(filler))
    started = process_time()
    opus_in_ogg(data)
    assert process_time() - started < 3
