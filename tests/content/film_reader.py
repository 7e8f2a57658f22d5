"""A second, slower view of our films: an MP4 reader, and a decoder of the part of H.264 that they use, bit by bit.

It shares nothing with the writer: motion is foretold macroblock by macroblock as 8.4.1 tells it.
"""

import struct
from collections.abc import Iterator
from statistics import median
from typing import Any

import numpy as np

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf"}


def boxes(data: bytes, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Every box by its path, those within others too."""
    at = 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        assert size >= 8
        assert at + size <= len(data)
        where = f"{path}/{name.decode('latin-1')}"
        yield where, data[at + 8 : at + size]
        if name in CONTAINERS:
            yield from boxes(data[at + 8 : at + size], where)
        at += size


class Mp4:
    """What the file says, and its samples."""

    def __init__(self, data: bytes) -> None:
        self.boxes = dict(boxes(data))
        table = "/moov/trak/mdia/minf/stbl"
        sizes, (offset,) = self.boxes[f"{table}/stsz"], struct.unpack_from(">I", self.boxes[f"{table}/stco"], 8)
        (count,) = struct.unpack_from(">I", sizes, 8)
        self.samples = []
        for size in struct.unpack_from(f">{count}I", sizes, 12):
            sample = data[offset : offset + size]
            assert struct.unpack(">I", sample[:4])[0] == size - 4
            self.samples.append(sample[4:])
            offset += size
        assert offset == len(data)
        self.keys = [
            n - 1
            for n in struct.unpack_from(
                f">{struct.unpack_from('>I', self.boxes[f'{table}/stss'], 4)[0]}I", self.boxes[f"{table}/stss"], 8
            )
        ]
        entry = self.boxes[f"{table}/stsd"][8 + 8 :]
        self.width, self.height = struct.unpack_from(">HH", entry, 24)
        scale, length = struct.unpack_from(">II", self.boxes["/moov/trak/mdia/mdhd"], 12)
        self.seconds = length / scale
        config = entry[entry.index(b"avcC") + 4 :]
        (length,) = struct.unpack_from(">H", config, 6)
        self.sps = config[8 : 8 + length]
        self.pps = config[8 + length + 3 :][: struct.unpack_from(">H", config, 8 + length + 1)[0]]


class Reader:
    """Bits of a NAL unit's payload."""

    def __init__(self, unit: bytes) -> None:
        self.data = unit[1:].replace(b"\x00\x00\x03", b"\x00\x00")
        self.at = 0

    def bits(self, width: int) -> int:
        value = 0
        for _ in range(width):
            value = value << 1 | self.data[self.at >> 3] >> 7 - (self.at & 7) & 1
            self.at += 1
        return value

    def ue(self) -> int:
        zeros = 0
        while not self.bits(1):
            zeros += 1
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        value = self.ue()
        return (value + 1) // 2 if value % 2 else -value // 2

    def more(self) -> bool:
        """Whether anything is left before the stop bit."""
        end = len(self.data) * 8 - 1
        while not self.data[end >> 3] >> 7 - (end & 7) & 1:
            end -= 1
        return self.at < end

    def pcm(self) -> np.ndarray[Any, Any]:
        while self.at & 7:
            assert not self.bits(1)
        start = self.at >> 3
        self.at += 384 * 8
        return np.frombuffer(self.data[start : start + 384], np.uint8)


def sizes_of(sps: bytes) -> tuple[int, int, int, int]:
    """Coded width and height, and how much of them is cropped."""
    read = Reader(sps)
    assert [read.bits(8), read.bits(8), read.bits(8)] == [66, 0xC0, 40]
    assert [read.ue(), read.ue(), read.ue(), read.ue(), read.bits(1)] == [0, 4, 2, 1, 0]
    wide, high = 16 * (read.ue() + 1), 16 * (read.ue() + 1)
    assert read.bits(2) == 3
    crop = [read.ue() for _ in range(4)] if read.bits(1) else [0] * 4
    return wide, high, crop[1] * 2, crop[3] * 2


class Decoder:
    """Frames of one film in order, as planes."""

    def __init__(self, sps: bytes) -> None:
        self.wide, self.high, *_ = sizes_of(sps)
        self.planes = [np.zeros((self.high // by, self.wide // by), np.uint8) for by in (1, 2, 2)]

    def decode(self, unit: bytes) -> list[np.ndarray[Any, Any]]:
        read, kind = Reader(unit), unit[0] & 31
        assert kind in (1, 5)
        assert read.ue() == 0
        assert read.ue() == (7 if kind == 5 else 5)
        assert read.ue() == 0
        number = read.bits(8)
        if kind == 5:
            assert number == 0
            read.ue()
            assert read.bits(2) == 0
        else:
            assert read.bits(3) == 0
        assert read.se() == 0
        assert read.ue() == 1
        before, self.planes = self.planes, [plane.copy() for plane in self.planes]
        self._across, down = self.wide // 16, self.high // 16
        self._motion: list[int | None] = [None] * (self._across * down)
        at = 0
        while at < self._across * down:
            run = 0
            if kind == 1:
                run = read.ue()
            for _ in range(run):
                self._copy(before, at, self._skipped(at))
                at += 1
            if at < self._across * down:
                self._one(read, kind, before, at)
                at += 1
        assert at == self._across * down
        assert not read.more()
        return self.planes

    def _one(self, read: Reader, kind: int, before: list[Any], at: int) -> None:
        what = read.ue()
        if what == (25 if kind == 5 else 30):
            self._put(at, read.pcm())
            return
        assert (kind, what) == (1, 0)
        across = self._foretold(at) + read.se()
        assert read.se() == 0
        assert read.ue() == 0
        self._copy(before, at, across)

    def _put(self, at: int, pcm: Any) -> None:
        y, x = divmod(at, self._across)
        self.planes[0][y * 16 : y * 16 + 16, x * 16 : x * 16 + 16] = pcm[:256].reshape(16, 16)
        for plane, part in zip(self.planes[1:], (pcm[256:320], pcm[320:]), strict=True):
            plane[y * 8 : y * 8 + 8, x * 8 : x * 8 + 8] = part.reshape(8, 8)

    def _copy(self, before: list[Any], at: int, across: int) -> None:
        self._motion[at] = across
        y, x = divmod(at, self._across)
        for plane, old, side, by in zip(self.planes, before, (16, 8, 8), (4, 8, 8), strict=True):
            assert across % by == 0, "whole pixels"
            columns = np.clip(np.arange(x * side, x * side + side) + across // by, 0, old.shape[1] - 1)
            plane[y * side : y * side + side, x * side : x * side + side] = old[y * side : y * side + side][:, columns]

    def _near(self, at: int) -> list[tuple[bool, int | None]]:
        """Left, above, and above to the right or else to the left: whether it is there, and its motion."""
        y, x = divmod(at, self._across)
        left = (True, self._motion[at - 1]) if x else (False, None)
        above = (True, self._motion[at - self._across]) if y else (False, None)
        corner: tuple[bool, int | None] = (False, None)
        if y and x + 1 < self._across:
            corner = (True, self._motion[at - self._across + 1])
        elif y and x:
            corner = (True, self._motion[at - self._across - 1])
        return [left, above, corner]

    def _foretold(self, at: int) -> int:
        left, above, corner = self._near(at)
        if not above[0] and not corner[0] and left[0]:
            above = corner = left
        known = [motion for _, motion in (left, above, corner) if motion is not None]
        if len(known) == 1:
            return known[0]
        return int(median([motion or 0 for _, motion in (left, above, corner)]))

    def _skipped(self, at: int) -> int:
        left, above, _ = self._near(at)
        if not left[0] or not above[0] or left[1] == 0 or above[1] == 0:
            return 0
        return self._foretold(at)
