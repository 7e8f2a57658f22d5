"""NVIDIA NIM's `POST /ranking`: its body and what it answers with.

Source: docs.nvidia.com/nim/nemo-retriever/text-reranking (API reference, `RankRequest`, `RankResponse`).
"""

from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import Items, Wire, shown_as

MOST_PASSAGES = 512


class RankingText(Wire):
    """A query or a passage."""

    text: Annotated[str, MinLen(1)]


class RankingRequest(Wire):
    """A query, and passages to be put in order. With `truncate` NONE, what is too long for the model is refused."""

    model_config = shown_as(
        {
            "model": "nvidia/llama-3.2-nv-rerankqa-1b-v2",
            "query": {"text": "tides"},
            "passages": [{"text": "The moon pulls the sea."}, {"text": "Wind is moving air."}],
        }
    )

    NEEDS_MODEL = True

    model: str | None = None
    query: RankingText
    passages: Annotated[Items[RankingText], MinLen(1), MaxLen(MOST_PASSAGES)]
    truncate: Literal["NONE", "END"] | None = None
    user: str | None = None


class Rank(TypedDict):
    """One passage's place; the logit has no bounds."""

    index: int
    logit: float


class RankingUsage(TypedDict):
    """Tokens read: the query is read with each passage."""

    prompt_tokens: int
    total_tokens: int


class Rankings(TypedDict):
    """The passages in order, the best first."""

    rankings: list[Rank]
    usage: RankingUsage
