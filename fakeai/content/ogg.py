"""Pages of Ogg (RFC 3533), and packets of Opus put into them (RFC 7845). Decodes nothing."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

SERIAL: Final = 0x46414B45

_RATE: Final = 48_000
"""At which Opus counts, whatever its sound's rate is."""
_MOST_SEGMENTS: Final = 255
_BEGINS, _ENDS = 2, 4
_TAGS: Final = b"OpusTags" + struct.pack("<I6sI", 6, b"fakeai", 0)
_MOST_PACKET: Final = _RATE * 120 // 1000
_ONES: Final = 0xFFFFFFFF
_MIRROR: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def sealed(page: bytes) -> bytes:
    """The page with its checksum."""
    bare = page[:22] + b"\0\0\0\0" + page[26:]
    return bare[:22] + struct.pack("<I", _crc(bare)) + bare[26:]


def _crc(page: bytes) -> int:
    """Ogg's CRC by zlib's, which is that of the bits in reverse, begun and ended with ones."""
    mirrored = page.translate(_MIRROR)
    found = zlib.crc32(mirrored, _ONES) ^ _ONES
    return int.from_bytes(found.to_bytes(4, "little").translate(_MIRROR), "big")


def opus_samples(packet: bytes) -> int:
    """How long a packet lasts, in samples at 48 kHz; 0 for none that can be (RFC 6716, 3.1)."""
    if not packet:
        return 0
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = (480, 960, 1_920, 2_880)[config & 3]
    elif config < 16:
        frame = (480, 960)[config & 1]
    else:
        frame = 120 << (config & 3)
    frames = (1, 2, 2, packet[1] & 63 if len(packet) > 1 else 0)[code]
    return frame * frames if frame * frames <= _MOST_PACKET else 0


def opus_file(head: bytes, packets: Iterable[bytes]) -> bytes:
    """An Ogg file of these packets; `head` is their `OpusHead`. What is no packet of Opus is left out."""
    return b"".join(_pages(head, packets))


def _pages(head: bytes, packets: Iterable[bytes]) -> Iterator[bytes]:
    yield _page(head, bytes([len(head)]), 0, 0, _BEGINS)
    yield _page(_TAGS, bytes([len(_TAGS)]), 0, 1, 0)
    number, samples = 2, 0
    held: list[bytes] = []
    lacing = b""
    for packet in packets:
        lasts = opus_samples(packet)
        sizes = b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
        if not lasts or len(sizes) > _MOST_SEGMENTS:
            continue
        if len(lacing) + len(sizes) > _MOST_SEGMENTS:
            yield _page(b"".join(held), lacing, samples, number, 0)
            number, held, lacing = number + 1, [], b""
        held.append(packet)
        lacing += sizes
        samples += lasts
    yield _page(b"".join(held), lacing, samples, number, _ENDS)


def _page(contents: bytes, lacing: bytes, granule: int, number: int, flags: int) -> bytes:
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, SERIAL, number, 0, len(lacing))
    return sealed(head + lacing + contents)
