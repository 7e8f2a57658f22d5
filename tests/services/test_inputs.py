"""Every way of giving a text yields the text and its tokens."""

from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.services.inputs import Input, read, unread

# "hello world" and "hello" in cl100k_base, as published in OpenAI's cookbook on counting tokens.
_HELLO_WORLD = [15339, 1917]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, [Input("<|endoftext|>", 1)]),
        ("hello world", [Input("hello world", 2)]),
        ("", [Input("", 0)]),
        (["hello", "hello world"], [Input("hello", 1), Input("hello world", 2)]),
        (_HELLO_WORLD, [Input("hello world", 2)]),
        ([_HELLO_WORLD, [15339]], [Input("hello world", 2), Input("hello", 1)]),
        ([], []),
    ],
)
async def test_inputs_are_read(given: Any, expected: list[Input]) -> None:
    assert await read(given, "cl100k_base", "prompt") == expected


async def test_long_inputs_are_read_alike() -> None:
    text = "hello world " * 5_000
    (one,) = await read(text, "o200k_base", "input")
    assert one == Input(text, 10_001)
    many = await read([_HELLO_WORLD] * 3_000, "cl100k_base", "input")
    assert many == [Input("hello world", 2)] * 3_000


@pytest.mark.parametrize("ids", [[100_277], [100_256], [0, 2**31 - 1], [-1], [2**70]])
async def test_a_token_id_of_no_vocabulary_is_refused(ids: list[int]) -> None:
    with pytest.raises(BadRequest, match="0 to 100276") as caught:
        await read([[15339], ids], "cl100k_base", "input")
    assert caught.value.param == "input"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, [Input("", 0)]),
        ("hello", [Input("hello", 0)]),
        (["a", "b"], [Input("a", 0), Input("b", 0)]),
        ([5, 6], [Input("", 0, (5, 6))]),
        ([[5, 6], [7]], [Input("", 0, (5, 6)), Input("", 0, (7,))]),
        ([], []),
    ],
)
def test_a_model_of_its_own_vocabulary_is_given_what_came(given: Any, expected: list[Input]) -> None:
    assert unread(given) == expected
