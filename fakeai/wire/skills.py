"""Skills: versioned bundles of files with a manifest."""

from typing import Annotated, Literal

from typing_extensions import TypedDict

from fakeai.wire.base import FirstOf, Items, Omittable, Wire, shown_as
from fakeai.wire.form import File

Files = Annotated[File | Items[File], FirstOf()]
"""A zip, or the files of a folder under their paths."""


class SkillCreate(Wire):
    """Body of `POST /skills`: a form."""

    model_config = shown_as({"files": "@skill.zip"})

    files: Omittable[Files] = None


class SkillUpdate(Wire):
    """Body of `POST /skills/{skill_id}`."""

    default_version: str


class SkillVersionCreate(Wire):
    """Body of `POST /skills/{skill_id}/versions`: a form."""

    files: Omittable[Files] = None
    default: Omittable[bool] = None


class Skill(TypedDict):
    """A skill; name and description are those of its default version."""

    id: str
    object: Literal["skill"]
    created_at: int
    name: str
    description: str
    default_version: str
    latest_version: str


class SkillVersion(TypedDict):
    """A version of a skill, which never changes. `version` is a number, counted from 1."""

    id: str
    object: Literal["skill.version"]
    created_at: int
    skill_id: str
    version: str
    name: str
    description: str


class DeletedSkillVersion(TypedDict):
    """The answer to the DELETE of a version."""

    id: str
    object: Literal["skill.version.deleted"]
    deleted: bool
    version: str
