"""Threads, items and files as a chat in a browser is told of them; kept is what the API shows, with some private keys."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from fakeai.store.base import Object
from fakeai.store.encoding import encode_json

AT = "_at"
"""The private key of an item's or a thread's exact time."""
SAID = "_content"
"""The private key of what the browser sent as a message's content."""
QUOTED = "_quoted"


def frame(event: Object) -> bytes:
    """A server-sent event."""
    return b"data: " + encode_json(event) + b"\n\n"


def time_of(row: Object) -> str:
    """When it came about, as a browser reads it."""
    return datetime.fromtimestamp(row[AT], UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def page_of(data: Sequence[Object], has_more: bool) -> Object:
    """A page of what is shown already; `after` is the cursor of the next one."""
    page: Object = {"data": [*data], "has_more": has_more}
    return {**page, "after": data[-1]["id"]} if has_more and data else page


def thread_of(thread: Object, items: Object | None = None) -> Object:
    """A thread, with a page of items."""
    title = {} if thread["title"] is None else {"title": thread["title"]}
    return {
        **title,
        "id": thread["id"],
        "created_at": time_of(thread),
        "status": {name: value for name, value in thread["status"].items() if value is not None},
        "metadata": {},
        "items": items or page_of([], False),
    }


def item_of(item: Object) -> Object:
    """An item, whatever its type."""
    base = {"id": item["id"], "thread_id": item["thread_id"], "created_at": time_of(item)}
    kind = item["type"].removeprefix("chatkit.")
    if kind == "user_message":
        options = item["inference_options"] or {}
        return {
            **base,
            "type": kind,
            "content": item[SAID],
            "attachments": [attachment_of(one) for one in item["attachments"]],
            "quoted_text": item[QUOTED] or "",
            "inference_options": {name: value for name, value in options.items() if value is not None},
        }
    if kind == "client_tool_call":
        done = item["status"] == "completed"
        told = {"status": "completed", "output": read(item["output"])} if done else {"status": "pending"}
        return {
            **base,
            "type": kind,
            "call_id": item["call_id"],
            "name": item["name"],
            "arguments": read(item["arguments"]),
            **told,
        }
    if kind == "widget":
        return {**base, "type": kind, "widget": read(item["widget"])}
    if kind == "task_group":
        tasks = [{"type": task["type"], "content": task["summary"]} for task in item["tasks"]]
        return {**base, "type": "workflow", "workflow": {"type": "reasoning", "tasks": tasks, "expanded": False}}
    return {**base, "type": kind, "content": item["content"]}


def attachment_of(file: Object) -> Object:
    """A file that came, or will come, with a message."""
    told = {name: file[name] for name in ("id", "name", "mime_type", "type")}
    more = ("preview_url", "upload_url", "upload_descriptor")
    return {**told, **{name: file[name] for name in more if file.get(name) is not None}}


def read(text: str | None) -> Any:
    """What JSON in text says; the text itself if it is none. Any: JSON."""
    try:
        return None if text is None else orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
