"""What is asked about pictures and films."""

import struct
import zlib

from contract.steps import Step
from fakeai.content.film_h264 import picture_parameters, sequence_parameters
from fakeai.content.film_mp4 import Track, mp4


def png(width: int, height: int, alpha: int = 255) -> bytes:
    """A picture of one colour, as transparent as said."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + bytes((200, 90, 40, alpha)) * width
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


PICTURE = ("otter.png", png(64, 64))
MASK = ("mask.png", png(64, 64, 0))
FILM = mp4(Track(720, 1280, 1, sequence_parameters(720, 1280, 1), picture_parameters(), [b"\x65"] * 4, [0]))
"""Four seconds by its headers, and no picture."""
FRAME = ("frame.png", png(720, 1280))

_SEA = {"prompt": "A boat on the sea", "model": "gpt-image-1.5", "quality": "low"}
_IMAGES = [
    Step("POST", "/images/generations", {**_SEA, "size": "1024x1024", "n": 1, "output_format": "jpeg"}),
    Step("POST", "/images/generations", {**_SEA, "background": "transparent", "output_format": "webp", "output_compression": 50}),
    Step("POST", "/images/generations", {"prompt": "A boat", "model": "dall-e-2", "size": "256x256", "n": 2}),
    Step("POST", "/images/generations", {"prompt": "A boat", "model": "dall-e-3", "style": "natural", "response_format": "b64_json"}),
    Step("POST", "/images/edits", {**_SEA, "size": "1024x1024"}, files={"image": PICTURE, "mask": MASK}),
    Step("POST", "/images/edits", {**_SEA, "size": "1024x1536"}, files={"image[]": PICTURE}),
    Step("POST", "/images/variations", {"n": "2", "size": "256x256"}, files={"image": PICTURE}),
]  # fmt: skip
_ONE = "/videos/{video_id}"
_VIDEOS = [
    Step("POST", "/videos", {"prompt": "A boat", "seconds": "4"}, "video_id", files={"input_reference": FRAME}),
    Step("GET", "/videos"),
    Step("GET", _ONE, until="completed"),
    *(Step("GET", f"{_ONE}/content?variant={variant}") for variant in ("video", "thumbnail")),
    Step("POST", "/videos/edits", {"prompt": "More rain"}, files={"video": ("a.mp4", FILM)}),
    Step("POST", "/videos/extensions", {"prompt": "A storm", "seconds": "4"}, files={"video": ("a.mp4", FILM)}),
    Step("POST", "/videos/characters", {"name": "Ada"}, "character_id", files={"video": ("a.mp4", FILM)}),
    Step("GET", "/videos/characters/{character_id}"),
    Step("POST", f"{_ONE}/remix", {"prompt": "The same at night"}),
    Step("DELETE", _ONE),
]
STEPS = [*_IMAGES, *_VIDEOS]
