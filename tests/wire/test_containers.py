"""What may be asked of a container."""

from typing import Any

import orjson
import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.containers import AllowedNetwork, ContainerCreate, InlineSkill, SkillReference


def body(**more: Any) -> bytes:
    return orjson.dumps({"name": "one", **more})


def test_policies_and_skills_are_told_by_their_type() -> None:
    source = {"type": "base64", "media_type": "application/zip", "data": "UEs="}
    inline = {"type": "inline", "name": "a", "description": "b", "source": source}
    network = {"type": "allowlist", "allowed_domains": ["example.com"]}
    made = parse(
        ContainerCreate,
        body(network_policy=network, skills=[inline, {"type": "skill_reference", "skill_id": "skill_1"}]),
    )
    assert isinstance(made.network_policy, AllowedNetwork)
    assert [type(skill) for skill in made.skills or ()] == [InlineSkill, SkillReference]


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"name": 1}, "name"),
        ({"expires_after": {"anchor": "created_at", "minutes": 1}}, "expires_after.anchor"),
        ({"expires_after": {"anchor": "last_active_at", "minutes": "1"}}, "expires_after.minutes"),
        ({"memory_limit": None}, "memory_limit"),
        ({"network_policy": {"type": "allowlist"}}, "network_policy.allowed_domains"),
        ({"network_policy": {"type": "allowlist", "allowed_domains": []}}, "network_policy.allowed_domains"),
        ({"skills": [{"type": "skill_reference"}]}, "skills[0].skill_id"),
        ({"skills": [{"type": "skill_reference", "skill_id": ""}]}, "skills[0].skill_id"),
        ({"file_ids": [1]}, "file_ids[0]"),
    ],
)
def test_what_is_no_container_is_refused(more: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(ContainerCreate, body(**more))
    assert refused.value.param == param
