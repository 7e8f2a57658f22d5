"""What the voice of a Live session answers itself, what it has others do, and what they may say to it."""

import re
from collections.abc import Callable

from fakeai.content.intents import intent
from fakeai.core.errors import BadRequest
from fakeai.services.live import setup as setups
from fakeai.services.live.setup import Setup, Target
from fakeai.wire.live.commands import Append

ACKNOWLEDGEMENTS = (
    "Let me check that for you.",
    "One moment, I'm looking into it.",
    "Sure, give me a second.",
    "Okay, let me see.",
)

MOST_TOKENS = 500
"""Of what is appended at a time."""

_TALK = frozenset({"greeting", "thanks", "identity", "joke"})
"""What nobody else need be asked for."""
_READ = 2_000
_BRIEF = 240
"""Characters of a result that are told, if sentences end before."""
_SENTENCE = re.compile(r"[.!?](?=\s)|[\u3002\uff01\uff1f]|\n")
_DEED = re.compile(
    r"\b(?:book|buy|call|cancel|change|check|create|find|get me|look (?:it )?up|look for|open|order|pay|play|remind|reserve"
    r"|run|schedule|search|send|set|start|stop|switch|turn|update|write)\b",
    re.IGNORECASE,
)


def is_task(text: str, setup: Setup) -> bool:
    """Whether what the user said is to be delegated.

    Everything but small talk, where the session says who its tasks go to; only what asks for a deed where it does not.
    """
    said = text[:_READ]
    if intent(said).kind in _TALK:
        return False
    return setup[setups.ASKED] or _DEED.search(said) is not None


def brief(text: str) -> str:
    """What a voice tells of a long result: its first sentences."""
    if len(text) <= _BRIEF:
        return text
    ends = [match.end() for match in _SENTENCE.finditer(text, 0, _BRIEF)]
    return text[: ends[-1] if ends else _BRIEF].rstrip()


def check(command: Append, whose: Target | None, count: Callable[[str], int]) -> None:
    """Refuse words that are too many, or for a delegation that is not the client's (`whose` it is). Raises BadRequest."""
    delegation = command.delegation_id
    if delegation is not None and whose != "client":
        message = f"Invalid 'delegation_id': there is no client delegation '{delegation[:200]}'."
        raise BadRequest(message, param="delegation_id", code="invalid_value")
    if len(command.content) > 40 * MOST_TOKENS or count(command.content) > MOST_TOKENS:
        message = f"Invalid 'content': at most {MOST_TOKENS} tokens can be appended at a time."
        raise BadRequest(message, param="content", code="string_above_max_length")
