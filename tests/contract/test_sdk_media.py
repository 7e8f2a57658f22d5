"""Images, sound, documents and films through the official SDK, counted from their headers; and spoken answers."""

import base64
import io
import struct
import wave
import zlib
from typing import Any

import openai
import pytest
import soundfile

from fakeai.content.tokens import encoding

O200K = encoding("o200k_base")
LOOK = {"type": "text", "text": "What is this?"}


def png(width: int, height: int) -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    raw = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(raw).decode()


def wav(seconds: float) -> str:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(int(seconds * 8000) * 2))
    return base64.b64encode(out.getvalue()).decode()


def mp4(seconds: int, width: int, height: int) -> str:
    """A film of 30 frames a second: all that says how long and how large it is, and no picture."""

    def box(name: bytes, *contents: bytes) -> bytes:
        body = b"".join(contents)
        return struct.pack(">I4s", 8 + len(body), name) + body

    times = bytes(4) + struct.pack(">IIII", 0, 0, 1000, 1000 * seconds) + bytes(80)
    places = bytes((0, 0, 0, 7)) + bytes(72) + struct.pack(">II", width << 16, height << 16)
    table = box(b"stbl", box(b"stsz", bytes(8), struct.pack(">I", 30 * seconds)))
    track = box(b"trak", box(b"tkhd", places), box(b"mdia", box(b"mdhd", times), box(b"minf", table)))
    raw = box(b"ftyp", b"isom") + box(b"moov", box(b"mvhd", times), track)
    return "data:video/mp4;base64," + base64.b64encode(raw).decode()


def prompt_tokens(complete, *parts, **asked):
    return complete(messages=[{"role": "user", "content": [LOOK, *parts]}], max_tokens=1, **asked).usage.prompt_tokens


def image(width, height, detail=None):
    return {"type": "image_url", "image_url": {"url": png(width, height), **({"detail": detail} if detail else {})}}


# platform.openai.com/docs/guides/images-vision: base and tile of gpt-4o are 85 and 170, of gpt-4o-mini 2833 and 5667.
@pytest.mark.parametrize(
    ("model", "width", "height", "detail", "tokens"),
    [
        ("gpt-4o", 512, 512, "low", 85),
        ("gpt-4o", 4096, 4096, "low", 85),
        ("gpt-4o", 512, 512, "high", 85 + 170),
        ("gpt-4o", 1024, 1024, "high", 85 + 4 * 170),
        ("gpt-4o", 2048, 4096, "high", 85 + 6 * 170),
        ("gpt-4o", 1024, 1024, None, 85 + 4 * 170),
        ("gpt-4o-mini", 512, 512, "high", 2833 + 5667),
    ],
)
def test_an_image_costs_its_tiles(complete, model, width, height, detail, tokens):
    bare = prompt_tokens(complete, model=model)
    assert prompt_tokens(complete, image(width, height, detail), model=model) - bare == tokens


def test_images_add_up(complete):
    bare, one = prompt_tokens(complete, model="gpt-4o"), 85 + 170
    assert prompt_tokens(complete, image(300, 300, "high"), image(512, 100, "high"), model="gpt-4o") - bare == 2 * one


@pytest.mark.parametrize("seconds", [1, 3.5])
def test_sound_costs_ten_tokens_a_second(complete, seconds):
    part = {"type": "input_audio", "input_audio": {"data": wav(seconds), "format": "wav"}}
    answer = complete(model="gpt-4o-audio-preview", messages=[{"role": "user", "content": [LOOK, part]}], max_tokens=1)
    assert answer.usage.prompt_tokens_details.audio_tokens == seconds * 10
    assert answer.usage.prompt_tokens - prompt_tokens(complete, model="gpt-4o-audio-preview") == seconds * 10


