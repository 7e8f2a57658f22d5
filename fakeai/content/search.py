"""An index of passages: finds those that say what a query asks for, by their words (BM25) and by their meaning (vectors).

A passage is indexed from what `profile` makes of its text, which is small and kept beside it; the index of a hundred
thousand passages is made of those in a second or two. Scores are from 0 to 1: how much of what is asked for, weighed by
how rare it is among the passages, one of them says. Knows no files and no stores.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import log
from typing import TYPE_CHECKING, Final, NamedTuple

from fakeai.content.embeddings import embed, terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSIONS: Final = 256

_K1: Final = 1.2
_B: Final = 0.6
_SYNONYM: Final = 0.7
"""What a synonym of a word counts, where the word itself counts 1."""
_MEANING: Final = 2.2
"""Cosines of short queries and long passages are small: this brings them to the scale of the words' score."""
_VAGUE: Final = (
    "many much get got need want find tell know say ask give take make use let help please thing something way kind sort "
    "best good really often long far soon like also just way able about anything explain describe show look go come"
)
"""Words that questions are made of: they tell less of what is asked for than others as rare."""
_VAGUE_WEIGHT: Final = 0.25
_MOST_TERMS: Final = 4_096
_SALT: Final = 0x5B


class Profile(NamedTuple):
    """What is known of a passage: its vector in bytes, its terms (uint32 hashes), how often each occurs, its length in words."""

    vector: bytes
    terms: bytes
    counts: bytes
    words: int


class Weights(NamedTuple):
    """What the meaning and the words count in a score."""

    meaning: float = 0.35
    words: float = 0.65


HYBRID: Final = Weights()


class Hit(NamedTuple):
    """A passage by its number, and how well it fits."""

    number: int
    score: float


def profile(text: str) -> Profile:
    """What an index needs of a passage. Some 2 ms for 800 tokens."""
    import numpy as np

    counts: Counter[int] = Counter()
    words = 0
    for stem, group, common in terms(text):
        words += 1
        if common:
            continue
        counts[_short(stem)] += 1
        if group is not None:
            counts[_short(group ^ _SALT)] += 1
    found = sorted(counts.most_common(_MOST_TERMS))
    hashes = np.array([term for term, _ in found], "<u4")
    often = np.array([min(count, 255) for _, count in found], np.uint8)
    vector = np.rint(embed([text], DIMENSIONS, "search")[0] * 127 * 4).clip(-127, 127).astype(np.int8)
    return Profile(vector.tobytes(), hashes.tobytes(), often.tobytes(), words)


def _short(hash: int) -> int:
    return hash & 0xFFFFFFFF


@lru_cache(maxsize=1)
def _vague() -> frozenset[int]:
    return frozenset(stem for stem, _, _ in terms(_VAGUE))


@lru_cache(maxsize=512)
def _query_vector(text: str) -> "NDArray[np.float32]":
    vector: NDArray[np.float32] = embed([text], DIMENSIONS, "search")[0]
    return vector


class Index:
    """Passages that are searched together. Does not change: what is added makes another. Safe to use from several threads."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        import numpy as np

        size = self.size = len(profiles)
        vectors = np.frombuffer(b"".join(one.vector for one in profiles), np.int8).reshape(size, DIMENSIONS)
        self._vectors = vectors.astype(np.float32)
        norms = np.sqrt(np.einsum("ij,ij->i", self._vectors, self._vectors))
        self._vectors /= np.maximum(norms, 1.0)[:, None]
        lengths = np.array([one.words for one in profiles], np.float32)
        self._drag = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()) if size else 1.0, 1.0))
        each = np.array([len(one.counts) for one in profiles], np.int64)
        hashes = np.frombuffer(b"".join(one.terms for one in profiles), "<u4")
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._where = np.repeat(np.arange(size, dtype=np.int32), each)[order]
        self._counts = np.frombuffer(b"".join(one.counts for one in profiles), np.uint8)[order]

    def search(
        self, query: str, limit: int, weights: Weights = HYBRID, allowed: "NDArray[np.bool_] | None" = None
    ) -> list[Hit]:
        """The best passages, the best first, those that fit equally in their order; only among `allowed`, if given."""
        import numpy as np

        if not self.size:
            return []
        scores = self.scores(query, weights)
        if allowed is not None:
            scores = np.where(allowed, scores, -1.0)
        most = min(limit, self.size)
        best = np.argpartition(-scores, most - 1)[:most]
        cut = scores[best].min()
        best = np.flatnonzero(scores >= cut)
        best = best[np.argsort(-scores[best], kind="stable")][:most]
        return [Hit(int(n), round(float(scores[n]), 6)) for n in best if scores[n] > 0]

    def scores(self, query: str, weights: Weights) -> "NDArray[np.float32]":
        """How well each passage fits."""
        import numpy as np

        total = (weights.meaning + weights.words) or 1.0
        meaning: NDArray[np.float32] = np.clip((self._vectors @ _query_vector(query)) * _MEANING, 0, 1)
        words = self._words(query)
        if words is None:
            return meaning
        score = (weights.meaning * meaning + weights.words * words) / total
        found: NDArray[np.float32] = score.astype(np.float32)
        return found

    def _words(self, query: str) -> "NDArray[np.float32] | None":
        """BM25, as a share of what a passage of usual length that has each word of the query once gets; None without words."""
        import numpy as np

        wanted = {stem: (group, common) for stem, group, common in terms(query)}
        telling = {stem: group for stem, (group, common) in wanted.items() if not common}
        if not telling:
            return None
        score = np.zeros(self.size, np.float32)
        most = 0.0
        for stem, group in telling.items():
            own, idf = self._term(_short(stem))
            if group is not None:
                others, group_idf = self._term(_short(group ^ _SALT))
                own = np.maximum(own * idf, others * (group_idf * _SYNONYM)) if idf else others * (group_idf * _SYNONYM)
                idf = max(idf, group_idf * _SYNONYM)
            else:
                own = own * idf
            weight = _VAGUE_WEIGHT if stem in _vague() else 1.0
            score += own * weight
            most += (idf or self._idf(0)) * weight
        share: NDArray[np.float32] = np.minimum(score * np.float32((1 + _K1) / max(most, 1e-9)), np.float32(1))
        return share

    def _term(self, hash: int) -> "tuple[NDArray[np.float32], float]":
        """How much of a term each passage has, saturating; and how much the term tells."""
        import numpy as np

        first = np.searchsorted(self._hashes, np.uint32(hash), "left")
        last = np.searchsorted(self._hashes, np.uint32(hash), "right")
        found = np.zeros(self.size, np.float32)
        where = self._where[first:last]
        counts = self._counts[first:last].astype(np.float32)
        found[where] = counts / (counts + self._drag[where])
        return found, self._idf(int(last - first)) if last > first else 0.0

    def _idf(self, passages: int) -> float:
        return log(1 + (self.size - passages + 0.5) / (passages + 0.5))


def rewritten(query: str) -> str:
    """The query as it is searched for: without the words that every question has."""
    kept = [word for word in query.split() if any(not common for _, _, common in terms(word))]
    return " ".join(kept).strip(" ?!.,;:") or query.strip()
