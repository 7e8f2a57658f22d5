"""The settings of pictures and films."""

from pydantic import Field

from fakeai.settings.group import Group, Seconds


class Media(Group):
    """How long pictures and films take, and how long they can be had."""

    image_s: float = Field(
        default=0.0, ge=0, le=86_400, allow_inf_nan=False, description="Seconds that a picture takes to be made."
    )
    image_url_s: Seconds = Field(default=3_600.0, description="Seconds for which the URL of a picture is good.")
    video_queue_s: Seconds = Field(default=0.5, description="Seconds that a film waits before it is begun.")
    video_s_per_s: Seconds = Field(default=0.25, description="Seconds that a second of a film takes to be made.")
    video_lifetime_s: Seconds = Field(
        default=86_400.0, description="Seconds for which the files of a film can be had once it is done."
    )
