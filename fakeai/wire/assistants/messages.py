"""Messages of threads."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import MinLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.wire.assistants.tools import CodeInterpreterTool
from fakeai.wire.base import FirstOf, Items, Metadata, Omittable, Wire

Detail: TypeAlias = Literal["auto", "low", "high"]


class ImageFile(Wire):
    """An image among the caller's files."""

    file_id: str
    detail: Omittable[Detail] = None


class ImageFilePart(Wire):
    """A part that is an image."""

    type: Literal["image_file"]
    image_file: ImageFile


class ImageUrl(Wire):
    """An image somewhere else."""

    url: str
    detail: Omittable[Detail] = None


class ImageUrlPart(Wire):
    """A part that is an image."""

    type: Literal["image_url"]
    image_url: ImageUrl


class TextPart(Wire):
    """A part that is text."""

    type: Literal["text"]
    text: str


Part: TypeAlias = Annotated[ImageFilePart | ImageUrlPart | TextPart, Field(discriminator="type")]
Content: TypeAlias = Annotated[str | Annotated[Items[Part], MinLen(1)], FirstOf()]


class SearchAttachment(Wire):
    """The file is to be searched."""

    type: Literal["file_search"]


AttachmentTool: TypeAlias = Annotated[CodeInterpreterTool | SearchAttachment, Field(discriminator="type")]


class Attachment(Wire):
    """A file that comes with a message, and the tools it is for."""

    file_id: Omittable[str] = None
    tools: Omittable[Items[AttachmentTool]] = None


class MessageCreate(Wire):
    """Body of `POST /threads/{thread_id}/messages`; a message of a new thread or run."""

    role: Literal["user", "assistant"]
    content: Content
    attachments: Items[Attachment] | None = None
    metadata: Metadata | None = None


class MessageUpdate(Wire):
    """Body of `POST /threads/{thread_id}/messages/{message_id}`."""

    metadata: Metadata | None = None


# -- replies


class FileCitation(TypedDict):
    """Whose passage it is."""

    file_id: str


class CitationAnnotation(TypedDict):
    """A place in a text that stands for a passage of a file."""

    type: Literal["file_citation"]
    text: str
    file_citation: FileCitation
    start_index: int
    end_index: int


class FilePath(TypedDict):
    """A file that a program has written."""

    file_id: str


class PathAnnotation(TypedDict):
    """A place in a text that stands for a file."""

    type: Literal["file_path"]
    text: str
    file_path: FilePath
    start_index: int
    end_index: int


class TextSeen(TypedDict):
    """A text and the places in it that stand for something."""

    value: str
    annotations: list[CitationAnnotation | PathAnnotation]


class TextBlock(TypedDict):
    """Content that is text."""

    type: Literal["text"]
    text: TextSeen


class ImageFileSeen(TypedDict):
    """An image among the caller's files."""

    file_id: str
    detail: NotRequired[Detail]


class ImageFileBlock(TypedDict):
    """Content that is an image."""

    type: Literal["image_file"]
    image_file: ImageFileSeen


class ImageUrlSeen(TypedDict):
    """An image somewhere else."""

    url: str
    detail: NotRequired[Detail]


class ImageUrlBlock(TypedDict):
    """Content that is an image."""

    type: Literal["image_url"]
    image_url: ImageUrlSeen


class RefusalBlock(TypedDict):
    """What the model says where it does not answer."""

    type: Literal["refusal"]
    refusal: str


Block: TypeAlias = TextBlock | ImageFileBlock | ImageUrlBlock | RefusalBlock


class ToolKind(TypedDict):
    """A tool by its kind."""

    type: Literal["code_interpreter", "file_search"]


class AttachmentSeen(TypedDict):
    """A file that came with a message."""

    file_id: NotRequired[str]
    tools: NotRequired[list[ToolKind]]


class MessageIncomplete(TypedDict):
    """Why a message breaks off."""

    reason: Literal["content_filter", "max_tokens", "run_cancelled", "run_expired", "run_failed"]


class Message(TypedDict):
    """A message."""

    id: str
    object: Literal["thread.message"]
    created_at: int
    thread_id: str
    status: Literal["completed", "in_progress", "incomplete"]
    incomplete_details: MessageIncomplete | None
    completed_at: int | None
    incomplete_at: int | None
    role: Literal["user", "assistant"]
    content: list[Block]
    assistant_id: str | None
    run_id: str | None
    attachments: list[AttachmentSeen] | None
    metadata: dict[str, str]
