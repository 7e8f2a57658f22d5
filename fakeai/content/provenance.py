"""What bytes of a picture or a sound tell of where they come from: C2PA manifests, as their containers hold them.

Reads the structure of manifests and what they say; verifies no signature and no hash, and sees no watermark.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple

Medium = Literal["image", "audio"]

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_GIF_APPLICATION = b"\x21\xff\x0bC2PA_GIF"
_APP11, _SCAN = 0xEB, 0xDA
_JUMBF_SEGMENT = 16
"""Bytes of an APP11 segment before its part of a box: marker and box number, sequence number, and the box's header."""
_MOST_PARTS = 100_000
"""Parts of a picture that are looked at."""
_MOST_BOXES = 1_000
_LONGEST_LABEL = 1_024
_ORGANISATION = re.compile(rb"\x06\x03\x55\x04\x0a[\x0c\x13]([\x01-\x7f])", re.DOTALL)
_WHEN = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|\+00:00)")
_MODEL = re.compile(rb"(?:chatgpt-image|gpt-image|dall-e|sora)-[a-z0-9][a-z0-9.-]*|GPT-4o")
_TEXT, _LONGER_TEXT, _LONGEST_SHORT = 0x60, 0x78, 23
"""How CBOR begins a text: with its length in the same byte, up to 23 bytes, or in the next one."""
_OURS = b"OpenAI"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says. `whole` is whether it has the parts that one must have; `ours` whether OpenAI signed it."""

    whole: bool
    ours: bool
    issuer: str | None
    model: str | None
    generated_at: str | None


def medium(data: bytes) -> Medium | None:
    """What kind of thing it is, by how it begins; None for neither a picture nor a sound."""
    if data.startswith((_PNG, _JPEG, b"GIF87a", b"GIF89a")):
        return "image"
    if data.startswith(b"RIFF"):
        return {b"WEBP": "image", b"WAVE": "audio"}.get(data[8:12])  # type: ignore[return-value]  # of two literals
    if data.startswith((b"ID3", b"OggS", b"fLaC")) or data[4:11] == b"ftypM4A" or _is_mpeg(data):
        return "audio"
    return None


def manifest(data: bytes) -> Manifest | None:
    """The manifest in a picture; None if it has none, or is no picture."""
    store = _store(data)
    return None if not store else _read(store)


def _is_mpeg(data: bytes) -> bool:
    """Frames of MP3 and AAC begin with eleven set bits, and a layer and a rate that exist."""
    return len(data) > 3 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x18 != 0x08 and data[2] < 0xF0


# -- where containers hold manifests


def _store(data: bytes) -> bytes:
    if data.startswith(_PNG):
        return b"".join(body for kind, body in _png_chunks(data) if kind == b"caBX")
    if data.startswith(_JPEG):
        return _jpeg_boxes(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return b"".join(body for kind, body in _riff_chunks(data) if kind == b"C2PA")
    if data.startswith(b"GIF8"):
        return _gif_blocks(data)
    return b""


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    for _ in range(_MOST_PARTS):
        if at + 12 > len(data):
            return
        size = int.from_bytes(data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += 12 + size


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    for _ in range(_MOST_PARTS):
        if at + 8 > len(data):
            return
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _jpeg_boxes(data: bytes) -> bytes:
    """The box that APP11 segments hold in parts; each part repeats the box's header."""
    parts: list[tuple[int, bytes]] = []
    at = 2
    for _ in range(_MOST_PARTS):
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] == _SCAN:
            break
        size = int.from_bytes(data[at + 2 : at + 4])
        body = data[at + 4 : at + 2 + size]
        if data[at + 1] == _APP11 and body[:2] == b"JP" and len(body) > _JUMBF_SEGMENT:
            parts.append((int.from_bytes(body[4:8]), body))
        at += 2 + max(size, 2)
    parts.sort(key=lambda part: part[0])
    return b"".join(body[8 if n == 0 else _JUMBF_SEGMENT :] for n, (_, body) in enumerate(parts))


def _gif_blocks(data: bytes) -> bytes:
    """The sub-blocks of the application extension for manifests."""
    at = data.find(_GIF_APPLICATION)
    if at < 0:
        return b""
    at += 14
    found: list[bytes] = []
    while at < len(data) and data[at] and len(found) < _MOST_PARTS:
        found.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(found)


# -- what a manifest says


class _Box(NamedTuple):
    """Where a box of a manifest is, without its header, and its label, if it has one."""

    label: str
    start: int
    end: int


def _read(store: bytes) -> Manifest:
    boxes = list(_boxes(store))
    labels = [box.label for box in boxes]
    whole = labels[:1] == ["c2pa"] and all(
        any(label.startswith(part) for label in labels) for part in ("c2pa.claim", "c2pa.signature")
    )
    signatures = (store[box.start : box.end] for box in boxes if box.label.startswith("c2pa.signature"))
    issuer = _signer(next(signatures, b""))
    when = _WHEN.search(store)
    return Manifest(
        whole=whole,
        ours=_OURS in (issuer or "").encode(),
        issuer=issuer,
        model=_model(store),
        generated_at=None if when is None else when[0].decode().replace("+00:00", "Z"),
    )


def _boxes(store: bytes) -> Iterator[_Box]:
    """The labelled boxes in JUMBF, outer ones before those within; nothing more of a box from where it is broken."""
    waiting = [(0, len(store))]
    for _ in range(_MOST_BOXES):
        if not waiting:
            return
        at, end = waiting.pop()
        size = int.from_bytes(store[at : at + 4])
        if size < 8 or at + size > end:
            continue
        waiting.append((at + size, end))
        if store[at + 4 : at + 8] == b"jumb":
            waiting.append((at + 8, at + size))
            yield _Box(_label(store[at + 8 : at + 8 + _LONGEST_LABEL]), at + 8, at + size)


def _label(body: bytes) -> str:
    """What the description at the beginning of a box calls it."""
    size = int.from_bytes(body[:4])
    if body[4:8] != b"jumd" or size < 26 or not body[24] & 0x02:
        return ""
    return body[25:size].split(b"\0")[0].decode(errors="replace")


def _signer(signature: bytes) -> str | None:
    """The organisation whose certificate it is: each certificate names its issuer first, and the signer's comes first."""
    names = []
    for match in _ORGANISATION.finditer(signature):
        names.append(signature[match.end() : match.end() + match[1][0]].decode(errors="replace"))
        if len(names) == 2:
            break
    return names[-1] if names else None


def _model(store: bytes) -> str | None:
    """The first text that is a model's name. CBOR has no end of a text: its length stands before it."""
    for match in islice(_MODEL.finditer(store), _MOST_BOXES):
        before = store[max(match.start() - 2, 0) : match.start()]
        size = before[-1] - _TEXT if before else 0
        if not 0 < size <= _LONGEST_SHORT:
            size = before[1] if before[:1] == bytes([_LONGER_TEXT]) else 0
        if _MODEL.fullmatch(text := store[match.start() : match.start() + size]):
            return text.decode()
    return None
