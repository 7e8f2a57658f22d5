"""The stream of a response that is over and was not streamed when it was made: told from what it holds."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from fakeai.core.feed import Feed
from fakeai.core.generation import JsonObject
from fakeai.services.responses.told import framed

_INPUTS: JsonObject = {
    "function_call": ("function_call_arguments", "arguments"),
    "custom_tool_call": ("custom_tool_call_input", "input"),
}


def replayed(response: JsonObject, after: int) -> Feed[Any]:
    """Its events with numbers above `after`, all at once."""
    told = [
        framed(orjson.dumps({"type": event["type"], "sequence_number": number, **event}))
        for number, event in enumerate(_events(response))
    ]
    return Feed(Once([told[after + 1 :]] if told[after + 1 :] else []))


def _events(response: JsonObject) -> Iterator[JsonObject]:
    begun = {**response, "status": "in_progress", "output": [], "completed_at": None}
    begun.pop("usage", None)
    begun["incomplete_details"] = begun["error"] = None
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for number, item in enumerate(response["output"]):
        yield from _item(item, number)
    yield {"type": f"response.{response['status']}", "response": response}


def _item(item: JsonObject, number: int) -> Iterator[JsonObject]:
    kind, place = item["type"], {"item_id": item.get("id", ""), "output_index": number}
    empty = {**item, "status": "in_progress"} if "status" in item else item
    if kind == "message":
        empty = {**empty, "content": []}
    elif kind in _INPUTS:
        empty = {**empty, _INPUTS[kind][1]: ""}
    yield {"type": "response.output_item.added", "output_index": number, "item": empty}
    if kind == "message":
        for at, part in enumerate(item["content"]):
            yield from _part(part, {**place, "content_index": at})
    elif kind in _INPUTS:
        name, field = _INPUTS[kind]
        yield {"type": f"response.{name}.delta", **place, "delta": item[field]}
        told = {"name": item["name"]} if kind == "function_call" else {}
        yield {"type": f"response.{name}.done", **place, **told, field: item[field]}
    yield {"type": "response.output_item.done", "output_index": number, "item": item}


def _part(part: JsonObject, place: JsonObject) -> Iterator[JsonObject]:
    text = part["type"] == "output_text"
    field = "text" if text else "refusal"
    empty = {**part, field: "", **({"annotations": []} if text else {})}
    more = {"logprobs": part.get("logprobs") or []} if text else {}
    yield {"type": "response.content_part.added", **place, "part": empty}
    yield {"type": f"response.{part['type']}.delta", **place, "delta": part[field], **more}
    for index, annotation in enumerate(part.get("annotations", ())):
        told = {"annotation_index": index, "annotation": annotation}
        yield {"type": "response.output_text.annotation.added", **place, **told}
    yield {"type": f"response.{part['type']}.done", **place, field: part[field], **more}
    yield {"type": "response.content_part.done", **place, "part": part}


class Once:
    """A source whose items are there already."""

    def __init__(self, bursts: Sequence[Any]) -> None:
        self._bursts = bursts

    def begin(self, feed: Feed[Any], /) -> None:
        """Push them, and end."""
        for burst in self._bursts:
            feed.push(burst)
        feed.finish()

    def cancel(self) -> None:
        """There is nothing to stop."""

    def pause(self) -> None:
        """There is nothing to hold back."""

    def resume(self) -> None:
        """There is nothing to go on with."""
