"""Credentials: what goes in, and what is told of it."""

from typing import Any

import pytest

from tests.services.agents.conftest import Ask

BEARER = {"type": "static_bearer", "token": "secret", "mcp_server_url": "https://m.example"}
VARIABLE = {
    "type": "environment_variable",
    "secret_name": "SERVICE_KEY",
    "secret_value": "secret",
    "networking": {"type": "limited", "allowed_hosts": ["API.example"]},
}
OAUTH = {
    "type": "mcp_oauth",
    "access_token": "secret",
    "mcp_server_url": "https://m.example",
    "expires_at": "2030-01-01T00:00:00Z",
    "refresh": {
        "client_id": "c",
        "refresh_token": "secret",
        "token_endpoint": "https://t.example",
        "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": "secret"},
        "scope": "a b",
    },
}


@pytest.fixture
def at(ask: Ask) -> str:
    return f"/vaults/{ask('POST', '/vaults', {})['id']}/credentials"


@pytest.mark.parametrize("auth", [BEARER, VARIABLE, OAUTH], ids=lambda auth: auth["type"])
def test_no_secret_ever_comes_out(ask: Ask, at: str, auth: Any) -> None:
    made = ask("POST", at, {"name": " key ", "auth": auth})
    assert made["name"] == "key"
    shown = [made, ask("GET", f"{at}/{made['id']}"), *ask("GET", at)["data"]]
    assert shown == [made] * 3
    assert "secret'" not in str(shown)


def test_hosts_are_lower_case(ask: Ask, at: str) -> None:
    told = ask("POST", at, {"name": "k", "auth": VARIABLE})["auth"]
    assert told["networking"] == {"type": "limited", "allowed_hosts": ["api.example"]}


def test_a_new_access_token_has_no_known_end(ask: Ask, at: str) -> None:
    made = f"{at}/{ask('POST', at, {'name': 'k', 'auth': OAUTH})['id']}"
    kept = ask("POST", made, {"auth": {"type": "mcp_oauth", "refresh": {"scope": None}}})["auth"]
    assert (kept["expires_at"], kept["refresh"]["scope"]) == ("2030-01-01T00:00:00Z", None)
    assert ask("POST", made, {"auth": {"type": "mcp_oauth", "access_token": "n"}})["auth"]["expires_at"] is None


def test_a_credential_keeps_its_kind(ask: Ask, at: str) -> None:
    made = f"{at}/{ask('POST', at, {'name': 'k', 'auth': OAUTH})['id']}"
    refused = ask("POST", made, {"auth": {"type": "static_bearer", "token": "n"}}, status=400)["error"]
    assert refused["param"] == "auth.type"
    posted = {"type": "mcp_oauth", "refresh": {"token_endpoint_auth": {"type": "client_secret_post"}}}
    ask("POST", made, {"auth": posted}, status=400)


def test_an_update_changes_metadata_alone(ask: Ask, at: str) -> None:
    made = ask("POST", at, {"name": "k", "auth": BEARER})
    changed = ask("POST", f"{at}/{made['id']}", {"metadata": {"a": "b"}})
    assert (changed["metadata"], changed["auth"], changed["name"]) == ({"a": "b"}, made["auth"], "k")


@pytest.mark.parametrize(
    ("auth", "param"),
    [
        ({**BEARER, "mcp_server_url": "http://m.example"}, "auth.mcp_server_url"),
        ({**VARIABLE, "secret_name": "1A"}, "auth.secret_name"),
        ({**VARIABLE, "secret_name": "CODEX_HOME"}, "auth.secret_name"),
        ({**VARIABLE, "secret_name": "https_proxy"}, "auth.secret_name"),
        ({**VARIABLE, "secret_value": "a\nb"}, "auth.secret_value"),
        (
            {**VARIABLE, "networking": {"type": "limited", "allowed_hosts": ["https://a"]}},
            "auth.networking.allowed_hosts",
        ),
        ({**VARIABLE, "networking": {"type": "limited", "allowed_hosts": []}}, "auth.networking.allowed_hosts"),
        ({**OAUTH, "expires_at": "tomorrow"}, "auth.expires_at"),
        ({**OAUTH, "expires_at": "2030-01-01T00:00:00"}, "auth.expires_at"),
    ],
)
def test_what_cannot_be_is_refused(ask: Ask, at: str, auth: Any, param: str) -> None:
    assert ask("POST", at, {"name": "k", "auth": auth}, status=400)["error"]["param"] == param


def test_a_deleted_credential_is_gone(ask: Ask, at: str) -> None:
    made = ask("POST", at, {"name": "k", "auth": BEARER})["id"]
    assert ask("DELETE", f"{at}/{made}")["object"] == "vault.credential.deleted"
    for method in ("GET", "POST", "DELETE"):
        ask(method, f"{at}/{made}", {}, status=404)
