"""What is asked of agents, their environments, vaults, sessions and automations. OpenAI's document does not know them yet."""

from contract.steps import Step, one

_TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
_TOOLS = [
    _TOOL,
    {"type": "web_search", "mode": "live", "location": {"country": "FR"}, "allowed_domains": ["a.example"]},
    {
        "type": "mcp",
        "server_label": "crm",
        "transport": {"type": "http", "server_url": "https://m.example", "headers": {"a": "b"}},
        "allowed_tools": ["find_people"],
        "request_metadata": {"a": 1},
    },
    {"type": "computer_use", "include_screenshots": True},
    {"type": "automations"},
]
_AGENT = {
    "model": "gpt-4o-mini",
    "name": "a",
    "instructions": "Be brief.",
    "metadata": {"a": "b"},
    "tools": _TOOLS,
    "reasoning": {"effort": "low", "summary": "auto"},
    "text": {"format": {"type": "json_schema", "schema": {"type": "object"}}, "verbosity": "low"},
    "multi_agent": {"enabled": True, "max_concurrent_subagents": 2},
    "compaction": {"async": True},
    "experimental": {"time_awareness": True},
    "service_tier": "flex",
}
_FURNISHED = {
    "files": [{"type": "inline", "path": "/workspace/a.txt", "data": "eA=="}],
    "env": {"A": "b"},
    "network": {"access": "restricted", "allowed_domains": ["a.example"]},
    "packages": {"python": ["numpy"], "npm": [], "system": []},
    "desktop": {"enabled": True},
    "setup_commands": [{"command": "true", "cwd": "/workspace"}],
    "capability_directories": ["/workspace/x"],
}
_WORDS = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]
_TEMPLATES = "/agents/environments/templates"
_VAULT = "/vaults/{vault_id}"
_SESSION = "/agents/sessions/{session_id}"
_AUTOMATION = "/agents/automations/{automation_id}"
_OAUTH = {
    "type": "mcp_oauth",
    "access_token": "t",
    "mcp_server_url": "https://m.example",
    "expires_at": "2030-01-01T00:00:00Z",
    "refresh": {
        "client_id": "c",
        "refresh_token": "r",
        "token_endpoint": "https://t.example",
        "token_endpoint_auth": {"type": "client_secret_post", "client_secret": "s"},
    },
}
_ROTATED = {"type": "mcp_oauth", "access_token": "n", "refresh": {"refresh_token": "r", "scope": "a"}}

_KEPT = [
    *one("/agents", "agent_id", _AGENT, _AGENT),
    *one("/vaults", "vault_id", {"name": "v", "metadata": {"a": "b"}}, {"name": "w"}),
    *one(
        f"{_VAULT}/credentials",
        "credential_id",
        {"name": "c", "auth": _OAUTH, "metadata": {}},
        {"auth": _ROTATED, "metadata": {"a": "b"}},
    ),
    *one(_TEMPLATES, "environment_template_id", {"name": "t", **_FURNISHED}, {"name": "u", **_FURNISHED}),
]
_PLACES = [
    *one(
        "/agents/environments",
        "environment_id",
        {"environment": {"type": "openai_hosted", **_FURNISHED}, "vault_ids": ["{vault_id}"]},
    ),
    Step("GET", "/agents/environments/{environment_id}", until="ready"),
    Step(
        "POST",
        "/agents/environments/{environment_id}/files",
        {"type": "inline", "path": "/workspace/b.txt", "data": "eA=="},
    ),
    Step("GET", "/agents/environments/{environment_id}/files?limit=1&order=asc"),
]
_SESSIONS = [
    *one(
        "/agents/sessions",
        "session_id",
        {
            "agent": {"model": "gpt-4o-mini", "multi_agent": {"enabled": True}},
            "environment": {"type": "openai_hosted"},
            "input": "Write a.csv and delegate it.",
            "metadata": {"a": "b"},
            "prompt_cache_options": {"ttl": "30m"},
            "vault_ids": ["{vault_id}"],
        },
    ),
    Step("GET", _SESSION, until="idle"),
    Step("POST", f"{_SESSION}/events", {"events": [{"type": "agent.session.input.message", "input": _WORDS}]}),
    Step("GET", _SESSION, until="idle"),
    *(Step("GET", f"{_SESSION}/{kind}") for kind in ("items", "traces")),
    *(
        Step("GET", f"{_SESSION}/{kind}", keeps=name)
        for kind, name in (("turns", "turn_id"), ("subagents", "subagent_id"), ("artifacts", "artifact_id"))
    ),
    Step("GET", f"{_SESSION}/turns/{{turn_id}}"),
    Step("GET", f"{_SESSION}/turns/{{turn_id}}/items"),
    Step("GET", f"{_SESSION}/subagents/{{subagent_id}}"),
    Step("GET", f"{_SESSION}/subagents/{{subagent_id}}/items"),
    Step("GET", f"{_SESSION}/subagents/{{subagent_id}}/turns", keeps="turn_id"),
    Step("GET", f"{_SESSION}/subagents/{{subagent_id}}/turns/{{turn_id}}"),
    Step("GET", f"{_SESSION}/subagents/{{subagent_id}}/turns/{{turn_id}}/items"),
    Step("GET", f"{_SESSION}/artifacts/{{artifact_id}}"),
    Step("GET", f"{_SESSION}/artifacts/{{artifact_id}}/content"),
    Step("DELETE", f"{_SESSION}/artifacts/{{artifact_id}}"),
    Step("GET", _SESSION, until="idle"),
    Step(
        "POST",
        _SESSION,
        {"agent": {"tools": [_TOOL], "reasoning": {"effort": "low"}}, "metadata": {"c": "d"}, "review": "auto_review"},
    ),
]
_AUTOMATIONS = [
    *one(
        "/agents/automations",
        "automation_id",
        {
            "type": "periodic",
            "name": "a",
            "expression": "0 9 * * 1-5",
            "timezone": "Europe/Berlin",
            "metadata": {"a": "b"},
            "target": {
                "type": "new_session",
                "environment": {"type": "none"},
                "agent": {"model": "gpt-4o-mini"},
                "input": _WORDS,
            },
        },
        {"name": "b", "expression": "0 8 * * *", "metadata": {}},
    ),
    Step("POST", f"{_AUTOMATION}/pause"),
    Step("POST", f"{_AUTOMATION}/resume"),
    Step("POST", f"{_AUTOMATION}/invocations", None, "invocation_id"),
    Step("GET", f"{_AUTOMATION}/invocations"),
    Step("GET", f"{_AUTOMATION}/invocations/{{invocation_id}}", until="completed"),
]
_ENDS = [
    Step("DELETE", path)
    for path in (
        _AUTOMATION,
        _SESSION,
        f"{_TEMPLATES}/{{environment_template_id}}",
        f"{_VAULT}/credentials/{{credential_id}}",
        _VAULT,
        "/agents/{agent_id}",
    )
]

STEPS = [*_KEPT, *_PLACES, *_SESSIONS, *_AUTOMATIONS, *_ENDS]
"""All that is asked step by step. It begins with a server that has nothing yet."""
