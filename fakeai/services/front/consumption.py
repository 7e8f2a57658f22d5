"""What each key of the front door has used, for whoever looks after them. Knows no HTTP and no command line."""

from typing import NamedTuple

from fakeai.core.periods import Period, end_of
from fakeai.services.costs import Spending
from fakeai.services.front.keyring import KeyRing
from fakeai.store.allotments import Allotment
from fakeai.store.base import Tx
from fakeai.store.usage import Amounts
from fakeai.wire.front.keys import FrontKey
from fakeai.wire.front.records import Consumption


class Used(NamedTuple):
    """All that was used by a key since it was made, and the US dollars that it cost."""

    key: FrontKey
    amounts: Amounts
    usd: float


class ConsumptionReport:
    """Of one organization after another. `now` is in epoch seconds."""

    def __init__(self, ring: KeyRing, spending: Spending, period: Period) -> None:
        self._ring = ring
        self._spending = spending
        self._period: Period = period

    def page(self, tx: Tx, organization: str, limit: int, offset: int, now: float) -> tuple[list[Used], int]:
        """What some keys have used, the newest first, and how many keys there are."""
        keys, total = self._ring.page(tx, organization, limit, offset)
        used = self._spending.of_keys(tx, organization, [key["id"] for key in keys], int(now))
        return [Used(key, *used[key["id"]]) for key in keys], total

    def told(self, used: Used, account: Allotment, now: float) -> Consumption:
        """The same as it goes out, with what is used of the quota in this period."""
        key, amounts, usd = used
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
            "spent_usd": account.usd,
            "budget_usd": key["budget_usd"],
            "requests": amounts.requests,
            "prompt_tokens": amounts.input,
            "completion_tokens": amounts.output,
            "cost_usd": usd,
        }
