"""An agent's configuration: what was said of it, laid over what was there, with all that was left out.

Knows nothing of where it is kept. Secrets of MCP servers go no further than this.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fakeai.core.errors import BadRequest
from fakeai.store.encoding import encode_json
from fakeai.wire import wording
from fakeai.wire.agents import configuration as wire
from fakeai.wire.agents import tools as kinds
from fakeai.wire.agents.sessions import AgentChanged
from fakeai.wire.agents.tools import ToolTold

_LARGEST_TOOLS = 3 * 2**20
_MOST_SUBAGENTS = 6
"""At once, unless told otherwise."""
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


def plain(model: str) -> wire.Configuration:
    """An agent of that model of which nothing else was said."""
    return {
        "instructions": None,
        "model": model,
        "multi_agent": {"enabled": False, "max_concurrent_subagents": None},
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "auto",
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tools": [],
        "compaction": {"async": False},
        "experimental": {"time_awareness": False},
    }


def settled(said: wire.Configured, before: wire.Configuration, *, kept: bool) -> wire.Configuration:
    """`before` with what is said now: what is left out stays, and null is as if nothing had ever been said.

    `kept`: the tools are those of an agent that is kept, which tells headers.
    """
    given = said.model_fields_set
    usual = plain(before["model"])
    made = wire.Configuration(**before)
    if said.model is not None:
        made["model"] = said.model
    if "instructions" in given:
        made["instructions"] = said.instructions
    if "service_tier" in given:
        made["service_tier"] = said.service_tier or usual["service_tier"]
    if "multi_agent" in given:
        made["multi_agent"] = _multi_agent(said.multi_agent)
    if "reasoning" in given:
        made["reasoning"] = _reasoning(said.reasoning)
    if "text" in given:
        made["text"] = _text(said.text)
    if "compaction" in given:
        made["compaction"] = {"async": bool(said.compaction and said.compaction.is_async)}
    if said.experimental is not None and said.experimental.time_awareness is not None:
        made["experimental"] = {"time_awareness": said.experimental.time_awareness}
    if "tools" in given:
        made["tools"] = told(said.tools or (), kept=kept)
    return made


def told(tools: Sequence[kinds.Tool], *, kept: bool) -> list[ToolTold]:
    """Tools as they are told. Sessions tell of no search for tools, and of no headers."""
    return [_told(tool, kept=kept) for tool in tools if kept or not isinstance(tool, kinds.ToolSearch)]


def for_session(tools: Sequence[ToolTold]) -> list[ToolTold]:
    """The tools of an agent that is kept, as its sessions tell them."""
    return [_sessions(tool) for tool in tools if tool["type"] != "tool_search"]


def changed(agent: Any, said: AgentChanged) -> Any:
    """A session's agent with what was said of it. Any: as sessions have it."""
    made, given = {**agent}, said.model_fields_set
    if said.model is not None:
        made["model"] = said.model
    if said.reasoning is not None and "effort" in said.reasoning.model_fields_set:
        made["reasoning"] = {**agent["reasoning"], "effort": said.reasoning.effort}
    if "service_tier" in given:
        made["service_tier"] = said.service_tier or "auto"
    if "tools" in given:
        made["tools"] = told(said.tools or (), kept=False)
    return made


def of_change(said: AgentChanged) -> wire.Configured:
    """What is said of a session's agent, to be checked as a configuration is."""
    return wire.Configured.model_construct(tools=said.tools)


def check(said: wire.Configured, param: str = "") -> None:
    """What the types do not say. Raises BadRequest; `param` is where the configuration is."""
    where = f"{param}." if param else ""
    tools = said.tools or []
    if sum(len(encode_json(tool.model_dump(by_alias=True))) for tool in tools) > _LARGEST_TOOLS:
        raise BadRequest(f"Invalid '{where}tools': they are larger than {_LARGEST_TOOLS} bytes.", param=f"{where}tools")
    names: set[str] = set()
    for number, tool in enumerate(tools):
        at = f"{where}tools[{number}]"
        if isinstance(tool, kinds.Function):
            _check_function(tool, at)
        name = {"function": "name", "mcp": "server_label"}.get(tool.type)
        label = f"{tool.type} {getattr(tool, name)}" if name else tool.type
        if label in names:
            raise BadRequest(f"Invalid '{at}': there is another tool like it.", param=at)
        names.add(label)
    form = said.text.format if said.text is not None else None
    if isinstance(form, wire.SchemaText):
        _check_schema(form.of, f"{where}text.format.schema")


