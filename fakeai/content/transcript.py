"""Words within the sound that says them: how fakeai understands what it has spoken, without keeping anything.

Two ways, each harmless to whoever listens. Samples of 16 bits carry every word in their lowest bits while it is said, a
few times over: so sound that was cut, joined or lost its file's header still tells the words that are left in it.
Files that keep no sample as it was (mp3, opus, aac) carry all the words in their tag, where a comment stands.

A word in the samples, bit by bit, highest first: `_MARK` (32), which word of how it was said (16), which copy of it (8),
its bytes of UTF-8 (8), these bytes, and the CRC-32 of all after the mark. A tag is `fakeai-words:`, base64 (RFC 4648, URL
alphabet) of the deflated UTF-8, a dot, its CRC-32 in hexadecimal, and a semicolon.
"""

import binascii
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from numpy import int16, uint8
    from numpy.typing import NDArray

_MARK: Final = 0xA5C3F0E1
_HEAD_BITS: Final = 32 + 16 + 8 + 8
_CRC_BITS: Final = 32
_LONGEST: Final = 255
_MOST_COPIES: Final = 6
_PART: Final = 2**18
"""Samples that are searched at once."""
_MOST_BAD: Final = 10_000
"""Marks that no word follows: sound that was made of them is not searched to its end."""
_LARGEST_TEXT: Final = 2**20
"""Bytes of UTF-8 that a tag may unfold to."""
_TAG = re.compile(rb"fakeai-words:([A-Za-z0-9_-]{0,1400000}={0,2})\.([0-9a-f]{8});")


class Said(NamedTuple):
    """A piece of text and the samples during which it is said, `end` excluded."""

    text: str
    start: int
    end: int


# -- in the samples


def write(samples: "NDArray[int16]", text: str, number: int) -> None:
    """Put `text`, the piece of that number, into the lowest bits of the samples that say it, in place.

    A few copies, spread over the samples, and none where not one fits; what is longer than 255 bytes is cut.
    """
    import numpy as np

    payload = _cut(text.encode("utf-8", "replace"))
    size = _HEAD_BITS + 8 * len(payload) + _CRC_BITS
    copies = min(len(samples) // size, _MOST_COPIES)
    if not copies:
        return
    for copy in range(copies):
        bits = np.unpackbits(np.frombuffer(_frame(number, copy, payload), np.uint8))
        at = copy * len(samples) // copies
        part = samples[at : at + size]
        part &= -2
        part |= bits.astype(np.int16)


def _cut(payload: bytes) -> bytes:
    """At most 255 bytes, which end with a whole character."""
    return payload if len(payload) <= _LONGEST else payload[:_LONGEST].decode("utf-8", "ignore").encode()


def _frame(number: int, copy: int, payload: bytes) -> bytes:
    told = (number & 0xFFFF).to_bytes(2, "big") + bytes((copy, len(payload))) + payload
    return _MARK.to_bytes(4, "big") + told + zlib.crc32(told).to_bytes(4, "big")


def heard(pcm: bytes) -> str | None:
    """The words in little-endian samples of 16 bits and one channel; None where there are none.

    What was said several times is there as often. Takes 1 ms for each 4 s of sound at 24 kHz.
    """
    import numpy as np

    return text_of(pieces(np.frombuffer(pcm, "<i2", len(pcm) // 2)))


def text_of(said: "list[Said]") -> str | None:
    """The pieces joined; None for none."""
    return "".join(piece.text for piece in said).strip() if said else None


def pieces(samples: "NDArray[int16]") -> list[Said]:
    """The words in samples of one channel, with where they are. Something said anew is set off by a space."""
    import numpy as np

    found: list[Said] = []
    bits = (samples & 1).astype(np.uint8)
    number = copy = -1
    for start, end, told in _frames(bits):
        now, again = int.from_bytes(told[:2], "big"), told[2]
        if now == number and again > copy:
            found[-1] = found[-1]._replace(end=end)
        else:
            text = told[4:].decode("utf-8", "replace")
            anew = found and now <= number and not found[-1].text.endswith((" ", "\n"))
            found.append(Said(" " + text if anew else text, start, end))
        number, copy = now, again
    return found


def _frames(bits: "NDArray[uint8]") -> Iterator[tuple[int, int, bytes]]:
    """Where each sound frame begins and ends, and what is between its mark and its CRC."""
    import numpy as np

    mark = np.unpackbits(np.frombuffer(_MARK.to_bytes(4, "big"), np.uint8)).tobytes()
    sequence = bits.tobytes()
    at = _find(sequence, mark, 0)
    bad = 0
    while at >= 0 and bad < _MOST_BAD:
        told = at + 32
        head = np.packbits(bits[told : told + 32]).tobytes()
        end = told + 32 + 8 * head[3] + _CRC_BITS if len(head) == 4 else len(bits) + 1
        if end <= len(bits):
            whole = np.packbits(bits[told:end]).tobytes()
            if zlib.crc32(whole[:-4]) == int.from_bytes(whole[-4:], "big"):
                yield at, end, whole[:-4]
                at = _find(sequence, mark, end)
                continue
        bad += 1
        at = _find(sequence, mark, at + 1)


def _find(sequence: bytes, mark: bytes, start: int) -> int:
    """Where the next mark is, or -1. In parts: no other thread runs while one is searched."""
    for at in range(start, len(sequence), _PART):
        found = sequence.find(mark, at, at + _PART + len(mark) - 1)
        if found >= 0:
            return found
    return -1


# -- in a file's tag


def tag(text: str) -> str:
    """What stands for `text` in a file: ASCII, without line breaks."""
    data = text.encode("utf-8", "replace")
    packed = urlsafe_b64encode(zlib.compress(data, 9)).decode("ascii")
    return f"fakeai-words:{packed}.{zlib.crc32(data):08x};"


def tagged(data: bytes) -> str | None:
    """The words in a file's tag, wherever it is; None where there is none, or it is damaged."""
    at = data.find(b"fakeai-words:")
    while at >= 0:
        match = _TAG.match(data, at)
        text = _unfolded(match) if match else None
        if text is not None:
            return text
        at = data.find(b"fakeai-words:", at + 1)
    return None


def _unfolded(match: "re.Match[bytes]") -> str | None:
    try:
        data = zlib.decompressobj().decompress(urlsafe_b64decode(match[1]), _LARGEST_TEXT)
    except (zlib.error, binascii.Error):
        return None
    return data.decode("utf-8", "replace") if zlib.crc32(data) == int(match[2], 16) else None
