"""Manifests in pictures: found wherever containers hold them, and never the end of a check when they are broken."""

import zlib

import pytest

from fakeai.content.provenance import Manifest, manifest, medium

WHEN = "2026-05-01T10:20:30Z"


def box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4) + kind + body


def jumbf(label: str, *content: bytes) -> bytes:
    described = box(b"jumd", bytes(16) + b"\x03" + label.encode() + b"\0")
    return box(b"jumb", described + b"".join(content))


def text(value: str) -> bytes:
    """As CBOR writes it. The header of "when" is a letter, which no name may swallow."""
    size = len(value)
    return (bytes([0x60 + size]) if size < 24 else bytes([0x78, size])) + value.encode()


def organisation(name: str) -> bytes:
    return b"\x06\x03\x55\x04\x0a\x0c" + bytes([len(name)]) + name.encode()


def store(issuer: str = "OpenAI", model: str = "gpt-image-1", *, signed: bool = True) -> bytes:
    claim = jumbf("c2pa.claim.v2", box(b"cbor", text("softwareAgent") + text(model) + text("when") + text(WHEN)))
    signature = jumbf("c2pa.signature", box(b"cbor", organisation("Authority") + organisation(issuer)))
    return jumbf("c2pa", jumbf("urn:c2pa:1", claim, *([signature] if signed else [])))


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    header = (b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in (header, *chunks, (b"IEND", b"")))


def jpeg(held: bytes, size: int = 200) -> bytes:
    """The box in segments of `size` bytes, the last one first."""
    header, rest = held[:8], held[8:]
    parts = [rest[at : at + size] for at in range(0, len(rest), size)]
    segments = [
        b"\xff\xeb" + (len(part) + 18).to_bytes(2) + b"JP\0\1" + (n + 1).to_bytes(4) + header + part
        for n, part in enumerate(parts)
    ]
    return b"\xff\xd8\xff\xe0\0\x04ab" + b"".join(reversed(segments)) + b"\xff\xda\0\2rest\xff\xd9"


def webp(held: bytes) -> bytes:
    body = b"WEBPVP8 \3\0\0\0abc\0C2PA" + len(held).to_bytes(4, "little") + held
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def gif(held: bytes) -> bytes:
    blocks = b"".join(bytes([len(held[at : at + 255])]) + held[at : at + 255] for at in range(0, len(held), 255))
    return b"GIF89a" + bytes(7) + b"\x21\xff\x0bC2PA_GIF\1\0\0" + blocks + b"\0;"


PICTURES = {
    "png": lambda held: png((b"tEXt", b"a\0b"), (b"caBX", held), (b"IDAT", b"")),
    "jpeg": jpeg,
    "webp": webp,
    "gif": gif,
}


@pytest.mark.parametrize("kind", PICTURES)
def test_a_manifest_is_found_in_every_kind_of_picture(kind: str) -> None:
    data = PICTURES[kind](store())
    assert medium(data) == "image"
    assert manifest(data) == Manifest(True, True, "OpenAI", "gpt-image-1", WHEN)


def test_pictures_without_a_manifest_and_sounds_have_none() -> None:
    for data in (
        png(),
        b"\xff\xd8\xff\xe0\0\x04ab\xff\xd9",
        b"GIF89a" + bytes(7) + b";",
        b"RIFF\4\0\0\0WEBP",
        b"RIFF",
        b"",
    ):
        assert manifest(data) is None
    assert manifest(b"RIFF\0\0\0\0WAVE" + store()) is None


@pytest.mark.parametrize("model", ["GPT-4o", "gpt-image-1", "dall-e-3", "gpt-image-1.5-mini-2026-05-01"])
def test_models_are_named_in_full(model: str) -> None:
    found = manifest(png((b"caBX", store(model=model))))
    assert found is not None
    assert found.model == model


def test_somebody_elses_manifest_is_told_as_theirs() -> None:
    found = manifest(png((b"caBX", store("Camera Works", "model-x"))))
    assert found == Manifest(True, False, "Camera Works", None, WHEN)


def test_a_manifest_that_lacks_a_part_or_breaks_off_is_not_whole() -> None:
    assert manifest(png((b"caBX", store(signed=False)))) == Manifest(False, False, None, "gpt-image-1", WHEN)
    whole = store()
    for cut in range(1, len(whole)):
        found = manifest(png((b"caBX", whole[:cut])))
        assert found is not None
        assert not found.whole
    deep = b""
    for _ in range(200):
        deep = jumbf("c2pa", deep)
    found = manifest(png((b"caBX", deep)))
    assert found is not None
    assert not found.whole


def test_pictures_of_very_many_parts_are_not_read_to_their_end() -> None:
    behind = png((b"caBX", store()))[33:]
    for parts, found in ((99_000, True), (101_000, False)):
        data = png()[:33] + (bytes(4) + b"tEXt" + bytes(4)) * parts + behind
        assert (manifest(data) is not None) == found
    many = jumbf("c2pa", box(b"free", b"") * 2_000, store()[8:])
    told = manifest(png((b"caBX", many)))
    assert told is not None
    assert not told.whole


@pytest.mark.parametrize("kind", PICTURES)
def test_pictures_that_break_off_anywhere_are_read_as_far_as_they_go(kind: str) -> None:
    data = PICTURES[kind](store())
    for cut in range(len(data)):
        found = manifest(data[:cut])
        assert found is None or isinstance(found, Manifest)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", "audio"),
        (b"ID3\4", "audio"),
        (b"\xff\xfb\x90\x00", "audio"),
        (b"\xff\xf1\x50\x80", "audio"),
        (b"OggS", "audio"),
        (b"fLaC", "audio"),
        (b"\0\0\0\x20ftypM4A ", "audio"),
        (b"RIFF\0\0\0\0AVI ", None),
        (b"\0\0\0\x20ftypisom", None),
        (b"\xff\xff\xff\xff", None),
        (b"Example data", None),
        (b"", None),
    ],
)
def test_kinds_are_told_by_how_they_begin(data: bytes, kind: str | None) -> None:
    assert medium(data) == kind
