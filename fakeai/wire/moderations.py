"""`POST /moderations`: its body, OpenAI's rules for it, and what it answers with."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from fakeai.core.errors import BadRequest
from fakeai.wire import wording
from fakeai.wire.base import FirstOf, Items, Omittable, Wire


class ModerationText(Wire):
    """Text."""

    type: Literal["text"]
    text: str


class ModerationImageURL(Wire):
    """A link or a `data:` URL."""

    url: str


class ModerationImage(Wire):
    """An image."""

    type: Literal["image_url"]
    image_url: ModerationImageURL


ModerationPart: TypeAlias = Annotated[ModerationText | ModerationImage, Field(discriminator="type")]


class ModerationRequest(Wire):
    """A text, several texts (a result each), or parts that are judged together (one result)."""

    input: Annotated[str | Items[str] | Items[ModerationPart], FirstOf()]
    model: Omittable[str] = None


def check(body: ModerationRequest) -> None:
    """Refuse what OpenAI refuses of a well-typed request."""
    if isinstance(body.input, list):
        if not body.input:
            raise wording.empty_array("input")
        if sum(isinstance(part, ModerationImage) for part in body.input) > 1:
            raise BadRequest("Only one image is supported per request.", param="input", code="too_many_images")


# Names of categories are no Python names, so these three are made by call.
Categories = TypedDict(
    "Categories",
    {
        "harassment": bool,
        "harassment/threatening": bool,
        "hate": bool,
        "hate/threatening": bool,
        "illicit": NotRequired[bool],
        "illicit/violent": NotRequired[bool],
        "self-harm": bool,
        "self-harm/intent": bool,
        "self-harm/instructions": bool,
        "sexual": bool,
        "sexual/minors": bool,
        "violence": bool,
        "violence/graphic": bool,
    },
)

CategoryScores = TypedDict(
    "CategoryScores",
    {
        "harassment": float,
        "harassment/threatening": float,
        "hate": float,
        "hate/threatening": float,
        "illicit": NotRequired[float],
        "illicit/violent": NotRequired[float],
        "self-harm": float,
        "self-harm/intent": float,
        "self-harm/instructions": float,
        "sexual": float,
        "sexual/minors": float,
        "violence": float,
        "violence/graphic": float,
    },
)

InputKinds: TypeAlias = list[Literal["text", "image"]]
CategoryInputs = TypedDict(
    "CategoryInputs",
    {
        "harassment": InputKinds,
        "harassment/threatening": InputKinds,
        "hate": InputKinds,
        "hate/threatening": InputKinds,
        "illicit": InputKinds,
        "illicit/violent": InputKinds,
        "self-harm": InputKinds,
        "self-harm/intent": InputKinds,
        "self-harm/instructions": InputKinds,
        "sexual": InputKinds,
        "sexual/minors": InputKinds,
        "violence": InputKinds,
        "violence/graphic": InputKinds,
    },
)


class ModerationResult(TypedDict):
    """The judgement of one input. Models before omni leave out `illicit` and the kinds of input."""

    flagged: bool
    categories: Categories
    category_scores: CategoryScores
    category_applied_input_types: NotRequired[CategoryInputs]


class Moderation(TypedDict):
    """The judgements, in the order of the inputs."""

    id: str
    model: str
    results: list[ModerationResult]
