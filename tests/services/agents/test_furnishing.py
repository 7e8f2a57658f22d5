"""What environments are furnished with."""

from base64 import b64encode
from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.services.agents.furnishing import PLAIN, blobs_of, laid
from tests.services.agents.conftest import Ask

AT = "/agents/environments/templates"


@pytest.mark.parametrize(
    ("said", "param"),
    [
        ({"files": [{"type": "inline", "path": "/etc/passwd", "data": ""}]}, "files[0].path"),
        ({"files": [{"type": "inline", "path": "/workspace/../x", "data": ""}]}, "files[0].path"),
        ({"files": [{"type": "inline", "path": "/workspace/.codex/x", "data": ""}]}, "files[0].path"),
        ({"files": [{"type": "inline", "path": "/workspace/a", "data": "?"}]}, "files[0].data"),
        ({"files": [{"type": "inline", "path": "/workspace/a", "data": ""}] * 2}, "files"),
        ({"network": {"access": "enabled", "allowed_domains": ["a.example"]}}, "network.access"),
        ({"network": {"access": "restricted", "allowed_domains": ["*.example"]}}, "network.allowed_domains"),
        (
            {"network": {"access": "restricted", "allowed_domains": ["a.example"], "blocked_domains": ["b.example"]}},
            "network",
        ),
        ({"setup_commands": [{"command": "x"}] * 101}, "setup_commands"),
        (
            {
                "plugins": [
                    {
                        "type": "inline",
                        "name": "p",
                        "description": "",
                        "source": {"type": "base64", "media_type": "application/zip", "data": b64encode(b"x").decode()},
                    }
                ]
            },
            "plugins[0].source.data",
        ),
    ],
)
def test_what_cannot_be_is_refused(ask: Ask, said: Any, param: str) -> None:
    assert ask("POST", AT, said, status=400)["error"]["param"] == param


def test_what_was_said_is_laid_over_the_template() -> None:
    template = {**PLAIN, "packages": {"npm": ["a"], "python": [], "system": []}, "_data": {"/workspace/a": "blob-1"}}
    made = laid({"desktop": {"enabled": True}}, template)
    assert (made["packages"]["npm"], made["desktop"]) == (["a"], {"enabled": True})
    assert blobs_of(made) == ["blob-1"]


def test_a_network_is_not_made_wider_than_the_templates() -> None:
    narrow = {"network": {"access": "disabled", "allowed_domains": []}}
    with pytest.raises(BadRequest, match="cannot be made wider"):
        laid({"network": {"access": "enabled", "allowed_domains": []}}, narrow)
    assert laid(narrow, {**PLAIN})["network"]["access"] == "disabled"


def test_skills_and_files_are_looked_up_for_each_environment(ask: Ask) -> None:
    skill = ask("POST", AT, {"skills": [{"type": "skill_reference", "skill_id": "skill_x"}]})["id"]
    wanted = {"type": "openai_hosted", "environment_template_id": skill}
    ask("POST", "/agents/environments", {"environment": wanted}, status=404)
    file = ask("POST", AT, {"files": [{"type": "file_id", "path": "/workspace/a", "file_id": "file-x"}]})["id"]
    ask("POST", "/agents/environments", {"environment": {**wanted, "environment_template_id": file}}, status=404)
