"""What the head of a request says, and heads seen before: clients send the same one again and again.

Knows bytes; parses nothing. The parser's word on a head is kept, and is good for every request that begins with the very
same bytes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fakeai.core.call import Endpoint
from fakeai.core.memory import Recent

_MOST_HEADS = 1_024
_LONGEST = 2_048
_MOST_FIELDS = 40
_AUTHORITY = re.compile(rb"https?://[^/?]*", re.IGNORECASE)
_END = b"\r\n\r\n"


class Head(NamedTuple):
    """A request's head, once its row is found; `length` is that of the body."""

    endpoint: Endpoint
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    length: int = 0


class Heads:
    """Heads by their bytes."""

    def __init__(self) -> None:
        self._known: Recent[bytes, Head] = Recent(_MOST_HEADS)

    def find(self, data: bytes) -> tuple[Head, bytes] | None:
        """The head and the body of `data`, if it is exactly one request whose head is known."""
        end = data.find(_END, 0, _LONGEST) + 4
        head = self._known.get(data[:end])
        return None if head is None or len(data) - end != head.length else (head, data[end:])

    def remember(self, data: bytes, head: Head) -> None:
        """Keep what the parser found in `data`, which is exactly one request."""
        end = data.find(_END, 0, _LONGEST) + 4
        if end >= 4 and len(data) - end == head.length and len(head.headers) <= _MOST_FIELDS:
            self._known.put(data[:end], head)


def origin_form(target: bytes) -> bytes:
    """A request's target as a path and its query: the whole URL that proxies send names this server (RFC 9112, 3.2.2)."""
    authority = _AUTHORITY.match(target)
    if authority is None:
        return target
    rest = target[authority.end() :]
    return rest if rest.startswith(b"/") else b"/" + rest


def without_upgrade(method: bytes, url: bytes, fields: Mapping[str, str]) -> bytes:
    """A request's head without its offer to upgrade."""
    kept = (field for field in fields.items() if field[0] not in ("connection", "upgrade", "http2-settings"))
    lines = "".join(f"{name}: {value}\r\n" for name, value in kept)
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (method, url, lines.encode("latin-1"))
