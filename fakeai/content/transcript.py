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
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fakeai.content.marks import find

if TYPE_CHECKING:
    from numpy import int16, uint8
    from numpy.typing import NDArray

_MARK: Final = 0xA5C3F0E1
_HEAD_BITS: Final = 32 + 16 + 8 + 8
_CRC_BITS: Final = 32
_LONGEST: Final = 255
_LONGEST_FRAME: Final = _HEAD_BITS + 8 * _LONGEST + _CRC_BITS
_LATE: Final = 200
_LATEST: Final = 8_000
"""Samples by which a copy, and a word, may come late."""
_MOST_COPIES: Final = 6
_SOON: Final = 1_000
_MOST_SEEN: Final = 1_000
_MOST_BAD: Final = 250
"""Marks that no word follows: sound that was made of them is not searched to its end."""
_LARGEST_TEXT: Final = 2**20
"""Bytes of UTF-8 that a tag may unfold to."""
_MOST_TAGS: Final = 16
"""Of a file that is not the words' own: unfolding one takes some milliseconds."""
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
    for start, end, told in _once(bits, 0, {}):
        now, again = int.from_bytes(told[:2], "big"), told[2]
        if now == number and again > copy:
            found[-1] = found[-1]._replace(end=end)
        else:
            text = told[4:].decode("utf-8", "replace")
            anew = found and now <= number and not found[-1].text.endswith((" ", "\n"))
            found.append(Said(" " + text if anew else text, start, end))
        number, copy = now, again
    return found


def _once(bits: "NDArray[uint8]", begins: int, seen: dict[bytes, int]) -> Iterator[tuple[int, int, bytes]]:
    """The frames, but for those that were just there: quiet sound keeps them at another rate, next to what a relay wrote.

    `seen` is where each was last, counted from where the first of all bits was; `bits` begin at `begins`.
    """
    for start, end, told in _frames(bits):
        last = seen.get(told)
        if len(seen) > _MOST_SEEN:
            seen.clear()
        seen[told] = begins + end
        if last is None or begins + start - last > _SOON:
            yield start, end, told


def _frames(bits: "NDArray[uint8]") -> Iterator[tuple[int, int, bytes]]:
    """Where each sound frame begins and ends, and what is between its mark and its CRC."""
    import numpy as np

    mark = np.unpackbits(np.frombuffer(_MARK.to_bytes(4, "big"), np.uint8)).tobytes()
    sequence = bits.tobytes()
    at = find(sequence, mark, 0)
    bad = 0
    while at >= 0 and bad < _MOST_BAD:
        told = at + 32
        head = np.packbits(bits[told : told + 32]).tobytes()
        end = told + 32 + 8 * head[3] + _CRC_BITS if len(head) == 4 else len(bits) + 1
        if end <= len(bits):
            whole = np.packbits(bits[told:end]).tobytes()
            if zlib.crc32(whole[:-4]) == int.from_bytes(whole[-4:], "big"):
                yield at, end, whole[:-4]
                at = find(sequence, mark, end)
                continue
        bad += 1
        at = find(sequence, mark, at + 1)


class Relay:
    """Carries words over to samples of another rate, `up` of which there are for `down`, or to codes of fewer bits.

    A word is written where its samples end, or after those that still wait. What there is no time for is left out: the
    copies first. What comes out does not depend on the pieces in which it goes in.
    """

    def __init__(self, down: int, up: int) -> None:
        import numpy as np

        self._down = down
        self._up = up
        self._tail = np.zeros(0, np.uint8)
        self._heard = self._told = self._free = 0
        self._seen: dict[bytes, int] = {}
        self._waiting: list[tuple[int, NDArray[uint8]]] = []

    def carry(self, samples: "NDArray[Any]", into: "NDArray[Any]") -> None:
        """Put the words of `samples` into the lowest bits of `into`, in place; both are the next ones. Any: whole numbers."""
        import numpy as np

        bits = np.concatenate([self._tail, (samples & 1).astype(np.uint8)])
        begins, last = self._heard - len(self._tail), 0
        for start, end, told in _once(bits, begins, self._seen):
            last = end
            due = -(-(begins + end) * self._up // self._down)
            at = max(due, self._free)
            if at - due <= (_LATE if told[2] else _LATEST):
                self._waiting.append((at, bits[start:end]))
                self._free = at + end - start
        self._heard += len(samples)
        self._tail = bits[max(last, len(bits) - _LONGEST_FRAME + 1) :]
        self._write(into)

    def _write(self, into: "NDArray[Any]") -> None:
        end = self._told + len(into)
        for at, frame in self._waiting:
            first = max(at, self._told)
            part = into[first - self._told : at + len(frame) - self._told]
            part -= part & 1
            part += frame[first - at : first - at + len(part)].astype(part.dtype)
        self._waiting = [(at, frame) for at, frame in self._waiting if at + len(frame) > end]
        self._told = end


# -- in a file's tag


def tag(text: str) -> str:
    """What stands for `text` in a file: ASCII, without line breaks."""
    data = text.encode("utf-8", "replace")
    packed = urlsafe_b64encode(zlib.compress(data, 9)).decode("ascii")
    return f"fakeai-words:{packed}.{zlib.crc32(data):08x};"


def tagged(data: bytes) -> str | None:
    """The words in a file's tag, wherever it is; None where there is none, or it is damaged."""
    at = -1
    for _ in range(_MOST_TAGS):
        at = find(data, b"fakeai-words:", at + 1)
        match = _TAG.match(data, at) if at >= 0 else None
        text = _unfolded(match) if match else None
        if at < 0 or text is not None:
            return text
    return None


def _unfolded(match: "re.Match[bytes]") -> str | None:
    try:
        data = zlib.decompressobj().decompress(urlsafe_b64decode(match[1]), _LARGEST_TEXT)
    except (zlib.error, binascii.Error):
        return None
    return data.decode("utf-8", "replace") if zlib.crc32(data) == int(match[2], 16) else None
