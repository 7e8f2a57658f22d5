"""JSON of whatever was sent: read back, whatever is in it."""

import json
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from fakeai.store.encoding import encode_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_any_json_value_reads_back(value: Any) -> None:
    assert json.loads(encode_json(value)) == value


SURROGATES = st.text(st.characters(codec=None, categories=["Cs", "Lu"]), max_size=6)


@given(st.dictionaries(SURROGATES, SURROGATES | st.lists(SURROGATES), max_size=3))
def test_lone_surrogates_become_the_replacement_character(value: Any) -> None:
    orjson.loads(encode_json(value))  # strict UTF-8


def test_only_what_is_lone_is_replaced() -> None:
    assert json.loads(encode_json(["a\ud800b", "\ud83d\ude00"])) == ["a\ufffdb", "😀"]


def test_numbers_of_any_size_are_written_in_full() -> None:
    assert encode_json({"a": [10**30, -(10**30), 2**64 - 1, -(2**63), True]}) == (
        b'{"a":[1000000000000000000000000000000,-1000000000000000000000000000000,'
        b"18446744073709551615,-9223372036854775808,true]}"
    )


def test_what_no_float_holds_is_null_so_that_all_of_it_can_be_read_again() -> None:
    assert orjson.loads(encode_json([10**308, -(10**308)])) == [1e308, -1e308]
    assert encode_json([10**309, -(10**400)]) == b"[null,null]"
