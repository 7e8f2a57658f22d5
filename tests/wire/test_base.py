"""Parsing bytes: JSON that is none, JSON that is a bomb, and what is kept of unknown fields."""

import json
import time

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.core.errors import BadRequest, PayloadTooLarge
from fakeai.wire.base import BODY_LIMIT, Wire, parse, unknown_fields
from fakeai.wire.chat import ChatRequest
from fakeai.wire.completions import CompletionRequest
from fakeai.wire.embeddings import EmbeddingRequest
from fakeai.wire.moderations import ModerationRequest
from fakeai.wire.stored_chat import StoredUpdate

REQUESTS: tuple[type[Wire], ...] = (ChatRequest, CompletionRequest, EmbeddingRequest, ModerationRequest, StoredUpdate)
UNREADABLE = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library"
)
M = b'"messages":[{"role":"user","content":"a"}]'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b"{}x",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\udc00"}',
        b"{" + M + b', "a": NaN}',
        b"{" + M + b', "a": [-Infinity]}',
        b"{" + M + b', "a": Infinity}',
        b'{"seed": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
        b"{" + M + b', "a": ' + b"[" * 300 + b"]" * 300 + b"}",
    ],
)
def test_what_is_not_json_is_told_so(raw: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(ChatRequest, raw)
    assert refused.value.message.startswith(UNREADABLE)
    assert (refused.value.param, refused.value.code) == (None, None)


@pytest.mark.parametrize(
    ("raw", "got"),
    [(b"[]", "an array"), (b"1", "an integer"), (b"null", "null"), (b'"a"', "a string"), (b"true", "a boolean")],
)
def test_a_body_that_is_no_object_is_told_so(raw: bytes, got: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(ChatRequest, raw)
    assert refused.value.message == f"Invalid type for 'body': expected an object, but got {got} instead."
    assert (refused.value.param, refused.value.code) == (None, "invalid_type")


def test_the_words_nan_and_infinity_are_fine_inside_strings() -> None:
    raw = b'{"messages":[{"role":"user","content":"NaN, -Infinity"}],"\\u0000":"Infinity"}'
    assert parse(ChatRequest, raw).messages[0].content == "NaN, -Infinity"


def test_a_field_given_twice_counts_as_given_last() -> None:
    assert parse(ChatRequest, b"{" + M + b', "n": 500, "n": 2}').n == 2


MANY = 50_000
BOMBS = {
    "depth": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "bad messages": b'{"messages":[' + b"1," * MANY + b"1]}",
    "bad parts": b'{"messages":[{"role":"user","content":[' + b"1," * MANY + b"1]}]}",
    "bad parts of many messages": b'{"messages":[' + b'{"role":"user","content":[1,1]},' * 20_000 + b"1]}",
    "bad metadata": b"{" + M + b',"metadata":{' + b",".join(b'"%d":1' % i for i in range(MANY)) + b"}}",
    "long metadata": b"{" + M + b',"metadata":{' + b",".join(b'"%d":""' % i for i in range(MANY)) + b"}}",
    "bad bias": b"{" + M + b',"logit_bias":{' + b",".join(b'"%d":"x"' % i for i in range(MANY)) + b"}}",
    "bad stop": b"{" + M + b',"stop":[' + b"1," * MANY + b"1]}",
    "long stop": b"{" + M + b',"stop":[' + b'"a",' * MANY + b'"a"]}',
    "bad modalities": b"{" + M + b',"modalities":[' + b"1," * MANY + b"1]}",
    "long role": b'{"messages":[{"role":"' + b"x" * 1_000_000 + b'"}]}',
    "long integer": b'{"n":' + b"9" * 4_000 + b"," + M + b"}",
    "long names": b"{" + M + b',"metadata":{"' + b"x" * 1_000_000 + b'":5}}',
}


@pytest.mark.parametrize("raw", BOMBS.values(), ids=list(BOMBS))
def test_a_bomb_is_refused_quickly_and_in_few_words(raw: bytes) -> None:
    started = time.process_time()
    with pytest.raises(BadRequest) as refused:
        parse(ChatRequest, raw)
    assert time.process_time() - started < 0.5
    assert len(refused.value.message) < 1_000
    assert len(refused.value.param or "") < 1_000


@pytest.mark.parametrize(
    "raw",
    [
        b'{"prompt":[' + b"1," * MANY + b'"x"]}',
        b'{"prompt":[' + b"[1]," * MANY + b'"x"]}',
        b'{"prompt":[' + b"{}," * MANY + b"1]}",
    ],
)
def test_a_bomb_in_a_union_of_arrays_is_refused_quickly(raw: bytes) -> None:
    started = time.process_time()
    with pytest.raises(BadRequest):
        parse(CompletionRequest, raw)
    assert time.process_time() - started < 0.5


def test_a_hundred_megabytes_are_refused_unread() -> None:
    with pytest.raises(PayloadTooLarge):
        parse(ChatRequest, bytes(BODY_LIMIT + 1))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TAGS = st.sampled_from(
    ["user", "assistant", "tool", "system", "text", "image_url", "function", "custom", "json_schema", "content"]
)
FIELDS = st.sampled_from(
    sorted(
        {name for kind in REQUESTS for name in kind.model_fields}
        | {
            "role",
            "content",
            "type",
            "function",
            "image_url",
            "schema",
            "json_schema",
            "tool_calls",
            "name",
            "[key]",
            "0",
            "1",
        }
    )
)
BODIES = st.recursive(
    JSON | TAGS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=6),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(REQUESTS), body=st.dictionaries(FIELDS, BODIES, max_size=6) | BODIES)
def test_any_json_is_read_or_refused(kind: type[Wire], body: object) -> None:
    try:
        unknown_fields(parse(kind, json.dumps(body).encode()))
    except BadRequest as refused:
        assert refused.message
        orjson.dumps([refused.message, refused.param, refused.code])


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(REQUESTS), raw=st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(kind: type[Wire], raw: bytes) -> None:
    with pytest.raises(BadRequest):
        parse(kind, raw)


def test_unknown_fields_are_kept_and_listed_with_their_paths() -> None:
    body = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "a", "colour": 1}], "mood": 2}],
        "tools": [{"type": "function", "function": {"name": "f", "cost": 3}}],
        "top_k": 40,
        "metadata": {"not": "unknown"},
    }
    request = parse(ChatRequest, json.dumps(body).encode())
    assert unknown_fields(request) == [
        "top_k",
        "messages[0].mood",
        "messages[0].content[0].colour",
        "tools[0].function.cost",
    ]
    assert request.model_dump(exclude_unset=True) == body


