"""Images of any size whose pixels nobody has drawn, or few."""

import struct
import zlib
from io import BytesIO


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a png, with its sum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int) -> bytes:
    """A png that is whole in all its parts, however large it says it is."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def drawn(format: str, **options: object) -> bytes:
    """A small noisy picture as Pillow writes it."""
    from PIL import Image

    out = BytesIO()
    noise = Image.effect_noise((40, 30), 80)
    (noise if format == "GIF" else noise.convert("RGB")).save(out, format, **options)  # type: ignore[arg-type]
    return out.getvalue()
