"""Similar texts are close, others are not; the same everywhere; bounded in time."""

import subprocess
import sys
from hashlib import blake2b
from math import sqrt

import numpy as np
import pytest

from fakeai.content.embeddings import _features, embed

# text, the same thing said differently, another topic
TRIPLES = [
    ("How do I reset my password?", "I forgot my login credentials and need to recover them", "Recipe for tomato soup"),
    ("The car broke down on the highway", "My vehicle stopped working on the road", "She plays the violin"),
    ("refund for a damaged item", "I want my money back, the goods arrived broken", "weather forecast for tomorrow"),
    ("dogs are loyal animals", "The dog is a loyal animal", "stock prices fell sharply"),
    ("machine learning engineer", "machine lerning enginer", "fresh strawberry cake"),
    ("running fast in the park", "he runs quickly through parks", "database migration failed"),
    ("delete a file in Python", "remove files using python", "hotel booking in Paris"),
    ("The meeting was cancelled", "They cancelled the appointment", "ocean waves and sand"),
    ("cheap flights to London", "inexpensive airline tickets to London", "symptoms of the flu"),
    ("the children are sleeping", "a kid takes a nap", "quarterly revenue grew"),
    ("translate this sentence into French", "give me a French translation of the sentence", "how tall is the tower"),
    ("increase the salary", "raise wages and salaries", "feed the cat"),
    ("cities of Europe", "a European city", "the compiler printed a warning"),
    ("今日は天気がいいです", "今日の天気はいい", "株価が下落した"),
    ("Где находится библиотека", "библиотека где-то находится", "сегодня идёт дождь"),
]


def cosine(a: str, b: str, dimensions: int = 1536) -> float:
    first, second = embed([a, b], dimensions).astype(np.float64)
    return float(first @ second)


@pytest.mark.parametrize(("text", "paraphrase", "other"), TRIPLES)
@pytest.mark.parametrize("dimensions", [256, 1536, 3072])
def test_paraphrase_is_closer_than_another_topic(text: str, paraphrase: str, other: str, dimensions: int) -> None:
    assert cosine(text, paraphrase, dimensions) - cosine(text, other, dimensions) > 0.15


@pytest.mark.parametrize(("text", "paraphrase", "other"), TRIPLES)
def test_texts_with_nothing_in_common_are_nearly_orthogonal(text: str, paraphrase: str, other: str) -> None:
    assert abs(cosine(text, other)) < 0.13
    assert abs(cosine(paraphrase, other)) < 0.13


def test_case_and_punctuation_do_not_matter() -> None:
    assert cosine("HELLO, World!", "hello world") == pytest.approx(1.0)


def test_plural_and_typo_stay_close() -> None:
    assert cosine("invoice", "invoices") > 0.75
    assert cosine("international shipping", "internatoinal shipping") > 0.6
    assert cosine("running", "runs") > 0.4


def test_word_order_matters_a_little() -> None:
    assert 0.8 < cosine("dog bites man", "man bites dog") < 0.999


def test_closest_document_answers_the_question() -> None:
    documents = [
        "Shipping takes three to five business days within the country.",
        "You can return any product within thirty days for a full refund.",
        "Our support team is available by phone from nine to five.",
        "To change your password open the account settings page.",
    ]
    questions = [
        "how long does delivery take, in days?",
        "how do I get a refund for a product",
        "what is your phone support time",
        "I lost my password",
    ]
    vectors = embed(documents + questions, 1536)
    assert (vectors[4:] @ vectors[:4].T).argmax(axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("dimensions", [1, 2, 63, 64, 65, 256, 512, 1024, 1536, 3072])
def test_shape_type_and_unit_length(dimensions: int) -> None:
    texts = ["", " ", "a", "the", "!!!", "😀", "\ud800", "hello world", "x" * 10_000, "\x00"]
    vectors = embed(texts, dimensions)
    assert (vectors.shape, vectors.dtype) == ((len(texts), dimensions), np.float32)
    assert np.linalg.norm(vectors.astype(np.float64), axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-6)


def test_no_texts_give_no_vectors() -> None:
    assert embed([], 8).shape == (0, 8)


@pytest.mark.parametrize("dimensions", [2, 100, 256, 1000])
def test_fewer_dimensions_are_the_longer_vector_cut_and_renormalised(dimensions: int) -> None:
    full = embed(["A text about lighthouses"], 3072)[0].astype(np.float64)
    cut = full[:dimensions] / np.linalg.norm(full[:dimensions])
    assert embed(["A text about lighthouses"], dimensions)[0] == pytest.approx(cut, abs=1e-6)


def test_texts_do_not_influence_each_other() -> None:
    together = embed(["one", "two", "three"], 64)
    assert np.array_equal(together[1], embed(["two"], 64)[0])


def test_spaces_are_unrelated() -> None:
    small, large = embed(["hello world"], 1536, "small")[0], embed(["hello world"], 1536, "large")[0]
    assert abs(float(small @ large)) < 0.13


def test_texts_without_letters_are_told_apart() -> None:
    vectors = embed(["😀", "🚀", "!!!", ""], 1536)
    assert (np.abs(vectors @ vectors.T - np.eye(4)) < 0.2).all()
    assert np.array_equal(embed([""], 64), embed([" \n\t"], 64))


def test_projection_is_the_weighted_sum_of_the_features_signs() -> None:
    """Second method: splitmix64 in plain integers, one bit at a time."""
    text, dimensions, mask = "Whales sing in the deep blue sea", 130, 2**64 - 1
    salt = int.from_bytes(blake2b(b"", digest_size=8, person=b"space").digest(), "little")
    hashes, weights = _features(text)
    sums = [0] * dimensions
    for feature, weight in zip(hashes.tolist(), weights.tolist(), strict=True):
        for at in range(dimensions):
            x = ((feature ^ salt) + 0x9E3779B97F4A7C15 * (at // 64 + 1)) & mask
            x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & mask
            x = ((x ^ x >> 27) * 0x94D049BB133111EB) & mask
            x ^= x >> 31
            sums[at] += int(weight) if x >> at % 64 & 1 else -int(weight)
    length = sqrt(sum(value * value for value in sums))
    assert embed([text], dimensions)[0].tolist() == np.array([value / length for value in sums], np.float32).tolist()


def test_result_does_not_depend_on_the_process() -> None:
    code = "from fakeai.content.embeddings import embed; print(embed(['The same text, again'], 16).tobytes().hex())"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert outputs == {embed(["The same text, again"], 16).tobytes().hex()}


def test_importing_the_module_does_not_load_numpy() -> None:
    code = "import sys, fakeai.content.embeddings; print('numpy' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


@pytest.mark.timeout(5)
def test_long_and_hostile_texts_take_bounded_time() -> None:
    words = " ".join(f"word{n}x{n * 7919 % 10007}" for n in range(20_000))
    for text in (words, "a" * 1_000_000, " " * 1_000_000, "! " * 500_000, "😀" * 1_000_000, "\u0390" * 1_000_000):
        assert np.linalg.norm(embed([text], 1536)[0]) == pytest.approx(1.0, abs=1e-5)


def test_long_document_is_close_to_its_own_topic() -> None:
    about = "Beekeepers inspect their hives in spring and harvest honey in late summer. " * 200
    noise = " ".join(f"filler{n}" for n in range(200))
    assert cosine(about + noise, "harvest honey from hives") > cosine(about + noise, "harvest grain from fields") > 0
