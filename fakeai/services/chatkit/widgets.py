"""Widgets: what a message that asks for a card, a form or buttons gets besides words, in the shape that ChatKit renders.

The shapes are those of `openai-chatkit` (`chatkit.widgets`). What a user does with one comes back as an action.
"""

import re
from collections.abc import Sequence

from fakeai.content import clues
from fakeai.store.base import Object

_WANTED = re.compile(
    r"\b(?:show|give|make|build|create|display|send|render|draw)\b.{0,80}\b(?:widget|card|form|buttons?)\b",
    re.IGNORECASE | re.DOTALL,
)
_USUAL = ("OK", "Cancel")
_MOST_BUTTONS = 6
_LONGEST, _LONGEST_LABEL = 400, 40
_READ = 4_000


def buttons_of(words: str) -> Sequence[str]:
    """The buttons of the widget that is asked for: those that are quoted, or the usual ones; none if no widget is."""
    words = words[:_READ]
    if _WANTED.search(words) is None:
        return ()
    quoted = [quote.text[:_LONGEST_LABEL] for quote in clues.read((words,)).quotes if quote.text.strip()]
    return tuple(dict.fromkeys(quoted))[:_MOST_BUTTONS] or _USUAL


def card(title: str | None, buttons: Sequence[str], text: str) -> Object:
    """A card that says this, with a button for each label; each button's action tells its label."""
    heading = [] if title is None else [{"type": "Title", "value": title}]
    row = [
        {
            "type": "Button",
            "label": label,
            "style": "secondary" if at else "primary",
            "onClickAction": {"type": "button.clicked", "payload": {"label": label}},
        }
        for at, label in enumerate(buttons)
    ]
    words = text if len(text) <= _LONGEST else text[:_LONGEST].rsplit(" ", 1)[0] + " …"
    return {
        "type": "Card",
        "children": [*heading, {"type": "Text", "value": words}, {"type": "Row", "children": row}],
    }
