"""What a key is told of itself."""

from typing_extensions import TypedDict

from fakeai.core.terms import Unit


class Totals(TypedDict):
    """All that was ever used by a key."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float


class KeyUsage(TypedDict):
    """Reply of `GET /me/usage`. What has no end is null; times are epoch seconds."""

    id: str
    label: str
    role: str
    quota_used: int
    quota_monthly: int | None
    quota_unit: Unit
    quota_reset_at: int | None
    spent_usd: float
    budget_usd: float | None
    rpm_limit: int | None
    rpm_remaining: int | None
    tpm_limit: int | None
    tpm_remaining: int | None
    rpd_limit: int | None
    rpd_remaining: int | None
    tpd_limit: int | None
    tpd_remaining: int | None
    models: list[str]
    totals: Totals
