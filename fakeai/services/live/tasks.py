"""What the voice of a Live session answers itself, and what it has others do."""

import re

from fakeai.content.intents import intent
from fakeai.services.live import setup as setups
from fakeai.services.live.setup import Setup

ACKNOWLEDGEMENTS = (
    "Let me check that for you.",
    "One moment, I'm looking into it.",
    "Sure, give me a second.",
    "Okay, let me see.",
)

_TALK = frozenset({"greeting", "thanks", "identity", "joke"})
"""What nobody else need be asked for."""
_READ = 2_000
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
