"""Keys of blocks: a chain, so that a key says all that came before it."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.backends.block_contents import TokenIds
from fakeai.backends.block_keys import OutputKeys, chain, root
from fakeai.content.tokens import encoding

IDS = st.lists(st.integers(0, 200_000), max_size=70)
SIZES = st.integers(1, 20)


def slow(ids: list[int], size: int, parent: bytes) -> tuple[list[int], bytes]:
    """A chain as its docstring says, block by block."""
    keys = []
    for start in range(0, len(ids) - size + 1, size):
        block = b"".join(one.to_bytes(4, "little") for one in ids[start : start + size])
        parent = sha256(parent + block).digest()
        keys.append(int.from_bytes(parent[24:], "big"))
    return keys, parent


@given(IDS, SIZES)
def test_keys_are_those_of_full_blocks_alone(ids, size):
    keys, parent = chain(ids, size, root("m"))
    assert (keys, parent) == slow(ids, size, root("m"))
    assert len(keys) == len(ids) // size
    assert all(0 <= key < 2**64 for key in keys)


@given(IDS, IDS, SIZES)
def test_equal_beginnings_have_equal_keys_and_nothing_else_has(one, other, size):
    keys, others = chain(one, size, root("m"))[0], chain(other, size, root("m"))[0]
    alike = 0
    while one[: (alike + 1) * size] == other[: (alike + 1) * size] and len(one) >= (alike + 1) * size <= len(other):
        alike += 1
    assert keys[:alike] == others[:alike]
    assert not set(keys[alike:]) & set(others[alike:])


@given(IDS, SIZES, st.integers(0, 4))
def test_a_chain_may_be_gone_on_with(ids, size, blocks):
    first, parent = chain(ids[: blocks * size], size, root("m"))
    rest, _ = chain(ids[blocks * size :], size, parent)
    assert first + rest == chain(ids, size, root("m"))[0]


def test_order_matters_and_so_does_the_size_of_blocks():
    ids = list(range(32))
    assert not set(chain(ids, 16, root())[0]) & set(chain(ids[::-1], 16, root())[0])
    assert not set(chain(ids, 16, root())[0]) & set(chain(ids, 8, root())[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("m", "", "salt"), ("m", "", "other")),
        (("m", "lora", ""), ("m", "", "lora")),
        (("m", "a", "b"), ("m", "ab", "")),
        (("m", "", ""), ("n", "", "")),
        (("m", "a\0b", ""), ("m", "a", "b\0")),
        (("m", "", "\0"), ("m", "\0", "")),
        (("m",), ("m", "")),
    ],
)
def test_what_else_decides_a_blocks_content_keeps_chains_apart(one, other):
    ids = list(range(64))
    assert not set(chain(ids, 16, root(*one))[0]) & set(chain(ids, 16, root(*other))[0])
    assert root(*one) == root(*one)


def test_a_word_that_is_no_unicode_text_has_a_root_as_well():
    assert len(root("m", "\ud800")) == 32


ENC = encoding("o200k_base")
TEXT = "Long ago a boat put out to sea, and nobody on it had ever seen the other shore. Ça va? 海は広い。"


@settings(deadline=None)  # the first one loads the vocabulary
@given(st.integers(0, 60), SIZES, st.integers(0, 40))
def test_keys_of_an_answer_go_on_with_its_prompts(prompt_tokens, size, count):
    prompt = list(range(1000, 1000 + prompt_tokens))
    answer = ENC.encode(TEXT)[:count]
    pieces = [ENC.decode([one]) for one in answer]
    keys, parent = chain(prompt, size, root("m"))
    own = OutputKeys(prompt[len(keys) * size :], parent, pieces, size, dict(zip(pieces, answer, strict=True)))
    assert [*keys, *own] == chain([*prompt, *answer], size, root("m"))[0]
    assert len(own) == len([*own])
    assert own[1:] == [*own][1:]


def test_keys_of_an_answer_are_worked_out_once_and_when_somebody_looks():
    asked = []

    class Ids(dict):
        def __missing__(self, piece: str) -> int:
            asked.append(piece)
            return 7

    learned = []
    own = OutputKeys([], root("m"), ["a"] * 8, 4, Ids(), lambda keys, ids: learned.append((list(keys), list(ids))))
    assert (asked, learned) == ([], [])
    assert len(own) == 2
    assert list(own) == chain([7] * 8, 4, root("m"))[0]
    assert len(asked) == 8
    assert learned == [(list(own), [7] * 8)]


def test_keys_end_where_a_piece_is_not_one_token():
    pieces = [*[" sea"] * 5, "", *[" sea"] * 10]
    own = OutputKeys([], root("m"), pieces, 2, TokenIds(ENC))
    assert list(own) == chain(ENC.encode(" sea") * 5, 2, root("m"))[0]
    assert len(own) == 2
