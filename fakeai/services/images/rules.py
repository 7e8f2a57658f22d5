"""Which values which model takes, as OpenAI's reference has it for each family of image models.

Sources: the SDK's `image_generate_params` and `image_edit_params`; for gpt-image-2's limits of pixels and edges
developers.openai.com/api/docs/guides/image-generation. The least size is ours: smaller pictures are quicker tests.
"""

import re
from typing import Final, NamedTuple

from fakeai.core.catalog import ModelCard
from fakeai.core.errors import ApiError, BadRequest
from fakeai.wire import wording
from fakeai.wire.images.request import ImageEdit, ImageGenerate, Wishes

_SIZE: Final = re.compile(r"(\d{1,5})x(\d{1,5})")
_LONGEST_EDGE: Final = 3_840
_MOST_PIXELS: Final = 3_840 * 2_160
_LEAST_PIXELS: Final = 256 * 256
SQUARE: Final = "1024x1024"
STANDARD: Final = ("1024x1024", "1024x1536", "1536x1024")
_OF_GPT: Final = (
    "background",
    "moderation",
    "output_compression",
    "output_format",
    "partial_images",
    "stream",
    "input_fidelity",
    "markup",
    "images",
    "frame_count",
    "frame_duration_ms",
    "svg",
    "complexity",
)
"""Fields that only GPT image models know."""
_OF_DALLE: Final = ("response_format", "style")


class Family(NamedTuple):
    """What models of a kind take. Without `sizes`, any that `check_free_size` lets through."""

    sizes: tuple[str, ...]
    qualities: tuple[str, ...]
    longest_prompt: int
    most: int = 10
    gpt: bool = True
    """Whether it is a GPT image model: charged by token, and answering with bytes."""
    edits: bool = True

    @property
    def best(self) -> str:
        """The quality that `auto` stands for."""
        return "high" if self.gpt else self.qualities[0]


_LEVELS: Final = ("low", "medium", "high", "auto")
_DALLE_2: Final = Family(("256x256", "512x512", "1024x1024"), ("standard",), 1_000, gpt=False)
_DALLE_3: Final = Family(
    ("1024x1024", "1792x1024", "1024x1792"), ("standard", "hd"), 4_000, most=1, gpt=False, edits=False
)
_GPT_1: Final = Family((*STANDARD, "auto"), _LEVELS, 32_000)
_GPT_2: Final = Family((), _LEVELS, 32_000)
_GPT_25: Final = Family((), ("low", "medium", "high", "xhigh", "max", "auto"), 32_000)
_FAMILIES: Final = (
    ("dall-e-2", _DALLE_2),
    ("dall-e-3", _DALLE_3),
    ("gpt-image-1", _GPT_1),
    ("chatgpt-image", _GPT_1),
    ("gpt-image-2", _GPT_2),
    ("gpt-image-2.5", _GPT_25),
    ("gpt-image-2.6", _GPT_25),
)


def family(card: ModelCard) -> Family:
    """The family of a model; one that nobody knows takes what the newest does."""
    name = card.id.rsplit("/", 1)[-1]
    found = [(prefix, of) for prefix, of in _FAMILIES if name.startswith(prefix)]
    return max(found, key=lambda row: len(row[0]))[1] if found else _GPT_25


