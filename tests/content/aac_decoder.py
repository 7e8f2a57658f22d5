"""A decoder for what our AAC encoder writes, straight from the standard, slow and strict: the second method to check it by."""

import numpy as np

from fakeai.content.aac_tables import BANDS_24K, CODES_11, LENGTHS_11

WORDS = {
    f"{int(CODES_11[3 * n : 3 * n + 3], 16):0{int(size, 16)}b}": divmod(n, 17) for n, size in enumerate(LENGTHS_11)
}


class Bits:
    def __init__(self, data: bytes) -> None:
        self.text = "".join(f"{byte:08b}" for byte in data)
        self.at = 0

    def take(self, count: int) -> int:
        self.at += count
        return int(self.text[self.at - count : self.at] or "0", 2)

    def pair(self) -> tuple[int, int]:
        end = self.at + 1
        while self.text[self.at : end] not in WORDS:
            end += 1
            assert end - self.at <= 12, "no code of the book"
        first, second = WORDS[self.text[self.at : end]]
        self.at = end
        signs = [self.take(1) if value else 0 for value in (first, second)]
        values = [self.escaped() if value == 16 else value for value in (first, second)]
        return tuple(-value if sign else value for value, sign in zip(values, signs, strict=True))

    def escaped(self) -> int:
        bits = 4
        while self.take(1):
            bits += 1
        return (1 << bits) + self.take(bits)


def frames(data: bytes) -> list[bytes]:
    """Each frame's raw data block."""
    found = []
    while data:
        head = int.from_bytes(data[:7], "big")
        assert head >> 40 == 0xFFF1 and head >> 34 & 0xF == 6 and head >> 30 & 7 == 1 and head >> 38 & 3 == 1
        size = head >> 13 & 0x1FFF
        assert 7 < size <= len(data)
        found.append(data[7:size])
        data = data[size:]
    return found


def spectrum(block: bytes) -> np.ndarray:
    bits = Bits(block)
    assert bits.take(3) == 0 and bits.take(4) == 0
    scale = bits.take(8)
    assert bits.take(4) == 0
    bands = bits.take(6)
    assert bits.take(1) == 0
    lines = np.zeros(1_024)
    if bands:
        assert bits.take(4) == 11
        length = 0
        while (more := bits.take(5)) == 31:
            length += 31
        assert length + more == bands
        assert bits.take(bands) == 0  # every difference of scale factors is the code of 0
    assert bits.take(3) == 0
    for at in range(0, BANDS_24K[bands], 2):
        lines[at : at + 2] = bits.pair()
    assert bits.take(3) == 7
    assert len(bits.text) - bits.at < 8
    return np.sign(lines) * np.abs(lines) ** (4 / 3) * 2.0 ** ((scale - 100) / 4)


def decoded(data: bytes) -> np.ndarray:
    """The samples, 1,024 of nothing before them."""
    at, line = np.arange(2_048), np.arange(1_024)
    turn = np.cos(2 * np.pi / 2_048 * np.outer(at + 512.5, line + 0.5)) * (2 / 2_048)
    window = np.sin(np.pi / 2_048 * (at + 0.5))
    blocks = [window * (turn @ spectrum(block)) for block in frames(data)]
    late = np.zeros(1_024)
    samples = []
    for block in blocks:
        samples.append(late + block[:1_024])
        late = block[1_024:]
    return np.concatenate(samples)
