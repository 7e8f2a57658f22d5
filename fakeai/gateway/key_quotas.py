"""Holds keys of the front door to their quotas and budgets. What has failed is free, and so is what was answered before.

A quota of requests is taken before a call and given back if it fails; tokens and dollars are known after it: the call that
crosses the line goes through, and the next does not. A stream is charged at its end, however it ends.
"""

from collections.abc import Awaitable
from datetime import UTC, datetime
from functools import partial

from fakeai.core.call import Call, Endpoint, Handler, Origin, Reply
from fakeai.core.clock import Clock
from fakeai.core.errors import QuotaExhausted
from fakeai.core.generation import Usage
from fakeai.core.terms import Terms
from fakeai.gateway.ledger import used_of
from fakeai.gateway.refusals import ours
from fakeai.services.costs import Spending
from fakeai.services.front.accounts import Accounts
from fakeai.store.allotments import NANO, Allotment, Use


class KeyQuotas:
    """In the way of calls that use a model."""

    origins: frozenset[Origin] = frozenset({"http"})

    def __init__(self, clock: Clock, accounts: Accounts, spending: Spending, *, charge_failures: bool) -> None:
        self._clock = clock
        self._accounts = accounts
        self._spending = spending
        self._charge_failures = charge_failures

    def applies(self, endpoint: Endpoint) -> bool:
        """Whether calls of this endpoint use a model."""
        return bool(endpoint.usage)

    def __call__(self, call: Call, next: Handler) -> Awaitable[Reply]:
        """Raises QuotaExhausted."""
        terms = call.principal.terms
        return next(call) if terms is None else self._counted(call, terms, next)

    async def _counted(self, call: Call, terms: Terms, next: Handler) -> Reply:
        taken = 0
        if terms.quota is not None or terms.budget_usd is not None:
            taken = await self._take(call, terms)
        try:
            reply = await next(call)
        except BaseException:
            self._put_right(call, terms, taken, None, failed=True)
            raise
        if reply.lasts:
            reply.on_end(partial(self._over, call, terms, taken, reply))
        elif reply.usage is not None or taken:
            await self._settle(call, terms, taken, reply)
        return reply

    async def _take(self, call: Call, terms: Terms) -> int:
        units = 1 if terms.unit == "requests" else 0
        budget = None if terms.budget_usd is None else round(terms.budget_usd * NANO)
        fits, now = await self._accounts.take(call.principal.key, Use(units, 0, terms.quota, budget))
        if not fits:
            raise ours(self._refusal(terms, now))
        return units

    async def _settle(self, call: Call, terms: Terms, taken: int, reply: Reply) -> None:
        units, nano = self._used(call, terms, reply.usage, free=_is_free(reply))
        if terms.budget_usd is not None or (terms.quota is not None and terms.unit != "requests"):
            await self._accounts.take(call.principal.key, Use(units - taken, nano))  # the next call is to know of it
        elif units != taken or nano:
            self._accounts.put_right(call.principal.key, units - taken, nano)

    def _over(
        self, call: Call, terms: Terms, taken: int, reply: Reply, error: Exception | None, cancelled: bool
    ) -> None:
        failed = error is not None and reply.usage is None
        self._put_right(call, terms, taken, reply, failed=failed)

    def _put_right(self, call: Call, terms: Terms, taken: int, reply: Reply | None, *, failed: bool) -> None:
        if failed and self._charge_failures:
            return
        usage = None if reply is None else reply.usage
        units, nano = (0, 0) if failed else self._used(call, terms, usage, free=reply is not None and _is_free(reply))
        if units != taken or nano:
            self._accounts.put_right(call.principal.key, units - taken, nano)

    def _used(self, call: Call, terms: Terms, usage: Usage | None, *, free: bool) -> tuple[int, int]:
        """Units and billionths of dollars of a call."""
        if free or usage is None:
            return int(terms.unit == "requests" and not free), 0
        units = {
            "requests": 1,
            "tokens": usage.prompt + usage.completion,
            "output_tokens": usage.completion,
        }[terms.unit]
        return units, round(self._spent(call, usage) * NANO)

    def _spent(self, call: Call, usage: Usage) -> float:
        kind, numbers, tier = used_of(call, usage)
        return self._spending.of(kind, call.model, numbers, tier)

    def _refusal(self, terms: Terms, now: Allotment) -> QuotaExhausted:
        left = max(now.resets - self._clock.unix(), 0.0)
        when = datetime.fromtimestamp(now.resets, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        used = f"{now.used} of {terms.quota} {terms.unit.replace('_', ' ')}"
        if terms.quota is None or (terms.budget_usd is not None and now.nano_usd >= terms.budget_usd * NANO):
            used = f"{now.usd:.6g} of {terms.budget_usd:.6g} US dollars"
        return QuotaExhausted(
            f"The key '{terms.label}' has used {used}. It may go on at {when}.", int(now.resets), int(left) + 1
        )


def _is_free(reply: Reply) -> bool:
    return reply.cached or reply.status >= 400
