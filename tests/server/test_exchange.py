"""How events become bytes of a body; exchanges themselves are tested over sockets in test_protocol.py."""

from fakeai.server.exchange import chunk, events, events_chunked


def test_nothing_due_is_no_chunk_since_an_empty_one_would_end_the_body() -> None:
    assert chunk(b"") == b""
    assert events([[]]) == [b""]
    assert events_chunked([[]]) == [b""]


def test_what_is_due_together_is_one_chunk_of_whole_events() -> None:
    assert events([[b"{}", b"[1]"]]) == [b"data: {}\n\ndata: [1]\n\n"]
    assert events_chunked([[b"{}", b"[1]"]]) == [b"15\r\ndata: {}\n\ndata: [1]\n\n\r\n"]


def test_what_is_due_apart_stays_apart() -> None:
    assert events([[b"{}"], [b"[1]"]]) == [b"data: {}\n\n", b"data: [1]\n\n"]
    assert events_chunked([[b"{}"], [], [b"[1]"]]) == [b"a\r\ndata: {}\n\n\r\n", b"", b"b\r\ndata: [1]\n\n\r\n"]
