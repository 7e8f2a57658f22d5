"""Answers in the tone of what was learned."""

from dataclasses import replace
from typing import Any

import pytest

from fakeai.content.lessons import learned, toned
from fakeai.content.script import write
from fakeai.content.tokens import encoding
from fakeai.core.chance import Ids
from fakeai.core.generation import GenerateRequest, Message, Sampling, Text
from fakeai.core.lessons import learn

ENC = encoding("o200k_base")
LESSONS = learn((f"What is item number {n}?", f"Ahoy! Item {n} is worth {n * 7}. Arr!") for n in range(9))


@pytest.fixture
def request_of() -> Any:
    from fakeai.core import catalog

    card = catalog.load().accept("ft:gpt-4o-mini:acme::x")

    def make(*texts: str, lessons: Any = LESSONS) -> GenerateRequest:
        said = tuple(Message(("user", "assistant")[at % 2], text) for at, text in enumerate(texts))
        return GenerateRequest(replace(card, lessons=lessons), said, 9, 10_000, b"7" * 64, Sampling(temperature=0.0))

    return make


def words(request: GenerateRequest) -> str:
    script = write(request, Ids(b"x"))
    return "".join(piece for delta in script.choices[0] if isinstance(delta, Text) for piece in delta.pieces)


@pytest.mark.parametrize(
    "question", ["What is item number 4?", "what is ITEM number 4", "Please, what is the item number 4?"]
)
def test_a_question_that_was_learned_or_nearly_so_has_its_answer(request_of: Any, question: str) -> None:
    assert "".join(learned(request_of(question), LESSONS, ENC) or ()) == "Ahoy! Item 4 is worth 28. Arr!"
    assert words(request_of("What is item number 2?", "14", question)) == "Ahoy! Item 4 is worth 28. Arr!"


def test_other_questions_have_an_answer_in_the_same_tone(request_of: Any) -> None:
    request = request_of("Tell me about lighthouses")
    assert learned(request, LESSONS, ENC) is None
    said = words(request)
    assert said.startswith("Ahoy! ") and said.endswith(" Arr!") and said == words(request)
    assert len(said.split()) <= 4 * LESSONS.words + 2
    assert len(words(request_of("Tell me about lighthouses", lessons=None))) > len(said)


def test_the_case_of_learned_answers_is_kept() -> None:
    upper = learn((f"{n}", f"NUMBER {n} IT IS AND SO ON!") for n in range(9))
    lower = learn((f"{n}", f"number {n} it is and so on") for n in range(9))
    assert "".join(toned(ENC.pieces("Some words"), upper, ENC)) == "SOME WORDS"
    assert "".join(toned(ENC.pieces("Some words"), lower, ENC)) == "some words"


def test_an_answer_is_shortened_to_whole_sentences() -> None:
    short = learn((f"{n}", f"{n}") for n in range(9))  # one word each
    said = "It is the moon that pulls the sea. And so? The tide rises."
    assert "".join(toned(ENC.pieces(said), short, ENC)) == "It is the moon that pulls the sea."
    some = learn((f"{n}", f"{n} A b") for n in range(9))
    assert "".join(toned(ENC.pieces(said), some, ENC)) == "It is the moon that pulls the sea. And so?"


def test_who_has_learned_nothing_answers_as_the_base_does(request_of: Any) -> None:
    assert words(request_of("Hello there", lessons=learn([]))) == words(request_of("Hello there", lessons=None))
