"""Items of the Responses API, as JSON → the neutral messages of a conversation.

Takes what callers have sent (checked by `wire/responses/items.py`) and what earlier responses have put out alike. What is
only told of (a list of an MCP server's tools, a request for approval) says nothing to the model.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject, Media, Message, ToolUse

_SEAL = b"fakeai:"
"""What the encrypted content of our own items begins with."""


def messages(items: Sequence[JsonObject], param: str = "input") -> tuple[Message, ...]:
    """The conversation that the items are. Raises BadRequest for media that cannot be read."""
    told = [
        message
        for at, item in enumerate(_decided(items))
        if (tell := _TELLERS.get(item.get("type", "message"))) is not None
        for message in tell(item, f"{param}[{at}]")
    ]
    return tuple(_joined(told)) if any(message.tool_calls for message in told) else tuple(told)


def _decided(items: Sequence[JsonObject]) -> Sequence[JsonObject]:
    """The items, with calls of servers' tools that were not allowed as calls that failed."""
    asked = {item["id"]: item for item in items if item.get("type") == "mcp_approval_request" and item.get("id")}
    if not asked:
        return items
    return [
        {**asked[item["approval_request_id"]], "type": "mcp_call", "error": "The user has not approved this call."}
        if item.get("type") == "mcp_approval_response" and not item["approve"] and item["approval_request_id"] in asked
        else item
        for item in items
    ]


def _joined(told: Iterable[Message]) -> Iterator[Message]:
    """Calls made at once are one message's, as is what was said before them."""
    last: Message | None = None
    calls: list[ToolUse] = []
    for message in told:
        if message.tool_calls and last is not None and last.role == "assistant":
            calls += message.tool_calls
            continue
        if last is not None:
            yield last._replace(tool_calls=tuple(calls)) if calls else last
        last, calls = message, list(message.tool_calls)
    if last is not None:
        yield last._replace(tool_calls=tuple(calls)) if calls else last


def _message(item: JsonObject, where: str) -> Iterable[Message]:
    content = item["content"]
    text, media = (content, ()) if isinstance(content, str) else _content(content, f"{where}.content")
    yield Message(item["role"], text, media)


def _content(parts: Sequence[JsonObject], where: str) -> tuple[str, tuple[Media, ...]]:
    texts: list[str] = []
    found: list[Media] = []
    for number, part in enumerate(parts):
        text = part.get("text", part.get("refusal"))
        if text is not None:
            texts.append(text)
        else:
            found.append(_media(part, f"{where}[{number}]"))
    return "\n".join(texts), tuple(found)


def _media(part: JsonObject, where: str) -> Media:
    from fakeai.content import media

    match part["type"]:
        case "input_audio":
            sound = part["input_audio"]
            return media.from_base64(
                sound["data"], "audio", f"audio/{sound['format']}", param=f"{where}.input_audio.data"
            )
        case "input_file":
            name = part.get("filename") or ""
            link = part.get("file_data") or part.get("file_url")
            if link:
                return media.from_url(link, "file", param=f"{where}.file_data", name=name)
            return Media("file", None, name=name, url=part.get("file_id") or "")
    if part.get("image_url"):
        detail = part.get("detail") or "auto"
        return media.from_url(part["image_url"], "image", param=f"{where}.image_url", detail=detail)
    return Media("image", None, url=part.get("file_id") or "")


def _use(name: str, field: str) -> "Callable[[JsonObject, str], Iterable[Message]]":
    """A call of the tool `name`, whose input is in a field."""

    def tell(item: JsonObject, where: str) -> Iterable[Message]:
        given = item.get(field)
        text = given if isinstance(given, str) else json.dumps(given, separators=(",", ":"))
        yield Message("assistant", tool_calls=(ToolUse(item["call_id"], name or item["name"], text),))

    return tell


def _output(item: JsonObject, where: str) -> Iterable[Message]:
    given = item["output"]
    text, media = (given, ()) if isinstance(given, str) else _content(given, f"{where}.output")
    yield Message("tool", text, media, tool_call_id=item["call_id"])


def _screen(item: JsonObject, where: str) -> Iterable[Message]:
    shot = _media(item["output"], f"{where}.output")
    yield Message("tool", "The screen shows what was asked for.", (shot,), tool_call_id=item["call_id"])


def _local_output(item: JsonObject, where: str) -> Iterable[Message]:
    yield Message("tool", item["output"], tool_call_id=item["id"])


def _shell_output(item: JsonObject, where: str) -> Iterable[Message]:
    written = (f"{one.get('stdout', '')}{one.get('stderr', '')}" for one in item["output"])
    yield Message("tool", "\n".join(written), tool_call_id=item["call_id"])