def test_a_known_body_has_no_unknown_fields() -> None:
    assert unknown_fields(parse(ChatRequest, b"{" + M + b', "n": 1}')) == []


def test_a_body_of_millions_of_items_is_refused_unread() -> None:
    raw = b'{"messages": [' + b"0," * 1_500_000 + b"0]}"
    with pytest.raises(BadRequest, match="more than 1000000 items"):
        parse(ChatRequest, raw)


@pytest.mark.parametrize(
    "many",
    [
        b"{" + b",".join(b'"k%d" : 1' % n for n in range(110_000)) + b"}",
        b"{" + b",".join(rb'"k%d\\":1' % n for n in range(210_000)) + b"}",
        b"[" + b"[]," * 200_000 + b"[]]",
        b"[" + b"{}," * 200_000 + b"{}]",
    ],
    ids=["names", "names that end in a backslash", "arrays", "objects"],
)
def test_a_body_of_many_names_arrays_or_objects_is_refused_unread(many: bytes) -> None:
    for raw in (b"{" + M + b', "x": ' + many + b"}", b'{"model": ' + many + b"}"):
        with pytest.raises(BadRequest, match="100000 names or 200000 arrays and objects"):
            parse(ChatRequest, raw)


@pytest.mark.parametrize(
    "text",
    ["12:34:56, all is well. " * 110_000, '{"a": 1, "b": 2}' * 60_000, "a, " * 900_000, "x" * 10_000_000],
    ids=["colons", "JSON", "commas", "letters"],
)
def test_a_long_text_is_no_body_of_many_items(text: str) -> None:
    message = {"role": "user", "content": text}
    raw = json.dumps({"model": "m", "messages": [message]}).encode()
    assert parse(ChatRequest, raw).messages[0].content == text
