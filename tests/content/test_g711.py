"""G.711: its codes' samples, and the nearest code of every sample."""

import numpy as np
import pytest

from fakeai.content import g711


@pytest.mark.parametrize(
    ("law", "known"),
    [
        # ITU-T G.711, tables 1a and 2a: the ends, the middle, and a value between.
        ("mu", {0x00: -32124, 0x80: 32124, 0x7F: 0, 0xFF: 0, 0xF0: 120}),
        ("a", {0x2A: -32256, 0xAA: 32256, 0xD5: 8, 0x55: -8}),
    ],
)
def test_codes_are_those_of_the_recommendation(law: g711.Law, known: dict[int, int]):
    for code, sample in known.items():
        assert g711.samples(np.array([code], np.uint8), law)[0] == sample


@pytest.mark.parametrize(("law", "code"), [("mu", 0xFF), ("a", 0xD5)])
def test_silence_has_the_code_of_a_positive_sample(law: g711.Law, code: int):
    assert g711.codes(np.zeros(2, np.int16), law).tolist() == [code, code]


@pytest.mark.parametrize("law", ["mu", "a"])
def test_every_sample_has_the_nearest_code(law: g711.Law):
    table = g711.samples(np.arange(256, dtype=np.uint8), law).astype(int)
    for sample in range(-32_768, 32_768, 97):
        code = g711.codes(np.array([sample], np.int16), law)[0]
        assert abs(table[code] - sample) == np.abs(table - sample).min()
