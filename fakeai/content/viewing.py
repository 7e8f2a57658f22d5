"""What is said of a film in a prompt: how long and how large it is, as its header has it, and what it shows.

Nothing is decoded: what it shows is made up, what it is called and how long it takes is true.
"""

import re
from typing import Final

from fakeai.content import media
from fakeai.content.film_headers import FilmInfo
from fakeai.content.phrasing import word_set
from fakeai.content.writer import Writer
from fakeai.core.errors import BadRequest
from fakeai.core.generation import Media, Message

_LENGTH: Final = re.compile(r"\bhow (?:long|many seconds)\b|\bduration\b|\blength\b", re.IGNORECASE)
_SIZE: Final = re.compile(
    r"\bresolution\b|\bframe ?rate\b|\bfps\b|\bframes per second\b|\bhow (?:large|wide|high)\b", re.IGNORECASE
)
_ABOUT: Final = word_set(
    "video clip film movie footage recording scene caption describe see show shows happen happens happening event events "
    "summarize summary moment action actions"
)
_SHOWN: Final = ((0, 1, 3), (0, 1, 2, 3), (0, 2, 5), (0, 1, 5, 3), (0, 4, 3))
"""Lines by their numbers: what is to be seen, then what comes first, later and last, and what stays."""
_NAME: Final = re.compile(r"/([\w.-]{1,80}\.(?:mp4|mov|webm|mkv|avi))(?:$|[?#])", re.IGNORECASE)


def film(message: Message) -> Media | None:
    """The first film in a message."""
    return next((one for one in message.media if one.kind == "video"), None)


def asks(prompt: str, words: frozenset[str]) -> bool:
    """Whether a prompt with these words, that comes with a film, is about the film."""
    return not prompt or not words.isdisjoint(_ABOUT) or bool(_LENGTH.search(prompt) or _SIZE.search(prompt))


def answer(prompt: str, seen: Media, writer: Writer, limit: int) -> list[str]:
    """What is said, at most `limit` tokens of it."""
    known = _info(seen)
    if known is not None and (_LENGTH.search(prompt) or _SIZE.search(prompt)):
        said = _facts(known)
    else:
        for number in writer.chance.pick(_SHOWN):
            writer.line("film", number, " " if writer.pieces else "")
        said = _opening(seen, known) + "".join(writer.pieces)
    return writer.enc.pieces(said)[:limit]


def _info(seen: Media) -> FilmInfo | None:
    if seen.data is None:
        return None
    try:
        return media.video_info(seen.data)
    except BadRequest:  # it was counted, so this is a model that looks at no films
        return None


def _facts(known: FilmInfo) -> str:
    size = f", at {known.width} x {known.height} pixels" if known.width and known.height else ""
    rate = f" and {known.fps:.4g} frames per second" if known.fps and size else ""
    return f"The video is {_seconds(known)} long{size}{rate}."


def _seconds(known: FilmInfo) -> str:
    number = f"{round(known.seconds, 1):g}"
    return f"{number} second" if number == "1" else f"{number} seconds"


def _opening(seen: Media, known: FilmInfo | None) -> str:
    """What it is called and how long it takes, as far as that is known."""
    name = _NAME.search(seen.url)
    if name is not None:
        return f"This is {name[1]}. "
    return f"The video takes {_seconds(known)}. " if known is not None else ""