def _check_function(tool: kinds.Function, at: str) -> None:
    if not _NAME.fullmatch(tool.name):
        raise BadRequest(
            f"Invalid '{at}.name': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'.",
            param=f"{at}.name",
            code="invalid_value",
        )
    _check_schema(tool.parameters, f"{at}.parameters")


def _check_schema(schema: Mapping[str, Any], at: str) -> None:
    from fakeai.content import jsonschema

    try:
        jsonschema.check(schema, strict=False)
    except jsonschema.SchemaError as error:
        raise BadRequest(f"Invalid schema in '{at}': {error.message}", param=at, code="invalid_schema") from error


def _multi_agent(said: wire.MultiAgentWanted | None) -> wire.MultiAgent:
    if said is None or not said.enabled:
        return {"enabled": False, "max_concurrent_subagents": None}
    return {"enabled": True, "max_concurrent_subagents": said.max_concurrent_subagents or _MOST_SUBAGENTS}


def _reasoning(said: wire.ReasoningWanted | None) -> wire.Reasoning:
    return {"effort": None, "summary": None} if said is None else {"effort": said.effort, "summary": said.summary}


def _text(said: wire.TextWanted | None) -> wire.Text:
    form = None if said is None else said.format
    return {
        "format": {"type": "json_schema", "schema": form.of} if isinstance(form, wire.SchemaText) else {"type": "text"},
        "verbosity": (said and said.verbosity) or "medium",
    }


def _told(tool: kinds.Tool, *, kept: bool) -> ToolTold:
    if isinstance(tool, kinds.Function):
        made: kinds.FunctionTold = {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
            "defer_loading": bool(tool.defer_loading),
        }
        if tool.is_async is not None:
            made["async"] = tool.is_async
        return made
    if isinstance(tool, kinds.Mcp):
        return _mcp(tool, kept=kept)
    if isinstance(tool, kinds.WebSearch):
        return _search(tool)
    if isinstance(tool, kinds.ProgrammaticToolCalling):
        return {"type": "programmatic_tool_calling", "enabled": tool.enabled is not False}
    if isinstance(tool, kinds.ComputerUse):
        return {"type": "computer_use", "include_screenshots": bool(tool.include_screenshots)}
    return {"type": "automations"} if isinstance(tool, kinds.Automations) else {"type": "tool_search"}


def _mcp(tool: kinds.Mcp, *, kept: bool) -> kinds.McpTold:
    way = tool.transport
    transport: kinds.HttpTold | kinds.StdioTold
    if isinstance(way, kinds.Stdio):
        names = [*(way.env_vars or ()), *(way.env or ())]
        transport = {"type": "stdio", "command": way.command, "cwd": way.cwd, "args": way.args or [], "env_vars": names}
    else:
        transport = {"type": "http", "server_url": way.server_url}
        if kept:
            transport["headers"] = way.headers or {}
    return {
        "type": "mcp",
        "server_label": tool.server_label,
        "transport": transport,
        "allowed_tools": tool.allowed_tools,
        "connection_origin": tool.connection_origin or "service",
        "credential_id": tool.credential_id,
        "request_metadata": tool.request_metadata or {},
        "required": bool(tool.required),
    }


def _search(tool: kinds.WebSearch) -> kinds.WebSearchTold:
    place = tool.location
    where: kinds.LocationTold | None = None
    if place is not None:
        where = {
            "city": place.city,
            "country": place.country,
            "region": place.region,
            "timezone": place.timezone,
        }
    return {
        "type": "web_search",
        "allowed_domains": tool.allowed_domains,
        "context_size": tool.context_size or "medium",
        "location": where,
        "mode": tool.mode or "live",
    }


def _sessions(tool: ToolTold) -> ToolTold:
    if tool["type"] == "mcp" and tool["transport"]["type"] == "http":
        return {**tool, "transport": {"type": "http", "server_url": tool["transport"]["server_url"]}}
    return tool


def needs_model(where: str) -> BadRequest:
    """The refusal of a configuration that names no model, and is laid over none that does."""
    return wording.missing(f"{where}.model")
