"""What an agent does by itself before it answers, as the user's words and its tools suggest: deeds in their order.

A simulated model has no will: words that ask for a search, a command, a file, a server's tool, a browser, subagents or
a reminder have it done, where the agent has what it takes.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fakeai.store.base import Object

Deed = Mapping[str, Any]
"""What is to be done: JSON (hence Any), with its `kind`."""

_MOST = 6
"""Deeds of a turn."""
_READ = 8_000
"""Characters of a user's words that are looked at."""
_LONGEST = 300

_SEARCH = re.compile(r"\b(search|look up|look for|google|latest|news|on the web|find out)\b", re.IGNORECASE)
_BROWSE = re.compile(r"\b(brows(e|er)|website|web ?page|open the page|click|screenshot)\b", re.IGNORECASE)
_SIGN_IN = re.compile(r"\b(sign|log) ?in\b", re.IGNORECASE)
_URL = re.compile(r"(https?://[\w.-]+(?::\d{1,5})?)(/[^\s\"'<>)]*)?", re.IGNORECASE)
_MANY = re.compile(r"\b(sub-?agents?|delegate|in parallel)\b", re.IGNORECASE)
_LATER = re.compile(r"\b(remind|wake|schedule|every (?:minute|hour|day|week|morning|monday))\b", re.IGNORECASE)
_TICKED = re.compile(r"`([^`\n]{1,300})`")
_RUN = re.compile(r"\b(?:run|execute)(?: the command)?:? +([a-z][\w./-]*(?: +[^\s,.;]+){0,8})", re.IGNORECASE)
_MADE = re.compile(r"\b(?:write|create|make|save|generate|produce|export|draft)\b", re.IGNORECASE)
_FILE = re.compile(
    r"(?<![\w/.-])((?:[\w-]{1,60}/){0,3}[\w-]{1,60}\.(?:txt|md|csv|json|html|py|js|sql|xml|yaml|log|svg))\b"
)
_LISTED = re.compile(r"^[ \t]*(?:\d{1,2}[.)]|[-*])[ \t]+(.{3,300})$", re.MULTILINE)
_TIMES: Mapping[str, str] = MappingProxyType(
    {
        "minute": "* * * * *",
        "hour": "0 * * * *",
        "day": "0 9 * * *",
        "morning": "0 8 * * *",
        "week": "0 9 * * 1",
        "monday": "0 9 * * 1",
    }
)
_RISKY = re.compile(r"(create|update|delete|send|write|remove|post|add|set|pay|buy)(_|-|$)", re.IGNORECASE)
"""Names of servers' tools that want to be approved."""


def plan(agent: Object, environment: str, text: str, *, root: bool) -> list[Deed]:
    """The deeds of a turn. `environment` is its type; subagents have none of their own."""
    text = text[:_READ]
    tools: dict[str, list[Object]] = {}
    for tool in agent["tools"]:
        tools.setdefault(tool["type"], []).append(tool)
    found: list[Deed] = []
    for of in _PLANS:
        found += of(agent, tools, environment, text, root)
    return found[:_MOST]


def risky(name: str) -> bool:
    """Whether a tool of that name is only called when somebody has approved."""
    return _RISKY.match(name) is not None


def path_of(name: str) -> str:
    """Where a file that a user names is made."""
    return f"/workspace/outputs/{name}"


def _searches(
    agent: Object, tools: Mapping[str, Sequence[Object]], where: str, text: str, root: bool
) -> Iterator[Deed]:
    for tool in tools.get("web_search", ()):
        if tool["mode"] != "disabled" and _SEARCH.search(text):
            yield {"kind": "search", "query": " ".join(text.split())[:_LONGEST]}


def _servers(agent: Object, tools: Mapping[str, Sequence[Object]], where: str, text: str, root: bool) -> Iterator[Deed]:
    said = re.sub(r"[\W_]+", " ", text).lower()
    for tool in tools.get("mcp", ()):
        names = tool["allowed_tools"] or ["search"]
        named = [name for name in names if re.sub(r"[\W_]+", " ", name).lower().strip() in said]
        label = re.sub(r"[\W_]+", " ", tool["server_label"]).lower().strip()
        if named or label in said.split() or "mcp" in said.split():
            yield {
                "kind": "server",
                "server": tool["server_label"],
                "name": (named or names)[0],
                "query": text[:_LONGEST],
            }


def _commands(
    agent: Object, tools: Mapping[str, Sequence[Object]], where: str, text: str, root: bool
) -> Iterator[Deed]:
    if where == "none":
        return
    ticked = [found for found in _TICKED.findall(text) if not _FILE.fullmatch(found)]
    for command in ticked or _RUN.findall(text):
        yield {"kind": "command", "command": command.strip()}
    if _MADE.search(text):
        words = _TICKED.sub(lambda found: found[1] if _FILE.fullmatch(found[1]) else " ", text)
        for name in dict.fromkeys(_FILE.findall(words)):
            yield {"kind": "file", "path": path_of(name), "about": " ".join(text.split())[:_LONGEST]}


def _pages(agent: Object, tools: Mapping[str, Sequence[Object]], where: str, text: str, root: bool) -> Iterator[Deed]:
    url = _URL.search(text)
    for tool in tools.get("computer_use", ()):
        if where == "openai_hosted" and (url or _BROWSE.search(text)):
            origin = url[1].lower() if url else "https://www.example.com"
            signs = _SIGN_IN.search(text) is not None
            yield {
                "kind": "page",
                "origin": origin,
                "shot": tool["include_screenshots"],
                "sign_in": signs,
                "asks": bool(url),
            }


def _helpers(agent: Object, tools: Mapping[str, Sequence[Object]], where: str, text: str, root: bool) -> Iterator[Deed]:
    multi = agent["multi_agent"]
    if root and multi["enabled"] and _MANY.search(text):
        tasks = [" ".join(task.split()) for task in _LISTED.findall(text)] or [" ".join(text.split())[:_LONGEST]]
        yield {"kind": "helpers", "tasks": tasks[: multi["max_concurrent_subagents"]]}


def _reminders(
    agent: Object, tools: Mapping[str, Sequence[Object]], where: str, text: str, root: bool
) -> Iterator[Deed]:
    said = _LATER.search(text) if root and "automations" in tools else None
    if said is not None:
        word = said[1].lower().rsplit(" ", 1)[-1]
        yield {"kind": "reminder", "expression": _TIMES.get(word, _TIMES["day"]), "about": text[:_LONGEST]}


_Plans = Callable[[Object, Mapping[str, Sequence[Object]], str, str, bool], Iterator[Deed]]
_PLANS: tuple[_Plans, ...] = (_searches, _servers, _pages, _commands, _helpers, _reminders)
