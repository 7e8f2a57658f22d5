"""How the output of a response is told: what of it, and in which frames; and what it is told of beside a model's deltas."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import orjson

from fakeai.services.responses.calls import Event, HostedCall

_PADDING = blake2b(b"obfuscation").hexdigest()
"""What hides the lengths of tokens from an observer of the traffic; a token is padded to a multiple of 16."""
_PADS = tuple(_PADDING[: 16 - at].encode() for at in range(16))


Frame = tuple[bytes, bytes, Sequence[bytes]]


class Begin(NamedTuple):
    """The response has been accepted; the first delta of its feed."""


class Worked(NamedTuple):
    """A hosted call goes on: what is told of it, and whether it is done."""

    call: HostedCall
    events: Sequence[Event]
    done: bool = False


class Opened(NamedTuple):
    """A hosted call that the model has not made just now: one that was allowed meanwhile."""

    call: HostedCall


class Style(NamedTuple):
    """What of the output is told, and how."""

    events: bool = True
    """Whether anybody wants events; without, only the response is made."""
    framed: bool = True
    """Whether events are those of a stream over HTTP, with their names before them; else bare JSON documents."""
    logprobs: bool = False
    obfuscate: bool = False
    thinks: bool = False
    """Whether the model thinks before it speaks, unseen."""
    summary: Callable[[], Sequence[str]] | None = None
    """Makes the pieces of a summary of what was thought, if one is wanted."""
    sealed: Callable[[], str] | None = None
    """Makes the encrypted content of what was thought, if it is wanted."""


def frame_of(style: Style, kind: str, place: Mapping[str, object]) -> Frame:
    """What stands around a piece: before its number, between that and the piece, and after it by the piece's length."""
    name = kind.encode()
    start = b'{"type":"%b","sequence_number":' % name
    if style.framed:
        start = b"event: %b\ndata: %b" % (name, start)
    end = b',"logprobs":[]' if kind == "response.output_text.delta" else b""
    last = b"}\n\n" if style.framed else b"}"
    ends = [end + (b',"obfuscation":"%b"' % pad if style.obfuscate else b"") + last for pad in _PADS]
    return start, b"," + orjson.dumps(place)[1:-1] + b',"delta":', ends
