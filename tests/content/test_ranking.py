"""Passages that answer come first, equal ones in their order, and the same is said every time."""

import pytest

from fakeai.content.ranking import logits, order, relevance


@pytest.mark.parametrize(
    ("query", "answer", "others"),
    [
        (
            "What is the capital of China?",
            "The capital of China is Beijing.",
            ["The capital of France is Paris.", "Horses and cows are both animals."],
        ),
        (
            "What is the GPU memory bandwidth of H100 SXM?",
            "Accelerated servers with H100 deliver 3 terabytes per second (TB/s) of memory bandwidth per GPU.",
            [
                "A100 provides up to 20X higher performance over the prior generation.",
                "The weather in Lisbon is mild in spring.",
            ],
        ),
        (
            "How do I reset a forgotten password?",
            "To reset your password, choose 'Forgot password' and follow the link in the mail.",
            ["Invoices are sent on the first of each month.", "Our office dog is called Otto."],
        ),
        (
            "fast automobiles",
            "These cars are quick: the car reaches 300 km/h.",
            ["Tomatoes need sun and water.", "She wrote three novels about the sea."],
        ),
    ],
)
def test_what_answers_comes_first_wherever_it_stands(query: str, answer: str, others: list[str]) -> None:
    for at in range(len(others) + 1):
        passages = [*others[:at], answer, *others[at:]]
        found = logits(query, passages)
        assert order(found)[0] == at
        assert relevance(found[at]) > 0.5 > relevance(min(found))


def test_equal_passages_score_equally_and_keep_their_order() -> None:
    found = logits("tea", ["Tea is hot.", "Stones are hard.", "Tea is hot."])
    assert found[0] == found[2] > found[1]
    assert order(found) == [0, 2, 1]
    assert found == logits("tea", ["Tea is hot.", "Stones are hard.", "Tea is hot."])


def test_whatever_the_texts_there_is_a_logit_for_each() -> None:
    assert logits("x", []) == []
    found = logits("??", ["", " ", "!", "日本の首都は東京です", "a" * 100_000])
    assert len(found) == 5 and all(-10 < one < 10 for one in found)


def test_relevance_is_a_probability_that_grows_with_the_logit() -> None:
    values = [relevance(logit) for logit in (-8.0, -1.0, 0.0, 1.0, 8.0)]
    assert values == sorted(values) and values[2] == 0.5
    assert 0 < values[0] < values[-1] < 1
