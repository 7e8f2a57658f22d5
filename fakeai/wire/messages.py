"""Messages of a chat request and the parts they are made of.

One set of part kinds serves every role; which role may hold which is a rule of `wire.chat_rules`.
"""

from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import MinLen
from pydantic import Field

from fakeai.wire.base import FirstOf, Items, Omittable, Wire
from fakeai.wire.tools import ToolCall


class CacheBreakpoint(Wire):
    """Marks the end of a part of the prompt that is worth caching."""

    mode: Literal["explicit"]
    ttl: Omittable[Literal["30m", "12h"]] = None


class Part(Wire):
    """What all content parts have."""

    prompt_cache_breakpoint: CacheBreakpoint | None = None


class TextPart(Part):
    """Text."""

    type: Literal["text"]
    text: str


class ImageURL(Wire):
    """A link or a `data:` URL, and how closely to look."""

    url: str
    detail: Literal["auto", "low", "high", "original"] | None = None


class ImagePart(Part):
    """An image."""

    type: Literal["image_url"]
    image_url: ImageURL


class InputAudio(Wire):
    """Sound, base64-encoded."""

    data: str
    format: Literal["wav", "mp3"]


class AudioPart(Part):
    """Sound."""

    type: Literal["input_audio"]
    input_audio: InputAudio


class InputFile(Wire):
    """A document: base64-encoded with its name, or the id of an uploaded one."""

    filename: str | None = None
    file_data: str | None = None
    file_id: str | None = None


class FilePart(Part):
    """A document."""

    type: Literal["file"]
    file: InputFile


class RefusalPart(Part):
    """What the assistant declined with."""

    type: Literal["refusal"]
    refusal: str


class MediaURL(Wire):
    """A link or a `data:` URL, as NVIDIA's Cosmos models and vLLM take them."""

    url: str


class VideoURLPart(Part):
    """A video."""

    type: Literal["video_url"]
    video_url: MediaURL


class AudioURLPart(Part):
    """Sound behind a URL."""

    type: Literal["audio_url"]
    audio_url: MediaURL


AnyPart: TypeAlias = Annotated[
    TextPart | ImagePart | AudioPart | RefusalPart | FilePart | VideoURLPart | AudioURLPart,
    Field(discriminator="type"),
]
Content: TypeAlias = Annotated[str | Annotated[Items[AnyPart], MinLen(1)], FirstOf()]
TextContent: TypeAlias = Annotated[str | Annotated[Items[TextPart], MinLen(1)], FirstOf()]


class SystemMessage(Wire):
    """Instructions."""

    role: Literal["system"]
    content: Content
    name: str | None = None


class DeveloperMessage(Wire):
    """Instructions, as o-series models and later call them."""

    role: Literal["developer"]
    content: Content
    name: str | None = None


class UserMessage(Wire):
    """What the user says and shows."""

    role: Literal["user"]
    content: Content
    name: str | None = None


class CalledFunction(Wire):
    """The assistant's call of a legacy function."""

    name: str
    arguments: str


class SpokenBefore(Wire):
    """The id of an earlier spoken answer."""

    id: str


class AssistantMessage(Wire):
    """What the assistant said, or which tools it called."""

    role: Literal["assistant"]
    content: Content | None = None
    refusal: str | None = None
    name: str | None = None
    audio: SpokenBefore | None = None
    tool_calls: Items[ToolCall] | None = None
    function_call: CalledFunction | None = None
    annotations: list[dict[str, Any]] | None = None
    """Of an answer given back as it came (citations). Any: JSON of no consequence here."""
    reasoning_content: str | None = None


class ToolMessage(Wire):
    """What a tool answered."""

    role: Literal["tool"]
    content: Content
    tool_call_id: str


class FunctionMessage(Wire):
    """What a legacy function answered."""

    role: Literal["function"]
    content: str | None
    name: str


Message: TypeAlias = Annotated[
    SystemMessage | AssistantMessage | UserMessage | FunctionMessage | ToolMessage | DeveloperMessage,
    Field(discriminator="role"),
]
