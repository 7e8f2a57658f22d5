"""H.264 without compression of what is in a macroblock: each is sent as it is, left as it was, or moved sideways.

Constrained baseline, CAVLC (ITU-T H.264): I_PCM, P_Skip, and P_L0_16x16 without residual. Frames come out bit by bit as
they went in; what stays, and what moves as a whole, costs next to nothing. Knows no files (`film_mp4`) and no scenes.
"""

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVEL: Final = 40
"""4.0: up to 8,192 macroblocks."""
_I_PCM_IN_I, _I_PCM_IN_P = 25, 30
_FRAME_NUM_BITS: Final = 8
_EMULATION = re.compile(rb"\x00\x00(?=[\x00-\x03])")


class Planes(NamedTuple):
    """A frame: luma, and chroma at half the width and height. Sides of luma are multiples of 16."""

    y: "NDArray[np.uint8]"
    u: "NDArray[np.uint8]"
    v: "NDArray[np.uint8]"


class Bits:
    """Bits to be written, from the highest of the first byte on."""

    def __init__(self) -> None:
        self._done = bytearray()
        self._value = 1
        """The bits that do not fill a byte yet, behind a 1."""

    def put(self, value: int, width: int) -> None:
        """An unsigned number of so many bits."""
        self._value = self._value << width | value
        spare = self._value.bit_length() - 1
        if spare >= 8:
            left = spare % 8
            whole = self._value >> left
            size = spare // 8
            self._done += (whole ^ (1 << 8 * size)).to_bytes(size, "big")
            self._value = (self._value & ((1 << left) - 1)) | 1 << left

    def ue(self, value: int) -> None:
        """Exp-Golomb, unsigned (9.1)."""
        width = (value + 1).bit_length()
        self.put(value + 1, 2 * width - 1)

    def se(self, value: int) -> None:
        """Exp-Golomb, signed (9.1.1)."""
        self.ue(2 * value - 1 if value > 0 else -2 * value)

    def align(self) -> None:
        """Zeros up to the next byte."""
        spare = self._value.bit_length() - 1
        if spare:
            self.put(0, 8 - spare)

    def data(self, data: bytes) -> None:
        """Whole bytes, where a byte begins."""
        assert self._value == 1, "aligned"
        self._done += data

    def trailing(self) -> bytes:
        """All of it, with the stop bit (7.3.2.11)."""
        self.put(1, 1)
        self.align()
        return bytes(self._done)


def nal(kind: int, payload: bytes) -> bytes:
    """A NAL unit of what others refer to, without start code or length (7.3.1)."""
    return bytes((0x60 | kind,)) + _EMULATION.sub(b"\x00\x00\x03", payload)


