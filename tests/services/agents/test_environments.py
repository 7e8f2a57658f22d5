"""Environments that are made before their sessions."""

from base64 import b64encode

from tests.services.agents.conftest import Ask

AT = "/agents/environments"
HOSTED = {"type": "openai_hosted"}


def test_an_environment_is_made_of_its_template_and_what_is_said(ask: Ask) -> None:
    file = {"type": "inline", "path": "/workspace/a.txt", "data": b64encode(b"words").decode()}
    template = ask("POST", f"{AT}/templates", {"files": [file]})["id"]
    made = ask("POST", AT, {"environment": {**HOSTED, "environment_template_id": template}})
    assert (made["status"], made["object"], made["type"]) == ("pending", "agent.environment", "openai_hosted")
    assert [(file["path"], file["size_bytes"]) for file in made["files"]] == [("/workspace/a.txt", 5)]
    listed = ask("GET", f"{AT}/{made['id']}/files")["data"]
    assert [(file["path"], file["size_bytes"]) for file in listed] == [("/workspace/a.txt", 5)]


def test_environments_are_listed(ask: Ask) -> None:
    made = [ask("POST", AT, {"environment": HOSTED})["id"] for _ in range(3)]
    assert [found["id"] for found in ask("GET", f"{AT}?order=asc&type=openai_hosted")["data"]] == made
    ask("GET", f"{AT}?type=other", status=400)


def test_what_an_environment_is_to_have_must_be_there(ask: Ask) -> None:
    ask("POST", AT, {"environment": {**HOSTED, "environment_template_id": "envtmpl_x"}}, status=404)
    ask("POST", AT, {"environment": HOSTED, "vault_ids": ["vault_x"]}, status=404)
    ask("GET", f"{AT}/env_x", status=404)


def test_a_key_makes_one_environment(ask: Ask) -> None:
    key = {"headers": {"Idempotency-Key": "once"}}
    first = ask("POST", AT, {"environment": HOSTED}, **key)
    assert ask("POST", AT, {"environment": HOSTED}, **key)["id"] == first["id"]
