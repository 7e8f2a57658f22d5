"""Films and characters as they are told of."""

from typing import Literal

from typing_extensions import TypedDict


class VideoError(TypedDict):
    """Why a film could not be made."""

    code: str
    message: str


class Video(TypedDict):
    """A film, whether it is done or not."""

    id: str
    object: Literal["video"]
    model: str
    status: Literal["queued", "in_progress", "completed", "failed"]
    progress: int
    created_at: int
    completed_at: int | None
    expires_at: int | None
    prompt: str | None
    size: Literal["720x1280", "1280x720", "1024x1792", "1792x1024", "1080x1920", "1920x1080"]
    seconds: str
    remixed_from_video_id: str | None
    error: VideoError | None


class Character(TypedDict):
    """Somebody who may appear in films."""

    id: str
    created_at: int
    name: str
