"""What a model is told of a session: the items of a thread as neutral messages, and what was done beside them.

What the agent itself has done in a turn (commands, searches, subagents' answers) is told as notes before what the user
said, so that the user has the last word, and functions are still called for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from fakeai.core.clock import off_loop
from fakeai.core.generation import Media, Message, Tool, ToolUse
from fakeai.store.base import Object
from fakeai.wire.agents.inputs import InputImage, InputMessage

_BASE = "You are an agent that works on a task until it is done, and then reports."
_LONGEST_NOTE = 4_000
_INLINE = 2**18
"""Characters of images that are decoded on the loop."""
_WAITING = "The call is running. Its result will follow."


def messages(agent: Object, items: Iterable[Object], time: str = "") -> tuple[Message, ...]:
    """A thread from its first item on, as the agent's model is told it; with the time if it is to know that."""
    found = [Message("developer", "\n\n".join(part for part in (_BASE, agent["instructions"], time) if part))]
    outputs: set[str] = set()
    turn: list[Message] = []
    notes: list[Message] = []
    last = ""
    everything = list(items)
    answered = {item["call_id"] for item in everything if item["type"] == "function_call_output"}
    for item in everything:
        if item["turn_id"] != last:
            found += [*notes, *turn]
            turn, notes, last = [], [], item["turn_id"]
        note = _note(item)
        if note:
            notes.append(Message("developer", note[:_LONGEST_NOTE]))
        else:
            turn += _said(item, answered, outputs)
    return (*found, *notes, *turn)


def functions(tools: Sequence[Object]) -> tuple[Tool, ...]:
    """The functions of the application that may be called."""
    return tuple(
        Tool(tool["name"], tool["description"], schema=tool["parameters"])
        for tool in tools
        if tool["type"] == "function"
    )


def schema_of(agent: Object) -> Mapping[str, Any] | None:
    """What the answer has to look like. Any: a JSON Schema."""
    form = agent["text"]["format"]
    return form["schema"] if form["type"] == "json_schema" else None


def spoken(items: Iterable[Object]) -> list[str]:
    """What users say in items, in order."""
    return [_text(item["content"]) for item in items if item["type"] == "message" and item["role"] == "user"]


async def check_images(said: Sequence[InputMessage], param: str) -> None:
    """Refuse images that cannot be read. Raises BadRequest."""
    sizes = [len(part.image_url) for message in said for part in message.content if isinstance(part, InputImage)]
    if sum(sizes) > _INLINE:
        await off_loop(_check_images, said, param)
    else:
        _check_images(said, param)


async def told(agent: Object, items: Sequence[Object], time: str = "") -> tuple[Message, ...]:
    """`messages`; in a thread if there are large images to decode."""
    parts = (part for item in items if item["type"] == "message" for part in item["content"])
    if sum(len(part.get("image_url", "")) for part in parts) > _INLINE:
        return await off_loop(messages, agent, items, time)
    return messages(agent, items, time)


def _check_images(said: Sequence[InputMessage], param: str) -> None:
    from fakeai.content import media

    for number, message in enumerate(said):
        for at, part in enumerate(message.content):
            if isinstance(part, InputImage):
                where = f"{param}[{number}].content[{at}].image_url"
                picture = _image(part.image_url, where)
                if picture.data is not None:
                    media.image_size(picture.data, where)


def _said(item: Object, answered: set[str], outputs: set[str]) -> list[Message]:
    kind = item["type"]
    if kind == "message":
        media = tuple(_image(part["image_url"], None) for part in item["content"] if part["type"] == "input_image")
        text = _text(item["content"])
        return [Message(item["role"], text, media)] if text or media else []
    if kind == "function_call":
        use = ToolUse(item["call_id"], item["name"], orjson.dumps(item["arguments"]).decode())
        call = Message("assistant", tool_calls=(use,))
        return [call] if item["call_id"] in answered else [call, Message("tool", _WAITING, tool_call_id=use.id)]
    if kind == "function_call_output" and item["call_id"] not in outputs:
        outputs.add(item["call_id"])
        output = item["output"] if item["error"] is None else item["error"]
        text = output if isinstance(output, str) else _text(output or ())
        return [Message("tool", text, tool_call_id=item["call_id"])]
    return []


def _note(item: Object) -> str:
    """What is told of a deed of the agent's own."""
    match item["type"]:
        case "command_execution":
            return f"Ran `{item['command']}` (exit code {item['exit_code']}):\n{item['output'] or ''}"
        case "web_search_call" if item["action"] is not None:
            return f"Searched the web for: {item['action'].get('query')}"
        case "mcp_call":
            result = item["error"] if item["error"] is not None else item["output"]
            return f"Called {item['name']} of {item['server_label']}: {orjson.dumps(result).decode()}"
        case "agent_message":
            return f"A subagent reports: {_text(item['content'])}"  # not which: equal sessions have equal answers
        case "computer_use_call":
            return f"Used the browser: {item['title'] or ''}"
    return ""


def _text(content: Iterable[Any]) -> str:
    return "\n".join(part["text"] for part in content if "text" in part)


def _image(url: str, param: str | None) -> Media:
    from fakeai.content import media

    return media.from_url(url, "image", param=param)
