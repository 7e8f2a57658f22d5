"""The settings of work that goes on in the background."""

from pydantic import Field

from fakeai.settings.group import Group


class Batches(Group):
    """How batches are worked on."""

    concurrency: int = Field(
        default=64, ge=1, le=200, description="Requests of one batch that are under way at once, in number."
    )
