"""What is asked of films."""

from typing import Annotated, Literal, TypeAlias

from annotated_types import MaxLen, MinLen

from fakeai.wire.base import FirstOf, Omittable, Wire, shown_as
from fakeai.wire.form import File
from fakeai.wire.images.request import ImageRef

Size: TypeAlias = Literal["720x1280", "1280x720", "1024x1792", "1792x1024", "1080x1920", "1920x1080"]
Seconds: TypeAlias = Literal["4", "8", "12", "16", "20"]
Prompt: TypeAlias = Annotated[str, MinLen(1), MaxLen(32_000)]


class VideoCreate(Wire):
    """Body of `POST /videos`: a form, or JSON."""

    model_config = shown_as({"prompt": "A calico cat playing a piano on stage", "seconds": "4"})

    prompt: Prompt
    input_reference: Omittable[Annotated[File | ImageRef, FirstOf()]] = None
    model: Omittable[str] = None
    seconds: Omittable[Seconds] = None
    size: Omittable[Size] = None


class VideoRef(Wire):
    """A film that was made here."""

    id: str


_Source: TypeAlias = Annotated[File | VideoRef, FirstOf()]


class VideoRemix(Wire):
    """Body of `POST /videos/{video_id}/remix`."""

    model_config = shown_as({"prompt": "The same at night"})

    prompt: Prompt


class VideoEdit(Wire):
    """Body of `POST /videos/edits`: a form, or JSON."""

    model_config = shown_as({"prompt": "The same at night", "video": {"id": "video_123"}})

    prompt: Prompt
    video: _Source


class VideoExtend(Wire):
    """Body of `POST /videos/extensions`: a form, or JSON."""

    model_config = shown_as({"prompt": "The cat takes a bow", "seconds": "4", "video": {"id": "video_123"}})

    prompt: Prompt
    seconds: Seconds
    video: _Source


class CharacterCreate(Wire):
    """Body of `POST /videos/characters`: a form."""

    model_config = shown_as({"name": "Mimi", "video": "@cat.mp4"})

    name: Annotated[str, MinLen(1), MaxLen(80)]
    video: File
