"""Requests of agents that nobody should send, by name: the path, the body, and for some of them what they must not break."""

import json
from base64 import b64encode
from typing import Any

from contract.hostile import laughing

AGENTS = "/v1/agents"
SESSIONS = f"{AGENTS}/sessions"
ENVIRONMENTS = f"{AGENTS}/environments"
AUTOMATIONS = f"{AGENTS}/automations"
MODEL = {"model": "gpt-4o-mini"}
NOWHERE = {"type": "none"}
DEEP = b"[" * 5_000 + b"]" * 5_000


def function(name: str, parameters: Any = None) -> dict[str, Any]:
    return {"type": "function", "name": name, "description": "f", "parameters": parameters or {"type": "object"}}


def opening(agent: Any = None, **more: Any) -> tuple[str, bytes]:
    agent = {**MODEL, **(agent or {})}
    return SESSIONS, json.dumps({"agent": agent, "environment": NOWHERE, "input": "Hi", **more}).encode()


def raw(field: bytes, value: bytes) -> tuple[str, bytes]:
    """A session with a field written as it is, JSON or not."""
    return SESSIONS, b'{"agent":{"model":"gpt-4o-mini"},"environment":{"type":"none"},"input":"a","%b":%b}' % (
        field,
        value,
    )


def with_tools(*tools: Any) -> tuple[str, bytes]:
    return opening({"tools": list(tools)})


def saying(content: Any) -> tuple[str, bytes]:
    return opening(input=[{"role": "user", "content": content}])


def furnished(**more: Any) -> tuple[str, bytes]:
    return ENVIRONMENTS, json.dumps({"environment": {"type": "openai_hosted", **more}}).encode()


def filed(path: str, data: str = "aGk=") -> tuple[str, bytes]:
    return furnished(files=[{"type": "inline", "path": path, "data": data}])


def automated(**timing: Any) -> tuple[str, bytes]:
    said = [{"role": "user", "content": [{"type": "input_text", "text": "a"}]}]
    target = {"type": "new_session", "agent": MODEL, "environment": NOWHERE, "input": said}
    return AUTOMATIONS, json.dumps(
        {"type": "periodic", "name": "n", "timezone": "UTC", "target": target, **timing}
    ).encode()


def archived(data: bytes) -> tuple[str, bytes]:
    source = {"type": "base64", "media_type": "application/zip", "data": b64encode(data).decode()}
    return furnished(plugins=[{"type": "inline", "name": "p", "description": "d", "source": source}])


REFUSED: dict[str, tuple[str, bytes]] = {
    "nothing": (SESSIONS, b""),
    "an array": (SESSIONS, b"[]"),
    "half a session": (SESSIONS, opening()[1][:40]),
    "a deep agent": raw(b"agent", b'{"model":"gpt-4o-mini","tools":%b}' % DEEP),
    "deep metadata": raw(b"metadata", DEEP),
    "5,000 digits of cents": raw(b"spend_control", b'{"limit":%b}' % (b"9" * 5_000)),
    "a negative limit": opening(spend_control={"limit": -1}),
    "no limit at all": opening(spend_control={"limit": 1.5}),
    "much metadata": opening(metadata={str(n): "x" for n in range(50_000)}),
    "a long model": opening({"model": "x" * 1_000_000}),
    "10,000 tools": with_tools(*(function(f"f{n}", laughing(1)) for n in range(10_000))),
    "the same tool 10,000 times": with_tools(*([{"type": "web_search"}] * 10_000)),
    "a million tools that are none": raw(b"agent", b'{"model":"gpt-4o-mini","tools":[%b{}]}' % (b"{}," * 1_000_000)),
    "a tool of 4 MB": with_tools(function("f", {"type": "object", "description": "x" * 4_000_000})),
    "a schema that is none": with_tools(function("f", {"type": "nothing"})),
    "a schema that leads nowhere": with_tools(function("f", {"$ref": "#/$defs/none"})),
    "a schema that holds itself": with_tools(function("f", {"$ref": "#"})),
    "a schema of ten to the ninth values": with_tools(function("f", laughing(9))),
    "a name with a newline": with_tools(function("f\n")),
    "a million subagents": opening({"multi_agent": {"enabled": True, "max_concurrent_subagents": 10**6}}),
    "fewer than no subagents": opening({"multi_agent": {"enabled": True, "max_concurrent_subagents": -1}}),
    "300,000 messages": opening(input=[{"role": "user", "content": [{"type": "input_text", "text": "a"}]}] * 300_000),
    "a message of nothing": saying([]),
    "an image that is none": saying([{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}]),
    "a message of 11 MB": opening(input="x" * 11_000_000),
    "10,000 vaults": opening(vault_ids=["vault_x"] * 10_000),
    "a path above": filed("/workspace/../etc/passwd"),
    "a path elsewhere": filed("/etc/passwd"),
    "a path of zero bytes": filed("/workspace/a\0b"),
    "a path of 5,000 characters": filed("/workspace/" + "a" * 5_000),
    "a path that is none": filed("workspace/a"),
    "a reserved path": filed("/workspace/outputs"),
    "bytes that are not base64": filed("/workspace/a", "%%%"),
    "a plugin that is no zip": archived(b"PK\3\4" + bytes(100)),
    "a cron expression that never comes true": automated(expression="0 0 30 2 *"),
    "a cron expression of four fields": automated(expression="* * * *"),
    "a cron expression of a million fields": automated(expression="* " * 1_000_000),
    "a cron expression of a million parts": automated(expression="1," * 1_000_000 + "1 * * * *"),
    "a step of nothing": automated(expression="*/0 * * * *"),
    "a step of 5,000 digits": automated(expression="*/" + "9" * 5_000 + " * * * *"),
    "a zone that is a path": automated(expression="* * * * *", timezone="../../etc/passwd"),
    "a zone of a million characters": automated(expression="* * * * *", timezone="A" * 1_000_000),
    "a time long ago": automated(type="once", run_at=1),
    "a time beyond any": automated(type="once", run_at=10**18),
    "a time of 5,000 digits": (
        AUTOMATIONS,
        automated(type="once", run_at=1)[1].replace(b'"run_at": 1', b'"run_at": ' + b"9" * 5_000),
    ),
}

SURVIVED: dict[str, tuple[str, bytes]] = {
    "1,000 tools": with_tools(*(function(f"f{n}") for n in range(1_000))),
    "an address inside": with_tools(
        {
            "type": "mcp",
            "server_label": "m",
            "transport": {"type": "http", "server_url": "http://169.254.169.254/latest"},
        }
    ),
    "a million backticks": opening(input="`" * 1_000_000),
    "a million words of one": opening(input="run " * 250_000),
    "a list of 200,000 tasks": opening(
        {"multi_agent": {"enabled": True}}, input="Delegate:\n" + "1. Delegate all of this in parallel.\n" * 100_000
    ),
    "a name of odd characters": filed("/workspace/\u202egnp.\U0001f600 'a\"b;$(reboot)"),
    "a cron expression of all minutes twice": automated(expression="0-59,0-59 * * * *"),
    "a leap day": automated(expression="0 0 29 2 *"),
}
