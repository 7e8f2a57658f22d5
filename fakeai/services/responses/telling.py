"""How the output of a response is told: what of it, and in which frames; and what it is told of beside a model's deltas."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import orjson

from fakeai.services.responses.calls import Event, HostedCall

_dumps = orjson.dumps

_PADDING = blake2b(b"obfuscation").hexdigest()
"""What hides the lengths of tokens from an observer of the traffic; a token is padded to a multiple of 16."""
_PADS = tuple(_PADDING[: 16 - at].encode() for at in range(16))


Frame = tuple[bytes, Sequence[bytes]]
"""What stands around a piece: a template for its number, the piece and what follows; and what does, by the piece's length."""


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
    """The frame of pieces of that kind at that place."""
    name = kind.encode()
    start = b'{"type":"%b","sequence_number":' % name
    if style.framed:
        start = b"event: %b\ndata: %b" % (name, start)
    middle = b"," + _dumps(place)[1:-1].replace(b"%", b"%%") + b',"delta":'
    return b"%b%%d%b%%b%%b" % (start, middle), _ends(
        kind == "response.output_text.delta", style.obfuscate, style.framed
    )


@lru_cache(maxsize=8)
def _ends(listed: bool, obfuscate: bool, framed: bool) -> Sequence[bytes]:
    """What follows a piece, by its length; `listed`: log probabilities belong to it."""
    end = b',"logprobs":[]' if listed else b""
    last = b"}\n\n" if framed else b"}"
    return tuple(end + (b',"obfuscation":"%b"' % pad if obfuscate else b"") + last for pad in _PADS)


def framed(frame: Frame, pieces: Iterable[str], first: int) -> list[bytes]:
    """The events of pieces, the first of which has the number `first`."""
    template, ends = frame
    return [template % (number, _dumps(piece), ends[len(piece) & 15]) for number, piece in enumerate(pieces, first)]