def unknown(param: str) -> ApiError:
    """The refusal of a field that the model does not know."""
    return BadRequest(f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")


def check(body: Wishes, card: ModelCard, of: Family) -> None:
    """What the model does not take. Raises BadRequest."""
    _check_model(card)
    for name in _OF_DALLE if of.gpt else _OF_GPT:
        if getattr(body, name, None) is not None:
            raise unknown(name)
    if not body.prompt.strip():
        raise wording.empty_string("prompt")
    if len(body.prompt) > of.longest_prompt:
        raise wording.string_too_long("prompt", of.longest_prompt, len(body.prompt))
    if body.n is not None and body.n > of.most:
        raise wording.out_of_bounds("n", "integer", "above", of.most, body.n)
    if body.quality is not None and body.quality not in of.qualities:
        raise wording.invalid_value("quality", body.quality, of.qualities)
    check_size(body.size, of)
    if of.gpt:
        _check_output(body)
        _check_stream(body)


def check_edit(body: ImageEdit, card: ModelCard, of: Family) -> None:
    """What is asked of edits beyond that, but for the pictures themselves. Raises BadRequest."""
    if not of.edits:
        raise BadRequest(f"Invalid value: '{card.id}'. Value must be 'dall-e-2'.", param="model", code="invalid_value")
    if body.mask is not None and body.markup is not None:
        raise BadRequest("The 'markup' parameter cannot be combined with 'mask'.", param="markup")
    if body.input_fidelity == "high" and "mini" in card.id:
        raise wording.invalid_value("input_fidelity", "high", ("low",))


def _check_model(card: ModelCard) -> None:
    if card.known and card.family != "image":
        words = [prefix for prefix, _ in _FAMILIES if prefix != "chatgpt-image"]
        raise wording.invalid_value("model", card.id, [*words, "chatgpt-image-latest"])


def check_size(size: str | None, of: Family) -> None:
    """Raises BadRequest for a size that the family does not have."""
    if size is None:
        return
    if of.sizes:
        if size not in of.sizes:
            raise wording.invalid_value("size", size, of.sizes)
    elif size != "auto":
        _check_free_size(size)


def _check_free_size(size: str) -> None:
    match = _SIZE.fullmatch(size)
    if match is None:
        raise wording.invalid_value("size", size, (*STANDARD, "auto"))
    width, height = int(match[1]), int(match[2])
    why = None
    if width % 16 or height % 16:
        why = "width and height must both be divisible by 16"
    elif not min(width, height) or max(width, height) > 3 * min(width, height):
        why = "the aspect ratio must be between 1:3 and 3:1"
    elif max(width, height) > _LONGEST_EDGE or width * height > _MOST_PIXELS:
        why = "the maximum supported resolution is 3840x2160"
    elif width * height < _LEAST_PIXELS:
        why = "the minimum supported resolution is 256x256"
    if why is not None:
        raise BadRequest(f"Invalid size '{wording.shown(size)}': {why}.", param="size", code="invalid_value")


def _check_output(body: Wishes) -> None:
    kind = body.output_format or "png"
    if body.background == "transparent" and kind == "jpeg":
        raise BadRequest(
            "Transparent background is not supported for JPEG output format.",
            param="background",
            code="invalid_value",
        )
    if body.output_compression not in (None, 100) and kind not in ("jpeg", "webp"):
        raise BadRequest(
            f"Compression less than 100 is not supported for {kind.upper()} output format",
            param="output_compression",
            code=f"invalid_{kind}_output_compression",
        )
    for name in ("frame_count", "frame_duration_ms"):
        if getattr(body, name) is not None and kind != "gif":
            raise BadRequest(f"The '{name}' parameter is only supported with output_format 'gif'.", param=name)
    if body.svg is not None and kind != "svg":
        raise BadRequest("The 'svg' parameter is only supported with output_format 'svg'.", param="svg")
    if kind == "svg" and (body.n or 1) > 1:
        raise wording.out_of_bounds("n", "integer", "above", 1, body.n)
    if kind in ("gif", "svg") and getattr(body, "mask", None) is not None:
        raise BadRequest(f"The 'mask' parameter is not supported with output_format '{kind}'.", param="mask")


def _check_stream(body: Wishes) -> None:
    if body.partial_images and not body.stream:
        raise wording.only_with("partial_images", "stream")
    if not body.stream:
        return
    if body.output_format in ("gif", "svg"):
        raise BadRequest(
            f"Streaming is not supported with output_format '{body.output_format}'.",
            param="stream",
            code="invalid_value",
        )
    if (body.n or 1) > 1:
        raise BadRequest("Streaming is only supported with n=1.", param="n", code="invalid_value")


def pixels(size: str | None) -> tuple[int, int]:
    """Width and height of a size; what is none, or too large, is the square one."""
    match = _SIZE.fullmatch(size or "")
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if min(width, height) < 16 or max(width, height) > _LONGEST_EDGE or width * height > _MOST_PIXELS:
        return 1024, 1024
    return width, height


def edited_size(given: tuple[int, int], of: Family) -> str:
    """The size of an edit that may be of any: the picture's own where the family has it, else that of its shape."""
    own = f"{given[0]}x{given[1]}"
    try:
        check_size(own, of)
    except BadRequest:
        ratio = given[0] / given[1]
        if not of.gpt:
            return SQUARE
        return "1536x1024" if ratio > 1.2 else "1024x1536" if ratio < 1 / 1.2 else SQUARE
    return own


def default_model(body: ImageGenerate) -> str:
    """The model of a request that names none: dall-e-2, unless it says what only GPT image models know (the document)."""
    says = any(getattr(body, name, None) is not None for name in _OF_GPT)
    wants = body.quality in ("low", "medium", "high", "xhigh", "max") or body.size in ("1024x1536", "1536x1024", "auto")
    return "gpt-image-1.5" if says or wants else "dall-e-2"
