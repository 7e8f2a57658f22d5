"""Answers about a film speak of the film: its length and size are true, and pieces are exact tokens."""

import re

import pytest

from fakeai.content.text import answer
from fakeai.content.tokens import encoding
from fakeai.content.viewing import asks, film
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest, Media, Message, Sampling
from tests.content.test_film_headers import film as film_file

ENC = encoding("o200k_base")
CARD = ModelCard("nvidia/cosmos-reason1-7b")
LINK = Media("video", None, url="https://example.com/clips/car-crossing.mp4?a=b")


def said(text: str, seen: Media, seed: int = 1, limit: int = 500) -> list[str]:
    request = GenerateRequest(CARD, (Message("user", text, (seen,)),), 10, 1000, b"", Sampling())
    return answer(request, Chance(seed), ENC, limit)


@pytest.mark.parametrize(
    "text",
    ["Describe the video.", "What happens in this clip?", "Caption the video in detail.", "", "What do you see?"],
)
def test_a_film_is_described_from_its_beginning_to_its_end(text: str) -> None:
    for seed in range(8):
        pieces = said(text, LINK, seed)
        words = "".join(pieces)
        assert words.startswith("This is car-crossing.mp4. The video shows ")
        times = [
            words.find(one)
            for one in ("first seconds", "beginning", "Halfway", "Towards the middle", "end,", "last frames")
        ]
        found = [at for at in times if at >= 0]
        assert found == sorted(found)
        assert len(pieces) == ENC.count(words)


def test_how_long_and_how_large_it_is_is_true() -> None:
    data = film_file(0)
    words = "".join(said("How long is this video, and at what resolution?", Media("video", data)))
    assert words == "The video is 10 seconds long, at 1920 x 1080 pixels and 30 frames per second."
    assert "".join(said("Describe the video.", Media("video", data))).startswith("The video takes 10 seconds. ")


def test_a_broken_film_is_described_all_the_same() -> None:
    assert re.search("video|frame", "".join(said("How long is this video?", Media("video", b"no film"))))


def test_other_questions_are_answered_as_ever() -> None:
    assert "Paris" in "".join(said("What is the capital of France?", LINK))
    assert "".join(said("Is it safe to turn left? Answer yes or no.", LINK)).startswith(("Yes", "No"))
    assert not asks("What is the capital of France?", frozenset(["capital", "france"]))


def test_an_answer_is_as_long_as_it_may_be() -> None:
    assert len(said("Describe the video.", LINK, limit=3)) == 3


def test_the_first_film_counts() -> None:
    picture = Media("image", b"x")
    assert film(Message("user", "", (picture, LINK))) is LINK
    assert film(Message("user", "", (picture,))) is None
