"""Which usage is asked for: a stretch of time in buckets, grouped, and only of some."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from fakeai.core.errors import BadRequest
from fakeai.wire import wording
from fakeai.wire.listing import Query, last, many, number, one_of
from fakeai.wire.usage_page import start_of

_WIDTHS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {"1m": (60, 60, 1440), "1h": (3_600, 24, 168), "1d": (86_400, 7, 31)}
)
"""Seconds of a bucket; buckets of a page by default and at most."""
_COSTS = 7, 180
_END_OF_TIME = 2**40


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """Buckets of `width` seconds from `start` up to `end` (epoch seconds), at most `limit` of them."""

    start: int
    end: int
    width: int
    limit: int
    by: tuple[str, ...]
    only: Mapping[str, Sequence[str]]
    """Values wanted, by the parameter's name; those that were not given are not here."""
    batch: bool | None = None

    @classmethod
    def from_query(
        cls,
        query: Query,
        now: int,
        *,
        by: Sequence[str],
        only: Sequence[str],
        costs: bool = False,
        easy: bool = False,
    ) -> "UsageQuery":
        """Read what a URL asks for; `by` and `only` are the words this list knows. Raises BadRequest.

        Without an end it is asked for up to `now`, that second included.
        `easy` takes what OpenAI's document allows and its server does not: an empty page, a cursor that is none.
        """
        width, default, most = _WIDTHS[one_of(query, "bucket_width", ("1d",) if costs else tuple(_WIDTHS)) or "1d"]
        if costs:
            default, most = _COSTS
        if last(query, "start_time") is None:
            raise wording.missing("start_time")
        start = number(query, "start_time", 0, 0, _END_OF_TIME)
        end = number(query, "end_time", now + 1, 0, _END_OF_TIME)
        if end <= start and last(query, "end_time") is not None and not easy:
            raise BadRequest("'end_time' must be greater than 'start_time'.", param="end_time", code="invalid_value")
        groups = many(query, "group_by")
        for word in groups:
            if word not in by:
                raise wording.invalid_value("group_by", word, tuple(by))
        return cls(
            start=_begin(query, start, easy),
            end=end,
            width=width,
            limit=number(query, "limit", default, 0 if easy else 1, most),
            by=tuple(dict.fromkeys(groups)),
            only={name: values for name in only if (values := many(query, name))},
            batch={"true": True, "false": False, None: None}[one_of(query, "batch", ("true", "false"))],
        )

    def buckets(self) -> list[tuple[int, int]]:
        """Start and end of each bucket of this page. All but the first begin at a whole minute, hour or day (UTC)."""
        found: list[tuple[int, int]] = []
        at = self.start
        while at < self.end and len(found) < self.limit:
            after = at // self.width * self.width + self.width
            found.append((at, after))
            at = after
        return found


def _begin(query: Query, start: int, easy: bool) -> int:
    page = last(query, "page")
    if page is None:
        return start
    try:
        return max(start_of(page), start)
    except BadRequest:
        if easy:
            return start
        raise
