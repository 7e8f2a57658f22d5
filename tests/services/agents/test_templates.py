"""Templates of environments."""

from base64 import b64encode

from tests.services.agents.conftest import Ask

AT = "/agents/environments/templates"
DATA = b64encode(b"words").decode()
FILE = {"type": "inline", "path": "/workspace/a.txt", "data": DATA}


def test_a_template_tells_nothing_that_is_confidential(ask: Ask) -> None:
    said = {
        "name": "t",
        "files": [FILE],
        "env": {"KEY": "secret"},
        "setup_commands": [{"command": "echo secret"}],
        "network": {"access": "restricted", "allowed_domains": ["a.example"]},
    }
    made = ask("POST", AT, said)
    assert made["files"] == [{"type": "inline", "path": "/workspace/a.txt", "size_bytes": 5}]
    assert made["network"] == {"access": "restricted", "allowed_domains": ["a.example"]}
    assert made["packages"] == {"npm": [], "python": [], "system": []}
    assert "secret" not in str(made)
    assert ask("GET", f"{AT}/{made['id']}") == made
    assert ask("GET", AT)["data"] == [made]


def test_an_update_replaces_what_it_says_and_null_clears(ask: Ask) -> None:
    made = ask("POST", AT, {"name": "t", "files": [FILE], "desktop": {"enabled": True}})
    changed = ask("POST", f"{AT}/{made['id']}", {"packages": {"python": ["numpy"]}})
    assert changed == {**made, "packages": {"npm": [], "python": ["numpy"], "system": []}}
    cleared = ask("POST", f"{AT}/{made['id']}", {"files": None, "desktop": None, "name": None})
    assert (cleared["files"], cleared["desktop"], cleared["name"]) == ([], {"enabled": False}, None)


def test_a_deleted_template_is_gone(ask: Ask) -> None:
    made = ask("POST", AT, {"files": [FILE]})["id"]
    assert ask("DELETE", f"{AT}/{made}")["object"] == "agent.environment.template.deleted"
    for method in ("GET", "POST", "DELETE"):
        ask(method, f"{AT}/{made}", {}, status=404)


def test_skills_are_told_as_they_were_said(ask: Ask) -> None:
    made = ask("POST", AT, {"skills": [{"type": "skill_reference", "skill_id": "skill_x"}]})
    assert made["skills"] == [{"type": "skill_reference", "skill_id": "skill_x", "version": None}]
