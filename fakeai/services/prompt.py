"""Wire messages and tools → the neutral words of `core/generation.py`."""

from collections.abc import Mapping, Sequence
from typing import Any

from fakeai.core.generation import Media, Message, Tool, ToolChoice, ToolUse

_SPEAKERS = frozenset({"user", "system", "developer"})


def messages(items: Sequence[Any]) -> tuple[Message, ...]:
    """Neutral messages of a chat request's. Raises BadRequest for media that cannot be read. Any: a union of wire types."""
    return tuple(
        [
            Message(item.role, item.content, (), item.name)
            if type(item.content) is str and item.role in _SPEAKERS
            else _message(item, at)
            for at, item in enumerate(items)
        ]
    )


def _message(item: Any, at: int) -> Message:
    role = item.role
    content = item.content
    calls: tuple[ToolUse, ...] = ()
    if role == "assistant":
        calls = tuple(_tool_use(call) for call in item.tool_calls or ())
        if item.function_call is not None:
            calls += (ToolUse("", item.function_call.name, item.function_call.arguments),)
    name = getattr(item, "name", None)
    call_id = item.tool_call_id if role == "tool" else None
    if content is None or isinstance(content, str):
        return Message(role, content or "", (), name, calls, call_id)
    texts: list[str] = []
    found: list[Media] = []
    for number, part in enumerate(content):
        if part.type == "text":
            texts.append(part.text)
        elif part.type == "refusal":
            texts.append(part.refusal)
        else:
            found.append(_media(part, f"messages[{at}].content[{number}]"))
    return Message(role, "\n".join(texts), tuple(found), name, calls, call_id)


def _tool_use(call: Any) -> ToolUse:
    if call.type == "custom":
        return ToolUse(call.id, call.custom.name, call.custom.input)
    return ToolUse(call.id, call.function.name, call.function.arguments)


def _media(part: Any, where: str) -> Media:
    from fakeai.content import media

    match part.type:
        case "image_url":
            image = part.image_url
            return media.from_url(image.url, "image", param=f"{where}.image_url.url", detail=image.detail or "auto")
        case "input_audio":
            sound = part.input_audio
            return media.from_base64(sound.data, "audio", f"audio/{sound.format}", param=f"{where}.input_audio.data")
        case "video_url":
            return media.from_url(part.video_url.url, "video", param=f"{where}.video_url.url")
        case "audio_url":
            return media.from_url(part.audio_url.url, "audio", param=f"{where}.audio_url.url")
    file = part.file
    name = file.filename or ""
    if file.file_data:
        return media.from_url(file.file_data, "file", param=f"{where}.file.file_data", name=name)
    return Media("file", None, name=name, url=file.file_id or "")


def looked_at(items: tuple[Message, ...], body: Any) -> tuple[Message, ...]:
    """The messages, their films and pictures looked at as closely as the body says. Any: a chat request, or alike."""
    if body.media_io_kwargs is None and body.mm_processor_kwargs is None:
        return items
    from fakeai.content import media

    looks = media.looks(body.media_io_kwargs, body.mm_processor_kwargs)
    return tuple(
        [
            item._replace(media=tuple([one._replace(look=looks.get(one.kind)) for one in item.media]))
            if item.media
            else item
            for item in items
        ]
    )


def file_ids(items: Sequence[Message]) -> list[str]:
    """Ids of the uploaded files among the media of messages, each once."""
    found = (medium.url for item in items for medium in item.media if medium.data is None)
    return list(dict.fromkeys(name for name in found if name and "://" not in name))


def with_files(items: Sequence[Message], files: Mapping[str, Media]) -> tuple[Message, ...]:
    """The messages with the files in the place of their ids; a name that a message gives counts."""

    def put(medium: Media) -> Media:
        file = files.get(medium.url)
        return (
            medium
            if file is None
            else file._replace(kind=medium.kind, name=medium.name or file.name, detail=medium.detail)
        )

    return tuple(item._replace(media=tuple(map(put, item.media))) if item.media else item for item in items)


def tools(body: Any) -> tuple[Tool, ...]:
    """The tools of a chat request, legacy `functions` included. Any: a chat request of the wire."""
    found = declared(body.tools or ())
    found += [Tool(f.name, f.description or "", schema=f.parameters) for f in body.functions or ()]
    return tuple(found)


def declared(items: Sequence[Any]) -> list[Tool]:
    """The tools of a list. Any: a union of wire types."""
    return [_tool(tool) for tool in items]


def _tool(tool: Any) -> Tool:
    if tool.type == "custom":
        custom = tool.custom
        grammar = None
        if custom.format is not None and custom.format.type == "grammar":
            grammar = (custom.format.grammar.syntax, custom.format.grammar.definition)
        return Tool(custom.name, custom.description or "", "custom", grammar=grammar)
    function = tool.function
    return Tool(function.name, function.description or "", "function", function.parameters, bool(function.strict))


def tool_choice(body: Any) -> ToolChoice:
    """What `tool_choice` (or legacy `function_call`) asks for."""
    choice = body.tool_choice if body.tool_choice is not None else body.function_call
    if choice is None or isinstance(choice, str):
        return ToolChoice(choice or "auto")  # type: ignore[arg-type]  # the wire type lists the same words
    kind = getattr(choice, "type", "function")
    if kind == "allowed_tools":
        allowed = choice.allowed_tools
        return ToolChoice(allowed.mode, tuple(_named(tool) for tool in allowed.tools))
    if kind == "custom":
        return ToolChoice("required", (choice.custom.name,))
    name = choice.function.name if hasattr(choice, "function") else choice.name
    return ToolChoice("required", (name,))


def _named(tool: dict[str, Any]) -> str:
    inner = tool.get(str(tool.get("type", "function"))) or tool
    return str(inner.get("name", "") if isinstance(inner, dict) else "")


def prediction(body: Any) -> str | None:
    """The text of a predicted output, its parts joined."""
    if body.prediction is None:
        return None
    content = body.prediction.content
    return content if isinstance(content, str) else "".join(part.text for part in content)


def voice(wanted: Any) -> str:
    """The name of a voice: given as such, or as an object with the id of a custom one."""
    return wanted if isinstance(wanted, str) else str(wanted.id)


def logit_bias(bias: Mapping[str, float]) -> dict[int, float]:
    """Biases by token id; keys that are no ids (`{"foo": 0}`) have no effect."""
    return {
        int(token): weight for token, weight in bias.items() if token.isascii() and token.isdigit() and len(token) < 9
    }
