"""Images, sounds, documents and films in a prompt: taking them from a request, and what they cost in tokens.

Headers are read (`image_headers`, `sound_headers`, `film_headers`), what is cut short or damaged is refused
(`image_parts`), contents are never decoded, and no URL is ever fetched. `tokens` of a text document takes as long as
counting its text does (a second for a hostile megabyte), of an image a millisecond for a megabyte; all else takes
microseconds.

Sources of the rules, named again where they are used:
- images and films: see `vision`
- audio: https://platform.openai.com/docs/guides/realtime-costs (1 token per 100 ms of user audio)
- PDF: https://platform.openai.com/docs/guides/pdf-files (text and an image of every page)
"""

import binascii
import re
from codecs import utf_8_decode
from collections.abc import Mapping
from math import ceil
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from fakeai.content import film_headers, image_headers, image_parts, sound_headers, vision
from fakeai.content.film_headers import FilmInfo
from fakeai.content.tokens import Encoding
from fakeai.core.catalog import ModelCard
from fakeai.core.errors import BadRequest
from fakeai.core.generation import Look, Media

Kind: TypeAlias = Literal["image", "audio", "file", "video"]

LIMIT = 50 * 1024 * 1024
"""Bytes one inline medium may have: OpenAI's limit for the images, or files, of a request."""

MOST_PIXELS = 178_956_970
"""Pixels that an image may have: those of a quarter of a gigabyte, three bytes each."""

AUDIO_TOKENS_PER_SECOND = 10
_PCM_BYTES_PER_SECOND = 48_000  # 16 bits at 24 kHz, mono
_COUNTED = 1_048_576
_PDF = re.compile(rb"%PDF-\d")
_PDF_START = 1_024
"""Bytes among which a PDF may begin (ISO 32000-1, annex H, note 13)."""
_PDF_OBJECT = re.compile(rb"\d\s{1,8}obj\b")
_PAGE = re.compile(rb"/Type\s{0,8}/Page(?![A-Za-z])")
_LINEARIZED = re.compile(rb"/Linearized[^>]{0,200}?/N\s{1,8}(\d{1,6})")
_PAGE_TOKENS = 500
_BYTES_PER_COMPRESSED_PAGE = 50_000
_PLAIN = re.compile(r"text/|.*[/+](json|csv|xml|yaml|x-yaml|javascript|x-javascript|toml|markdown|x-ndjson|jsonl)$")
_UNKNOWN_SECONDS = 10.0
_UNKNOWN_FILM = FilmInfo(_UNKNOWN_SECONDS, 1280, 720, 30.0)
_UNKNOWN_IMAGE = (1024, 1024)


class MediaError(BadRequest):
    """A medium that cannot be used; whoever knows the field may set `param`."""


class _Wording(NamedTuple):
    """How OpenAI speaks of a kind: the field, an article and the MIME type wanted, an example, its prefix."""

    field: str
    wanted: str
    example: str
    prefix: str


_WORDING: Mapping[Kind, _Wording] = MappingProxyType(
    {
        "image": _Wording("image URL", "an image MIME type", "data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=", "image/"),
        "audio": _Wording("audio URL", "an audio MIME type", "data:audio/wav;base64,YXVkaW8gYnl0ZXM=", "audio/"),
        "file": _Wording(
            "file data", "an application/pdf MIME type", "data:application/pdf;base64,SGVsbG8sIFdvcmxkIQ==", ""
        ),
        "video": _Wording("video URL", "a video MIME type", "data:video/mp4;base64,dmlkZW8gYnl0ZXM=", "video/"),
    }
)


# -- taking media from a request


def from_url(
    url: str, kind: Kind, *, limit: int = LIMIT, param: str | None = None, name: str = "", detail: str = "auto"
) -> Media:
    """The medium a URL stands for: a data URL is decoded, an http(s) URL is kept and never fetched.

    Raises MediaError, worded as OpenAI does with `param` as the field's path, for any other scheme, a MIME type that
    is not of `kind` (files may have any), base64 that is invalid or empty, and more than `limit` bytes.
    """
    if url[:8].lower().startswith(("http://", "https://")):
        if not re.match(r"https?://[^\s/?#]", url, re.IGNORECASE):
            raise _invalid(kind, param, "a URL without a host")
        return Media(kind, None, name=name, url=url, detail=detail)
    if url[:5].lower() != "data:":
        raise _invalid(kind, param, "a value without the 'data:' prefix")
    head, comma, payload = url[5:].partition(",")
    mime, *parameters = (part.strip() for part in head[:256].lower().split(";"))
    if not comma or "base64" not in parameters:
        raise _invalid(kind, param, "a value without the 'base64' marker")
    if "/" not in mime or not mime.startswith(_WORDING[kind].prefix):
        raise _invalid(kind, param, f"unsupported MIME type '{mime}'")
    return Media(kind, _decoded(payload, kind, limit, param), mime, name, "", detail)


