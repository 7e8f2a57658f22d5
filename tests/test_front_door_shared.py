"""The front door over two processes: limits by one Redis, quotas by one database, each exact to the call."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from technologies import emptied, running_redis

from fakeai.cli.local_server import local_server
from fakeai.core.clock import stopwatch
from fakeai.testing import FakeAI

BODY = {"model": "text-embedding-3-small", "input": "hi"}
NEVER = {"rpm": 0, "tpm": 0, "rpd": 0, "tpd": 0}


class Pair:
    """Two servers with the same settings."""

    def __init__(self, urls: list[str]) -> None:
        self.urls = urls
        made = httpx.post(f"{self.urls[0]}/v1/admin/keys", json={"label": "root", "role": "admin"}).json()
        self.root = {"x-api-key": made["key"]}

    def key(self, **terms: Any) -> dict[str, str]:
        """A new key, as a header."""
        made = httpx.post(f"{self.urls[1]}/v1/admin/keys", json={"label": "me", **terms}, headers=self.root)
        return {"x-api-key": made.json()["key"]}

    def usage(self, key: dict[str, str]) -> list[dict[str, Any]]:
        """What each of them says the key has used. Any: JSON."""
        return [httpx.get(f"{url}/v1/me/usage", headers=key).json() for url in self.urls]

    async def statuses(self, key: dict[str, str], calls: int) -> Counter[int]:
        """What so many calls at once are answered, half by each."""
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=50)) as client:
            asked = (client.post(f"{self.urls[n % 2]}/v1/embeddings", json=BODY, headers=key) for n in range(calls))
            return Counter(reply.status_code for reply in await asyncio.gather(*asked))


def pair(ends: ExitStack, **settings: Any) -> Pair:
    """Two processes."""
    return Pair([ends.enter_context(local_server(settings)) for _ in range(2)])


@pytest.fixture
def ends() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Where both keep their things."""
    if request.param == "sqlite":
        return {"store.data_dir": str(tmp_path)}
    return {"store.database": emptied(request.getfixturevalue("postgresql")), "store.blobs": str(tmp_path)}


async def test_a_limit_is_one_for_all_that_share_a_redis(  # gateway 22
    ends: ExitStack, tmp_path: Path, redis_server: str
) -> None:
    both = pair(ends, **{"store.data_dir": str(tmp_path), "store.redis": redis_server})
    key = both.key(rpm=50)
    began = time.monotonic()
    assert await both.statuses(key, 200) == {200: 50, 429: 150}
    assert [usage["rpm_remaining"] for usage in both.usage(key)] == [0, 0]
    assert time.monotonic() - began < 60, "the window has not begun anew"


async def test_a_quota_is_one_for_all_that_share_a_database(  # gateway 33
    ends: ExitStack, kept: dict[str, str]
) -> None:
    both = pair(ends, **kept)
    key = both.key(quota=30, **NEVER)
    assert await both.statuses(key, 100) == {200: 30, 402: 70}
    assert [usage["quota_used"] for usage in both.usage(key)] == [30, 30]


async def test_a_period_that_is_over_begins_anew_once_for_all(
    ends: ExitStack, kept: dict[str, str]
) -> None:  # gateway 34
    servers = [ends.enter_context(FakeAI(**kept)) for _ in range(2)]
    both = Pair([server.url for server in servers])
    key = both.key(quota=30, **NEVER)
    assert await both.statuses(key, 40) == {200: 30, 402: 10}
    resets = both.usage(key)[0]["quota_reset_at"]
    _set_end(servers[0], both.usage(key)[0]["id"], time.time() - 1)
    assert await both.statuses(key, 100) == {200: 30, 402: 70}, "thirty of the new period, not of one for each server"
    found = both.usage(key)
    assert [usage["quota_used"] for usage in found] == [30, 30]
    assert {usage["quota_reset_at"] for usage in found} == {resets}


async def test_redis_that_is_lost_between_calls_fails_none_of_them(  # gateway 23
    ends: ExitStack, tmp_path: Path, given: dict[str, str]
) -> None:
    url, process = ends.enter_context(running_redis(given))
    both = pair(ends, **{"store.data_dir": str(tmp_path), "store.redis": url})
    key = both.key(rpm=10_000)
    calls = asyncio.create_task(both.statuses(key, 200))
    await asyncio.sleep(0)
    process.send_signal(signal.SIGSTOP)
    assert await calls == {200: 200}
    assert [usage["rpm_remaining"] for usage in both.usage(key)] == [None, None], "nobody can tell"
    assert await both.statuses(key, 20) == {200: 20}
    counted = [_counted(httpx.get(f"{url}/metrics").text) for url in both.urls]
    assert all(count > 0 for count in counted)
    process.send_signal(signal.SIGCONT)


def _counted(text: str) -> float:
    families = text_string_to_metric_families(text)
    return sum(
        sample.value for of in families for sample in of.samples if sample.name == "fakeai_redis_fallbacks_total"
    )


def _set_end(server: FakeAI, key: str, when: float) -> None:
    """Have the key's period be over."""
    from sqlalchemy import update

    from fakeai.store.tables import ALLOTMENTS as ROWS

    server._kept.sql.transact(
        lambda tx: tx.execute(update(ROWS).where(ROWS.c.key == key).values(resets=when)), 0.0, True, stopwatch()
    )
