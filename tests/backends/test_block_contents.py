"""Token ids by text, and what is in blocks."""

from fakeai.backends import block_contents
from fakeai.backends.block_contents import BlockContents, TokenIds
from fakeai.content.tokens import encoding

ENC = encoding("o200k_base")


def test_blocks_in_a_row_have_their_tokens_in_order_and_their_adapter():
    contents = BlockContents(4)
    contents.learn([11, 12], list(range(10)), "rhymes")
    assert contents.of([11, 12]) == (list(range(8)), "rhymes")
    assert contents.of([12]) == ([4, 5, 6, 7], "rhymes")
    contents.learn([13], [1, 2, 3, 4], "")
    assert contents.of([13]) == ([1, 2, 3, 4], "")


def test_with_one_block_that_is_not_known_nothing_is_said():
    contents = BlockContents(4)
    contents.learn([11], [1, 2, 3, 4], "rhymes")
    assert contents.of([11, 99]) == ([], "")
    assert contents.of([]) == ([], "")


def test_the_blocks_that_came_longest_ago_are_forgotten(monkeypatch):
    monkeypatch.setattr(block_contents, "_MOST_BLOCKS", 3)
    contents = BlockContents(1)
    contents.learn([1, 2, 3], [1, 2, 3], "")
    contents.learn([1], [1], "")  # asked for once more
    contents.learn([4], [4], "")
    assert [contents.of([key])[0] for key in (1, 2, 3, 4)] == [[1], [], [3], [4]]


def test_texts_that_are_one_token_have_its_id_and_others_none():
    ids = TokenIds(ENC)
    assert ids[" sea"] == ENC.encode(" sea")[0]
    assert ids[""] == ids["a boat on the sea"] == -1
    assert len(ids) == 3


def test_ids_are_forgotten_together_when_they_are_too_many(monkeypatch):
    monkeypatch.setattr(block_contents, "_MOST_IDS", 2)
    ids = TokenIds(ENC)
    found = [ids[text] for text in ("a", "b", "c")]
    assert list(ids) == ["c"]
    assert [ids[text] for text in ("a", "b", "c")] == found
