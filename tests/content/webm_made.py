"""Webm files for tests, made by hand as browsers make them: an EBML head, one track, blocks in clusters."""

from collections.abc import Sequence

UNKNOWN = b"\x01" + b"\xff" * 7


def element(name: int, contents: bytes, size: bytes | None = None) -> bytes:
    length = (0x10_00_00_00 | len(contents)).to_bytes(4, "big") if size is None else size
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + length + contents


def number(name: int, value: int) -> bytes:
    return element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def webm(
    head: bytes, packets: Sequence[bytes], *, codec: bytes = b"A_OPUS", live: bool = True, groups: bool = False
) -> bytes:
    """Ten packets of 20 ms to a cluster; `live`: nobody knew the sizes of what is not finished, nor the duration."""
    size = UNKNOWN if live else None
    track = number(0xD7, 1) + number(0x83, 2) + element(0x86, codec) + element(0x63A2, head)
    info = number(0x2AD7B1, 1_000_000)
    if not live:
        info += element(0x4489, b"\x40\xb3\x88\x00\x00\x00\x00\x00")  # 5000.0
    parts = [element(0x1549A966, info), element(0x1654AE6B, element(0xAE, track))]
    for at in range(0, len(packets), 10):
        blocks = [block(packet, 20 * n, groups) for n, packet in enumerate(packets[at : at + 10])]
        parts.append(element(0x1F43B675, number(0xE7, 20 * at) + b"".join(blocks), size))
    return element(0x1A45DFA3, element(0x4282, b"webm")) + element(0x18538067, b"".join(parts), size)


def block(packet: bytes, at: int, group: bool, track: int = 1, flags: int = 0x80) -> bytes:
    whole = bytes([0x80 | track]) + at.to_bytes(2, "big") + bytes([flags]) + packet
    return element(0xA0, element(0xA1, whole)) if group else element(0xA3, whole)


def packets_of(file: bytes) -> list[bytes]:
    """All packets of an Ogg file, its two heads first."""
    found, held, at = [], b"", 0
    while at < len(file):
        count = file[at + 26]
        lacing = file[at + 27 : at + 27 + count]
        at += 27 + count
        for size in lacing:
            held += file[at : at + size]
            at += size
            if size < 255:
                found.append(held)
                held = b""
    return found
