"""Visible reasoning, DeepSeek-style: prose that thinks about the prompt before the answer. Does not answer."""

from fakeai.content.text import about
from fakeai.content.tokens import Encoding
from fakeai.content.writer import Writer, steps
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest

_SHAPES = (
    steps("thinking plan", "check decide"),
    steps("thinking check plan", "plan decide"),
    steps("thinking plan check decide"),
    steps("thinking plan", "plan check", "decide"),
)


def reasoning(request: GenerateRequest, chance: Chance, enc: Encoding, limit: int) -> list[str]:
    """The chain of thought, at most its first `limit` tokens, one piece per token."""
    return Writer(about(request.messages), chance, enc, limit).write(chance.pick(_SHAPES))
