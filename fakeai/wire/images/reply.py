"""Pictures that come back, whole or as events of a stream."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class InputDetails(TypedDict):
    """What the tokens of a prompt are."""

    image_tokens: int
    text_tokens: int


class OutputDetails(TypedDict):
    """What the tokens of a picture are."""

    image_tokens: int
    text_tokens: int


class ImageUsage(TypedDict):
    """Tokens, of models that are charged for by token."""

    input_tokens: int
    input_tokens_details: InputDetails
    output_tokens: int
    output_tokens_details: NotRequired[OutputDetails]
    total_tokens: int


class SvgUsage(TypedDict):
    """Tokens of the model that wrote an svg."""

    input_tokens: int
    model: str
    output_tokens: int
    reasoning_tokens: int
    total_tokens: int


class Picture(TypedDict):
    """One picture: its bytes, or where they are."""

    b64_json: NotRequired[str]
    url: NotRequired[str]
    revised_prompt: NotRequired[str]


class ImagesReply(TypedDict):
    """The answer to a request that is not streamed."""

    created: int
    data: list[Picture]
    background: NotRequired[Literal["transparent", "opaque"]]
    output_format: NotRequired[Literal["png", "webp", "jpeg", "gif", "svg"]]
    quality: NotRequired[str]
    safety_identifier: NotRequired[str]
    size: NotRequired[str]
    svg_usage: NotRequired[SvgUsage]
    usage: NotRequired[ImageUsage]


class PartialImage(TypedDict):
    """A picture that is not done yet."""

    type: Literal["image_generation.partial_image", "image_edit.partial_image"]
    b64_json: str
    background: str
    created_at: int
    output_format: str
    partial_image_index: int
    quality: str
    size: str


class CompletedImage(TypedDict):
    """A picture that is done; the last event of a stream."""

    type: Literal["image_generation.completed", "image_edit.completed"]
    b64_json: str
    background: str
    created_at: int
    output_format: str
    quality: str
    size: str
    usage: ImageUsage
    safety_identifier: NotRequired[str]