@pytest.mark.parametrize(("seconds", "tokens"), [(4, 2048), (8, 4096)])
def test_a_film_costs_its_frames(complete, seconds, tokens):
    """Cosmos-Reason 1 looks at 4 frames a second, two at a time, in patches of 28 pixels: 448 x 448 is 16 x 16."""
    part = {"type": "video_url", "video_url": {"url": mp4(seconds, 448, 448)}}
    model = "nvidia/cosmos-reason1-7b"
    assert prompt_tokens(complete, part, model=model) - prompt_tokens(complete, model=model) == tokens


@pytest.mark.parametrize(
    ("extra", "tokens"),
    [
        ({}, 4_096),
        ({"media_io_kwargs": {"video": {"fps": 2.0}}}, 2_048),
        ({"media_io_kwargs": {"video": {"num_frames": 4}}}, 512),
        ({"mm_processor_kwargs": {"videos_kwargs": {"max_pixels": 224 * 224}}}, 1_024),
    ],
)
def test_a_film_costs_as_many_frames_and_pixels_as_are_looked_at(complete, extra, tokens):
    part = {"type": "video_url", "video_url": {"url": mp4(8, 448, 448)}}
    model = "nvidia/cosmos-reason1-7b"
    messages = [{"role": "user", "content": [LOOK, part]}]
    answer = complete(model=model, messages=messages, max_tokens=1, extra_body=extra)
    assert answer.usage.prompt_tokens - prompt_tokens(complete, model=model) == tokens


def test_a_films_length_is_told(complete):
    part = {"type": "video_url", "video_url": {"url": mp4(8, 448, 448)}}
    asked = {"type": "text", "text": "How long is this video?"}
    answer = complete(model="nvidia/cosmos-reason1-7b", messages=[{"role": "user", "content": [asked, part]}])
    assert "8 seconds long, at 448 x 448 pixels" in answer.choices[0].message.content


def test_a_document_costs_its_text(complete):
    text = "The quick brown fox jumps over the lazy dog. " * 20
    data = "data:text/plain;base64," + base64.b64encode(text.encode()).decode()
    part = {"type": "file", "file": {"filename": "fox.txt", "file_data": data}}
    cost = prompt_tokens(complete, part) - prompt_tokens(complete)
    assert O200K.count(text) <= cost <= O200K.count(text) + 20


def uploaded(client: Any, name: str, data: bytes, project: str = "proj_fakeai") -> dict[str, Any]:
    file = client.files.create(file=(name, data), purpose="user_data", extra_headers={"OpenAI-Project": project})
    return {"type": "file", "file": {"file_id": file.id}}


def test_an_uploaded_document_is_the_same_as_one_in_the_request(client: Any) -> None:
    def ask(part: dict[str, Any]) -> Any:
        messages = [{"role": "user", "content": [LOOK, part]}]
        return client.chat.completions.create(model="gpt-4o", messages=messages, seed=5, max_tokens=30)

    text = ("The quick brown fox jumps over the lazy dog. " * 20).encode()
    data = "data:text/plain;base64," + base64.b64encode(text).decode()
    inline = ask({"type": "file", "file": {"filename": "fox.txt", "file_data": data}})
    kept = ask(uploaded(client, "fox.txt", text))
    assert kept.usage == inline.usage
    assert kept.choices == inline.choices


def test_a_document_that_is_not_the_callers_is_none(client: Any) -> None:
    theirs = uploaded(client, "fox.txt", b"a secret", project="proj_other")
    made_up = {"type": "file", "file": {"file_id": "file-none"}}
    for part in (theirs, made_up):
        said = f"No such File object: {part['file']['file_id']}"
        for _ in range(2):
            with pytest.raises(openai.NotFoundError, match=said):
                client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": [part]}])
    large = [uploaded(client, f"{n}.txt", b"x" * 2**24) for n in range(4)]
    with pytest.raises(openai.BadRequestError, match="larger than the limit"):
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": large}])


