"""Calls of tools as items of a response's output: how each begins, what is told while it is written, how it ends.

Calls of the caller's own tools are over when they are written; `HostedCall` is one that the platform then carries out.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

from fakeai.core.generation import JsonObject, Media, ToolStart

Event: TypeAlias = JsonObject
"""A stream event but for its number and place: `type` and what is particular to it."""


class CallItem:
    """A call as an item. `item` is what the response will hold; it is changed as the call goes on."""

    def __init__(self, item: JsonObject) -> None:
        self.item = item
        self.ahead: list[JsonObject] = []
        """Items of the output that come before it."""

    def opened(self) -> list[Event]:
        """What is told after the item has been added."""
        return []

    def typed(self, piece: str) -> Event | None:
        """What is told of a piece of the input."""
        return None

    def closed(self, text: str, *, complete: bool) -> list[Event]:
        """The input is written, or broken off: what is told of it."""
        self.item["status"] = "completed" if complete else "incomplete"
        return []


class FunctionCall(CallItem):
    """A call of a function of the caller's."""

    def typed(self, piece: str) -> Event | None:
        """A piece of the arguments."""
        return {"type": "response.function_call_arguments.delta", "delta": piece}

    def closed(self, text: str, *, complete: bool) -> list[Event]:
        """All arguments."""
        super().closed(text, complete=complete)
        self.item["arguments"] = text
        return [{"type": "response.function_call_arguments.done", "name": self.item["name"], "arguments": text}]


class CustomCall(CallItem):
    """A call of a custom tool of the caller's."""

    def typed(self, piece: str) -> Event | None:
        """A piece of the input."""
        return {"type": "response.custom_tool_call_input.delta", "delta": piece}

    def closed(self, text: str, *, complete: bool) -> list[Event]:
        """All of the input."""
        super().closed(text, complete=complete)
        self.item["input"] = text
        return [{"type": "response.custom_tool_call_input.done", "input": text}]


class HostedCall(CallItem):
    """A call that the platform carries out itself, once it is written."""

    def __init__(self, item: JsonObject, call_id: str) -> None:
        super().__init__(item)
        self.call_id = call_id
        """What the model knows the call by."""
        self.arguments = ""
        """What the model has written."""
        self.result = ""
        """What the model is told of it, once it is done."""
        self.media: tuple[Media, ...] = ()
        """What the model is shown of it."""
        self.citations: list[JsonObject] = []
        """What the text that follows is to cite; places in the text are filled in."""

    def closed(self, text: str, *, complete: bool) -> list[Event]:
        """The call is written; its status changes when it is carried out."""
        self.arguments = text
        if not complete:
            self.item["status"] = "incomplete"
        return []

    def work(self) -> AsyncIterator[list[Event]]:
        """Carry it out: events as they happen. Sets `item` and `result` by its end."""
        raise NotImplementedError

    def after(self) -> list[JsonObject]:
        """Items of the output that follow from it."""
        return []


Opener: TypeAlias = Callable[[ToolStart], CallItem]
"""Makes the item of a call that begins."""


def function_item(item_id: str, start: ToolStart, namespace: str | None = None, name: str | None = None) -> CallItem:
    """A call of a function or custom tool of the caller's."""
    common: dict[str, Any] = {"call_id": start.id, "name": name or start.name}
    if namespace is not None:
        common["namespace"] = namespace
    if start.kind == "custom":
        return CustomCall({"id": item_id, "type": "custom_tool_call", "status": "in_progress", **common, "input": ""})
    return FunctionCall({"id": item_id, "type": "function_call", "status": "in_progress", **common, "arguments": ""})
