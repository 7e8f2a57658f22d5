"""The settings of sound."""

from typing import Literal

from pydantic import Field

from fakeai.settings.group import Group


class Audio(Group):
    """How texts are read out, and answers spoken."""

    synthesiser: Literal["auto", "espeak-ng", "plain"] = Field(
        default="auto",
        description="`espeak-ng`: by that program, found on PATH at start, which says the words; `plain`: by fakeai's own "
        "voice, which nobody understands; `auto`: by the program where there is one.",
    )
