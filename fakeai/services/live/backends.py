"""What a Live session has told its backends, and what it waits for from them. Part of its state machine: no I/O."""

from collections import deque
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.core.generation import Message
from fakeai.services.live import setup as setups
from fakeai.services.live.setup import Setup
from fakeai.wire.decisions import Decision

MOST_ITEMS = 1_000
_KEPT = 400
_MOST_IDS = 10_000
_OUTPUTS: Mapping[str, str] = MappingProxyType(
    {"function_call_output": "function_call", "custom_tool_call_output": "custom_tool_call"}
)
_CALLS = frozenset(
    {"function_call", "custom_tool_call", "computer_call", "local_shell_call", "shell_call", "apply_patch_call"}
)
"""What a Responses stream may leave to the client; it waits for the outputs that have not come with it."""

Item = dict[str, Any]
"""JSON."""


class Responding:
    """The conversation with Responses: one stream at a time."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._running = False
        self._queue: deque[str | None] = deque()
        self._outputs: list[Item] = []
        self._waiting: str | None = None

    def note(self, role: str, text: str) -> None:
        """Something was said."""
        self._keep({"type": "message", "role": role, "content": text})

    def add(self, item: Item) -> None:
        """Something that the client adds. Raises BadRequest for what is no item."""
        if not isinstance(item.get("type", "message"), str):
            raise BadRequest("Invalid type for 'item.type': expected a string.", param="item.type", code="invalid_type")
        self._keep(item)

    def resumed(self) -> str | None:
        """The delegation that waits for a client, if one does: it waits no longer."""
        waiting, self._waiting = self._waiting, None
        return waiting

    def begin(self, delegation: str | None) -> Sequence[Item] | None:
        """What to respond to; None while another stream runs: this one is next then."""
        if self._running:
            if len(self._queue) >= MOST_ITEMS:
                raise BadRequest("Too many responses are waiting.", code="too_many_items")
            self._queue.append(delegation)
            return None
        self._running = True
        self._outputs = []
        return list(self._items)

    def look(self, event: Item) -> None:
        """An event of the stream."""
        if event.get("type") == "response.output_item.done" and isinstance(event.get("item"), dict):
            self._outputs.append(event["item"])

    def over(self, delegation: str | None) -> tuple[str, list[str | None]]:
        """The stream has ended: what it has to say, and the delegation that is next, if any."""
        self._running = False
        said = []
        for item in self._outputs:
            if item.get("type") == "message":
                said += [part.get("text", "") for part in item.get("content") or ()]
            else:
                self._keep(item)
        done = {item.get("call_id") for item in self._outputs if str(item.get("type")).endswith("_output")}
        calls = {item.get("call_id") for item in self._outputs if item.get("type") in _CALLS}
        if calls - done or any(item.get("type") == "mcp_approval_request" for item in self._outputs):
            self._waiting = delegation
        self._outputs = []
        return " ".join(said).strip(), [self._queue.popleft()] if self._queue else []

    def _keep(self, item: Item) -> None:
        self._items.append(item)
        if len(self._items) > _KEPT:
            del self._items[: -_KEPT // 2]
            while self._items and str(self._items[0].get("type")).endswith("_output"):
                del self._items[0]  # nobody knows what it answers


class Deciding:
    """What decisions are made by besides the conversation."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._asked: set[str] = set()

    def add(self, item: Any, setup: Setup, ids: Ids) -> Item:
        """One more; returns it with its id. Raises BadRequest. Any: an item of the wire."""
        if setups.target(setup) != "decisions" and not setup.get("triggers"):
            raise BadRequest(
                "decision.item.create requires Decisions delegation or triggers.", param="type", code="invalid_value"
            )
        if len(self._items) >= MOST_ITEMS:
            raise BadRequest(f"A session has at most {MOST_ITEMS} decision items.", param="item", code="too_many_items")
        made: Item = item.model_dump(mode="json", exclude_unset=True)
        made["id"] = made.get("id") or ids.make("item_")
        if made["id"] in self._items:
            raise BadRequest(
                f"There is a decision item '{made['id'][:200]}' already.", param="item.id", code="invalid_value"
            )
        called = _OUTPUTS.get(made.get("type", ""))
        calls = {each["call_id"] for each in self._items.values() if called and each.get("type") == called}
        if called is not None and made["call_id"] not in calls:
            raise BadRequest(
                f"No tool call found for {called.replace('_', ' ')} output with call_id {made['call_id']}.",
                param="item.call_id",
                code="invalid_value",
            )
        self._items[made["id"]] = made
        return made

    def delete(self, id: str) -> None:
        """One less. Raises BadRequest for one that is not there."""
        if self._items.pop(id, None) is None:
            raise BadRequest(f"There is no decision item '{id[:200]}'.", param="item_id", code="invalid_value")

    def first_time(self, event_id: str) -> None:
        """Raises BadRequest for a command that was given before."""
        if event_id in self._asked or len(self._asked) >= _MOST_IDS:
            raise BadRequest(
                f"A decision was created with event_id '{event_id[:200]}' already.",
                param="event_id",
                code="duplicate_event_id",
            )
        self._asked.add(event_id)

    def input(self, said: Sequence[Message]) -> list[Item]:
        """What to decide by: the conversation, then the items."""
        talk: list[Item] = [{"role": message.role, "content": message.text} for message in said]
        return [*talk, *self._items.values()] or [{"role": "user", "content": ""}]


def in_words(decision: Decision) -> str:
    """Answers as a voice tells them."""
    told = []
    for answer in decision["answers"]:
        match answer["type"]:
            case "predicate":
                told.append("yes" if answer["probability"] >= 0.5 else "no")
            case "choice":
                told.append(str(answer["choice"]))
            case "score":
                likely = max(answer["probabilities"], key=lambda each: each["probability"])
                told.append(likely["label"])
            case "refusal":
                told.append("I would rather not say")
    return f"I would say {', '.join(told)}."


def small(event: Item) -> Item:
    """The event with what is long and known left out of its snapshot."""
    response = event.get("response")
    if not isinstance(response, dict):
        return event
    kept = {name: value for name, value in response.items() if name != "input"}
    return {**event, "response": {**kept, "instructions": None, "tools": [], "output": []}}
