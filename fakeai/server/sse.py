"""Server-sent events: `data: {json}` blocks and the closing `data: [DONE]`.

Streams whose events have names bring their events whole: they know the names, and how they end.
"""

from collections.abc import Sequence

from fakeai.store.encoding import encode_json

DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"


def frame(documents: Sequence[bytes]) -> bytes:
    """JSON documents (without line breaks) as events that go out together."""
    return b"data: " + b"\n\ndata: ".join(documents) + b"\n\n"


def closing(error: object | None) -> bytes:
    """What ends a stream: `[DONE]`, or the error's body as an event when the stream failed on the way."""
    return DONE if error is None else b"data: " + encode_json(error) + b"\n\n"


def closing_named(error: object | None) -> bytes:
    """What ends a stream of named events: nothing, or the error's body as the event `error`."""
    return b"" if error is None else b"event: error\ndata: " + encode_json(error) + b"\n\n"
