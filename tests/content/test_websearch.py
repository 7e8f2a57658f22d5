"""Citations point at their links, and links at nobody's site."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.content.tokens import encoding
from fakeai.content.websearch import cite
from fakeai.core.chance import Chance

ENC = encoding("o200k_base")
NEWS = "Ships were seen off the coast. The keeper counted nine. Nobody knows why!"
RESERVED = ("example.com", "example.org", "example.net")


def cited(text: str, prompt: str = "What happened at the lighthouse yesterday?", seed: int = 1):
    pieces, annotations = cite(ENC.pieces(text), prompt, Chance(seed), ENC)
    assert all(note["type"] == "url_citation" for note in annotations)
    return "".join(pieces), [note["url_citation"] for note in annotations]


def test_each_of_the_first_two_sentences_has_a_source() -> None:
    text, sources = cited(NEWS)
    links = [text[source["start_index"] : source["end_index"]] for source in sources]
    assert len(links) == 2
    assert text == (f"Ships were seen off the coast. {links[0]} The keeper counted nine. {links[1]} Nobody knows why!")
    for link, source in zip(links, sources, strict=True):
        site = urlsplit(source["url"]).netloc.removeprefix("www.")
        assert link == f"([{site}]({source['url']}))"
        assert source["title"] == "What happened lighthouse yesterday"
    assert sources[0]["url"] != sources[1]["url"]


@given(text=st.text("ab c.!?\nß日", max_size=80), prompt=st.text(max_size=80), seed=st.integers(0, 99))
def test_without_the_links_the_text_is_as_it_was(text: str, prompt: str, seed: int) -> None:
    told, sources = cited(text, prompt, seed)
    for source in reversed(sources):
        link = told[source["start_index"] : source["end_index"]]
        assert link.startswith("([") and link.endswith("))")
        assert told[source["start_index"] - 1] == " "
        told = told[: source["start_index"] - 1] + told[source["end_index"] :]
        url = urlsplit(source["url"])
        assert url.scheme == "https" and url.netloc.endswith(RESERVED)
        assert parse_qs(url.query) == {"utm_source": ["openai"]}
        assert source["title"]
    assert told == text
    assert len(sources) <= 2


def test_a_text_without_a_sentence_has_no_source() -> None:
    assert cited("no end in sight") == ("no end in sight", [])
    assert cited("") == ("", [])
    assert len(cited("Just one sentence.")[1]) == 1


def test_pieces_are_tokens() -> None:
    pieces, _ = cite(ENC.pieces(NEWS), "news", Chance(1), ENC)
    assert len(pieces) == ENC.count("".join(pieces))


@pytest.mark.parametrize("prompt", ["", "a b c", "?" * 50, "x" * 1_000_000])
def test_any_prompt_has_a_title(prompt: str) -> None:
    _, sources = cited(NEWS, prompt)
    assert sources[0]["title"] and len(sources[0]["url"]) < 10_000


def test_the_same_stream_cites_the_same() -> None:
    assert cited(NEWS, seed=3) == cited(NEWS, seed=3)
    assert len({tuple(source["url"] for source in cited(NEWS, seed=seed)[1]) for seed in range(20)}) > 3
