"""What a search finds among real sentences, and what it does not take for found."""

import numpy as np
import pytest

from fakeai.content.search import Hit, Index, Weights, profile, rewritten

TEXT = """\
Employees receive twenty five days of paid vacation each year. Unused days may be carried over until the end of March.
The boiler must be inspected annually by a certified engineer. Before lighting the burner open the gas valve slowly.
Our refund policy: customers can return any product within 30 days and get their money back, without shipping costs.
Photosynthesis turns sunlight, water and carbon dioxide into sugar and oxygen in the chloroplasts of plant cells.
The Treaty of Westphalia ended the Thirty Years' War in 1648. It was signed in Osnabrück and Münster.
To reset your password, click "Forgot password" on the login page and follow the link in the email that we send you.
The company car may be used for private trips. Fuel for private journeys is paid by the driver.
Bake the bread at 230 degrees for forty minutes, until the crust is dark brown and it sounds hollow.
The invoice must be paid within fourteen days of receipt. Late payments are charged interest at five percent.
Lions live in groups called prides. A pride consists of several females, their cubs and a few adult males."""
PASSAGES = TEXT.splitlines()


@pytest.fixture(scope="module")
def index() -> Index:
    return Index([profile(text) for text in PASSAGES])


@pytest.mark.parametrize(
    ("number", "query"),
    [
        (0, "How many holidays do workers get annually?"),
        (1, "How often does the boiler need an inspection?"),
        (2, "Can I send an item back and get my money refunded?"),
        (3, "How do plants make oxygen from light?"),
        (4, "When did the Thirty Years War end?"),
        (5, "I can't remember my passwords, how do I log in?"),
        (6, "Who pays for gasoline on personal trips with the company's car?"),
        (7, "how long should loaves stay in the oven when baking bread"),
        (8, "What happens when I pay a bill late?"),
        (9, "family structure of a lion"),
    ],
)
def test_a_paraphrase_finds_its_passage(index: Index, number: int, query: str) -> None:
    best, second = index.search(query, 2)
    assert best.number == number
    assert best.score >= 0.25 and best.score > 1.5 * second.score


@pytest.mark.parametrize(
    "query",
    [
        "What's the capital of Mongolia?",
        "chocolate cake recipe",
        "How is the weather tomorrow in Paris?",
        "Who won the football world cup?",
        "Explain quantum entanglement to me",
        "best smartphone camera",
    ],
)
def test_an_unrelated_question_finds_nothing_worth_its_score(index: Index, query: str) -> None:
    assert all(hit.score < 0.15 for hit in index.search(query, 3))


def test_scores_lie_between_nothing_and_all(index: Index) -> None:
    assert all(0 < hit.score <= 1 for hit in index.search(PASSAGES[3], 10))
    assert index.search(PASSAGES[3], 1)[0].score > 0.9
    assert index.search("the", 10) == index.search("the", 10)


def test_words_or_meaning_alone_can_count(index: Index) -> None:
    query = "vacation"
    words = index.search(query, 10, Weights(0, 1))
    assert [hit.number for hit in words] == [0]
    assert index.search(query, 1, Weights(1, 0))[0].number == 0


def test_only_what_is_allowed_is_found(index: Index) -> None:
    allowed = np.ones(len(PASSAGES), bool)
    allowed[0] = False
    assert all(hit.number for hit in index.search("vacation days", 10, allowed=allowed))


def test_passages_that_fit_equally_come_in_their_order() -> None:
    same = Index([profile(PASSAGES[0])] * 5)
    assert [hit.number for hit in same.search("vacation", 3)] == [0, 1, 2]


def test_an_index_may_be_empty() -> None:
    assert Index([]).search("anything", 5) == []


def test_a_hit_is_a_number_and_a_score() -> None:
    assert Index([profile("blue whale")]).search("whale", 1)[0]._replace(score=0.0) == Hit(0, 0.0)


def test_a_rewritten_query_is_what_tells() -> None:
    assert rewritten("What is the return policy?") == "return policy"
    assert rewritten("the") == "the"
