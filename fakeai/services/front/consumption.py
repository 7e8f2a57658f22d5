"""What each key of the front door has used, for whoever looks after them. Knows no HTTP and no command line."""

from fakeai.core.periods import Period, end_of
from fakeai.services.costs import Spending
from fakeai.services.front.keyring import KeyRing
from fakeai.store import allotments
from fakeai.store.base import Tx
from fakeai.store.usage import Amounts
from fakeai.wire.front.keys import FrontKey
from fakeai.wire.front.records import Consumption

_NANO = 1_000_000_000


class ConsumptionReport:
    """Of one organization after another."""

    def __init__(self, ring: KeyRing, spending: Spending, period: Period) -> None:
        self._ring = ring
        self._spending = spending
        self._period: Period = period

    def page(self, tx: Tx, organization: str, limit: int, offset: int, now: float) -> tuple[list[Consumption], int]:
        """That of some keys, the newest first, and how many there are. `now` is in epoch seconds."""
        keys, total = self._ring.page(tx, organization, limit, offset)
        used = self._spending.of_keys(tx, organization, [key["id"] for key in keys], int(now))
        return [self._of(tx, key, *used[key["id"]], now) for key in keys], total

    def _of(self, tx: Tx, key: FrontKey, used: Amounts, usd: float, now: float) -> Consumption:
        account = allotments.look(tx, key["id"])
        ends = key["quota"] is not None or key["budget_usd"] is not None
        return {
            "id": key["id"],
            "label": key["label"],
            "role": key["role"],
            "active": key["active"],
            "quota_used": account.used,
            "quota_monthly": key["quota"],
            "quota_unit": key["quota_unit"],
            "quota_reset_at": int(account.resets or end_of(self._period, now)) if ends else None,
            "spent_usd": account.nano_usd / _NANO,
            "budget_usd": key["budget_usd"],
            "requests": used.requests,
            "prompt_tokens": used.input,
            "completion_tokens": used.output,
            "cost_usd": usd,
        }
