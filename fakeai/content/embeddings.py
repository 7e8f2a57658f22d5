"""Embeddings without a model: texts that share words, stems, spellings or synonyms lie close together.

A text becomes weighted features: its words' stems, forms and synonym groups (`data/synonyms.txt`), pairs of
neighbouring words, and the three-letter sequences of words, which survive typos. Common words (`data/stopwords.txt`)
weigh next to nothing, long words more than short ones. Each feature has a direction of random signs derived from its
hash; a text's vector is the weighted sum of its features' directions at unit length. This is a signed random
projection: the cosine of two vectors is about the share of weight the texts have in common (at 1,536 dimensions,
±0.03 for texts that have nothing in common).

All sums are of integers small enough to be exact, so the result is the same on every platform. Knows nothing of
models, tokens or base64. Some 0.1 ms for a short text; many or long ones belong in a thread.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_CHARACTERS: Final = 262_144
"""Characters of a text that count: some eight times what 8,192 tokens of English take."""
MAX_WORDS: Final = 4_096
"""Different words of a text that count, the first ones; and how many running words make pairs."""
MAX_FEATURES: Final = 4_096
"""Features of a text that count, the heaviest ones: some 5 ms at 1,536 dimensions."""

_WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|[^\W_]{1,40}")
"""A run of letters and digits; in scripts written without spaces every character is a word."""

_FORM_WEIGHT: Final = 25
_STEM_WEIGHT: Final = 60
_STEM_WEIGHT_PER_LETTER: Final = 8
_GROUP_WEIGHT: Final = 150
_PAIR_WEIGHT: Final = 30
_GRAM_WEIGHT: Final = 32
_COMMON_WEIGHT: Final = 10
_HEAVIEST: Final = 60_000
_BLOCK: Final = 128
"""Features added up at once: 128 weights stay below 2**24, up to where float32 holds every integer."""


class _Word(NamedTuple):
    common: bool
    features: tuple[tuple[int, int], ...]
    """(hash, weight) of the form, and unless the word is common of the stem and the synonym group."""


def embed(texts: Sequence[str], dimensions: int, space: str = "") -> "NDArray[np.float32]":
    """Vectors of `texts`: shape (len(texts), dimensions), unit length.

    Fewer `dimensions` give the longer vector's beginning, brought back to unit length. Vectors of different `space`s
    (one for each model) have nothing to do with each other. Texts without letters and digits are told apart by their
    other characters; white space alone counts as empty.
    """
    import numpy as np

    assert dimensions > 0, "an embedding has at least one dimension"
    salt = np.uint64(_hash("space", space))
    vectors = np.empty((len(texts), dimensions), np.float32)
    for row, text in enumerate(texts):
        hashes, weights = _features(text[:MAX_CHARACTERS])
        vectors[row] = _project(hashes ^ salt, weights, dimensions)
    return vectors


def terms(text: str) -> Iterator[tuple[int, int | None, bool]]:
    """The running words of `text` as searches count them: hash of the stem, of the synonym group (if any), commonness."""
    for word in _WORD.findall(text[:MAX_CHARACTERS].casefold()):
        common, features = _word(word)
        yield features[0 if common else 1][0], features[2][0] if len(features) > 2 else None, common


def _project(hashes: "NDArray[np.uint64]", weights: "NDArray[np.float32]", dimensions: int) -> "NDArray[np.float64]":
    """The sum of the features' signs times their weights, at unit length.

    A feature's signs are the bits of a splitmix64 stream seeded with its hash: 64 dimensions from one output.
    """
    import numpy as np

    steps = np.arange(1, (dimensions + 63) // 64 + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    total = np.zeros(len(steps) * 64)
    for start in range(0, len(hashes), _BLOCK):
        bits = _mix(hashes[start : start + _BLOCK, None] + steps)
        ones = np.unpackbits(bits.astype("<u8", copy=False).view(np.uint8), axis=1, bitorder="little")
        weight = weights[start : start + _BLOCK]
        total += 2 * (weight @ ones.astype(np.float32)) - weight.sum()
    vector = total[:dimensions]
    if not vector.any():  # so few dimensions that the signs cancel out
        vector[0] = 1.0
    unit: NDArray[np.float64] = vector / np.sqrt(vector @ vector)
    return unit


def _mix(x: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
    """The finaliser of splitmix64, in place: every bit of the result depends on every bit of the argument."""
    import numpy as np

    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def _features(text: str) -> "tuple[NDArray[np.uint64], NDArray[np.float32]]":
    """Hashes of the text's features and their weights, whole numbers; the weights of a repeated hash add up."""
    import numpy as np

    running = _WORD.findall(text.casefold()) or text.split() or [""]
    counts = Counter(running)
    known = {word: _word(word[:40]) for word in islice(counts, MAX_WORDS)}
    weighted = [(h, w * counts[word].bit_length()) for word, (_, features) in known.items() for h, w in features]
    chain = [known[word].features[0][0] for word in running[:MAX_WORDS] if not known[word].common]
    content = [word for word, (common, _) in known.items() if not common] or list(known)
    pairs, grams = _pairs(chain), _grams(" ".join(content))

    hashes = np.concatenate([np.array([h for h, _ in weighted], np.uint64), pairs, grams])
    weights = np.full(len(hashes), _GRAM_WEIGHT, np.float32)
    weights[: len(weighted)] = [w for _, w in weighted]
    weights[len(weighted) : len(weighted) + len(pairs)] = _PAIR_WEIGHT
    return (hashes, weights) if len(hashes) <= MAX_FEATURES else _heaviest(hashes, weights)


