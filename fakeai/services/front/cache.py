"""The completion cache over HTTP, for admins of the front door: what is kept of their organization, and forgetting it."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.services.front.completion_cache import CompletionCache
from fakeai.services.front.keys import number
from fakeai.wire.front.cache import CacheCleared, CacheState

_PATH = "/admin/cache"


class FrontCache:
    """`/admin/cache`."""

    ENDPOINTS = (
        Endpoint("GET", _PATH, "show", "Tell what answers are kept", tag="Front door", front=True),
        Endpoint("DELETE", _PATH, "clear", "Forget answers that are kept", tag="Front door", front=True),
    )

    def __init__(self, completion_cache: CompletionCache) -> None:
        self._cache = completion_cache

    async def show(self, call: Call) -> Reply:
        """How many are kept."""
        rules = self._cache.rules
        models = await self._cache.count(call.principal.organization)
        told: CacheState = {
            "object": "cache",
            "cache": rules.eligible,
            "scope": rules.scope,
            "entries": sum(models.values()),
            "models": models,
        }
        return Reply(told)

    async def clear(self, call: Call) -> Reply:
        """Forget all, or those of `model`, or those of `older_than` seconds or more. Raises Unprocessable."""
        model = call.query.get("model", [None])[-1]
        older_s = float(number(call, "older_than", 0, 2**40, 0)) if call.query.get("older_than") else None
        gone = await self._cache.clear(call.principal.organization, model, older_s)
        told: CacheCleared = {"object": "cache.cleared", "deleted": gone}
        return Reply(told)
