"""The queries of lists: which page, in which order, and what the objects on it must match."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, cast

from fakeai.wire import wording

Query = Mapping[str, Sequence[str]]
Order = Literal["asc", "desc"]

_METADATA_KEY = re.compile(r"metadata\[(.+)\]", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_QUERY: Query = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which page of a list: behind or before which id, how many, in which order, and only those that match."""

    after: str | None = None
    before: str | None = None
    limit: int = 20
    order: Order = "desc"
    metadata: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Values that the objects' metadata must have: `metadata[key]=value`."""
    given: Query = field(default_factory=lambda: _NO_QUERY)
    """The whole query, for filters of one list only."""

    @classmethod
    def from_query(cls, query: Query, *, default: int = 20, most: int = 100, order: Order = "desc") -> "ListQuery":
        """The query of a URL, as OpenAI reads it: the last value of a name counts; unknown names are ignored.

        `default` and `most` are numbers of items on a page; 0 is a limit as good as any: an empty page.
        """
        if not query:
            return cls(limit=default, order=order)
        wish = last(query, "order") or order
        if wish not in ("asc", "desc"):
            raise wording.invalid_value("order", wish, ("asc", "desc"))
        return cls(
            after=last(query, "after"),
            before=last(query, "before"),
            limit=number(query, "limit", default, 0, most),
            order=cast(Order, wish),
            metadata=_metadata(query),
            given=query,
        )

    @property
    def newest_first(self) -> bool:
        """Whether the newest objects come first."""
        return self.order == "desc"

    def text(self, name: str) -> str | None:
        """The filter `name`, if it is given and not empty."""
        return last(self.given, name)

    def many(self, name: str) -> list[str]:
        """All values of the filter `name`, however arrays are written: `name[]=`, `name=` or `name[0]=`."""
        return many(self.given, name)


def last(query: Query, name: str) -> str | None:
    """The value of `name` that counts; None if there is none, or an empty one."""
    values = query.get(name)
    return (values[-1] or None) if values else None


def many(query: Query, name: str) -> list[str]:
    """All values of an array, in the order they were given."""
    indexed = re.compile(re.escape(name) + r"(\[[0-9]*\])?")
    return [value for key, values in query.items() if indexed.fullmatch(key) for value in values]


def number(query: Query, name: str, default: int, least: int, most: int) -> int:
    """An integer of the query within bounds; BadRequest, worded as for a body's, if it is none."""
    text = last(query, name)
    if text is None:
        return default
    if not _NUMBER.fullmatch(text):
        raise wording.invalid_type(name, "an integer", text)
    value = int(text)
    if value < least:
        raise wording.out_of_bounds(name, "integer", "below", least, value)
    if value > most:
        raise wording.out_of_bounds(name, "integer", "above", most, value)
    return value


def one_of(query: Query, name: str, values: Sequence[str]) -> str | None:
    """A word of the query that must be one of `values`; None if it is not given."""
    text = last(query, name)
    if text is not None and text not in values:
        raise wording.invalid_value(name, text, values)
    return text


def _metadata(query: Query) -> Mapping[str, str]:
    found = {match[1]: values[-1] for name, values in query.items() if (match := _METADATA_KEY.fullmatch(name))}
    return MappingProxyType(found) if found else _NOTHING
