"""What is asked of the model for one response: the session's settings, and what the response wants otherwise."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from fakeai.core.errors import BadRequest
from fakeai.core.generation import AudioOut, JsonObject, Tool, ToolChoice
from fakeai.services.realtime import mcp
from fakeai.services.realtime.commands import Generate
from fakeai.services.realtime.config import check_most_tokens, check_response_modalities
from fakeai.services.realtime.conversation import Entry
from fakeai.services.realtime.response import Plan, Remote


class Planned(NamedTuple):
    """A response, and what to ask for it."""

    plan: Plan
    ask: Generate


def planned(
    session: JsonObject, wanted: JsonObject, response_id: str, conversation_id: str | None, entries: Sequence[Entry]
) -> Planned:
    """The plan of a response: `wanted` are the fields of its request that were given. Raises BadRequest."""
    check_response_modalities(wanted.get("output_modalities"))
    check_most_tokens(wanted.get("max_output_tokens"))
    modality = (wanted.get("output_modalities") or session["output_modalities"])[0]
    output = {**session["audio"]["output"], **((wanted.get("audio") or {}).get("output") or {})}
    voice = output["voice"]["id"] if isinstance(output["voice"], dict) else output["voice"]
    form = output["format"] if output["format"]["type"] != "audio/pcm" else {"type": "audio/pcm", "rate": 24000}
    most = wanted.get("max_output_tokens") or session["max_output_tokens"]
    tools, remote = _tools(wanted["tools"] if "tools" in wanted else session["tools"])
    choice = wanted.get("tool_choice") or session["tool_choice"]
    plan = Plan(
        modality, form, voice, most, wanted.get("metadata"), conversation_id, session.get("temperature"), remote
    )
    reasoning = wanted.get("reasoning") or session.get("reasoning") or {}
    instructions = wanted.get("instructions")
    ask = Generate(
        response_id,
        tuple(entries),
        session["instructions"] if instructions is None else instructions,
        None if most == "inf" else max(1, most),
        wanted.get("temperature", session.get("temperature")),
        tools,
        _choice(choice, tools, remote),
        wanted.get("parallel_tool_calls", session.get("parallel_tool_calls")) is not False,
        AudioOut(voice, "pcm16", speed=output["speed"]) if modality == "audio" else None,
        reasoning.get("effort"),
        session["truncation"],
    )
    return Planned(plan, ask)


def _tools(declared: Sequence[JsonObject]) -> tuple[tuple[Tool, ...], dict[str, Remote]]:
    tools: list[Tool] = []
    remote: dict[str, Remote] = {}
    for tool in declared:
        if tool.get("type") != "mcp":
            tools.append(Tool(tool["name"], tool.get("description") or "", schema=tool.get("parameters")))
            continue
        for listed in mcp.tools(tool):
            if listed["name"] not in remote:
                remote[listed["name"]] = Remote(tool["server_label"], listed["name"], mcp.asks(tool, listed["name"]))
                tools.append(Tool(listed["name"], listed["description"], schema=listed["input_schema"]))
    return tuple(tools), remote


def _choice(choice: Any, tools: Sequence[Tool], remote: dict[str, Remote]) -> ToolChoice:
    """Any: a word, or the name of a tool."""
    if isinstance(choice, str):
        if choice == "required" and not tools:
            raise BadRequest("Invalid value: 'required'. There are no tools to choose from.", param="tool_choice")
        return ToolChoice(choice)  # type: ignore[arg-type]  # the wire lists the same words
    label = choice.get("server_label")
    names = tuple(name for name, tool in remote.items() if tool.label == label) if label else ()
    named = choice.get("name")
    names = (named,) if named else names
    known = {tool.name for tool in tools}
    if not names or any(name not in known for name in names):
        raise BadRequest(
            f"Tool choice '{str(named or label)[:100]}' not found in 'tools' parameter.",
            param="tool_choice",
            code="invalid_value",
        )
    return ToolChoice("required", names)
