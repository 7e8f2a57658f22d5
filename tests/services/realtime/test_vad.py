"""Speech is found where it is, whatever pieces it comes in."""

import numpy as np
import pytest

from fakeai.services.realtime.vad import Detector, Started, Stopped
from services.realtime.driver import silence, spoken

SERVER = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 100, "silence_duration_ms": 400}
HELLO = np.frombuffer(silence(0.5) + spoken("Hello there, my friend.") + silence(1.0), "<i2")


def found(size: int, settings=SERVER, sound=HELLO, finished=lambda start, end: True) -> list[Started | Stopped]:
    detector = Detector(settings, 1_000, finished)
    return [turn for at in range(0, len(sound), size) for turn in detector.feed(sound[at : at + size])]


def test_pieces_make_no_difference() -> None:
    whole = found(10**9)
    assert [type(turn) for turn in whole] == [Started, Stopped]
    assert found(100) == found(479) == found(4_800) == whole


def test_a_turn_begins_before_it_is_heard_and_ends_with_its_silence() -> None:
    started, stopped = found(10**9)
    speech = 1_000 + 12_000
    assert speech - 2_400 - 960 <= started.at <= speech + 2_400
    silent = stopped.at - 9_600
    assert 1_000 + len(HELLO) - 24_000 - 9_600 <= silent <= 1_000 + len(HELLO) - 24_000 + 960
    without = found(10**9, {**SERVER, "prefix_padding_ms": 0})[0]
    assert without.at - started.at == 2_400


def test_nobody_speaks_in_silence_or_in_a_click() -> None:
    click = np.zeros(24_000, np.int16)
    click[5_000:5_200] = 20_000
    for sound in (np.zeros(48_000, np.int16), click):
        assert found(10**9, sound=sound) == []


def test_a_higher_threshold_hears_less() -> None:
    quiet = (HELLO * 0.02).astype(np.int16)
    assert found(10**9, {**SERVER, "threshold": 0.1}, quiet) != []
    assert found(10**9, {**SERVER, "threshold": 0.9}, quiet) == []


@pytest.mark.parametrize(("eagerness", "ends"), [("high", True), ("medium", False), ("low", False)])
def test_half_a_thought_is_waited_for(eagerness: str, ends: bool) -> None:
    semantic = {"type": "semantic_vad", "eagerness": eagerness}
    sound = np.concatenate([HELLO, np.zeros(36_000, np.int16)])  # two and a half seconds of silence
    turns = found(10**9, semantic, sound, lambda start, end: False)
    assert (Stopped in map(type, turns)) is ends
    assert Stopped in map(type, found(10**9, semantic, HELLO, lambda start, end: True))
