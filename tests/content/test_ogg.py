"""Pages of Ogg: what libsndfile makes of them, and what is said of a packet's length."""

import io

import numpy as np
import pytest
import soundfile
from content.webm_made import packets_of

from fakeai.content import ogg

SOUND = (9_000 * np.sin(np.arange(5 * 48_000) / 20)).astype(np.int16)


def opus() -> tuple[bytes, list[bytes]]:
    file = io.BytesIO()
    soundfile.write(file, SOUND, 48_000, "OPUS", format="OGG")
    head, _, *packets = packets_of(file.getvalue())
    return head, packets


def test_packets_that_are_put_into_pages_are_heard_again():
    head, packets = opus()
    written = ogg.opus_file(head, packets)
    assert packets_of(written)[2:] == packets
    heard, rate = soundfile.read(io.BytesIO(written), dtype="int16")
    assert rate == 48_000 and len(heard) == pytest.approx(len(SOUND), abs=2_000)
    assert np.abs(heard[1_000:200_000].astype(int) - SOUND[1_000:200_000]).mean() < 300


def test_what_is_no_packet_is_left_out():
    head, packets = opus()
    assert ogg.opus_file(head, [b"", b"\x03", *packets, bytes(70_000)]) == ogg.opus_file(head, packets)


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (b"", 0),
        (b"\x00", 480),  # SILK, 10 ms
        (b"\x18", 2_880),  # SILK, 60 ms
        (b"\x68", 960),  # hybrid, 20 ms
        (b"\x80", 120),  # CELT, 2.5 ms
        (b"\xf8", 960),  # CELT, 20 ms
        (b"\xf9", 1_920),  # two of them
        (b"\xfb\x03", 2_880),  # three of them
        (b"\xfb", 0),  # as many as nobody says
        (b"\xfb\x3f", 0),  # more than 120 ms
    ],
)
def test_a_packet_tells_how_long_it_lasts(packet: bytes, samples: int):
    assert ogg.opus_samples(packet) == samples


def test_a_sealed_page_has_the_checksum_that_libogg_gave_it():
    file = io.BytesIO()
    soundfile.write(file, SOUND, 48_000, "OPUS", format="OGG")
    page = file.getvalue()[: 27 + 1 + 19]
    assert ogg.sealed(page[:22] + b"abcd" + page[26:]) == page
