"""What several services share: what a call's headers ask for, and how a stream's usage is told."""

from typing import Protocol

from fakeai.core.call import Call, Reply
from fakeai.core.generation import Placement, Timing, Usage


def synthesizes(call: Call, default: bool) -> bool:
    """Whether this call wants objects for ids nobody has seen: its `x-fakeai-unknown-ids` header, else the setting."""
    wish = call.headers.get("x-fakeai-unknown-ids")
    return default if wish is None else wish == "synthesize"


def lenient(call: Call, default: bool) -> bool:
    """Whether this call is held to the document's rules only: its `x-fakeai-validation` header, else the setting."""
    wish = call.headers.get("x-fakeai-validation")
    return default if wish is None else wish == "schema"


def timing(call: Call) -> Timing:
    """The latency this call asks for in its `x-fakeai-ttft-ms` and `x-fakeai-itl-ms` headers."""
    return Timing(call.headers.get("x-fakeai-ttft-ms"), call.headers.get("x-fakeai-itl-ms"))


class Places(Protocol):
    """The fields of a body that vLLM's servers take for it, beyond OpenAI's."""

    cache_salt: str | None
    priority: int | None


def placement(call: Call, body: Places, home: str) -> Placement:
    """Where and when this call wants to be worked on: its `x-fakeai-affinity` header, its `priority` and `cache_salt`.

    What is cached of organizations other than the server's own (`home`) nobody else finds.
    """
    salt, whose = body.cache_salt or "", call.principal.organization
    return Placement(
        call.headers.get("x-fakeai-affinity", ""), body.priority or 0, salt if whose == home else f"{whose}\n{salt}"
    )


class Counting(Protocol):
    """Chunks of a stream that know its usage once they have seen its Finish."""

    usage: Usage | None


def tell_usage(reply: Reply, chunks: Counting, error: Exception | None, cancelled: bool) -> None:
    """As a feed's `on_end`: the usage of a stream. One that was broken off has used what was delivered of it."""
    if cancelled:
        reply.usage = reply.events.used if reply.events is not None else None
    elif error is None:
        reply.usage = chunks.usage
