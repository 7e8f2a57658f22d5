"""How much of a long conversation a model is asked with: what is oldest is left out, as the session's settings say.

`truncation` is `auto`, `disabled`, or an object of the wire that says which part of a limit is kept (hence Any).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fakeai.services.realtime.conversation import Entry

Entries = tuple[Entry, ...]
_HALF = 0.5


async def within(entries: Entries, truncation: Any, tokens: Callable[[Entries], Awaitable[int]]) -> Entries:
    """Without the oldest, if there are more tokens than the settings allow behind the instructions. The newest stays."""
    most = None if isinstance(truncation, str) else (truncation.get("token_limits") or {}).get("post_instructions")
    if most is None or await tokens(entries) <= most:
        return entries
    kept = most * truncation["retention_ratio"]
    low, high = 0, max(len(entries) - 1, 0)  # to be left out: too few below `low`, enough from `high` on
    while low < high:
        middle = (low + high) // 2
        if await tokens(entries[middle:]) <= kept:
            high = middle
        else:
            low = middle + 1
    return entries[low:]


def shorter(entries: Entries, truncation: Any) -> Entries | None:
    """Without the oldest of more than the model has room for; None if nothing can be left out."""
    if truncation == "disabled" or len(entries) < 2:
        return None
    ratio = _HALF if isinstance(truncation, str) else truncation["retention_ratio"]
    return entries[-min(max(int(len(entries) * ratio), 1), len(entries) - 1) :]