def from_base64(
    text: str, kind: Kind, mime: str, *, limit: int = LIMIT, param: str | None = None, name: str = ""
) -> Media:
    """The medium in a field that holds bare base64 (`input_audio.data`). Raises MediaError as `from_url` does."""
    return Media(kind, _decoded(text, kind, limit, param), mime, name)


def _decoded(payload: str, kind: Kind, limit: int, param: str | None) -> bytes:
    if not payload:
        raise _invalid(kind, param, "empty base64-encoded bytes")
    if len(payload) // 4 * 3 > limit + 2:
        raise MediaError(f"Invalid {_WORDING[kind].field}: larger than the limit of {limit} bytes.", param=param)
    try:
        return binascii.a2b_base64(payload, strict_mode=True)
    except ValueError:
        raise _invalid(kind, param, "an invalid base64-encoded value") from None


def _invalid(kind: Kind, param: str | None, got: str) -> MediaError:
    field, wanted, example, _ = _WORDING[kind]
    where = f": '{param}'" if param else ""
    message = (
        f"Invalid {field}{where}. Expected a base64-encoded data URL with {wanted} (e.g. '{example}'), but got {got}."
    )
    return MediaError(message, param=param, code="invalid_value")


# -- how closely to look

_SIZES = 2**31 - 1


def looks(io: Mapping[str, Any] | None, processor: Mapping[str, Any] | None) -> dict[Kind, Look]:
    """How to look at films and at pictures, as vLLM's `media_io_kwargs` and `mm_processor_kwargs` say (Any: JSON).

    `{"video": {"fps", "num_frames"}}` samples films; `min_pixels` and `max_pixels`, for all or in `videos_kwargs` and
    `images_kwargs`, bound a frame, and `size.longest_edge` (or `total_pixels`) all frames of a film. Whatever else they
    say has no effect here. Raises MediaError for a number that cannot be.
    """
    io, processor = io or {}, processor or {}
    sampling = _object(io.get("video"), "media_io_kwargs.video")
    found: dict[Kind, Look] = {}
    for kind, name in _KWARGS:
        inner = {**processor, **_object(processor.get(name), f"mm_processor_kwargs.{name}")}
        size = _object(inner.get("size"), "mm_processor_kwargs.size")
        film = kind == "video"
        found[kind] = Look(
            _number(sampling.get("fps", inner.get("fps")), "fps") if film else None,
            _whole(sampling.get("num_frames", inner.get("num_frames")), "num_frames") if film else None,
            _whole(inner.get("min_pixels", None if film else size.get("shortest_edge")), "min_pixels"),
            _whole(inner.get("max_pixels", None if film else size.get("longest_edge")), "max_pixels"),
            _whole(inner.get("total_pixels", size.get("longest_edge")), "longest_edge") if film else None,
        )
    return found


_KWARGS: tuple[tuple[Kind, str], ...] = (("video", "videos_kwargs"), ("image", "images_kwargs"))


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MediaError(f"Invalid type for '{where}': expected an object.", param=where, code="invalid_type")
    return value


def _number(value: Any, name: str) -> float | None:
    """A number above 0; -1 is vLLM's word for all there is."""
    if value is None or value == -1:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _SIZES:
        raise MediaError(f"Invalid value for '{name}': expected a number above 0.", param=name, code="invalid_value")
    return float(value)


def _whole(value: Any, name: str) -> int | None:
    number = _number(value, name)
    return None if number is None else max(1, int(number))


# -- sizes and durations


def image_size(data: bytes, param: str | None = None) -> tuple[int, int]:
    """Width and height of a png, jpeg, gif, webp or bmp. Raises MediaError for anything else, and for what is damaged."""
    size = _readable(data, param)
    return size.width, size.height


def _readable(data: bytes, param: str | None = None) -> image_headers.ImageSize:
    size = image_headers.size(data)
    if size is None:
        raise _unsupported_image(param)
    if size != image_headers.BROKEN and size.width * size.height > MOST_PIXELS:
        message = f"Invalid image: it has more than {MOST_PIXELS:,} pixels."
        raise MediaError(message, param=param, code="image_too_large")
    if size == image_headers.BROKEN or not image_parts.whole(data, size.format):
        message = "You uploaded an unsupported image. Please make sure your image is valid."
        raise MediaError(message, param=param, code="image_parse_error")
    return size


