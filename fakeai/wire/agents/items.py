"""What was said in a turn, and what a browser asks. Replies only."""

from typing import Literal, TypeAlias

from typing_extensions import TypedDict

Progress: TypeAlias = Literal["in_progress", "completed", "incomplete"]


class Said(TypedDict):
    """Text of the user or the agent."""

    type: Literal["input_text", "output_text"]
    text: str


class Shown(TypedDict):
    """An image of the user."""

    type: Literal["input_image"]
    image_url: str


class MessageItem(TypedDict):
    """A message; `phase` is null for the user's."""

    id: str
    turn_id: str
    type: Literal["message"]
    role: Literal["user", "assistant"]
    content: list[Said | Shown]
    phase: Literal["commentary", "final_answer"] | None
    status: Progress


class FormField(TypedDict):
    """A field of a form."""

    id: str
    label: str
    required: bool
    type: str


class FormOption(TypedDict):
    """A way to sign in."""

    id: str
    label: str
    field_ids: list[str]


class SignInForm(TypedDict):
    """A form that is to be filled in."""

    type: Literal["browser_authentication"]
    credential_origin: str | None
    fields: list[FormField]
    options: list[FormOption]
    reason: str | None


class OriginQuestion(TypedDict):
    """Whether the browser may go to an origin."""

    type: Literal["browser_origin_access"]
    origin: str
    reason: str | None


Approval: TypeAlias = SignInForm | OriginQuestion
