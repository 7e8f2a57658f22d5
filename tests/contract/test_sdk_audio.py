"""Sound as the official SDK sees it: spoken and written down again, streamed, refused, paid for, and in one's own voice."""

import asyncio
import base64
import io
import json
import subprocess
from collections.abc import Iterator
from time import time
from typing import Any

import httpx
import numpy as np
import openai
import pytest
import soundfile

from contract import document
from contract.audio_steps import MP3, TEXT, WAV
from fakeai.content import ffmpeg
from fakeai.content.sound import listen
from fakeai.content.speech import speak
from fakeai.content.transcript import heard
from fakeai.content.voices import pitch_of
from fakeai.core.chance import Chance
from fakeai.testing import FakeAI, run_virtual

WORDS = "Hello there, my friend. How are you today? I have 3 apples."
SAID: dict[str, Any] = {"model": "gpt-4o-mini-tts", "voice": "nova", "input": WORDS}
OTHER = {"OpenAI-Project": "proj_other"}
KINDS = {
    "mp3": ("audio/mpeg", "mp3"),
    "opus": ("audio/opus", "ogg"),
    "aac": ("audio/aac", "aac"),
    "flac": ("audio/flac", "flac"),
    "wav": ("audio/wav", "wav"),
    "pcm": ("audio/pcm", "pcm"),
}


def noise(seconds: float = 5.0, rate: int = 16_000, fmt: str = "WAV") -> bytes:
    """Somebody else's speech, as far as anybody can tell."""
    file = io.BytesIO()
    soundfile.write(file, np.random.default_rng(3).normal(scale=0.1, size=int(seconds * rate)), rate, format=fmt)
    return file.getvalue()


@pytest.fixture(scope="module", params=["plain", "auto"])
def fake(request: pytest.FixtureRequest) -> Iterator[FakeAI]:
    with FakeAI({"audio.synthesiser": request.param, "seed": 1}) as made:
        yield made


@pytest.fixture
def client(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, _strict_response_validation=True)


def written(client: Any, name: str, data: bytes, model: str = "whisper-1", **more: Any) -> Any:
    return client.audio.transcriptions.create(model=model, file=(name, data), **more)


# -- speech, and back


@pytest.mark.parametrize("fmt", KINDS)
def test_what_is_spoken_is_what_it_says_and_is_written_down_to_the_same_words(client: Any, fmt: str) -> None:
    reply = client.audio.speech.create(**SAID, response_format=fmt)
    data = reply.read()
    media, kind = KINDS[fmt]
    assert reply.response.headers["content-type"] == media
    assert listen(data, f"a.{fmt}").kind == kind
    assert written(client, f"a.{fmt}", data).text == WORDS
    assert client.audio.speech.create(**SAID, response_format=fmt).read() == data


def test_mp3_is_what_comes_without_a_wish(client: Any) -> None:
    assert client.audio.speech.create(**SAID).response.headers["content-type"] == "audio/mpeg"


