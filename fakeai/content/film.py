"""Films of prompts: a scene that passes by, something that flies over it, and the prompt below.

Equal wishes give equal bytes. A film is a row of shots, each with a prompt, a seed and a number of seconds of its own.
"""

from collections.abc import Sequence
from io import BytesIO
from math import sin
from typing import TYPE_CHECKING, Final, NamedTuple

from fakeai.content.film_h264 import Encoder, Planes, picture_parameters, sequence_parameters
from fakeai.content.film_mp4 import Track, mp4
from fakeai.content.film_planes import flown, laid_over, planes, sprite
from fakeai.content.pictures import paint_scene
from fakeai.content.pictures_edit import fitted
from fakeai.content.pictures_files import decode, encode
from fakeai.content.pictures_scene import Scene, read_scene
from fakeai.content.pictures_text import draw_strip

if TYPE_CHECKING:
    from PIL.Image import Image

FPS: Final = 16
PACE: Final = 2
"""Pixels by which the scene moves from frame to frame."""
_STRIP: Final = 0.14
_STILL_S: Final = 0.5
_COLUMNS, _STILL_WIDTH = 4, 320


class Shot(NamedTuple):
    """A part of a film. `seed` decides what its prompt leaves open."""

    prompt: str
    seconds: int
    seed: bytes


class FilmWish(NamedTuple):
    """What is to be filmed. `reference` is the file of a picture that the first shot passes over, in the place of a scene."""

    shots: tuple[Shot, ...]
    width: int
    height: int
    reference: bytes | None = None

    @property
    def seconds(self) -> int:
        """Of all shots together."""
        return sum(shot.seconds for shot in self.shots)


class Film(NamedTuple):
    """The files of a film: mp4, webp and jpeg."""

    video: bytes
    thumbnail: bytes
    spritesheet: bytes


def film(wish: FilmWish) -> Film:
    """Make a film: tenths of a second of processor time for each of its seconds. Raises BadRequest for a bad reference."""
    encoder = Encoder()
    frames: list[bytes] = []
    keys: list[int] = []
    stills: list[Image] = []
    reference = None if wish.reference is None else decode(wish.reference, "input_reference")
    for number, shot in enumerate(wish.shots):
        stage = Stage(wish, shot, reference if number == 0 else None)
        keys.append(len(frames))
        for n in range(shot.seconds * FPS):
            frame = stage.frame(n)
            frames.append(encoder.changed(frame, PACE) if n else encoder.whole(frame))
        stills += [stage.still(round((second + _STILL_S) * FPS)) for second in range(shot.seconds)]
    sps = sequence_parameters(wish.width, wish.height, FPS)
    video = mp4(Track(wish.width, wish.height, FPS, sps, picture_parameters(), frames, keys))
    return Film(video, encode(stills[0], "webp", 82), _sheet(stills))


class Stage:
    """One shot: what it passes over, painted once, and its frames by number."""

    def __init__(self, wish: FilmWish, shot: Shot, reference: "Image | None" = None) -> None:
        self._wish, self._shot = wish, shot
        self._count = shot.seconds * FPS
        self._wide, self._high = -(-wish.width // 16) * 16, -(-wish.height // 16) * 16
        strip = max(round(self._high * _STRIP / 16), 2) * 16
        self._sight = self._high - strip
        size = self._wide + PACE * self._count, self._sight
        scene = read_scene(shot.prompt, shot.seed)
        unit = min(self._wide, self._sight)
        if reference is None:
            self._view = paint_scene(scene, size, unit)
        else:
            self._view = fitted(reference.convert("RGB"), size)
        self._planes = planes(self._view)
        self._strip = draw_strip((self._wide, strip), (wish.width, strip - self._high + wish.height), shot.prompt)
        self._strip_planes = planes(self._strip)
        self._flyer = [sprite(kind, unit // 7) for kind in _flyers(scene)]

    def frame(self, n: int) -> Planes:
        """The frame as it is coded."""
        import numpy as np

        x, wide = PACE * n, self._wide
        view = Planes(
            *(plane[:, x // by : (x + wide) // by] for plane, by in zip(self._planes, (1, 2, 2), strict=True))
        )
        frame = Planes(*(np.concatenate(pair) for pair in zip(view, self._strip_planes, strict=True)))
        laid_over(frame, self._flyer[n // 3 % len(self._flyer)], *self._flight(n))
        flown(frame, self._sight, (n + 1) / self._count, self._wish.width)
        return frame

    def still(self, n: int) -> "Image":
        """The frame as a picture."""
        from PIL import Image

        image = Image.new("RGB", (self._wide, self._high))
        image.paste(self._view.crop((PACE * n, 0, PACE * n + self._wide, self._sight)), (0, 0))
        image.paste(self._strip, (0, self._sight))
        flyer = self._flyer[n // 3 % len(self._flyer)].image
        image.paste(flyer, self._flight(n), flyer)
        return image.crop((0, 0, self._wish.width, self._wish.height))

    def _flight(self, n: int) -> tuple[int, int]:
        """Where what flies is: even pixels."""
        part = n / max(self._count - 1, 1)
        flyer = self._flyer[0].image
        x = round((self._wide - flyer.width) * (0.08 + 0.8 * part))
        y = round(self._sight * (0.2 + 0.06 * sin(n / FPS * 1.7)))
        return x // 2 * 2, min(y, self._sight - flyer.height) // 2 * 2


def _flyers(scene: Scene) -> Sequence[str]:
    return ("rocket",) if scene.land == "space" else ("wings up", "wings level", "wings down", "wings level")


def _sheet(stills: "Sequence[Image]") -> bytes:
    """One picture with a still of each second, in rows."""
    from PIL import Image

    wide, high = _STILL_WIDTH, round(_STILL_WIDTH * stills[0].height / stills[0].width)
    rows = -(-len(stills) // _COLUMNS)
    sheet = Image.new("RGB", (wide * min(_COLUMNS, len(stills)), high * rows))
    for n, still in enumerate(stills):
        sheet.paste(still.resize((wide, high), Image.Resampling.BOX), (n % _COLUMNS * wide, n // _COLUMNS * high))
    out = BytesIO()
    sheet.save(out, "JPEG", quality=85)
    return out.getvalue()
