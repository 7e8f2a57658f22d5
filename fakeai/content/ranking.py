"""How well passages answer a query, as a cross-encoder's logits tell it: by shared words, stems and synonyms, and by meaning.

The scores are those of `content.search` (words weighed by how rare they are among the passages, and the vectors of
`content.embeddings`), brought to the scale of rerankers: about -5 for what has nothing to do with the query, 0 for what may,
above 4 for what answers it. Equal inputs give equal logits on every platform. Some 2 ms for a passage of 800 tokens.
"""

from collections.abc import Sequence
from math import exp
from typing import Final

from fakeai.content.search import HYBRID, Index, profile

_SLOPE: Final = 13.0
_MIDDLE: Final = 0.4
"""The score at which a passage is as likely to answer as not."""


def logits(query: str, passages: Sequence[str]) -> list[float]:
    """One for each passage, in their order; higher fits better."""
    if not passages:
        return []
    index = Index([profile(passage) for passage in passages])
    return [round(_SLOPE * (float(score) - _MIDDLE), 4) for score in index.scores(query, HYBRID)]


def relevance(logit: float) -> float:
    """The logit as a probability."""
    return 1.0 / (1.0 + exp(-logit))


def order(scores: Sequence[float]) -> list[int]:
    """The numbers of what is scored, the best first; those that fit equally in their order."""
    return sorted(range(len(scores)), key=lambda number: -scores[number])
