"""`POST /embeddings`: its body, OpenAI's rules for it, and what it answers with."""

from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.core.errors import ApiError, BadRequest
from fakeai.wire import wording
from fakeai.wire.base import FirstOf, Items, Omittable, Wire
from fakeai.wire.completions import TokenId, TokenIds
from fakeai.wire.errors import Refusal

INPUT_LIMIT = 2048
INVALID_INPUT = "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."

Input: TypeAlias = Annotated[
    str
    | Annotated[Items[str], MinLen(1), MaxLen(INPUT_LIMIT)]
    | Annotated[Items[TokenId], MinLen(1), MaxLen(INPUT_LIMIT)]
    | Annotated[Items[TokenIds], MinLen(1), MaxLen(INPUT_LIMIT)],
    FirstOf(),
]


class EmbeddingRequest(Wire):
    """Texts or token ids to embed. `model` may be missing here: only strict rules demand it."""

    NEEDS_MODEL = True

    model: str | None = None
    input: Input
    encoding_format: Omittable[Literal["float", "base64"]] = None
    dimensions: Omittable[Annotated[int, Ge(1), Le(65_536)]] = None
    user: Omittable[str] = None

    @classmethod
    def reword(cls, refusal: Refusal) -> ApiError:
        """Whatever is wrong with `input` has one sentence, but for too many texts."""
        error = super().reword(refusal)
        if refusal.location[:1] == ("input",) and refusal.kind not in ("missing", "too_long"):
            return BadRequest(INVALID_INPUT)
        return error


def check(body: EmbeddingRequest) -> None:
    """Refuse what OpenAI refuses of a well-typed request."""
    if not body.model:
        raise BadRequest(wording.NO_MODEL)
    if body.input == "" or (isinstance(body.input, list) and "" in body.input):
        raise BadRequest(INVALID_INPUT)


class Embedding(TypedDict):
    """One vector: floats, or their little-endian 32-bit bytes in base64."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingUsage(TypedDict):
    """Tokens of the inputs; both numbers are the same."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingList(TypedDict):
    """The vectors, in the order of the inputs."""

    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage
