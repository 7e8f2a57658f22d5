"""Requests about stored chat completions: the update's body and the lists' queries."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, cast

from fakeai.wire import wording
from fakeai.wire.base import Metadata, Wire

Query = Mapping[str, Sequence[str]]
Order = Literal["asc", "desc"]

LIMIT = 100
"""Items of the largest page."""

_METADATA_KEY = re.compile(r"metadata\[(.+)\]", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_NOTHING: Mapping[str, str] = MappingProxyType({})


class StoredUpdate(Wire):
    """Body of `POST /chat/completions/{id}`: the metadata to have from now on."""

    metadata: Metadata | None


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which page of a list: after which id, how many, in which order, and only those that match."""

    after: str | None = None
    limit: int = 20
    order: Order = "asc"
    model: str | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @classmethod
    def from_query(cls, query: Query) -> "ListQuery":
        """The query of a URL, as OpenAI reads it: the last value of a name counts; unknown names are ignored."""
        last = {name: values[-1] for name, values in query.items() if values}
        order = last.get("order", "asc")
        if order not in ("asc", "desc"):
            raise wording.invalid_value("order", order, ("asc", "desc"))
        metadata = {found[1]: value for name, value in last.items() if (found := _METADATA_KEY.fullmatch(name))}
        return cls(
            after=last.get("after") or None,
            limit=_limit(last.get("limit")),
            order=cast(Order, order),
            model=last.get("model") or None,
            metadata=MappingProxyType(metadata) if metadata else _NOTHING,
        )


def _limit(text: str | None) -> int:
    """0 is a limit as good as any: an empty page."""
    if not text:
        return 20
    if not _NUMBER.fullmatch(text):
        raise wording.invalid_type("limit", "an integer", text)
    limit = int(text)
    if limit < 0:
        raise wording.out_of_bounds("limit", "integer", "below", 0, limit)
    if limit > LIMIT:
        raise wording.out_of_bounds("limit", "integer", "above", LIMIT, limit)
    return limit