def _heaviest(
    hashes: "NDArray[np.uint64]", weights: "NDArray[np.float32]"
) -> "tuple[NDArray[np.uint64], NDArray[np.float32]]":
    """The `MAX_FEATURES` heaviest features, each once."""
    import numpy as np

    hashes, where = np.unique(hashes, return_inverse=True)
    sums = np.minimum(np.bincount(where, weights), _HEAVIEST)
    chosen = np.argsort(-sums, kind="stable")[:MAX_FEATURES]
    return hashes[chosen], sums[chosen].astype(np.float32)


def _pairs(words: list[int]) -> "NDArray[np.uint64]":
    """Hashes of the pairs of neighbours in a row of words' hashes; the order of the two matters."""
    import numpy as np

    chain = np.array(words, np.uint64)
    return _mix(chain[:-1] * np.uint64(3) + chain[1:])


def _grams(text: str) -> "NDArray[np.uint64]":
    """Hashes of the three-letter sequences of each word, with a space for its beginning and end."""
    import numpy as np

    letters = np.frombuffer(f" {text} ".encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    middle = letters[1:-1]
    grams = letters[:-2] << np.uint64(42) | middle << np.uint64(21) | letters[2:]
    return _mix(grams[middle != ord(" ")])


@lru_cache(maxsize=2048)
def _word(text: str) -> _Word:
    form = _hash("form", text)
    if text in _common():
        return _Word(True, ((form, _COMMON_WEIGHT),))
    stem = _stem(text)
    weight = _STEM_WEIGHT + _STEM_WEIGHT_PER_LETTER * min(len(text), 10)
    features = [(form, _FORM_WEIGHT), (_hash("stem", stem), weight)]
    group = _groups().get(stem)
    if group is not None:
        features.append((_hash("group", group), _GROUP_WEIGHT))
    return _Word(False, tuple(features))


def _hash(kind: str, text: str) -> int:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, person=kind.encode()).digest()
    return int.from_bytes(digest, "little")


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(files("fakeai").joinpath("data/stopwords.txt").read_text("utf-8").split())


@lru_cache(maxsize=1)
def _groups() -> Mapping[str, str]:
    """The first word of the synonym group that a stem belongs to; of several groups the first listed."""
    groups: dict[str, str] = {}
    for line in files("fakeai").joinpath("data/synonyms.txt").read_text("utf-8").splitlines():
        words = line.split()
        for word in words:
            groups.setdefault(_stem(word), words[0])
    return MappingProxyType(groups)


# (suffix, fewest letters that must stay): the longest first.
_SUFFIXES: Final = (
    ("ments", 3), ("ness", 3), ("ment", 3), ("ions", 5), ("ings", 3), ("ion", 5), ("ies", 2), ("ing", 3), ("ers", 5),
    ("er", 5), ("ed", 3), ("es", 3), ("ly", 5), ("s", 3),
)  # fmt: skip
_KEPT: Final = ("ss", "us", "is", "eed")


def _stem(word: str) -> str:
    """An English word without inflection: `cities`, `city` → `citi`; `running`, `runs` → `run`. Others as they are."""
    if len(word) < 4 or not word.isascii() or not word.isalpha() or word.endswith(_KEPT):
        return word
    for suffix, stays in _SUFFIXES:
        stem = word.removesuffix(suffix)
        if stays <= len(stem) < len(word) and any(letter in "aeiouy" for letter in stem):
            if suffix == "ies":
                return stem + "i"
            if stem[-1] == stem[-2] and stem[-1] not in "lsz":
                stem = stem[:-1]
            return _ending(stem)
    return _ending(word)


def _ending(stem: str) -> str:
    if stem.endswith("y") and len(stem) > 3:
        return stem[:-1] + "i"
    stem = stem[:-1] if stem.endswith("e") and len(stem) > 3 else stem
    return stem[:-2] if stem.endswith("at") and len(stem) > 6 else stem
