"""Batches in virtual time: their statuses, cancelled and expired ones, and two that work at one database."""

import asyncio
import json
from typing import Any

import openai
import pytest

from fakeai.core.clock import VirtualLoop
from fakeai.testing import FakeAI

CHAT = "/v1/chat/completions"


def line(number: int, **body: Any) -> str:
    said = [{"role": "user", "content": f"Say {number}"}]
    given = {"model": "gpt-4o-mini", "messages": said, "max_tokens": 5, **body}
    return json.dumps({"custom_id": f"r{number}", "method": "POST", "url": CHAT, "body": given})


def in_virtual_time(scenario: Any, **settings: Any) -> None:
    async def run() -> None:
        async with FakeAI(settings, seed=1) as fake:
            await scenario(fake.async_client(max_retries=0, timeout=1e9))

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


async def begin(client: Any, lines: int, **more: Any) -> Any:
    data = "\n".join(line(n) for n in range(lines)).encode()
    file = await client.files.create(file=("in.jsonl", data), purpose="batch")
    return await client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h", **more)


async def over(client: Any, id: str, look_s: float = 0.25) -> Any:
    while True:
        batch = await client.batches.retrieve(id)
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            return batch
        await asyncio.sleep(look_s)


async def told(client: Any, file_id: str | None) -> dict[str, Any]:
    if file_id is None:
        return {}
    rows = [json.loads(row) for row in (await client.files.content(file_id)).text.splitlines()]
    assert len({row["custom_id"] for row in rows}) == len(rows)
    return {row["custom_id"]: row for row in rows}


def test_a_batch_goes_through_its_statuses_and_counts_as_it_goes() -> None:
    async def scenario(client: Any) -> None:
        batch = await begin(client, 500)
        assert (batch.status, batch.expires_at) == ("validating", batch.created_at + 86_400)
        seen = []
        while batch.status != "completed":
            batch = await client.batches.retrieve(batch.id)
            assert batch.request_counts.completed + batch.request_counts.failed <= batch.request_counts.total
            if not seen or seen[-1] != (batch.status, batch.request_counts.completed):
                seen.append((batch.status, batch.request_counts.completed))
            await asyncio.sleep(0.2)
        counts = [count for status, count in seen if status == "in_progress"]
        assert counts == sorted(counts) and len(set(counts)) > 2
        assert batch.in_progress_at <= batch.finalizing_at <= batch.completed_at
        assert (batch.error_file_id, batch.model) == (None, "gpt-4o-mini")
        rows = await told(client, batch.output_file_id)
        assert list(rows) == [f"r{n}" for n in range(500)], "in the order of the input"
        used = [row["response"]["body"]["usage"] for row in rows.values()]
        assert batch.usage.input_tokens == sum(one["prompt_tokens"] for one in used)
        assert batch.usage.output_tokens == sum(one["completion_tokens"] for one in used)

    in_virtual_time(scenario, **{"latency.ttft": "1000"})


def test_a_cancelled_batch_delivers_what_is_answered() -> None:
    async def scenario(client: Any) -> None:
        batch = await begin(client, 400)
        await asyncio.sleep(2.5)
        assert (await client.batches.cancel(batch.id)).status == "cancelling"
        batch = await over(client, batch.id)
        assert batch.status == "cancelled" and batch.cancelling_at <= batch.cancelled_at
        done, left = await told(client, batch.output_file_id), await told(client, batch.error_file_id)
        assert 0 < len(done) < 400
        assert set(done) | set(left) == {f"r{n}" for n in range(400)} and not set(done) & set(left)
        assert {row["error"]["code"] for row in left.values()} == {"batch_cancelled"}
        assert batch.request_counts.to_dict() == {"total": 400, "completed": len(done), "failed": len(left)}
        with pytest.raises(openai.ConflictError, match="Cannot cancel a batch with status 'cancelled'"):
            await client.batches.cancel(batch.id)

    in_virtual_time(scenario, **{"latency.ttft": "1000"})


def test_a_batch_that_takes_longer_than_a_day_expires_with_what_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakeai.store.jobs.LEASE_S", 3_600.0)
    monkeypatch.setattr("fakeai.store.jobs._BEAT_S", 1_200.0)  # else a day is 26,000 of them

    async def scenario(client: Any) -> None:
        batch = await begin(client, 60)
        batch = await over(client, batch.id, look_s=600)
        assert batch.status == "expired"
        assert batch.expired_at - batch.created_at in (86_400, 86_401)
        done, left = await told(client, batch.output_file_id), await told(client, batch.error_file_id)
        assert (len(done), len(left)) == (48, 12)
        assert {row["error"]["code"] for row in left.values()} == {"batch_expired"}

    in_virtual_time(scenario, **{"latency.ttft": str(3_590 * 1_000), "batches.concurrency": 2})


@pytest.mark.parametrize("after", range(0, 12, 2))
def test_however_late_it_is_cancelled_it_ends_once(after: int) -> None:
    async def scenario(client: Any) -> None:
        batch = await begin(client, 150)
        await asyncio.sleep(after / 4)
        try:
            await client.batches.cancel(batch.id)
        except openai.ConflictError:
            assert (await client.batches.retrieve(batch.id)).status in ("finalizing", "completed")
        batch = await over(client, batch.id)
        done, left = await told(client, batch.output_file_id), await told(client, batch.error_file_id)
        expected = {f"r{n}" for n in range(150)} if batch.in_progress_at else set()
        assert set(done) | set(left) == expected and not set(done) & set(left)
        await asyncio.sleep(100)
        assert await client.batches.retrieve(batch.id) == batch

    in_virtual_time(scenario, **{"latency.ttft": "1000"})


def test_a_file_that_is_deleted_meanwhile_is_the_batchs_end_and_nobody_elses() -> None:
    async def scenario(client: Any) -> None:
        file = await client.files.create(file=("in.jsonl", line(0).encode()), purpose="batch")
        batch = await client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
        await client.files.delete(file.id)
        batch = await over(client, batch.id)
        assert batch.status in ("completed", "failed")
        if batch.status == "failed":
            assert batch.errors.data[0].code == "file_not_found"

    in_virtual_time(scenario)


@pytest.mark.parametrize("data", [line(0), "no JSON"])
def test_a_batch_that_is_cancelled_before_it_is_checked_has_no_lines(
    data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly(work: Any, *args: Any) -> Any:
        await asyncio.sleep(10)
        return work(*args)

    async def scenario(client: Any) -> None:
        monkeypatch.setattr("fakeai.services.batches.off_loop", slowly)
        file = await client.files.create(file=("in.jsonl", data.encode()), purpose="batch")
        batch = await client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
        await asyncio.sleep(5)
        await client.batches.cancel(batch.id)
        batch = await over(client, batch.id)
        assert (batch.status, batch.in_progress_at, batch.errors) == ("cancelled", None, None)
        assert (batch.output_file_id, batch.error_file_id) == (None, None)
        assert batch.request_counts.to_dict() == {"total": 0, "completed": 0, "failed": 0}

    in_virtual_time(scenario)
