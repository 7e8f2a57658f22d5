"""JSON of whatever a caller may have sent: numbers of any size, and texts that no UTF-8 can carry."""

from typing import Any

import orjson

_LARGEST = 10**308
"""Beyond it nobody reads a number."""


def encode_json(value: Any) -> bytes:
    """JSON (hence Any), that `orjson` reads again.

    Lone surrogates (which UTF-8 cannot carry) become U+FFFD instead of an error. Integers may be of any size; one that is
    infinite as a float is null, as infinity is.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(_clean(value))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return orjson.Fragment(str(value)) if abs(value) <= _LARGEST else None
    return value
