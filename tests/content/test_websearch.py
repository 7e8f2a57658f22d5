"""Citations point at their links, and links at nobody's site."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.content.tokens import encoding
from fakeai.content.websearch import cite, pages, searched
from fakeai.core.generation import Message, ToolUse

ENC = encoding("o200k_base")
NEWS = "Ships were seen off the coast. The keeper counted nine. Nobody knows why!"
RESERVED = ("example.com", "example.org", "example.net")


def cited(text: str, prompt: str = "What happened at the lighthouse yesterday?"):
    pieces, annotations = cite(ENC.pieces(text), prompt, ENC)
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
        assert source["title"].startswith("What happened lighthouse yesterday - ")
    assert sources[0]["url"] != sources[1]["url"]


@settings(deadline=None)  # a script of its own brings the rest of the vocabulary
@given(text=st.text("ab c.!?\nß日", max_size=80), prompt=st.text(max_size=80))
def test_without_the_links_the_text_is_as_it_was(text: str, prompt: str) -> None:
    told, sources = cited(text, prompt)
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
    pieces, _ = cite(ENC.pieces(NEWS), "news", ENC)
    assert len(pieces) == ENC.count("".join(pieces))


@pytest.mark.parametrize("prompt", ["", "a b c", "?" * 50, "x" * 1_000_000])
def test_any_prompt_has_a_title(prompt: str) -> None:
    _, sources = cited(NEWS, prompt)
    assert sources[0]["title"] and len(sources[0]["url"]) < 10_000


def test_what_is_cited_was_found() -> None:
    for query in ("lighthouses", "tides", "ships"):
        found = {page.url for page in pages(query)}
        assert {source["url"].removesuffix("?utm_source=openai") for source in cited(NEWS, query)[1]} < found
    assert len({pages(f"ships {word}")[0].url.split("/")[2] for word in NEWS.split()}) > 2


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ('{"query":"tides"}', "tides"),
        ("nonsense", "What was found."),
        ('{"q":1}', "What was found."),
        ("[]", "What was found."),
    ],
)
def test_a_conversation_has_searched_for_what_its_last_call_asked(arguments: str, query: str) -> None:
    said = Message("user", "Search the web.")
    call = Message("assistant", tool_calls=(ToolUse("ws_1", "web_search", arguments),))
    result = Message("tool", "What was found.", tool_call_id="ws_1")
    assert searched([said, call, result]) == query
    assert searched([said, call, result, said]) == searched([said]) == "Search the web."