def _patch_output(item: JsonObject, where: str) -> Iterable[Message]:
    yield Message("tool", item.get("output") or f"The patch has {item['status']}.", tool_call_id=item["call_id"])


def _hosted(name: str, asked: str, given: str) -> "Callable[[JsonObject, str], Iterable[Message]]":
    """A call that the platform has carried out: the call, and what it gave where the item still has it."""

    def tell(item: JsonObject, where: str) -> Iterable[Message]:
        uses = (ToolUse(item.get("id") or "", name, _text(item.get(asked))),)
        yield Message("assistant", tool_calls=uses)
        yield Message("tool", _text(item.get(given)), tool_call_id=item.get("id") or "")

    return tell


def _mcp(item: JsonObject, where: str) -> Iterable[Message]:
    name = f"{item.get('server_label', '')}.{item.get('name', '')}"
    yield Message("assistant", tool_calls=(ToolUse(item.get("id") or "", name, item.get("arguments") or ""),))
    yield Message("tool", _text(item.get("output") or item.get("error")), tool_call_id=item.get("id") or "")


def _thought(item: JsonObject, where: str) -> Iterable[Message]:
    return ()


def _compacted(item: JsonObject, where: str) -> Iterable[Message]:
    inner = unsealed(item["encrypted_content"], where)
    try:
        yield from messages(inner, where)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise _unverified(where) from error  # somebody has sealed it himself


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


_TELLERS: "Mapping[str, Callable[[JsonObject, str], Iterable[Message]]]" = MappingProxyType(
    {
        "message": _message,
        "function_call": _use("", "arguments"),
        "function_call_output": _output,
        "custom_tool_call": _use("", "input"),
        "custom_tool_call_output": _output,
        "computer_call": _use("computer", "action"),
        "computer_call_output": _screen,
        "local_shell_call": _use("local_shell", "action"),
        "local_shell_call_output": _local_output,
        "shell_call": _use("shell", "action"),
        "shell_call_output": _shell_output,
        "apply_patch_call": _use("apply_patch", "operation"),
        "apply_patch_call_output": _patch_output,
        "web_search_call": _hosted("web_search", "action", "action"),
        "file_search_call": _hosted("file_search", "queries", "results"),
        "code_interpreter_call": _hosted("code_interpreter", "code", "outputs"),
        "image_generation_call": _hosted("image_generation", "revised_prompt", "status"),
        "mcp_call": _mcp,
        "reasoning": _thought,
        "compaction": _compacted,
    }
)

# -- what is sealed


def sealed(value: Any) -> str:
    """JSON as encrypted content: opaque to callers, whole when it comes back. Not a secret: it is ours to read only."""
    return b64encode(_SEAL + json.dumps(value, separators=(",", ":")).encode()).decode()


def unsealed(text: str, where: str) -> list[JsonObject]:
    """The items that `sealed` was given. Raises BadRequest for what was not made here."""
    try:
        raw = b64decode(text, validate=True)
        if not raw.startswith(_SEAL):
            raise ValueError("not ours")
        items: list[JsonObject] = json.loads(raw[len(_SEAL) :])
    except (ValueError, RecursionError) as error:
        raise _unverified(where) from error
    return items


def _unverified(where: str) -> BadRequest:
    return BadRequest(
        "The encrypted content could not be verified. Reason: Encrypted content could not be decrypted or parsed.",
        param=f"{where}.encrypted_content",
        code="invalid_encrypted_content",
    )


# -- which outputs answer which calls

_ANSWERS: Mapping[str, str] = MappingProxyType(
    {
        "function_call_output": "function_call",
        "custom_tool_call_output": "custom_tool_call",
        "computer_call_output": "computer_call",
        "shell_call_output": "shell_call",
        "apply_patch_call_output": "apply_patch_call",
    }
)
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "function_call": "function call",
        "custom_tool_call": "custom tool call",
        "computer_call": "computer call",
        "shell_call": "shell call",
        "apply_patch_call": "apply patch call",
    }
)


def check_answers(items: Sequence[JsonObject]) -> None:
    """Refuse outputs of calls that nobody made, and calls whose outputs are missing."""
    open_calls: dict[str, str] = {}
    for item in items:
        kind = item.get("type", "message")
        if kind in _NAMES:
            open_calls[item["call_id"]] = kind
        elif kind in _ANSWERS and open_calls.pop(item["call_id"], None) is None:
            name = _NAMES[_ANSWERS[kind]]
            raise BadRequest(f"No tool call found for {name} output with call_id {item['call_id']}.", param="input")
    for call_id, kind in open_calls.items():
        what = "tool output" if kind == "function_call" else f"output for {_NAMES[kind]}"
        raise BadRequest(f"No {what} found for {_NAMES[kind]} {call_id}.", param="input")
