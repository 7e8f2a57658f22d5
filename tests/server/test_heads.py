"""A head is known by all of its bytes, and only with a body of the length it says."""

from fakeai.core.call import Endpoint
from fakeai.server.heads import Head, Heads

ROW = Endpoint("POST", "/echo", "echo", "Echo")
HEAD = Head(ROW, "/echo", {"content-length": "3"}, {}, {}, 3)
BYTES = b"POST /echo HTTP/1.1\r\ncontent-length: 3\r\n\r\n"


def test_a_head_seen_before_is_known_whatever_its_body() -> None:
    heads = Heads()
    assert heads.find(BYTES + b"abc") is None
    heads.remember(BYTES + b"abc", HEAD)
    assert heads.find(BYTES + b"xyz") == (HEAD, b"xyz")
    assert heads.find(BYTES + b"\r\n\r") == (HEAD, b"\r\n\r")


def test_what_is_not_exactly_one_request_is_for_the_parser() -> None:
    heads = Heads()
    heads.remember(BYTES + b"abc", HEAD)
    for data in (b"", BYTES, BYTES + b"ab", BYTES + b"abcd", BYTES[:-1], BYTES.replace(b"echo", b"ECHO") + b"abc"):
        assert heads.find(data) is None


def test_a_head_of_many_fields_is_not_kept() -> None:
    heads = Heads()
    heads.remember(BYTES + b"abc", HEAD._replace(headers={f"x-{number}": "" for number in range(41)}))
    assert heads.find(BYTES + b"abc") is None


def test_what_does_not_fit_what_it_says_is_not_kept() -> None:
    heads = Heads()
    for data in (BYTES + b"ab", b"no head at all", b"x" * 5_000 + BYTES + b"abc"):
        heads.remember(data, HEAD)
        assert heads.find(data) is None
