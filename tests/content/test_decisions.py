"""What a text names wins, negations count, moods and scales are told; equal questions have equal answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.content.decisions import Evidence, Option, Question, choice, decide, predicate, score
from fakeai.core.chance import Chance

CHARGED = "I was charged twice for the same subscription renewal."
LOUD = "This is URGENT! The site is down, we need a fix immediately!"


def likeliest(text: str, *names: str | bool, asked: str = "Which one?") -> str | bool:
    shares = choice(Evidence(text), asked, [Option(name) for name in names], Chance("x"))
    return names[shares.index(max(shares))]


def level(text: str, asked: str, *labels: str) -> float:
    shares = score(Evidence(text), asked, [Option(label) for label in labels], Chance("x"))
    return sum(at * share for at, share in enumerate(shares))


def true(text: str, statement: str) -> float:
    return predicate(Evidence(text), statement, Chance("x"))


def test_the_option_that_the_text_names_is_chosen() -> None:
    assert likeliest("I would like the green one.", "red", "green", "blue") == "green"


def test_what_the_text_denies_is_not_chosen() -> None:
    assert likeliest("Give me the blue one, not the red one.", "red", "blue", "green") == "blue"


def test_a_name_within_another_word_is_no_mention() -> None:
    assert Evidence("The scarred bear").names("red") == 0
    assert Evidence("A red bear").names("Red") == 1
    assert Evidence("Never red").names("red") == -1


def test_descriptions_tell_options_apart() -> None:
    options = [Option("a", "billing and invoices"), Option("b", "trouble with a printer")]
    shares = choice(Evidence("My printer jams."), "Where to?", options, Chance("x"))
    assert shares[1] > 0.6


def test_desks_are_known_by_what_is_written_to_them() -> None:
    assert likeliest(CHARGED, "technical", "billing", "shipping") == "billing"
    assert likeliest("The app shows an error and a crash.", "technical", "billing", "sales") == "technical"


def test_moods_are_told() -> None:
    moods = ("positive", "negative", "neutral")
    assert likeliest("I love it, it is great!", *moods) == "positive"
    assert likeliest("I hate it, it is terrible.", *moods) == "negative"
    assert likeliest("It arrived on Tuesday.", *moods) == "neutral"


def test_what_fits_nothing_goes_to_the_rest() -> None:
    assert likeliest("Snow falls on the hills.", "billing", "technical", "other") == "other"


def test_booleans_are_the_truth_of_the_question() -> None:
    assert likeliest(CHARGED, True, False, asked="It is about a subscription.") is True
    assert likeliest(CHARGED, True, False, asked="It is about a giraffe.") is False


def test_statements_are_likely_if_their_words_are_said() -> None:
    assert true(CHARGED, "The customer was charged for a subscription.") > 0.8
    assert true(CHARGED, "The message is about a giraffe.") < 0.3
    assert true("I am not happy.", "The customer is happy.") < 0.3
    assert true(LOUD, "The message is urgent.") > 0.8


def test_scales_are_climbed_by_urgency_and_by_mood() -> None:
    urgency = ("low", "medium", "high")
    assert level(LOUD, "How urgent is it?", *urgency) > 1.5
    assert level("A note about the weather.", "How urgent is it?", *urgency) < 0.5
    stars = ("1", "2", "3", "4", "5")
    assert level("I love it, it is great.", "How satisfied is the customer?", *stars) > 3
    assert level("I hate it, it is terrible.", "How satisfied is the customer?", *stars) < 1
    assert level("I hate it, it is terrible.", "Rate it.", "bad", "fine", "good") < 0.7


def test_a_level_that_the_text_names_is_it() -> None:
    assert level("The severity is medium.", "How severe?", "low", "medium", "high") == pytest.approx(1, abs=0.2)


def test_what_nobody_should_be_asked_is_declined_alone() -> None:
    asked = [Question("predicate", "I will kill you and your family."), Question("predicate", "It is about money.")]
    threat, money = decide(CHARGED, asked, Chance("x"))
    assert threat is None and money is not None


def test_answers_do_not_depend_on_the_questions_beside_them() -> None:
    one = Question("choice", "Which?", (Option("a"), Option("b")))
    other = Question("score", "How much?", (Option("low"), Option("high")))
    alone = decide(CHARGED, [one], Chance("x"))
    assert decide(CHARGED, [other, one], Chance("x"))[1:] == alone
    assert decide(CHARGED, [one, other], Chance("x"))[:1] == alone


@given(st.text(max_size=80), st.text(max_size=80), st.lists(st.text(max_size=20), min_size=2, max_size=6, unique=True))
def test_probabilities_sum_to_one_whatever_is_asked(text: str, asked: str, names: list[str]) -> None:
    options = [Option(name) for name in names]
    for shares in (
        choice(Evidence(text), asked, options, Chance(text)),
        score(Evidence(text), asked, options, Chance(text)),
    ):
        assert len(shares) == len(names)
        assert sum(shares) == pytest.approx(1)
        assert all(0 <= share <= 1 for share in shares)
    assert 0.01 <= predicate(Evidence(text), asked, Chance(text)) <= 0.99
