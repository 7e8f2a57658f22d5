"""Transcripts as people want them: sentences, words, speakers, subtitles, by hand."""

from fakeai.content.hearing import Timed
from fakeai.content.tokens import encoding
from fakeai.core.chance import Chance
from fakeai.services.audio.written import (
    Passage,
    log_probabilities,
    passages,
    segments,
    speakers,
    srt,
    timed_words,
    vtt,
)

WORDS = [
    Timed("Hello ", 0.0, 0.5),
    Timed('there." ', 0.5, 1.0),
    Timed("I ", 61.25, 61.5),
    Timed("saw <b> & ", 61.5, 62.0),
    Timed("left", 3_662.0, 3_662.5004),
]
TWO = [Passage('Hello there." ', 0.0, 1.0), Passage("I saw <b> & left", 61.25, 3_662.5004)]


def test_sentences_end_with_a_stop_and_keep_their_times():
    assert passages(WORDS) == TWO
    assert passages([]) == []
    assert passages([Timed("  ", 0, 1)]) == []


def test_words_without_an_end_are_cut_somewhere():
    endless = [Timed("word ", n, n + 1) for n in range(100)]
    assert [len(one.text.split()) for one in passages(endless)] == [40, 40, 20]


def test_words_are_told_without_their_marks():
    told = timed_words([*WORDS, Timed("— ", 1, 2), Timed("don't! ", 1, 2)])
    assert [word["word"] for word in told] == ["Hello", "there", "I", "saw", "left", "don't"]
    assert told[4] == {"word": "left", "start": 3_662.0, "end": 3_662.5}


def test_segments_have_whispers_figures():
    enc = encoding("o200k_base")
    first, second = segments(TWO, enc, Chance(1), 0.2)
    assert segments(TWO, enc, Chance(1), 0.2) == [first, second]
    assert (first["id"], first["seek"], second["id"], second["seek"]) == (0, 0, 1, 6_000)
    assert first["text"] == ' Hello there."' and enc.decode(first["tokens"]) == first["text"]
    assert -1 < first["avg_logprob"] < 0 < first["no_speech_prob"] < 0.1
    assert first["temperature"] == 0.2


def test_speakers_are_those_known_or_letters():
    many = [Passage(f"{n}.", n, n + 1) for n in range(40)]
    assert {one["speaker"] for one in speakers(many, [], Chance(1), ours=False)} == {"A", "B"}
    assert {one["speaker"] for one in speakers(many, ["ann"], Chance(1), ours=False)} == {"ann", "A"}
    assert {one["speaker"] for one in speakers(many, ["ann", "bob", "cid"], Chance(1), ours=True)} == {"ann"}
    assert len({one["id"] for one in speakers(many, [], Chance(1), ours=False)}) == 40


def test_log_probabilities_are_of_each_token():
    told = log_probabilities(["Hé", " you"], encoding("o200k_base"), Chance(1), 0.0)
    assert [(one["token"], bytes(one["bytes"]).decode()) for one in told] == [("Hé", "Hé"), (" you", " you")]
    assert all(one["logprob"] <= 0 for one in told)


def test_subtitles_are_numbered_or_headed_and_no_markup():
    assert srt(TWO) == (
        '1\n00:00:00,000 --> 00:00:01,000\nHello there."\n\n2\n00:01:01,250 --> 01:01:02,500\nI saw <b> & left\n\n'
    )
    assert vtt(TWO) == (
        'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHello there."\n\n'
        "00:01:01.250 --> 01:01:02.500\nI saw &lt;b> &amp; left\n\n"
    )
    assert srt([]) == "" and vtt([]) == "WEBVTT\n\n"
    assert "-->" not in vtt([Passage("a --> b", 0, 1)]).splitlines()[3]
