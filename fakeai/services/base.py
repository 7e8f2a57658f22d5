"""What several services share: how strictly a call is to be judged."""

from typing import Protocol

from fakeai.core.call import Call, Reply
from fakeai.core.generation import Usage


def synthesizes(call: Call, default: bool) -> bool:
    """Whether this call wants objects for ids nobody has seen: its `x-fakeai-unknown-ids` header, else the setting."""
    wish = call.headers.get("x-fakeai-unknown-ids")
    return default if wish is None else wish == "synthesize"


def lenient(call: Call, default: bool) -> bool:
    """Whether this call is held to the document's rules only: its `x-fakeai-validation` header, else the setting."""
    wish = call.headers.get("x-fakeai-validation")
    return default if wish is None else wish == "schema"


class Counting(Protocol):
    """Chunks of a stream that know its usage once they have seen its Finish."""

    usage: Usage | None


def tell_usage(reply: Reply, chunks: Counting, error: Exception | None, cancelled: bool) -> None:
    """As a feed's `on_end`: the usage of a stream that was told to its end; what was only shaped ahead counts for nothing."""
    if error is None and not cancelled:
        reply.usage = chunks.usage
