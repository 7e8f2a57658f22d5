"""Sound in a client's encoding and as samples: nothing is lost at the edges of pieces, and G.711 is what others make of it."""

import numpy as np
import pytest

from fakeai.content.transcript import heard
from fakeai.services.realtime.sound import Reader, Writer, encoded, ms, samples_of
from services.realtime.driver import spoken

PCM = spoken("Hello there.")


def test_seconds_and_samples_are_told_alike() -> None:
    assert (samples_of(100), ms(2400)) == (2400, 100)


@pytest.mark.parametrize("size", [1, 2, 7, 999, 10**9])
def test_pieces_of_any_size_are_the_whole(size: int) -> None:
    reader, writer = Reader("audio/pcm"), Writer("audio/pcm")
    parts = [PCM[at : at + size] for at in range(0, min(len(PCM), 4_000), size)]
    whole = b"".join(parts)[: len(b"".join(parts)) // 2 * 2]
    assert b"".join(reader.read(part).tobytes() for part in parts) == whole
    assert b"".join(writer.write(part) for part in parts) == whole


@pytest.mark.parametrize("encoding", ["audio/pcmu", "audio/pcma"])
def test_telephone_sound_comes_back_nearly_as_it_was(encoding) -> None:
    slow = encoded(PCM, encoding)
    assert len(slow) == len(PCM) // 6
    back = Reader(encoding).read(slow).astype(np.float64)
    then = np.frombuffer(PCM, "<i2")[: len(back)].astype(np.float64)
    lag = max(range(-4, 5), key=lambda by: float(np.corrcoef(np.roll(back, by), then)[0, 1]))
    assert np.corrcoef(np.roll(back, lag), then)[0, 1] > 0.8


def test_every_code_is_the_nearest_of_its_own_sample() -> None:
    for encoding in ("audio/pcmu", "audio/pcma"):
        for code in range(256):
            sample = int(Reader(encoding).read(bytes([code, code]))[-1])
            found = encoded(np.full(3, sample, "<i2").tobytes(), encoding)
            assert int(Reader(encoding).read(found * 2)[-1]) == sample


@pytest.mark.parametrize("encoding", ["audio/pcmu", "audio/pcma"])
def test_words_outlive_the_telephone_and_nobody_hears_them(encoding) -> None:
    text = "Hello there, my friend. I have three apples."
    pcm = spoken(text)
    slow = encoded(pcm, encoding)
    fast = Reader(encoding).read(slow)
    assert heard(fast.tobytes()) == text
    again = Reader(encoding).read(encoded(fast.tobytes(), encoding))
    assert heard(again.tobytes()) == text
    plain = (np.frombuffer(pcm, "<i2") & ~np.int16(1)).tobytes()
    bare, told = (Reader(encoding).read(one)[2::3].astype(float) for one in (encoded(plain, encoding), slow))
    assert (np.abs(told - bare) <= 32 + np.abs(bare) / 8).all()  # two of the code's steps
    assert np.sqrt(np.mean((told - bare) ** 2)) < 0.03 * np.sqrt(np.mean(bare**2))


@pytest.mark.parametrize("size", [1, 7, 960, 2_401])
def test_telephone_sound_in_pieces_of_any_size_is_the_whole(size: int) -> None:
    whole = encoded(PCM, "audio/pcmu")
    writer, reader = Writer("audio/pcmu"), Reader("audio/pcmu")
    assert b"".join(writer.write(PCM[at : at + size]) for at in range(0, len(PCM), size)) == whole
    back = np.concatenate([reader.read(whole[at : at + size]) for at in range(0, len(whole), size)])
    assert (back == Reader("audio/pcmu").read(whole)).all()
    assert heard(back.tobytes()) == "Hello there."
