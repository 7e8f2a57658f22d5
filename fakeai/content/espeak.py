"""A voice that says the words: the program `espeak-ng`, where the machine has one, in a process of its own.

It gets a sentence at a time on its standard input, and gives samples. No code of it is in this process.
"""

import re
import struct
import subprocess
from collections.abc import Iterator
from shutil import which
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from fakeai.content.syllables import RATE, least, words
from fakeai.content.voices import Voice

if TYPE_CHECKING:
    from numpy import float32, int16
    from numpy.typing import NDArray

PROGRAM: Final = "espeak-ng"

_PATIENCE_S: Final = 20.0
_MOST_BYTES: Final = 32 * 2**20
_WORDS_A_MINUTE: Final = 165
_SLOWEST: Final = 80
_FASTEST: Final = 450
"""Between which it speaks as fast as it is told."""
_LONGEST: Final = 300
"""Characters that it gets at once."""
_LOUD: Final = 26_000
_DRIVE: Final = 2.2
_QUIET: Final = 200
_SENTENCE = re.compile(
    r".{1,300}?[.!?\u2026\u3002\uff01\uff1f]+[\"')\]]*(?:\s+|$)|.{1,300}(?:\s|$)|.{1,300}", re.DOTALL
)
_SCRIPTS = (
    (re.compile(r"[\u3040-\u30ff]"), "ja"),
    (re.compile(r"[\uac00-\ud7af]"), "ko"),
    (re.compile(r"[\u3400-\u9fff]"), "cmn"),
    (re.compile(r"[\u0400-\u04ff]"), "ru"),
    (re.compile(r"[\u0370-\u03ff]"), "el"),
    (re.compile(r"[\u0600-\u06ff]"), "ar"),
    (re.compile(r"[\u0900-\u097f]"), "hi"),
)
"""What it speaks a text of such letters in; all else is taken for English."""


class EspeakError(RuntimeError):
    """The program failed, or took too long."""


def found(wanted: Literal["auto", "espeak-ng", "plain"] = "auto") -> str | None:
    """Where the program is, if it is anywhere and wanted. Raises ValueError where it must be, and is not."""
    path = None if wanted == "plain" else which(PROGRAM)
    if wanted == PROGRAM and path is None:
        raise ValueError(f"audio.synthesiser: there is no {PROGRAM} on PATH")
    return path


class Spoken(NamedTuple):
    """A sentence: its words, how many samples each of them lasts, and all the samples, at 24 kHz."""

    words: list[str]
    lengths: list[int]
    samples: "NDArray[int16]"


def spoken(program: str, text: str, voice: Voice, speed: float) -> Iterator[Spoken]:
    """Sentence by sentence; together the words are the text. Raises EspeakError."""
    for sentence in _SENTENCE.findall(text) or [text]:
        samples = _said(program, sentence, voice, speed)
        yield _aligned(sentence, samples)


def _said(program: str, sentence: str, voice: Voice, speed: float) -> "NDArray[int16]":
    language = next((name for script, name in _SCRIPTS if script.search(sentence)), "en-us")
    variant = f"+{'f' if voice.throat >= 1.05 else 'm'}{1 + voice.pitch % 4}"
    pace = round(min(max(_WORDS_A_MINUTE * speed, _SLOWEST), _FASTEST))
    command = [
        program,
        "--stdin",
        "--stdout",
        "-b",
        "1",
        "-v",
        language + variant,
        "-s",
        str(pace),
        "-p",
        _pitch(voice),
    ]
    try:
        done = subprocess.run(
            command,
            input=_plain(sentence).encode("utf-8", "replace"),
            capture_output=True,
            timeout=_PATIENCE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EspeakError(f"{PROGRAM} failed: {type(error).__name__}") from error
    return _samples(done.stdout[:_MOST_BYTES])


def _plain(sentence: str) -> str:
    """The sentence without what the program takes for commands: phonemes in double brackets."""
    return sentence.replace("[[", "[ [").replace("\0", " ")


def _pitch(voice: Voice) -> str:
    """The program's scale has 50 for a voice's own pitch, 0 and 99 for half and twice of it or so."""
    own = 190 if voice.throat >= 1.05 else 115
    return str(min(max(round(50 * voice.pitch / own), 0), 99))


def _samples(wav: bytes) -> "NDArray[int16]":
    """The samples of a wav whose header says 2 GiB, as of all that go through a pipe: at 24 kHz, as loud as may be."""
    import numpy as np

    if not wav:
        return np.zeros(0, np.int16)  # of a sentence in which nothing is to be said
    at = wav.find(b"data", 12, 200)
    if not wav.startswith(b"RIFF") or at < 0:
        raise EspeakError(f"{PROGRAM} gave no sound")
    (rate,) = struct.unpack_from("<I", wav, 24)
    given = np.frombuffer(wav[at + 8 : at + 8 + (len(wav) - at - 8) // 2 * 2], "<i2")
    if not len(given):
        return given.astype(np.int16)
    sound = _resampled(given.astype(np.float32), rate)
    peak = float(np.abs(sound).max())
    if peak <= _QUIET:
        return sound.astype(np.int16)
    # Its peaks are far above the rest.
    pressed: NDArray[int16] = (np.tanh(sound * (_DRIVE / peak)) * _LOUD).astype(np.int16)
    return pressed


def _resampled(sound: "NDArray[float32]", rate: int) -> "NDArray[float32]":
    """At 24 kHz, through the spectrum: what comes in sentences is short enough for one transform."""
    import numpy as np

    if rate == RATE:
        return sound
    step = rate // np.gcd(rate, RATE)
    padded = np.concatenate([sound, np.zeros(-len(sound) % step, np.float32)])
    size = len(padded) * RATE // rate
    spectrum = np.fft.rfft(padded)
    most = size // 2 + 1
    spectrum = np.concatenate([spectrum[:most], np.zeros(max(0, most - len(spectrum)), spectrum.dtype)])
    resampled: NDArray[float32] = (np.fft.irfft(spectrum, size) * (size / len(padded))).astype(np.float32)
    return resampled


def _aligned(sentence: str, samples: "NDArray[int16]") -> Spoken:
    """The sentence's words, stretched over what is heard, and the samples, with silence where they are too few."""
    import numpy as np

    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    first, last = (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (0, len(samples))
    plain = list(words(sentence))
    stretch = (last - first) / max(1, sum([word.sounding for word in plain]))
    lengths = [max(least(word.text), int(word.sounding * stretch)) for word in plain]
    lengths[0] += first
    lengths[-1] += max(0, len(samples) - sum(lengths))
    silence = np.zeros(max(0, sum(lengths) - len(samples)), np.int16)
    return Spoken([word.text for word in plain], lengths, np.concatenate([samples, silence]))
