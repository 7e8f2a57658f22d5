"""Sounds in a prompt, understood: what is said in them, as if their author had written it.

A transcription of the same sound, in English and about nothing, has the same words. Tokens are those of the sounds.
"""

from collections.abc import Sequence
from typing import Final

from fakeai.core.generation import Message

_MOST_SOUNDS: Final = 16
_MOST_BYTES: Final = 50 * 2**20
"""Of a conversation, the last ones first."""


def unheard(messages: Sequence[Message]) -> bool:
    """Whether any message has a sound that is listened to."""
    for message in messages:  # noqa: SIM110  # as a generator it would take twice as long, for every request
        if message.media and _sounds(message):
            return True
    return False


def _sounds(message: Message) -> list[bytes]:
    return [one.data for one in message.media if one.kind == "audio" and one.data and not one.written]


def heard(messages: Sequence[Message], program: str | None, seed: bytes) -> tuple[Message, ...]:
    """The messages with their sounds' words behind their text: belongs in a thread. `program` is where `ffmpeg` is."""
    sounds, room = _MOST_SOUNDS, _MOST_BYTES
    told: list[Message] = []
    for message in reversed(messages):
        texts = [message.text] if message.text else []
        for data in _sounds(message) if message.media else ():
            sounds, room = sounds - 1, room - len(data)
            if sounds >= 0 and room >= 0:
                texts.append(_words(data, program, seed))
        told.append(message._replace(text="\n".join(filter(None, texts))) if message.media else message)
    return tuple(reversed(told))


def _words(data: bytes, program: str | None, seed: bytes) -> str:
    """What is said; nothing in what only looks like sound."""
    from fakeai.content import hearing
    from fakeai.content.sound import SoundError, listen

    try:
        sound = listen(data, program=program)
    except SoundError:
        return ""
    return "".join([word.text for word in hearing.heard(sound, "en", "", seed)])