def test_samples_without_their_header_and_the_middle_of_them_still_tell_their_words(client: Any) -> None:
    pcm = client.audio.speech.create(**SAID, response_format="pcm").read()
    assert heard(pcm) == WORDS
    assert written(client, "a.wav", client.audio.speech.create(**SAID, response_format="wav").read()[:-20_000]).text
    middle = heard(pcm[len(pcm) // 4 // 2 * 2 : len(pcm) // 2])
    assert middle and middle in WORDS and middle != WORDS


def test_speed_is_heard(client: Any) -> None:
    slow, fast = (
        len(client.audio.speech.create(**SAID, response_format="pcm", speed=speed).read()) for speed in (0.5, 2.0)
    )
    assert 3 < slow / fast < 7


def test_a_stream_of_events_is_the_file(client: Any, fake: FakeAI) -> None:
    whole = client.audio.speech.create(**SAID).read()
    with client.audio.speech.with_streaming_response.create(**SAID, stream_format="sse") as reply:
        lines = [line.removeprefix("data: ") for line in reply.iter_lines() if line.startswith("data: ")]
    assert lines.pop() == "[DONE]"
    events = [json.loads(line) for line in lines]
    deltas = [event for event in events if event["type"] == "speech.audio.delta"]
    assert len(deltas) > 3
    assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == whole
    used = events[-1]["usage"]
    assert events[-1]["type"] == "speech.audio.done"
    assert used["total_tokens"] == used["input_tokens"] + used["output_tokens"]
    assert used["output_tokens"] == pytest.approx(listen(whole, "a.mp3").seconds * 20, abs=4)


@document.pytestmark
def test_events_are_what_the_document_says(client: Any) -> None:
    with client.audio.speech.with_streaming_response.create(**SAID, stream_format="sse") as reply:
        told = [line.removeprefix("data: ") for line in reply.iter_lines() if line.startswith("data: {")]
    for line in told:
        assert document.faults("#/components/schemas/CreateSpeechResponseStreamEvent", json.loads(line)) == []
    asked = {"response_format": "diarized_json", "chunking_strategy": "auto", "stream": True}
    for model, more in (
        ("gpt-4o-transcribe", {"include": ["logprobs"], "stream": True}),
        ("gpt-4o-transcribe-diarize", asked),
    ):
        for event in written(client, "a.mp3", MP3, model, **more):
            found = document.faults("#/components/schemas/CreateTranscriptionResponseStreamEvent", event.to_dict())
            assert found == []


def test_sound_leaves_while_it_is_made() -> None:
    async def main() -> None:
        async with (
            FakeAI({"seed": 1, "audio.synthesiser": "plain"}) as fake,
            httpx.AsyncClient(transport=fake.async_transport(), base_url="http://fakeai/v1", timeout=1e9) as door,
        ):
            loop = asyncio.get_running_loop()
            started, times = loop.time(), []
            headers = {"x-fakeai-ttft-ms": "300", "x-fakeai-itl-ms": "10"}
            async with door.stream(
                "POST", "/audio/speech", json={**SAID, "response_format": "pcm"}, headers=headers
            ) as it:
                times.extend([loop.time() - started async for _ in it.aiter_raw()])
            assert times[0] == pytest.approx(0.3)
            assert times[1] == pytest.approx(0.4)  # half a second of sound: ten tokens
            assert len(times) > 5

    run_virtual(main())


# -- other people's sound


def test_others_words_are_plausible_and_the_same_each_time(client: Any) -> None:
    first = written(client, "a.wav", noise())
    assert 8 <= len(first.text.split()) <= 20
    assert written(client, "b.wav", noise()).text == first.text != written(client, "a.wav", noise(6)).text
    assert written(client, "a.flac", noise(fmt="FLAC"), language="de").text != first.text
    assert written(client, "a.wav", np.zeros(0).tobytes() + silent()).text == ""


def silent() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(16_000), 16_000, format="WAV")
    return file.getvalue()


def test_formats_with_times_agree(client: Any) -> None:
    data = noise(12)
    told = written(
        client,
        "a.wav",
        data,
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
        language="en",
    )
    assert (told.language, told.duration, told.usage.seconds) == ("english", 12.0, 12)
    assert "".join(segment.text for segment in told.segments).strip() == told.text
    assert len(told.words) == len([word for word in told.text.split() if any(map(str.isalnum, word))])
    times = [time for word in told.words for time in (word.start, word.end)]
    assert times == sorted(times) and times[0] >= 0 and times[-1] <= 12
    assert written(client, "a.wav", data, response_format="text", language="en") == told.text + "\n"
    srt = written(client, "a.wav", data, response_format="srt", language="en")
    vtt = written(client, "a.wav", data, response_format="vtt", language="en")
    assert srt.startswith("1\n00:00:00,") and srt.count(" --> ") == len(told.segments)
    assert vtt.startswith("WEBVTT\n\n00:00:00.") and vtt.count(" --> ") == len(told.segments)
    only = written(client, "a.wav", data, response_format="verbose_json", timestamp_granularities=["word"])
    assert only.words and only.segments is None


def test_a_stream_of_words_is_the_text(client: Any) -> None:
    whole = written(client, "a.mp3", MP3, "gpt-4o-transcribe", include=["logprobs"])
    assert whole.text == TEXT
    events = list(written(client, "a.mp3", MP3, "gpt-4o-transcribe", include=["logprobs"], stream=True))
    assert [event.type for event in events[:-1]] == ["transcript.text.delta"] * len(whole.logprobs)
    assert "".join(event.delta for event in events[:-1]) == events[-1].text == TEXT
    assert [event.logprobs[0].token for event in events[:-1]] == [one.token for one in whole.logprobs]
    assert events[-1].usage.to_dict() == whole.usage.to_dict()
    assert whole.usage.input_token_details.audio_tokens == -(-int(listen(MP3, "a.mp3").seconds * 1_000) // 100)


def test_whisper_answers_whole_whatever_it_is_asked(client: Any) -> None:
    with client.audio.transcriptions.with_streaming_response.create(
        model="whisper-1", file=("a.mp3", MP3), stream=True
    ) as reply:
        assert json.loads(reply.read())["text"] == TEXT


def test_speakers_are_told_apart_and_known_by_name(client: Any) -> None:
    asked = {"response_format": "diarized_json", "chunking_strategy": "auto"}
    told = written(client, "a.wav", noise(40), "gpt-4o-transcribe-diarize", **asked)
    assert {segment.speaker for segment in told.segments} == {"A", "B"}
    assert " ".join(segment.text for segment in told.segments) == told.text
    sample = "data:audio/wav;base64," + base64.b64encode(WAV).decode()
    known = {"known_speaker_names": ["agent", "customer"], "known_speaker_references": [sample, sample]}
    named = written(client, "a.wav", noise(40), "gpt-4o-transcribe-diarize", **asked, **known)
    assert {segment.speaker for segment in named.segments} == {"agent", "customer"}
    events = list(written(client, "a.wav", noise(40), "gpt-4o-transcribe-diarize", **asked, stream=True))
    parts = [event for event in events if event.type == "transcript.text.segment"]
    assert [(part.id, part.speaker, part.text) for part in parts] == [(s.id, s.speaker, s.text) for s in told.segments]
    assert {event.segment_id for event in events if event.type == "transcript.text.delta"} == {
        part.id for part in parts
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_translations_are_english(client: Any) -> None:
    def translated(data: bytes, **more: Any) -> Any:
        return client.audio.translations.create(model="whisper-1", file=("a.mp3", data), **more)

    assert translated(MP3).text == TEXT
    german = "Guten Tag, ich möchte bitte ein Stück Kuchen und einen Kaffee, wenn es noch welchen gibt."
    sound = speak(german, "onyx", "mp3", Chance(1))
    assert written(client, "a.mp3", sound, "gpt-transcribe").languages[0].code == "de"
    told = translated(sound, response_format="verbose_json")
    assert told.language == "english" and told.text and "Guten" not in told.text
    assert translated(sound, response_format="vtt").startswith("WEBVTT")


# -- what is refused


@pytest.mark.parametrize(
    ("wrong", "param", "word"),
    [
        ({"voice": "bob"}, "voice", "Supported values are: 'alloy', 'ash'"),
        ({"voice": {"id": "voice_none"}}, "voice", "No voice found"),
        ({"voice": "voice_none"}, "voice", "No voice found"),
        ({"input": ""}, "input", "empty string"),
        ({"input": "a" * 4_097}, "input", "maximum length 4096"),
        ({"input": "".join(map(chr, range(0x4E00, 0x4E00 + 4_000)))}, "input", "maximum input length is 2000 tokens"),
        ({"speed": 0.2}, "speed", ">= 0.25"),
        ({"speed": 4.1}, "speed", "<= 4"),
        ({"response_format": "ogg"}, "response_format", "'mp3', 'opus'"),
        ({"model": "tts-1", "stream_format": "sse"}, "stream_format", "'sse'"),
        ({"model": "gpt-4o"}, "model", "does not speak"),
        ({"model": "whisper-1"}, "model", "does not speak"),
        ({"model": ""}, None, "you must provide a model"),
    ],
)
def test_speech_that_cannot_be_is_refused(client: Any, wrong: Any, param: str | None, word: str) -> None:
    with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as caught:
        client.audio.speech.create(**{**SAID, **wrong})
    assert (caught.value.param, word in caught.value.message) == (param, True), caught.value.message


@pytest.mark.parametrize(
    ("wrong", "param", "word"),
    [
        ({"file": ("a.mp3", b"no sound " * 99)}, "file", "might be corrupted or unsupported"),
        ({"file": ("a.txt", MP3, "text/plain")}, "file", "Supported formats: ['flac', 'm4a'"),
        ({"file": ("a.mp3", b"")}, "file", "too short"),
        ({"model": "gpt-4o"}, "model", "does not transcribe"),
        ({"model": "tts-1"}, "model", "does not transcribe"),
        ({"model": ""}, None, "you must provide a model"),
        ({"temperature": 1.5}, "temperature", "<= 1"),
        ({"response_format": "xml"}, "response_format", "'json', 'text'"),
        ({"response_format": "diarized_json"}, "response_format", "not compatible with model 'whisper-1'"),
        ({"model": "gpt-4o-transcribe", "response_format": "srt"}, "response_format", "Use 'json' or 'text' instead"),
        ({"timestamp_granularities": ["word"]}, "timestamp_granularities", "'verbose_json'"),
        ({"include": ["logprobs"]}, "include", "not supported with model 'whisper-1'"),
        ({"keywords": ["a"]}, "keywords", "not supported"),
        ({"known_speaker_names": ["a"]}, "known_speaker_names", "not supported"),
        ({"model": "gpt-4o-transcribe-diarize", "prompt": "a"}, "prompt", "not supported"),
        (
            {"model": "gpt-4o-transcribe-diarize", "known_speaker_names": list("abcde")},
            "known_speaker_names",
            "maximum length 4",
        ),
        ({"model": "gpt-4o-transcribe-diarize", "file": ("a.wav", noise(40))}, "chunking_strategy", "is required"),
        ({"model": "gpt-4o-transcribe", "file": ("a.flac", noise(1_500, 2_000, "FLAC"))}, "file", "1400 seconds"),
    ],
)
def test_sound_that_cannot_be_heard_is_refused(client: Any, wrong: Any, param: str | None, word: str) -> None:
    asked = {"model": "whisper-1", "file": ("a.mp3", MP3), **wrong}
    if isinstance(asked.get("response_format"), str) and asked["response_format"] == "xml":
        asked["extra_body"] = {"response_format": asked.pop("response_format")}
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(**asked)
    assert (caught.value.param, word in caught.value.message) == (param, True), caught.value.message


def test_references_of_speakers_are_sound_of_some_seconds(client: Any) -> None:
    asked = {"response_format": "diarized_json", "chunking_strategy": "auto", "known_speaker_names": ["a"]}
    for reference, word in (
        ("https://example.com/a.wav", "expected a data URL"),
        ("sound", "'data:' prefix"),
        ("data:audio/wav;base64," + base64.b64encode(b"no sound").decode(), "corrupted"),
        ("data:audio/wav;base64," + base64.b64encode(noise(1)).decode(), "between 2 and 10 seconds"),
        ("data:audio/wav;base64," + base64.b64encode(noise(11)).decode(), "between 2 and 10 seconds"),
    ):
        with pytest.raises(openai.BadRequestError, match=word) as caught:
            written(
                client, "a.wav", noise(), "gpt-4o-transcribe-diarize", **asked, known_speaker_references=[reference]
            )
        assert caught.value.param == "known_speaker_references[0]"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_models_that_do_not_translate_are_refused(client: Any) -> None:
    for model in ("gpt-4o-transcribe", "tts-1", ""):
        with pytest.raises(openai.BadRequestError, match=r"does not trans|must provide a model"):
            client.audio.translations.create(model=model, file=("a.mp3", MP3))


def test_files_that_are_too_large_are_refused_as_such(client: Any) -> None:
    for size in (25 * 2**20 + 1, 40 * 2**20):
        with pytest.raises(openai.APIStatusError, match="Maximum content size limit") as caught:
            written(client, "a.wav", WAV + bytes(size - len(WAV)))
        assert caught.value.status_code == 413


# -- voices


def test_a_voice_of_ones_own_speaks_as_high_as_its_sample(client: Any) -> None:
    consent = client.audio.voice_consents.create(name="Ann", language="en-US", recording=("a.wav", WAV))
    for name, pitch in (("onyx", 92), ("nova", 220)):
        sample = speak("How are you all today, my friends?", name, "flac", Chance(2))
        voice = client.audio.voices.create(name=name, audio_sample=("a.flac", sample), consent=consent.id)
        assert (voice.object, voice.type, voice.name) == ("audio.voice", "audio_sample", name)
        pcm = client.audio.speech.create(**{**SAID, "voice": {"id": voice.id}}, response_format="pcm").read()
        assert heard(pcm) == WORDS
        if client_is_plain(client):
            assert pitch_of(np.frombuffer(pcm, "<i2").astype(np.float32), 24_000) == pytest.approx(pitch, rel=0.15)
        gone = client.audio.voices.delete(voice.id)
        assert (gone.id, gone.deleted, gone.object) == (voice.id, True, "audio.voice.deleted")
        with pytest.raises(openai.NotFoundError):
            client.audio.speech.create(**{**SAID, "voice": {"id": voice.id}})


def client_is_plain(client: Any) -> bool:
    """Whether the plain voice speaks: its pauses are silent but for the lowest bit."""
    pcm = client.audio.speech.create(**{**SAID, "input": "Oh. Oh."}, response_format="pcm").read()
    return bool(np.abs(np.frombuffer(pcm, "<i2")[6_500:13_000].astype(int)).max() <= 1)


def test_consents_are_made_listed_renamed_and_forgotten(fake: FakeAI, client: Any) -> None:
    made = [
        client.audio.voice_consents.create(name=f"c{n}", language="de", recording=("a.mp3", MP3)).id for n in range(5)
    ]
    assert [one.id for one in client.audio.voice_consents.list(limit=2)][:5] == made[::-1]
    kept = {one.id for one in client.audio.voice_consents.list()}
    assert client.audio.voice_consents.retrieve(made[0]).name == "c0"
    assert client.audio.voice_consents.update(made[0], name="new").name == "new"
    assert client.audio.voice_consents.retrieve(made[0]).language == "de"
    stranger = fake.client(max_retries=0, default_headers=OTHER)
    for ask in (stranger.audio.voice_consents.retrieve, stranger.audio.voice_consents.delete):
        with pytest.raises(openai.NotFoundError, match="No voice consent found"):
            ask(made[0])
    with pytest.raises(openai.NotFoundError, match="No voice consent found"):
        stranger.audio.voices.create(name="x", audio_sample=("a.wav", WAV), consent=made[0])
    assert list(stranger.audio.voice_consents.list()) == []
    for one in made:
        assert client.audio.voice_consents.delete(one).object == "audio.voice_consent"
    assert {one.id for one in client.audio.voice_consents.list()} == kept - set(made)


def test_anothers_voice_is_not_there(fake: FakeAI, client: Any) -> None:
    consent = client.audio.voice_consents.create(name="Ann", language="en-US", recording=("a.wav", WAV))
    voice = client.audio.voices.create(name="mine", audio_sample=("a.wav", WAV), consent=consent.id)
    stranger = fake.client(max_retries=0, default_headers=OTHER)
    with pytest.raises(openai.NotFoundError, match="No voice found"):
        stranger.audio.speech.create(**{**SAID, "voice": {"id": voice.id}})
    with pytest.raises(openai.NotFoundError):
        stranger.audio.voices.delete(voice.id)
    assert client.audio.voices.delete(voice.id).deleted


def test_a_voice_made_of_words_is_kept_and_does_not_read(client: Any) -> None:
    voice = client.audio.voices.create(name="deep", prompt="A deep voice.", type="prompt")
    assert (voice.type, voice.prompt) == ("prompt", "A deep voice.")
    with pytest.raises(openai.BadRequestError, match="supported only in Live"):
        client.audio.speech.create(**{**SAID, "voice": {"id": voice.id}})


def test_recordings_that_are_none_are_refused(client: Any) -> None:
    with pytest.raises(openai.BadRequestError, match="corrupted") as caught:
        client.audio.voice_consents.create(name="a", language="en", recording=("a.wav", b"x" * 99))
    assert caught.value.param == "recording"
    with pytest.raises(openai.BadRequestError, match="BCP 47"):
        client.audio.voice_consents.create(name="a", language="English!", recording=("a.wav", WAV))
    with pytest.raises(openai.BadRequestError, match="corrupted") as caught:
        client.audio.voices.create(name="a", audio_sample=("a.wav", b"x" * 99), consent="cons_1")
    assert caught.value.param == "audio_sample"
    with pytest.raises(openai.APIStatusError, match="10485760") as large:
        client.audio.voices.create(name="a", audio_sample=("a.wav", WAV + bytes(10 * 2**20)), consent="cons_1")
    assert large.value.status_code == 413


# -- what it costs


def test_characters_and_seconds_are_counted_and_billed() -> None:
    start = int(time()) // 86_400 * 86_400
    with FakeAI(seed=1) as fake:
        client = fake.client()
        for model in ("tts-1", "gpt-4o-mini-tts"):
            client.audio.speech.create(model=model, voice="alloy", input="x" * 1_000).read()
        written(client, "a.wav", noise(4.2))
        list(written(client, "a.wav", noise(4.2), "gpt-4o-transcribe", stream=True))
        admin = fake.client(admin_api_key="sk-admin-fakeai").admin.organization.usage
        speeches = admin.audio_speeches(start_time=start, group_by=["model"])
        spoken = {one.model: (one.characters, one.num_model_requests) for day in speeches.data for one in day.results}
        assert spoken == {"tts-1": (1_000, 1), "gpt-4o-mini-tts": (1_000, 1)}
        heard_by = admin.audio_transcriptions(start_time=start, group_by=["model"])
        seconds = {one.model: one.seconds for day in heard_by.data for one in day.results}
        assert seconds == {"whisper-1": 5, "gpt-4o-transcribe": 5}
        bill = admin.costs(start_time=start, group_by=["line_item"])
        lines = {one.line_item: one.amount.value for day in bill.data for one in day.results}
        assert lines["tts-1, characters"] == pytest.approx(0.015)
        assert lines["whisper-1, duration_seconds"] == pytest.approx(0.0005)
        assert lines["gpt-4o-mini-tts, output_audio_tokens"] > 0


# -- sound in a chat, and as browsers and telephones record it


@pytest.mark.parametrize("fmt", ["wav", "mp3"])
def test_a_chat_answers_what_is_said(client: Any, fmt: str) -> None:
    said = client.audio.speech.create(**{**SAID, "input": "What is 17 plus 25?"}, response_format=fmt).read()
    part = {"type": "input_audio", "input_audio": {"data": base64.b64encode(said).decode(), "format": fmt}}
    answer = client.chat.completions.create(
        model="gpt-4o-audio-preview", modalities=["text"], messages=[{"role": "user", "content": [part]}]
    )
    assert "42" in answer.choices[0].message.content
    audio = answer.usage.prompt_tokens_details.audio_tokens
    assert audio == pytest.approx(listen(said, f"a.{fmt}").seconds * 10, abs=2)
    assert answer.usage.prompt_tokens < audio + 12


RECORDED = {
    "webm": ("-c:a", "libopus", "-f", "webm"),
    "m4a": ("-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4"),
    "mp3": ("-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3"),
    "ogg": ("-c:a", "libopus", "-f", "ogg"),
    "wav": ("-c:a", "pcm_mulaw", "-ar", "8000", "-f", "wav"),
}


@pytest.mark.skipif(ffmpeg.found() is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("fmt", ["mp3", "aac", "flac", "wav"])
def test_words_outlive_another_encoder_that_keeps_the_tag(client: Any, fmt: str, name: str) -> None:
    said = client.audio.speech.create(**SAID, response_format=fmt).read()
    command = [str(ffmpeg.found()), "-v", "error", "-i", "pipe:0", *RECORDED[name], "pipe:1"]
    data = subprocess.run(command, input=said, capture_output=True, check=True).stdout
    assert written(client, f"a.{name}", data).text == WORDS
