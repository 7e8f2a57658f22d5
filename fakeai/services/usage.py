"""Usage of an organization, as its admin API tells it: from what really passed, in buckets, grouped and filtered."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.services.base import lenient
from fakeai.store.base import Database
from fakeai.store.usage import Amounts, Asked, Meter, Sum, measure_stores, sums
from fakeai.wire.usage_page import Bucket, UsagePage, page_of
from fakeai.wire.usage_query import UsageQuery

SINCE = "start_time=1767225600"
"""An example of what every report needs: its first second."""

_WHO = ("project_id", "user_id", "api_key_id")
_WHOSE = ("project_ids", "user_ids", "api_key_ids")
_MODEL = (*_WHO, "model")
_MODELS = (*_WHOSE, "models")


class Report(NamedTuple):
    """One kind of usage: what its results are called, may be grouped by and restricted to, and hold."""

    object: str
    by: Sequence[str]
    only: Sequence[str]
    numbers: Mapping[str, str]
    """Names in a result → names in `Amounts`."""


_TOKENS = Report(
    "completions",
    (*_MODEL, "batch", "service_tier", "api_source"),
    (*_MODELS, "batch"),
    {"input_tokens": "input", "output_tokens": "output", "num_model_requests": "requests"},
)
_READ: Mapping[str, str] = {"input_tokens": "input", "num_model_requests": "requests"}

REPORTS: Mapping[str, Report] = MappingProxyType(
    {
        "completions": _TOKENS,
        "decisions": _TOKENS._replace(object="decisions"),
        "embeddings": Report("embeddings", _MODEL, _MODELS, _READ),
        "moderations": Report("moderations", _MODEL, _MODELS, _READ),
        "images": Report(
            "images",
            (*_MODEL, "size", "source"),
            (*_MODELS, "sizes", "sources"),
            {"images": "amount", "num_model_requests": "requests"},
        ),
        "audio_speeches": Report(
            "audio_speeches", _MODEL, _MODELS, {"characters": "amount", "num_model_requests": "requests"}
        ),
        "audio_transcriptions": Report(
            "audio_transcriptions", _MODEL, _MODELS, {"seconds": "amount", "num_model_requests": "requests"}
        ),
        "vector_stores": Report("vector_stores", ("project_id",), ("project_ids",), {"usage_bytes": "amount"}),
        "code_interpreter_sessions": Report(
            "code_interpreter_sessions", ("project_id",), ("project_ids",), {"num_sessions": "amount"}
        ),
        "file_search_calls": Report(
            "file_searches", (*_WHO, "vector_store_id"), (*_WHOSE, "vector_store_ids"), {"num_requests": "amount"}
        ),
        "web_search_calls": Report(
            "web_searches",
            (*_MODEL, "context_level", "api_source"),
            (*_MODELS, "context_levels"),
            {"num_requests": "amount", "num_model_requests": "requests"},
        ),
    }
)

_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in (*_MODEL, "batch", "service_tier", "source")},
        **dict.fromkeys(("size", "context_level", "vector_store_id"), "detail"),
    }
)
"""Words that results are grouped by → columns. One that is not here is the same for all."""

_FILTERS: Mapping[str, str] = MappingProxyType(
    {
        "project_ids": "project_id",
        "user_ids": "user_id",
        "api_key_ids": "api_key_id",
        "models": "model",
        "sources": "source",
        **dict.fromkeys(("sizes", "context_levels", "vector_store_ids"), "detail"),
    }
)


class UsageReports:
    """`GET /organization/usage/…`."""

    ENDPOINTS = tuple(
        Endpoint(
            "GET", f"/organization/usage/{kind}", "report", f"Usage: {kind.replace('_', ' ')}", tag="Usage", query=SINCE
        )
        for kind in REPORTS
    )

    def __init__(self, db: Database, meter: Meter, *, lenient: bool) -> None:
        self._db = db
        self._meter = meter
        self._lenient = lenient

    async def report(self, call: Call) -> Reply:
        """A page of buckets. Raises BadRequest."""
        kind = call.endpoint.path.rpartition("/")[2]
        of = REPORTS[kind]
        query = UsageQuery.from_query(
            call.query, int(self._db.now()), by=of.by, only=of.only, easy=lenient(call, self._lenient)
        )
        columns = tuple(dict.fromkeys(_COLUMNS[word] for word in query.by if word in _COLUMNS))
        buckets = query.buckets()
        await self._meter.flush()
        if kind == "vector_stores":
            await self._db.run(measure_stores)
        asked = asked_for(call, query, (kind,), columns)
        found = await self._db.read(lambda tx: list(sums(tx, asked)))
        if kind == "vector_stores":
            before = asked._replace(start=0, end=asked.start, width=asked.start + 1)
            earlier = await self._db.read(lambda tx: list(sums(tx, before)))
            found = levels(earlier, found, [start for start, _ in buckets], query.width)
        by_bucket: dict[int, list[Sum]] = defaultdict(list)
        for one in found:
            by_bucket[one.bucket * 60].append(one)
        told = [
            Bucket(
                object="bucket",
                start_time=start,
                end_time=end,
                results=[_result(of, query.by, one) for one in by_bucket[start // query.width * query.width]],
            )
            for start, end in buckets
        ]
        return Reply(paged(told, query))


def asked_for(call: Call, query: UsageQuery, kinds: Sequence[str], by: Sequence[str]) -> Asked:
    """The sums that a page needs: those of its own buckets, of the caller's organization."""
    buckets = query.buckets()
    end = min(buckets[-1][1], query.end) if buckets else query.start
    only: dict[str, Sequence[str | bool]] = {
        _FILTERS[name]: values for name, values in query.only.items() if name in _FILTERS
    }
    if query.batch is not None:
        only["batch"] = [query.batch]
    return Asked(call.principal.organization, kinds, query.start // 60, -(-end // 60), query.width // 60, by, only)


def paged(buckets: list[Bucket], query: UsageQuery) -> UsagePage:
    """The page of these buckets, and where the next one begins."""
    after = buckets[-1]["end_time"] if buckets else query.end
    more = after < query.end
    return {"object": "page", "data": buckets, "has_more": more, "next_page": page_of(after) if more else None}


def levels(earlier: Sequence[Sum], changes: Sequence[Sum], starts: Sequence[int], width: int) -> list[Sum]:
    """What came and went in each bucket (and before) → what was there at its end. Groups that have nothing are left out."""
    level: dict[tuple[Any, ...], int] = defaultdict(int)
    names: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for one in (*earlier, *changes):
        names[tuple(one.of.values())] = one.of
    for one in earlier:
        level[tuple(one.of.values())] += one.amounts.amount
    by_bucket: dict[int, list[Sum]] = defaultdict(list)
    for one in changes:
        by_bucket[one.bucket].append(one)
    found = []
    for start in starts:
        bucket = start // width * width // 60
        for one in by_bucket[bucket]:
            level[tuple(one.of.values())] += one.amounts.amount
        found += [Sum(bucket, names[who], Amounts(0, amount=left)) for who, left in level.items() if left > 0]
    return found


def _result(of: Report, by: Sequence[str], one: Sum) -> Any:
    """A sum as it is told. Any: of each kind another wire type, all made by the same table."""
    amounts = one.amounts._asdict()
    told: dict[str, Any] = {"object": f"organization.usage.{of.object}.result"}
    told |= {name: amounts[column] for name, column in of.numbers.items()}
    if of.by is _TOKENS.by:
        told |= _token_details(one.amounts)
    for word in of.by:
        told[word] = _group(word, one.of) if word in by else None
    return told


def _group(word: str, of: Mapping[str, Any]) -> Any:
    """The value a result is grouped by; null where nobody knows one. Any: text, or whether in a batch."""
    if word == "api_source":
        return "unlabeled"
    value = of[_COLUMNS[word]]
    return None if value == "" else value


def _token_details(used: Amounts) -> dict[str, int]:
    """What of the tokens was what. Nothing is charged for writing to the cache, and images count as text."""
    return {
        "input_cached_tokens": used.cached,
        "input_uncached_tokens": used.input - used.cached,
        "input_text_tokens": used.input - used.cached - used.input_audio,
        "input_cached_text_tokens": used.cached,
        "input_audio_tokens": used.input_audio,
        "input_cached_audio_tokens": 0,
        "input_image_tokens": 0,
        "input_cached_image_tokens": 0,
        "input_cache_write_tokens": 0,
        "input_cache_write_30m_tokens": 0,
        "input_cache_write_12h_tokens": 0,
        "output_text_tokens": used.output - used.output_audio,
        "output_audio_tokens": used.output_audio,
        "output_image_tokens": 0,
    }
