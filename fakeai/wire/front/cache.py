"""The completion cache, as `/v1/admin/cache` tells of it."""

from typing import Literal

from typing_extensions import TypedDict


class CacheState(TypedDict):
    """What is kept of the caller's organization; `models` says how many answers of each."""

    object: Literal["cache"]
    cache: Literal["off", "greedy", "all"]
    scope: Literal["key", "project", "shared"]
    entries: int
    models: dict[str, int]


class CacheCleared(TypedDict):
    """How many answers are no more."""

    object: Literal["cache.cleared"]
    deleted: int
