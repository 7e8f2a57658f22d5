"""What the front door's admins are told of its calls, and of what its keys have used."""

from typing import Any, Literal

from typing_extensions import TypedDict

from fakeai.core.terms import Unit


class LoggedCall(TypedDict):
    """A call that was let in. `params` is JSON (Any); `prompt` and `output` are null where they are not kept."""

    id: int
    object: Literal["call"]
    created_at: float
    key_id: str
    request_id: str
    route: str
    model: str
    params: dict[str, Any]
    prompt: str | None
    output: str | None
    latency_ms: float
    prompt_tokens: int
    completion_tokens: int
    cached: bool
    status: int
    error: str | None


class CallPage(TypedDict):
    """Some calls, the newest first, of all that are asked for."""

    object: Literal["list"]
    data: list[LoggedCall]
    total: int
    limit: int
    offset: int


class CallSums(TypedDict):
    """What calls come to; `latency_ms` is that of all of them together."""

    requests: int
    errors: int
    cached: int
    prompt_tokens: int
    completion_tokens: int
    latency_ms: float


class ModelSums(CallSums):
    """Those to one model."""

    model: str


class KeySums(CallSums):
    """Those with one key."""

    key_id: str


CallStats = TypedDict(
    "CallStats",
    {
        "object": Literal["call.stats"],
        "from": int | None,
        "to": int | None,
        "totals": CallSums,
        "models": list[ModelSums],
        "keys": list[KeySums],
    },
)
"""Reply of `GET /admin/stats`: each part adds up to the totals."""


class Consumption(TypedDict):
    """What a key has used: of its quota in this period, and ever since it was made. What has no end is null."""

    id: str
    label: str
    role: str
    active: bool
    quota_used: int
    quota_monthly: int | None
    quota_unit: Unit
    quota_reset_at: int | None
    spent_usd: float
    budget_usd: float | None
    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float


class ConsumptionPage(TypedDict):
    """Some keys, the newest first, of all that there are."""

    object: Literal["list"]
    data: list[Consumption]
    total: int
    limit: int
    offset: int