def sequence_parameters(width: int, height: int, fps: int) -> bytes:
    """The sequence parameter set: sizes that are no multiples of 16 are cropped."""
    bits = Bits()
    for byte in (66, 0xC0, LEVEL):
        bits.put(byte, 8)
    bits.ue(0)
    bits.ue(_FRAME_NUM_BITS - 4)
    bits.ue(2)  # frames are shown in the order they come in
    bits.ue(1)
    bits.put(0, 1)
    wide, high = -(-width // 16), -(-height // 16)
    bits.ue(wide - 1)
    bits.ue(high - 1)
    bits.put(0b11, 2)
    crop = (wide * 16 - width, high * 16 - height)
    bits.put(int(any(crop)), 1)
    if any(crop):
        for value in (0, crop[0] // 2, 0, crop[1] // 2):
            bits.ue(value)
    _usability(bits, fps)
    return nal(7, bits.trailing())


def _usability(bits: Bits, fps: int) -> None:
    """BT.709 in limited range, the frame rate, and that nothing is reordered (annex E)."""
    bits.put(1, 1)
    bits.put(0b00, 2)
    bits.put(0b1_101_0_1, 6)
    for _ in range(3):
        bits.put(1, 8)
    bits.put(0, 1)
    bits.put(1, 1)
    bits.put(1, 32)
    bits.put(2 * fps, 32)
    bits.put(1, 1)
    bits.put(0b000, 3)
    bits.put(0b11, 2)
    for value in (0, 0, 11, 11, 0, 1):
        bits.ue(value)


def picture_parameters() -> bytes:
    """The picture parameter set."""
    bits = Bits()
    bits.ue(0)
    bits.ue(0)
    bits.put(0b00, 2)
    for _ in range(3):
        bits.ue(0)
    bits.put(0b000, 3)
    for _ in range(3):
        bits.se(0)
    bits.put(0b100, 3)
    return nal(8, bits.trailing())


class Encoder:
    """Frames of one film in order. Whatever a frame needs of the one before it, this keeps."""

    def __init__(self) -> None:
        self._before: Planes | None = None
        self._number = 0
        self._idr = 0

    def whole(self, frame: Planes) -> bytes:
        """A frame that needs no other: one NAL unit."""
        bits = Bits()
        self._number = 0
        _slice_header(bits, 7, 0, self._idr)
        blocks = _macroblocks(frame)
        for n in range(len(blocks)):
            bits.ue(_I_PCM_IN_I)
            bits.align()
            bits.data(blocks[n].tobytes())
        self._idr = (self._idr + 1) % 2
        self._before = frame
        return nal(5, bits.trailing())

    def changed(self, frame: Planes, moved: int = 0) -> bytes:
        """A frame after another: one NAL unit.

        `moved` says by how many pixels of luma, an even number, what is seen has moved to the left: macroblocks that did
        are found out.
        """
        before = self._before
        assert before is not None and moved % 2 == 0, "after a whole frame, by whole pixels of chroma"
        self._number = (self._number + 1) % (1 << _FRAME_NUM_BITS)
        bits = Bits()
        _slice_header(bits, 5, self._number, None)
        modes = _modes(before, frame, moved)
        _write_changes(bits, modes, frame)
        self._before = frame
        return nal(1, bits.trailing())


def _slice_header(bits: Bits, kind: int, number: int, idr: int | None) -> None:
    """Section 7.3.3, for one slice a picture."""
    bits.ue(0)
    bits.ue(kind)
    bits.ue(0)
    bits.put(number, _FRAME_NUM_BITS)
    if idr is not None:
        bits.ue(idr)
        bits.put(0b00, 2)
    else:
        bits.put(0b000, 3)  # references as they are, and marked as they come
    bits.se(0)
    bits.ue(1)


def _macroblocks(frame: Planes) -> "NDArray[np.uint8]":
    """A row of 384 bytes for each: luma, then the two of chroma."""
    import numpy as np

    high, wide = frame.y.shape[0] // 16, frame.y.shape[1] // 16
    parts = [
        plane.reshape(high, side, wide, side).transpose(0, 2, 1, 3).reshape(high * wide, side * side)
        for plane, side in ((frame.y, 16), (frame.u, 8), (frame.v, 8))
    ]
    return np.concatenate(parts, axis=1)


class _Modes(NamedTuple):
    """For each macroblock: whether it is sent, its motion, the motion it is foretold, and whether it can be skipped."""

    sent: "NDArray[np.bool_]"
    motion: "NDArray[np.int32]"
    foretold: "NDArray[np.int32]"
    skipped: "NDArray[np.bool_]"


def _modes(before: Planes, frame: Planes, moved: int) -> _Modes:
    import numpy as np

    still = _same(before, frame)
    motion = np.zeros(still.shape, np.int32)
    sent = ~still
    if moved and sent.any():
        follows = _same(_shifted(before, moved), frame) & sent
        motion[follows] = 4 * moved  # in quarters of a pixel
        sent &= ~follows
    foretold, when_skipped = _predicted(sent, motion)
    return _Modes(sent, motion, foretold, ~sent & (motion == when_skipped))


def _same(one: Planes, other: Planes) -> "NDArray[np.bool_]":
    """Which macroblocks are alike, bit by bit."""
    import numpy as np

    high, wide = one.y.shape[0] // 16, one.y.shape[1] // 16
    same = np.ones((high, wide), np.bool_)
    for a, b, side in zip(one, other, (16, 8, 8), strict=True):
        words = side // 8
        unlike = np.ascontiguousarray(a).view(np.uint64) != np.ascontiguousarray(b).view(np.uint64)
        same &= ~unlike.reshape(high, side, wide, words).any(axis=(1, 3))
    return same


def _shifted(frame: Planes, moved: int) -> Planes:
    """What a decoder finds `moved` pixels to the right: beyond the edge, the edge (8.4.2.2)."""
    import numpy as np

    def one(plane: "NDArray[np.uint8]", by: int) -> "NDArray[np.uint8]":
        at = np.clip(np.arange(plane.shape[1]) + by, 0, plane.shape[1] - 1)
        return plane[:, at]

    return Planes(one(frame.y, moved), one(frame.u, moved // 2), one(frame.v, moved // 2))


def _predicted(sent: "NDArray[np.bool_]", motion: "NDArray[np.int32]") -> "tuple[NDArray[np.int32], NDArray[np.int32]]":
    """The motion that neighbours foretell (8.4.1.3), and what a skipped macroblock takes (8.4.1.1)."""
    import numpy as np

    high, wide = sent.shape
    # A margin of one: neighbours outside the picture have no motion and refer to nothing, as those that are sent.
    refers = np.zeros((high + 1, wide + 2), np.bool_)
    moves = np.zeros((high + 1, wide + 2), np.int32)
    refers[1:, 1:-1] = ~sent
    moves[1:, 1:-1] = np.where(sent, 0, motion)
    left, above = (slice(1, None), slice(0, wide)), (slice(0, high), slice(1, wide + 1))
    right, corner = (slice(0, high), slice(2, wide + 2)), (slice(0, high), slice(0, wide))
    a, b, ra, rb = moves[left], moves[above], refers[left], refers[above]
    last = np.zeros((high, wide), np.bool_)
    last[:, -1] = True  # there is nothing above to the right: what is above to the left counts
    c, rc = np.where(last, moves[corner], moves[right]), np.where(last, refers[corner], refers[right])
    top = np.zeros((high, wide), np.bool_)
    top[0] = True
    only_left = top & (np.arange(wide) > 0)
    b, c = np.where(only_left, a, b), np.where(only_left, a, c)
    rb_, rc = np.where(only_left, ra, rb), np.where(only_left, ra, rc)
    number = ra.astype(np.int32) + rb_ + rc
    median = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
    single = np.where(ra, a, np.where(rb_, b, c))
    foretold = np.where(number == 1, single, median)
    first = np.zeros((high, wide), np.bool_)
    first[:, 0] = True
    rests = first | top | (ra & (a == 0)) | (rb & (moves[above] == 0))
    return foretold, np.where(rests, 0, foretold)


def _write_changes(bits: Bits, modes: _Modes, frame: Planes) -> None:
    """Slice data (7.3.4)."""
    import numpy as np

    skipped = modes.skipped.ravel()
    told = np.flatnonzero(~skipped)
    sent, motion, foretold = modes.sent.ravel(), modes.motion.ravel(), modes.foretold.ravel()
    blocks = _macroblocks(frame) if sent.any() else None
    before = -1
    for at in told.tolist():
        bits.ue(at - before - 1)
        before = at
        if blocks is not None and sent[at]:
            bits.ue(_I_PCM_IN_P)
            bits.align()
            bits.data(blocks[at].tobytes())
        else:
            bits.ue(0)
            bits.se(int(motion[at]) - int(foretold[at]))
            bits.se(0)
            bits.ue(0)
    if before < len(skipped) - 1:
        bits.ue(len(skipped) - 1 - before)
