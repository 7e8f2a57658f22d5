"""Counters, leases and passing values in Redis: for several processes.

Redis may be slow, frozen or gone: a call waits for it a quarter of a second, once; then all calls are refused at once for
a second, and tried again. Who calls decides what to do without it. Nothing that must last is kept here.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fakeai.core.clock import Clock, stopwatch
from fakeai.core.errors import StorageUnavailable
from fakeai.store.base import Left, Take

if TYPE_CHECKING:
    from redis.asyncio import Redis

PATIENCE_S = 0.25
_REST_S = 1.0
_MOST = 64
"""Connections; who finds none free waits for one, no longer than for Redis itself."""

_ADD = """
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return total
"""


_SPEND = """
local short, told = -1, {}
for i, key in ipairs(KEYS) do
  local used = tonumber(redis.call('GET', key) or 0)
  told[i] = {used, redis.call('PTTL', key)}
  if short < 0 and used + ARGV[3 * i - 2] > tonumber(ARGV[3 * i - 1]) then short = i - 1 end
end
if short < 0 then
  for i, key in ipairs(KEYS) do
    local used = redis.call('INCRBY', key, ARGV[3 * i - 2])
    if told[i][2] < 0 then redis.call('PEXPIRE', key, ARGV[3 * i]) end
    told[i] = {used, redis.call('PTTL', key)}
  end
end
return {short, told}
"""

_CORRECT = """
if redis.call('PTTL', KEYS[1]) < 0 then return 0 end
local used = redis.call('INCRBY', KEYS[1], ARGV[1])
if used < 0 then used = redis.call('INCRBY', KEYS[1], -used) end
return used
"""


class RedisValues:
    """`KeyValue` over Redis, for one event loop. Lifetimes are real seconds; keys begin with `prefix`."""

    def __init__(self, url: str, clock: Clock, prefix: str = "fakeai:") -> None:
        self._url = url
        self._clock = clock
        self._prefix = prefix
        self._client: Redis | None = None
        self._rested = -_REST_S

    async def get(self, key: str) -> bytes | None:
        """The value."""
        found: bytes | None = await self._ask(lambda redis: redis.get(self._prefix + key))
        return found

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Put the value there."""
        await self._ask(lambda redis: redis.set(self._prefix + key, value, px=_milliseconds(ttl)))

    async def add(self, key: str, n: int, ttl: float) -> int:
        """Count."""
        return int(await self._ask(lambda redis: redis.eval(_ADD, 1, self._prefix + key, n, _milliseconds(ttl))))

    async def spend(self, wanted: Sequence[Take]) -> tuple[int | None, list[Left]]:
        """Take all of them, or nothing."""
        keys = [self._prefix + take.key for take in wanted]
        numbers = [number for take in wanted for number in (take.n, take.limit, _milliseconds(take.length))]
        short, told = await self._ask(lambda redis: redis.eval(_SPEND, len(keys), *keys, *numbers))
        return None if short < 0 else int(short), [Left(int(used), max(left, 0) / 1000.0) for used, left in told]

    async def correct(self, key: str, n: int) -> int:
        """Change what was taken of a window."""
        return int(await self._ask(lambda redis: redis.eval(_CORRECT, 1, self._prefix + key, n)))

    async def take(self, key: str, ttl: float) -> bool:
        """Take the lease, if it is free."""
        free = await self._ask(lambda redis: redis.set(self._prefix + key, b"1", px=_milliseconds(ttl), nx=True))
        return free is not None

    async def drop(self, key: str) -> None:
        """Forget the key."""
        await self._ask(lambda redis: redis.delete(self._prefix + key))

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask(self, ask: Callable[["Redis"], Any]) -> Any:
        """The answer; StorageUnavailable if there is none. Any: redis-py's types are those of both its clients."""
        from redis.exceptions import RedisError

        if stopwatch() - self._rested < _REST_S:
            raise StorageUnavailable
        try:
            with self._clock.hold():
                return await ask(self._redis())
        except (RedisError, OSError) as error:
            self._rested = stopwatch()
            raise StorageUnavailable from error

    def _redis(self) -> "Redis":
        if self._client is None:
            from redis.asyncio import BlockingConnectionPool, Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff

            # redis-py tries ten times unless told otherwise: a frozen server would hold a call up for seven seconds.
            pool = BlockingConnectionPool.from_url(
                self._url,
                max_connections=_MOST,
                timeout=PATIENCE_S,
                socket_timeout=PATIENCE_S,
                socket_connect_timeout=PATIENCE_S,
                retry=Retry(NoBackoff(), 0),
            )
            self._client = Redis.from_pool(pool)
        return self._client


def _milliseconds(ttl: float) -> int:
    return max(int(ttl * 1000.0), 1)
