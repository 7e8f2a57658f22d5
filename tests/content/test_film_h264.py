"""The bit stream, read by a decoder that shares nothing with its writer."""

import numpy as np
import pytest
from content.film_reader import Decoder, Reader, sizes_of
from hypothesis import given
from hypothesis import strategies as st

from fakeai.content.film_h264 import Bits, Encoder, Planes, nal, picture_parameters, sequence_parameters


def noise(rng: np.random.Generator, high: int, wide: int) -> Planes:
    return Planes(*(rng.integers(16, 236, (high // by, wide // by), dtype=np.uint8) for by in (1, 2, 2)))


def cut(planes: Planes, x: int, wide: int) -> Planes:
    return Planes(*(plane[:, x // by : (x + wide) // by].copy() for plane, by in zip(planes, (1, 2, 2), strict=True)))


@given(st.lists(st.tuples(st.sampled_from(["ue", "se", "bit"]), st.integers(0, 5_000)), max_size=60))
def test_numbers_are_read_as_they_were_written(written: list[tuple[str, int]]) -> None:
    bits = Bits()
    for kind, value in written:
        if kind == "bit":
            bits.put(value & 1, 1)
        else:
            getattr(bits, kind)(value - 2_500 if kind == "se" else value)
    read = Reader(nal(1, bits.trailing()))
    for kind, value in written:
        if kind == "bit":
            assert read.bits(1) == value & 1
        else:
            assert getattr(read, kind)() == (value - 2_500 if kind == "se" else value)
    assert not read.more()


@pytest.mark.parametrize("payload", [b"\0\0\0", b"\0\0\1\0\0\2\0\0\3", b"\0" * 9, b"\1\0\0\4\0\0"])
def test_no_start_code_is_within_a_unit(payload: bytes) -> None:
    unit = nal(5, payload + b"\x80")
    assert all(mark not in unit for mark in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))
    assert Reader(unit).data == payload + b"\x80"


def test_parameters_tell_the_size_that_is_seen() -> None:
    assert sizes_of(sequence_parameters(1280, 720, 16)) == (1280, 720, 0, 0)
    assert sizes_of(sequence_parameters(1080, 1920, 16)) == (1088, 1920, 8, 0)
    assert picture_parameters()[0] & 31 == 8


@pytest.mark.parametrize(("high", "wide", "moved"), [(48, 80, 2), (16, 96, 4), (80, 16, 2), (64, 64, 0)])
def test_frames_come_out_bit_by_bit_as_they_went_in(high: int, wide: int, moved: int) -> None:
    rng = np.random.default_rng(1)
    view, encoder = noise(rng, high, wide + 200), Encoder()
    decoder = Decoder(sequence_parameters(wide, high, 16))
    x = 0
    for n in range(24):
        if n % 5:
            x += moved
        frame = cut(view, x, wide)
        frame.y[-16:], frame.u[-8:], frame.v[-8:] = 40, 100, 90  # what does not move
        for _ in range(int(rng.integers(0, 4))):
            y, at = rng.integers(0, high // 16), rng.integers(0, wide // 16)
            frame.y[y * 16 : y * 16 + 16, at * 16 : at * 16 + 16] = rng.integers(16, 236)
        unit = encoder.changed(frame, moved) if n % 12 else encoder.whole(frame)
        for plane, read in zip(frame, decoder.decode(unit), strict=True):
            assert np.array_equal(plane, read), n


def test_what_stays_costs_next_to_nothing_and_what_moves_little() -> None:
    view, encoder = noise(np.random.default_rng(2), 160, 400), Encoder()
    whole = encoder.whole(cut(view, 0, 320))
    assert len(whole) > 160 * 320 * 1.5
    assert len(encoder.changed(cut(view, 0, 320), 2)) < 12
    one_column = 10 * 384
    assert one_column <= len(encoder.changed(cut(view, 2, 320), 2)) < one_column + 80


def test_frames_are_counted_up_to_where_the_count_begins_anew() -> None:
    view, encoder = noise(np.random.default_rng(3), 16, 16), Encoder()
    encoder.whole(view)
    numbers = []
    for _ in range(300):
        read = Reader(encoder.changed(view))
        read.ue(), read.ue(), read.ue()
        numbers.append(read.bits(8))
    assert numbers == [n % 256 for n in range(1, 301)]
