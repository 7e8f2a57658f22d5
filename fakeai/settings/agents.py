"""The settings of agents' sessions, and of the environments that they work in."""

from pydantic import Field

from fakeai.settings.group import Group, Seconds


class Agents(Group):
    """How long it takes what agents' sessions wait for."""

    environment_start_s: Seconds = Field(
        default=0.5, description="Seconds that an environment is prepared, or connects again, until it can be used."
    )
    environment_suspend_s: Seconds = Field(
        default=600.0, description="Seconds that nobody uses an environment until it is suspended."
    )
    environment_expire_s: Seconds = Field(
        default=3_600.0, description="Seconds that nobody uses an environment until it has expired."
    )
    activity_s: Seconds = Field(
        default=0.1, description="Seconds that a command, a search or another deed of an agent takes."
    )
