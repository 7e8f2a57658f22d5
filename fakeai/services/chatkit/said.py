"""What has been said in a ChatKit thread: a message as its chat sends it, and all of it as a model gets it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from fakeai.core.generation import Media, Message, Tool, ToolChoice, ToolUse
from fakeai.services.chatkit.threads import HIDDEN
from fakeai.services.chatkit.views import AT, QUOTED, SAID
from fakeai.services.chatkit.widgets import buttons_of, card
from fakeai.store.base import Object
from fakeai.wire.chatkit.requests import TagPart, UserInput

TEXT = "_text"
"""The private key of a hidden item's words."""


def user_message(id: str, thread: str, now: float, given: UserInput, files: Sequence[Object]) -> Object:
    """The item that a user's message becomes, with the files that came with it."""
    content = [{"type": "input_text", "text": part.text} for part in given.content]
    if given.quoted_text:
        content.append({"type": "quoted_text", "text": given.quoted_text})
    asked = given.inference_options
    tool = None if asked is None or asked.tool_choice is None else {"id": asked.tool_choice.id}
    options = {"model": None if asked is None else asked.model, "tool_choice": tool}
    shown = ("id", "type", "mime_type", "name", "preview_url")
    return {
        "id": id,
        "object": "chatkit.thread_item",
        "type": "chatkit.user_message",
        "thread_id": thread,
        "created_at": int(now),
        "content": content,
        "attachments": [{name: file[name] for name in shown} for file in files],
        "inference_options": options if any(options.values()) else None,
        AT: now,
        SAID: [_part(part) for part in given.content],
        QUOTED: given.quoted_text,
    }


def hidden(id: str, thread: str, now: float, text: str) -> Object:
    """An item that only the model is told of."""
    return {"id": id, "thread_id": thread, "created_at": int(now), "type": HIDDEN, HIDDEN: True, TEXT: text, AT: now}


def messages(items: Sequence[Object], state: Mapping[str, Any] | None, media: tuple[Media, ...]) -> tuple[Message, ...]:
    """The conversation as a model gets it. `media` came with the last message of the user; `state` is JSON (hence Any).

    Earlier files are named only.
    """
    told: list[Message] = []
    if state:
        told.append(Message("system", "State of the workflow:\n" + orjson.dumps(dict(state)).decode()))
    newest = max((at for at, item in enumerate(items) if item["type"] == "chatkit.user_message"), default=-1)
    for at, item in enumerate(items):
        match item["type"]:
            case "chatkit.user_message":
                told.append(Message("user", _words(item), media if at == newest else ()))
            case "chatkit.assistant_message":
                told.append(Message("assistant", item["content"][0]["text"]))
            case "chatkit.client_tool_call" if item["status"] == "completed":
                use = ToolUse(item["call_id"], item["name"], item["arguments"])
                told.append(Message("assistant", tool_calls=(use,)))
                told.append(Message("tool", item["output"], tool_call_id=item["call_id"]))
            case _ if HIDDEN in item:
                told.append(Message("user", item[TEXT]))
    return tuple(told)


def tool_of(item: Object | None) -> tuple[tuple[Tool, ...], ToolChoice]:
    """The tool that a message picks: the browser's, which is to be called. What it takes, only the browser knows."""
    picked = None if item is None else (item["inference_options"] or {}).get("tool_choice")
    if picked is None:
        return (), ToolChoice()
    return (Tool(picked["id"]),), ToolChoice("required", (picked["id"],))


def title_of(item: Object) -> str | None:
    """What a thread that begins with a message is called: its first words."""
    words = _words(item).split()
    title = ""
    for word in words[:8]:
        if len(title) + len(word) > 48:
            break
        title = f"{title} {word}".strip()
    return (title or words[0][:48] if words else "").rstrip(".,;:!?") or None


def widget_of(item: Object) -> Callable[[str], Object] | None:
    """What makes the widget of an answer, if a message asks for one."""
    buttons = buttons_of(_words(item))
    return partial(card, title_of(item), buttons) if buttons else None


def _part(part: Any) -> Object:
    if isinstance(part, TagPart):
        told: Object = {"type": "input_tag", "id": part.id, "text": part.text, "data": part.data}
        return {**told, "group": part.group, "interactive": bool(part.interactive)}
    return {"type": "input_text", "text": part.text}


def _words(item: Object) -> str:
    parts = [part["text"] for part in item["content"] if part["type"] == "input_text"]
    quoted = [f"This refers to:\n{part['text']}" for part in item["content"] if part["type"] == "quoted_text"]
    files = [f"[{file['name']}]" for file in item["attachments"]]
    return "\n\n".join(word for word in (" ".join(parts), *quoted, *files) if word)
