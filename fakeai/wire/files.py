"""Files, and uploads of files in parts."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import Ge, Le, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import Integer, Items, Omittable, Wire
from fakeai.wire.form import File

Purpose: TypeAlias = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
FilePurpose: TypeAlias = Literal[
    "assistants",
    "assistants_output",
    "batch",
    "batch_output",
    "fine-tune",
    "fine-tune-results",
    "vision",
    "user_data",
    "evals",
]


class ExpiresAfter(Wire):
    """How long after its creation a file is gone: an hour to 30 days."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, Ge(3_600), Le(2_592_000)]


class FileCreate(Wire):
    """Body of `POST /files`: a form."""

    file: File
    purpose: Purpose
    expires_after: Omittable[ExpiresAfter] = None


class FileObject(TypedDict):
    """A file. `filename` is what the client called it, without folders and control characters."""

    id: str
    object: Literal["file"]
    bytes: int
    created_at: int
    expires_at: int | None
    filename: str
    purpose: FilePurpose
    status: Literal["uploaded", "processed", "error"]
    status_details: str | None


class UploadCreate(Wire):
    """Body of `POST /uploads`."""

    bytes: Annotated[Integer, Ge(0)]
    filename: Annotated[str, MinLen(1)]
    mime_type: str
    purpose: Purpose
    expires_after: Omittable[ExpiresAfter] = None


class PartCreate(Wire):
    """Body of `POST /uploads/{id}/parts`: a form."""

    data: File


class UploadComplete(Wire):
    """Body of `POST /uploads/{id}/complete`: the parts in order, and what their bytes must hash to."""

    part_ids: Items[str]
    md5: Omittable[str] = None


class Upload(TypedDict):
    """A file on its way: pending until its parts are complete; `file` is there then."""

    id: str
    object: Literal["upload"]
    bytes: int
    created_at: int
    expires_at: int
    filename: str
    purpose: Purpose
    status: Literal["pending", "completed", "cancelled", "expired"]
    file: NotRequired[FileObject | None]


class UploadPart(TypedDict):
    """Some bytes of a file on its way."""

    id: str
    object: Literal["upload.part"]
    created_at: int
    upload_id: str
