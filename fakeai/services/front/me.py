"""What a key has used, and what it has left: for whoever holds it."""

from collections.abc import Mapping

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import MissingKey, StorageUnavailable
from fakeai.core.periods import Period, end_of
from fakeai.core.roles import Role
from fakeai.services.costs import Spending
from fakeai.services.front.accounts import Accounts
from fakeai.services.front.windows import DAY_S, MINUTE_S, Window, windows
from fakeai.store.base import Database, KeyValue, Tx
from fakeai.store.usage import Amounts, Meter
from fakeai.wire.front.me import KeyUsage

_NAMES = (
    ("rpm", "requests", MINUTE_S),
    ("tpm", "tokens", MINUTE_S),
    ("rpd", "requests", DAY_S),
    ("tpd", "tokens", DAY_S),
)


class Me:
    """`GET /me/usage`."""

    ENDPOINTS = (Endpoint("GET", "/me/usage", "usage", "Tell what your key has used", tag="Front door", front=True),)

    def __init__(
        self,
        db: Database,
        kv: KeyValue,
        accounts: Accounts,
        spending: Spending,
        meter: Meter,
        door_roles: Mapping[str, Role],
        quota_period: Period,
    ) -> None:
        self._db = db
        self._kv = kv
        self._accounts = accounts
        self._spending = spending
        self._meter = meter
        self._roles = door_roles
        self._period: Period = quota_period

    async def usage(self, call: Call) -> Reply:
        """The caller's own key. Raises MissingKey for one that shows none of the front door."""
        who, terms = call.principal, call.principal.terms
        if terms is None:
            raise MissingKey
        await self._meter.flush()
        now = self._db.now()
        account = await self._accounts.look(who.key)

        def look(tx: Tx) -> tuple[Amounts, float]:
            return self._spending.of_key(tx, who.organization, who.key, int(now))

        used, usd = await self._db.read(look)
        limited = {(one.of, one.length_s): one for one in windows(who.key, terms, self._roles.get(terms.role, Role()))}
        left = {name: await self._left(limited.get((of, length))) for name, of, length in _NAMES}
        ends = terms.quota is not None or terms.budget_usd is not None
        told: KeyUsage = {
            "id": who.key,
            "label": terms.label,
            "role": terms.role,
            "quota_used": account.used,
            "quota_monthly": terms.quota,
            "quota_unit": terms.unit,
            "quota_reset_at": int(account.resets or end_of(self._period, now)) if ends else None,
            "spent_usd": account.usd,
            "budget_usd": terms.budget_usd,
            "rpm_limit": left["rpm"][0],
            "rpm_remaining": left["rpm"][1],
            "tpm_limit": left["tpm"][0],
            "tpm_remaining": left["tpm"][1],
            "rpd_limit": left["rpd"][0],
            "rpd_remaining": left["rpd"][1],
            "tpd_limit": left["tpd"][0],
            "tpd_remaining": left["tpd"][1],
            "models": list(terms.models),
            "totals": {
                "requests": used.requests,
                "prompt_tokens": used.input,
                "completion_tokens": used.output,
                "cost_usd": usd,
            },
        }
        return Reply(told)

    async def _left(self, window: Window | None) -> tuple[int | None, int | None]:
        """The limit of a window, and what is left of it; the second is unknown while what counts does not answer."""
        if window is None:
            return None, None
        try:
            used = int(await self._kv.get(window.key) or 0)
        except StorageUnavailable:
            return window.limit, None
        return window.limit, max(window.limit - used, 0)