def _unsupported_image(param: str | None = None) -> MediaError:
    formats = "Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp']."
    return MediaError(f"You uploaded an unsupported image. {formats}", param=param, code="invalid_image_format")


def audio_seconds(data: bytes, fmt: str) -> float:
    """Duration of a sound. `fmt` matters for `pcm16` only (24 kHz mono); all others say themselves what they are."""
    if fmt in ("pcm16", "pcm"):
        return len(data) / _PCM_BYTES_PER_SECOND
    seconds = sound_headers.seconds(data)
    if seconds is None:
        film = film_headers.info(data)
        seconds = film.seconds if film else None
    if seconds is None:
        raise MediaError("The audio could not be decoded or its format is not supported.", code="invalid_value")
    return seconds


def video_info(data: bytes) -> FilmInfo:
    """Seconds, width, height and frame rate (None if unknown) of an mp4, mov or webm. Raises MediaError for others."""
    film = film_headers.info(data)
    if film is None or not film_headers.whole(data):
        raise MediaError("The video could not be decoded or its format is not supported.", code="invalid_value")
    return film


# -- tokens


def tokens(media: Media, model: ModelCard, enc: Encoding) -> int:
    """Prompt tokens of a medium for `model`. Raises MediaError if its bytes are not what its kind wants.

    What is known by URL or file id only counts as an image of 1024 x 1024, 10 s of sound, 10 s of 720p film at 30
    frames a second, or a PDF of one full page.
    """
    if media.kind == "image":
        return _image(media, vision.image_rule(model.id))
    if media.kind == "audio":
        seconds = _UNKNOWN_SECONDS if media.data is None else audio_seconds(media.data, _format(media))
        return ceil(round(seconds * AUDIO_TOKENS_PER_SECOND, 6))
    if media.kind == "video":
        film = _UNKNOWN_FILM if media.data is None else video_info(media.data)
        return vision.film_tokens(*film, vision.film_rule(model.id), media.look)
    return _file(media, model, enc)


def _format(media: Media) -> str:
    return media.mime.rpartition("/")[2].lower()


def _image(media: Media, rule: vision.Rule) -> int:
    width, height = _UNKNOWN_IMAGE
    if media.data is not None:
        width, height, kind = _readable(media.data)
        if kind == "bmp" and not isinstance(rule, vision.Frames):
            raise _unsupported_image()
    return vision.image_tokens(width, height, rule, media.detail, media.look)


def _file(media: Media, model: ModelCard, enc: Encoding) -> int:
    """Tokens of a document: the text of what is text, text and a picture per page of a PDF.

    The pages of a PDF are its `/Type /Page` objects; where they are compressed away, what the file's linearization
    says, else one per 50 kB. A page costs 500 tokens of text, or fewer where the file has not 4 bytes for each,
    and an image of 512 x 512. Of what is neither text nor PDF, 10 bytes make a token. Text beyond a megabyte is
    taken to be like the first.
    """
    picture = vision.image_tokens(512, 512, vision.image_rule(model.id))
    data = media.data
    if data is None:
        return _PAGE_TOKENS + picture
    if data.startswith(b"%PDF") or media.mime == "application/pdf":
        pages = _pdf_pages(data)
        return pages * (min(_PAGE_TOKENS, len(data) // pages // 4) + picture)
    plain = _PLAIN.match(media.mime.lower()) is not None
    try:
        text, _ = utf_8_decode(data[:_COUNTED], "replace" if plain else "strict", len(data) <= _COUNTED)
    except UnicodeDecodeError:
        return ceil(len(data) / 10)
    return ceil(enc.count(text) * max(1.0, len(data) / _COUNTED))


def _pdf_pages(data: bytes) -> int:
    if _PDF.search(data, 0, _PDF_START) is None or _PDF_OBJECT.search(data) is None:
        message = "The file you uploaded is badly formatted or corrupted. Please fix the file and try again."
        raise MediaError(message, code="invalid_file")
    pages = sum(1 for _ in _PAGE.finditer(data))
    if pages:
        return pages
    linearized = _LINEARIZED.search(data, 0, 2048)
    return max(1, int(linearized[1]) if linearized else ceil(len(data) / _BYTES_PER_COMPRESSED_PAGE))
