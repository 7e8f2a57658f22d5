"""Deltas → the text of an answer and nothing else, for APIs that know no choices, tools or reasoning."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import orjson

from fakeai.core.call import Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.errors import BadRequest
from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, Finish, Refusal, Stop, Text, Usage
from fakeai.services.base import tell_usage


class PlainAnswer:
    """Takes bursts as they come."""

    __slots__ = ("reason", "text", "usage")

    def __init__(self) -> None:
        self.text = ""
        self.reason = "stop"
        self.usage: Usage | None = None
        """Known once the Finish delta has passed."""

    def take(self, burst: Burst) -> list[str]:
        """Add a burst; the pieces of text that it adds."""
        added: list[str] = []
        for delta in burst:
            if isinstance(delta, Text | Refusal):
                added += delta.pieces
            elif isinstance(delta, Stop):
                self.reason = delta.reason
            elif isinstance(delta, Finish):
                self.usage = delta.usage
        self.text += "".join(added)
        return added


def check_talks(card: ModelCard) -> None:
    """Raises BadRequest for a model of the catalog that does not answer in text."""
    if card.known and card.family != "chat":
        raise BadRequest(
            f"The model '{card.id}' does not generate text and cannot be used with this endpoint.",
            param="model",
            code="model_not_supported",
        )


def streamed(
    feed: Feed[Burst],
    piece: Callable[[str], Mapping[str, Any]],
    last: Callable[[PlainAnswer], Mapping[str, Any]],
) -> Reply:
    """An event for each piece of text, and one for the end. Any: JSON."""
    answer = PlainAnswer()

    def encode(burst: Burst) -> list[bytes]:
        events = [orjson.dumps(piece(text)) for text in answer.take(burst) if text]
        if answer.usage is not None:
            events.append(orjson.dumps(last(answer)))
        return events

    reply = Reply(events=feed.map(encode))
    feed.on_end(partial(tell_usage, reply, answer))
    return reply