def test_a_linked_image_is_counted_and_never_fetched(complete):
    part = {"type": "image_url", "image_url": {"url": "http://127.0.0.1:1/cat.png", "detail": "low"}}
    assert prompt_tokens(complete, part, model="gpt-4o") - prompt_tokens(complete, model="gpt-4o") == 85


@pytest.mark.parametrize(
    ("url", "said", "param"),
    [
        ("data:image/png;base64,!!!", "base64", "messages[0].content[1].image_url.url"),
        ("no url at all", "data:", "messages[0].content[1].image_url.url"),
        ("data:image/png;base64,aGVsbG8=", "unsupported image", None),
    ],
)
def test_an_image_that_cannot_be_read_is_refused(refused, url, said, param):
    error = refused(messages=[{"role": "user", "content": [LOOK, {"type": "image_url", "image_url": {"url": url}}]}])
    assert error.status_code == 400
    assert said in error.message
    assert error.param == param


# -- spoken answers


SPOKEN = {"model": "gpt-4o-audio-preview", "modalities": ["text", "audio"]}


@pytest.mark.parametrize(("format", "kind"), [("wav", "WAV"), ("mp3", "MP3"), ("flac", "FLAC"), ("opus", "OGG")])
def test_a_spoken_answer_can_be_played(client, format, kind):
    asked = {
        **SPOKEN,
        "audio": {"voice": "alloy", "format": format},
        "messages": [{"role": "user", "content": "Say hello."}],
    }
    answer = client.chat.completions.create(**asked)
    message = answer.choices[0].message
    sound, rate = soundfile.read(io.BytesIO(base64.b64decode(message.audio.data)))
    assert soundfile.info(io.BytesIO(base64.b64decode(message.audio.data))).format == kind
    assert len(sound) / rate > 0.3
    assert abs(sound).max() > 0.01
    assert message.content is None
    assert message.audio.transcript
    assert message.audio.id.startswith("audio_")
    assert message.audio.expires_at > answer.created
    details = answer.usage.completion_tokens_details
    assert 0 < details.audio_tokens < answer.usage.completion_tokens
    assert answer.usage.completion_tokens - details.audio_tokens == O200K.count(message.audio.transcript)


def test_a_spoken_answer_is_streamed_as_samples(client):
    asked = {
        **SPOKEN,
        "audio": {"voice": "verse", "format": "pcm16"},
        "messages": [{"role": "user", "content": "Say hello."}],
        "seed": 2,
    }
    whole = client.chat.completions.create(**asked).choices[0].message.audio
    parts = [
        chunk.choices[0].delta.to_dict().get("audio") for chunk in client.chat.completions.create(stream=True, **asked)
    ]
    parts = [part for part in parts if part]
    assert "".join(part.get("transcript", "") for part in parts) == whole.transcript
    assert b"".join(base64.b64decode(part["data"]) for part in parts if "data" in part) == base64.b64decode(whole.data)
    assert parts[0]["id"].startswith("audio_")
    assert not any("id" in part for part in parts[1:])
    assert "expires_at" in parts[-1]


@pytest.mark.parametrize("limit", [1, 2, 7, 60])
def test_the_limit_counts_words_and_sound(complete, limit):
    answer = complete(**SPOKEN, audio={"voice": "alloy", "format": "pcm16"}, max_completion_tokens=limit, n=2)
    assert answer.usage.completion_tokens == 2 * limit
    assert {choice.finish_reason for choice in answer.choices} == {"length"}


def test_a_turn_that_was_spoken_is_referred_to_by_its_id(client):
    asked = {**SPOKEN, "audio": {"voice": "alloy", "format": "wav"}}
    said = (
        client.chat.completions.create(messages=[{"role": "user", "content": "Say hello."}], **asked).choices[0].message
    )
    turns = [
        {"role": "user", "content": "Say hello."},
        {"role": "assistant", "audio": {"id": said.audio.id}},
        {"role": "user", "content": "Again, please."},
    ]
    assert client.chat.completions.create(messages=turns, **asked).choices[0].message.audio.transcript
