"""The settings of work that goes on in the background."""

from pydantic import Field

from fakeai.settings.group import Group, Seconds


class Batches(Group):
    """How batches are worked on."""

    concurrency: int = Field(
        default=64, ge=1, le=200, description="Requests of one batch that are under way at once, in number."
    )


class FineTuning(Group):
    """How long fine-tuning jobs take."""

    epoch_s: Seconds = Field(default=1.0, description="Seconds that an epoch takes; three epochs are usual.")
    queue_s: Seconds = Field(
        default=0.5, description="Seconds that a job's files are checked for, and that it waits in the queue, each."
    )
