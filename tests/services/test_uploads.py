"""Uploads and files in virtual time: parts are taken for an hour, and one of two that complete at once makes the file."""

import asyncio
from pathlib import Path
from typing import Any

import openai
import pytest

from fakeai.core.clock import VirtualLoop
from fakeai.services import uploads
from fakeai.testing import FakeAI


def in_virtual_time(scenario: Any) -> None:
    async def run() -> None:
        async with FakeAI(seed=1) as fake:
            await scenario(fake.async_client(max_retries=0, timeout=1e9))

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


async def begun(client: Any) -> tuple[str, str]:
    upload = await client.uploads.create(bytes=3, filename="a", mime_type="text/plain", purpose="user_data")
    part = await client.uploads.parts.create(upload.id, data=b"abc")
    return upload.id, part.id


def test_an_upload_expires_after_an_hour_and_is_forgotten_after_a_day() -> None:
    async def scenario(client: Any) -> None:
        upload, part = await begun(client)
        await asyncio.sleep(3_601)
        with pytest.raises(openai.BadRequestError, match="is expired"):
            await client.uploads.complete(upload, part_ids=[part])
        with pytest.raises(openai.BadRequestError, match="is expired"):
            await client.uploads.parts.create(upload, data=b"")
        await asyncio.sleep(86_400)
        with pytest.raises(openai.NotFoundError):
            await client.uploads.complete(upload, part_ids=[part])

    in_virtual_time(scenario)


def test_a_file_is_gone_for_all_verbs_the_second_it_expires() -> None:
    async def scenario(client: Any) -> None:
        made = await client.files.create(
            file=("a", b"x"), purpose="user_data", expires_after={"anchor": "created_at", "seconds": 3_600}
        )
        await asyncio.sleep(3_590)
        assert (await client.files.retrieve(made.id)).id == made.id
        await asyncio.sleep(11)
        assert (await client.files.list()).data == []
        for verb in (client.files.retrieve, client.files.content, client.files.delete):
            with pytest.raises(openai.NotFoundError, match=made.id):
                await verb(made.id)

    in_virtual_time(scenario)


def test_of_two_that_complete_at_once_one_makes_the_file() -> None:
    async def scenario(client: Any) -> None:
        upload, part = await begun(client)
        done = await asyncio.gather(
            *(client.uploads.complete(upload, part_ids=[part]) for _ in range(5)), return_exceptions=True
        )
        assert sum(not isinstance(each, Exception) for each in done) == 1
        assert len((await client.files.list()).data) == 1

    in_virtual_time(scenario)


async def test_of_two_that_complete_at_once_in_threads_the_other_is_refused_too(tmp_path: Path) -> None:
    async with FakeAI({"store.data_dir": str(tmp_path)}, seed=1) as fake:
        client = fake.async_client(max_retries=0)
        for _ in range(5):
            upload, part = await begun(client)
            done = await asyncio.gather(
                *(client.uploads.complete(upload, part_ids=[part]) for _ in range(5)), return_exceptions=True
            )
            refused = [each for each in done if isinstance(each, Exception)]
            assert len(refused) == 4
            assert all(isinstance(each, openai.BadRequestError) for each in refused), refused
        assert len((await client.files.list()).data) == 5


async def test_an_upload_has_a_limited_number_of_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_MOST_PARTS", 2)
    async with FakeAI(seed=1) as fake:
        client = fake.async_client(max_retries=0)
        upload, _ = await begun(client)
        await client.uploads.parts.create(upload, data=b"")
        with pytest.raises(openai.BadRequestError, match="2 parts at most"):
            await client.uploads.parts.create(upload, data=b"")
