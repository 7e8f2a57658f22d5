"""Texts given as such or as token ids, and how many tokens they are: what completions and embeddings begin with."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from fakeai.content.tokens import INLINE_LIMIT, Encoding, encoding
from fakeai.content.vocabulary import EncodingName
from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest

Given: TypeAlias = "str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]] | None"

DOCUMENT_START = "<|endoftext|>"
"""What a model goes on from that is given no text: the separator between the documents it learned from."""

_ITEM = 16
"""What an item of an array costs to look at, in characters."""


class Input(NamedTuple):
    """One text and its number of tokens."""

    text: str
    tokens: int
    ids: tuple[int, ...] | None = None
    """What a model of its own vocabulary was given instead of the text."""


async def read(given: Given, name: EncodingName, param: str) -> list[Input]:
    """The inputs in `given`, in order; long ones are read in a thread.

    Raises BadRequest for token ids that the vocabulary does not have.
    """
    enc = encoding(name)
    if _size(given) > INLINE_LIMIT:
        return await off_loop(_read, given, enc, param)
    return _read(given, enc, param)


def unread(given: Any) -> list[Input]:
    """The inputs in `given` for a model that reads and counts tokens itself. Any: as for `_read`."""
    if given is None or isinstance(given, str):
        return [Input(given or "", 0)]
    if given and isinstance(given[0], int):
        return [Input("", 0, tuple(given))]
    return [Input(item, 0) if isinstance(item, str) else Input("", 0, tuple(item)) for item in given]


def _size(given: Given) -> int:
    if given is None or isinstance(given, str):
        return len(given or "")
    return sum([_ITEM if isinstance(item, int) else _ITEM + len(item) for item in given])


def _read(given: Any, enc: Encoding, param: str) -> list[Input]:
    """Any: which kind of array it is shows in its first item, and the wire type has seen to the others."""
    if given is None:
        return [Input(DOCUMENT_START, 1)]
    if isinstance(given, str):
        return [Input(given, enc.count(given))]
    if not given:
        return []
    if isinstance(given[0], str):
        return [Input(text, enc.count(text)) for text in given]
    if isinstance(given[0], int):
        return [_decoded(given, enc, param)]
    return [_decoded(ids, enc, param) for ids in given]


def _decoded(ids: Sequence[int], enc: Encoding, param: str) -> Input:
    try:
        return Input(enc.decode(ids), len(ids))
    except (KeyError, OverflowError) as error:
        raise BadRequest(
            f"Invalid '{param}': there is a token id outside the model's vocabulary (0 to {enc.size - 1}).",
            param=param,
            code="invalid_value",
        ) from error
