"""Media in a request: what is taken, what is refused and how, and what it costs."""

import struct
from base64 import b64encode
from time import process_time
from typing import Any

import pytest

from fakeai.content.media import MediaError, audio_seconds, from_base64, from_url, image_size, looks, tokens, video_info
from fakeai.content.tokens import encoding
from fakeai.core.catalog import ModelCard
from fakeai.core.errors import BadRequest
from fakeai.core.generation import Look, Media
from tests.content.images_made import png

ENC = encoding("o200k_base")
CARD = ModelCard("gpt-4o")
PNG = png(800, 600)
BMP = b"BM" + bytes(12) + struct.pack("<Iii", 40, 640, 480) + bytes(9)
FIELD = "messages[0].content[1].image_url.url"


def data_url(data: bytes, mime: str = "image/png") -> str:
    return f"data:{mime};base64,{b64encode(data).decode()}"


def test_a_data_url_is_decoded():
    assert from_url(data_url(PNG), "image", detail="low") == Media("image", PNG, "image/png", "", "", "low")
    assert from_url("DATA:Image/PNG;name=x;base64," + b64encode(PNG).decode(), "image").data == PNG


def test_a_web_url_is_kept_and_not_fetched():
    url = "https://example.invalid/cat.png?size=1"
    assert from_url(url, "image") == Media("image", None, "", "", url)
    assert from_url("HTTP://example.invalid/", "video").url == "HTTP://example.invalid/"


@pytest.mark.parametrize(
    ("url", "got"),
    [
        ("file:///etc/passwd", "a value without the 'data:' prefix"),
        ("ftp://example.com/a.png", "a value without the 'data:' prefix"),
        ("iVBORw0KGgo=", "a value without the 'data:' prefix"),
        ("", "a value without the 'data:' prefix"),
        ("https://", "a URL without a host"),
        ("http:///x", "a URL without a host"),
        ("data:image/png;base64,", "empty base64-encoded bytes"),
        ("data:image/png;base64,@@@@", "an invalid base64-encoded value"),
        ("data:image/png;base64,QUJ", "an invalid base64-encoded value"),
        ("data:image/png;base64,\ud800\udfff", "an invalid base64-encoded value"),
        ("data:image/png,abc", "a value without the 'base64' marker"),
        ("data:image/png;base64", "a value without the 'base64' marker"),
        ("data:application/pdf;base64,QUJD", "unsupported MIME type 'application/pdf'"),
        ("data:;base64,QUJD", "unsupported MIME type ''"),
    ],
)
def test_a_bad_image_url_is_refused_in_openais_words(url: str, got: str):
    with pytest.raises(MediaError) as caught:
        from_url(url, "image", param=FIELD)
    assert caught.value.message == (
        f"Invalid image URL: '{FIELD}'. Expected a base64-encoded data URL with an image MIME type "
        f"(e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got {got}."
    )
    assert (caught.value.param, caught.value.code, caught.value.status) == (FIELD, "invalid_value", 400)
    assert isinstance(caught.value, BadRequest)


def test_the_limit_is_checked_before_decoding():
    exactly = data_url(bytes(300), "audio/wav")
    assert from_url(exactly, "audio", limit=300).data == bytes(300)
    with pytest.raises(MediaError, match="limit of 290 bytes"):
        from_url(exactly, "audio", limit=290)
    with pytest.raises(MediaError, match="limit"):
        from_base64("!" * 10_000, "audio", "audio/wav", limit=100)


def test_bare_base64_is_decoded():
    assert from_base64("QUJD", "audio", "audio/wav") == Media("audio", b"ABC", "audio/wav")
    with pytest.raises(MediaError, match="invalid base64"):
        from_base64("QUJ", "audio", "audio/wav")


def test_image_sizes_and_how_their_absence_is_worded():
    assert image_size(PNG) == (800, 600)
    assert image_size(BMP) == (640, 480)
    with pytest.raises(MediaError) as unknown:
        image_size(b"<svg/>")
    assert unknown.value.code == "invalid_image_format"
    assert unknown.value.message == (
        "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
        "['png', 'jpeg', 'gif', 'webp']."
    )
    for damaged in (PNG[:20], PNG[:-1]):
        with pytest.raises(MediaError) as broken:
            image_size(damaged)
        assert broken.value.code == "image_parse_error"


@pytest.mark.parametrize(
    ("width", "height", "good"), [(13_000, 13_000, True), (20_000, 20_000, False), (2**31 - 1, 2**31 - 1, False)]
)
def test_a_picture_of_too_many_pixels_is_refused_by_its_header(width, height, good):
    data = png(width, height)
    if good:
        assert image_size(data) == (width, height)
        return
    with pytest.raises(MediaError, match="more than 178,956,970 pixels") as caught:
        image_size(data)
    assert caught.value.code == "image_too_large"


def test_pcm_is_timed_by_its_length_and_others_by_their_headers():
    assert audio_seconds(bytes(48_000), "pcm16") == 1.0
    wav = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 1, 8_000, 16_000, 2, 16, b"data", 32_000
    )
    assert audio_seconds(wav + bytes(32_000), "mp3") == 2.0
    with pytest.raises(MediaError, match="could not be decoded"):
        audio_seconds(b"not a sound", "wav")
    with pytest.raises(MediaError, match="could not be decoded"):
        video_info(b"not a film")


def test_an_image_costs_its_tiles():
    assert tokens(Media("image", PNG), CARD, ENC) == 85 + 4 * 170
    assert tokens(Media("image", PNG, detail="low"), CARD, ENC) == 85
    assert tokens(Media("image", PNG), ModelCard("gpt-4.1-mini"), ENC) == 770  # 25 x 19 patches x 1.62 = 769.5
    assert tokens(Media("image", None, url="https://example.invalid"), CARD, ENC) == 765


