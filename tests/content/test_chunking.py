"""Chunks of a text: so many tokens each, with nothing lost between them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.content.chunking import chunks
from fakeai.content.tokens import encoding

ENCODING = encoding("o200k_base")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=600), st.integers(2, 40), st.data())
def test_fresh_parts_joined_are_the_text(text: str, size: int, data: st.DataObject) -> None:
    text = text.encode("utf-8", "replace").decode()
    overlap = data.draw(st.integers(0, size // 2))
    found = chunks(text, ENCODING, size, overlap)
    assert "".join(chunk.text[chunk.fresh :] for chunk in found) == text


@pytest.mark.parametrize(("size", "overlap"), [(100, 0), (100, 50), (800, 400)])
def test_chunks_are_windows_of_tokens_that_repeat_the_end_of_the_one_before(size: int, overlap: int) -> None:
    text = " word" * 2_000
    found = chunks(text, ENCODING, size, overlap)
    assert all(ENCODING.count(chunk.text) == size for chunk in found[:-1])
    assert ENCODING.count(found[-1].text) <= size
    assert all(ENCODING.count(chunk.text[: chunk.fresh]) == overlap for chunk in found[1:])
    assert len(found) == -(-(2_000 - overlap) // (size - overlap))


def test_a_character_of_several_tokens_stays_whole() -> None:
    text = "日本語のテキスト😀é𓀀" * 100
    assert all("\ufffd" not in chunk.text for chunk in chunks(text, ENCODING, 7, 3))


def test_no_text_has_no_chunks() -> None:
    assert chunks("", ENCODING) == []
