"""The settings of sound."""

from typing import Literal

from pydantic import Field

from fakeai.settings.group import Group


class Audio(Group):
    """How texts are read out, answers spoken, and sound decoded."""

    synthesiser: Literal["auto", "espeak-ng", "plain"] = Field(
        default="auto",
        description="`espeak-ng`: by that program, found on PATH at start, which says the words; `plain`: by fakeai's own "
        "voice, which nobody understands; `auto`: by the program where there is one.",
    )
    decoder: Literal["auto", "ffmpeg", "none"] = Field(
        default="auto",
        description="What decodes mp4, m4a, AAC, MPEG, and webm without Opus: `ffmpeg`: that program, found on PATH at start; "
        "`none`: nothing, so that only the duration of such files is known; `auto`: the program where there is one.",
    )