def test_a_bitmap_is_for_cosmos_only():
    with pytest.raises(MediaError, match="unsupported image"):
        tokens(Media("image", BMP), CARD, ENC)
    assert tokens(Media("image", BMP), ModelCard("nvidia/cosmos-reason1-7b"), ENC) == 23 * 17


def test_sound_costs_ten_tokens_a_second():
    assert tokens(Media("audio", bytes(48_000 * 3), "audio/pcm16"), CARD, ENC) == 30
    assert tokens(Media("audio", bytes(48_010), "audio/pcm16"), CARD, ENC) == 11
    assert tokens(Media("audio", None), CARD, ENC) == 100


def test_a_film_known_by_url_counts_as_ten_seconds():
    assert (
        tokens(Media("video", None, url="https://example.invalid/a.mp4"), ModelCard("nvidia/cosmos-reason1-7b"), ENC)
        == 14_400
    )


@pytest.mark.parametrize(
    "mime", ["text/plain", "text/markdown", "text/csv", "application/json", "application/octet-stream", ""]
)
def test_a_text_document_costs_its_text(mime: str):
    text = "name,größe\nAda,1.70\n" * 20
    assert tokens(Media("file", text.encode(), mime), CARD, ENC) == ENC.count(text)


def test_damaged_text_is_counted_all_the_same():
    assert tokens(Media("file", b"caf\xe9 noir", "text/plain"), CARD, ENC) == ENC.count("caf\ufffd noir")


def test_text_beyond_a_megabyte_is_extrapolated():
    word = "größe und länge, "
    text = word * 200_000
    exact = ENC.count(word * 1_000) * 200
    assert tokens(Media("file", text.encode(), "text/plain"), CARD, ENC) == pytest.approx(exact, rel=0.01)


def test_a_pdf_costs_text_and_a_picture_per_page():
    page = b"1 0 obj << /Type /Page /Parent 2 0 R >> endobj\n" + b"x" * 3_000
    pdf = (
        b"%PDF-1.7\n2 0 obj << /Type /Pages /Count 3 >> endobj\n"
        + page * 2
        + page.replace(b"/Type /Page", b"/Type/Page")
    )
    assert tokens(Media("file", pdf, "application/pdf"), CARD, ENC) == 3 * (500 + 85 + 170)
    small = b"%PDF-1.4 1 0 obj << /Type/Page >>" + bytes(167)
    assert tokens(Media("file", small, "application/pdf"), CARD, ENC) == 200 // 4 + 255


def test_a_pdf_with_compressed_pages_is_estimated():
    linearized = b"%PDF-1.7\n1 0 obj\n<</Linearized 1/L 90000/O 5/E 100/N 12/T 80000>>\nendobj\n" + bytes(90_000)
    assert tokens(Media("file", linearized), CARD, ENC) == 12 * (500 + 255)
    assert tokens(Media("file", b"%PDF-1.7\n1 0 obj\n" + bytes(99_983)), CARD, ENC) == 2 * (500 + 255)


@pytest.mark.parametrize("data", [b"not a document", b"%PDF-1.7\n%%EOF", bytes(2_000) + b"%PDF-1.7\n1 0 obj", b"%PDF"])
def test_what_is_called_a_pdf_and_is_none_is_refused(data: bytes):
    with pytest.raises(MediaError, match="badly formatted or corrupted") as refused:
        tokens(Media("file", data, "application/pdf"), CARD, ENC)
    assert refused.value.code == "invalid_file"


def test_binary_documents_cost_a_token_per_ten_bytes():
    assert tokens(Media("file", b"PK\x03\x04" + b"\xff" * 996, "application/zip"), CARD, ENC) == 100


@pytest.mark.parametrize("filler", [bytes(4), b"/Type   ", b"/Type/Page", b"<<" * 4])
def test_hostile_documents_are_bounded(filler: bytes):
    data = b"%PDF-1.7\n1 0 obj" + filler * (8_000_000 // len(filler))
    started = process_time()
    tokens(Media("file", data, "application/pdf"), CARD, ENC)
    assert process_time() - started < 1.0


@pytest.mark.parametrize(
    ("io", "processor", "film", "picture"),
    [
        (None, None, Look(), Look()),
        ({"video": {"fps": 2, "num_frames": 8}}, None, Look(2.0, 8), Look()),
        ({"video": {"num_frames": -1}}, {"fps": 4}, Look(4.0), Look()),
        (None, {"min_pixels": 100, "max_pixels": 400}, Look(None, None, 100, 400), Look(None, None, 100, 400)),
        (None, {"videos_kwargs": {"max_pixels": 4}, "images_kwargs": {"max_pixels": 9}}, Look(most=4), Look(most=9)),
        (None, {"size": {"shortest_edge": 10, "longest_edge": 20}}, Look(total=20), Look(least=10, most=20)),
        ({"image": {}, "video": {"video_backend": "opencv"}}, {"use_audio_in_video": True}, Look(), Look()),
    ],
)
def test_how_closely_to_look_is_read_from_vllms_fields(io: Any, processor: Any, film: Look, picture: Look) -> None:
    assert looks(io, processor) == {"video": film, "image": picture}


@pytest.mark.parametrize(
    ("io", "processor"),
    [
        ({"video": 1}, None),
        ({"video": {"fps": 0}}, None),
        ({"video": {"fps": "2"}}, None),
        ({"video": {"num_frames": True}}, None),
        ({"video": {"fps": 2**40}}, None),
        (None, {"videos_kwargs": []}),
        (None, {"size": 3}),
        (None, {"max_pixels": -5}),
    ],
)
def test_how_closely_nobody_can_look_is_refused(io: Any, processor: Any) -> None:
    with pytest.raises(MediaError):
        looks(io, processor)
