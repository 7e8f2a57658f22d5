"""What is framed splits back into the documents that went in, and the end is `[DONE]` or an error."""

import json

from hypothesis import given
from hypothesis import strategies as st

from fakeai.server.sse import DONE, closing, closing_named, frame
from fakeai.store.encoding import encode_json


def events(stream: bytes) -> list[str]:
    """Reads a stream as the WHATWG's algorithm does: line by line, dispatching at each blank line."""
    found: list[str] = []
    data: list[str] = []
    for line in stream.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line == "":
            if data:
                found.append("\n".join(data))
            data = []
            continue
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
    assert data == [], "the stream ends in the middle of an event"
    return found


DOCUMENTS = st.dictionaries(st.text(max_size=5), st.text() | st.integers(), max_size=3)


@given(st.lists(st.lists(DOCUMENTS, min_size=1, max_size=4), max_size=5))
def test_frames_split_back_into_the_documents(bursts: list[list[dict]]) -> None:
    stream = b"".join(frame([encode_json(document) for document in burst]) for burst in bursts) + closing(None)
    found = events(stream)
    assert found[-1] == "[DONE]"
    assert [json.loads(data) for data in found[:-1]] == [document for burst in bursts for document in burst]


def test_one_document_is_one_event() -> None:
    assert frame([b"{}"]) == b"data: {}\n\n"


def test_documents_of_a_burst_are_events_of_their_own() -> None:
    assert frame([b"1", b"2"]) == b"data: 1\n\ndata: 2\n\n"


def test_a_stream_that_is_done_says_so() -> None:
    assert closing(None) == DONE == b"data: [DONE]\n\n"


def test_a_stream_that_failed_ends_with_the_error_and_is_not_done() -> None:
    assert closing({"error": {"message": "broken"}}) == b'data: {"error":{"message":"broken"}}\n\n'


def test_a_stream_of_named_events_has_its_own_end_unless_it_failed() -> None:
    assert closing_named(None) == b""
    assert closing_named({"error": {}}) == b'event: error\ndata: {"error":{}}\n\n'
