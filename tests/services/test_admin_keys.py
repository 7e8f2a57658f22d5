"""Values of admin keys are nowhere, and count no longer than they were given for."""

import asyncio
from pathlib import Path

import openai
import pytest

from fakeai.core.clock import VirtualLoop
from fakeai.testing import FakeAI


def test_an_admin_key_is_refused_when_its_time_is_over() -> None:
    async def scenario() -> None:
        async with FakeAI(seed=1) as fake:
            client = fake.async_client(max_retries=0, timeout=1e9, admin_api_key="a")
            made = await client.admin.organization.admin_api_keys.create(name="k", expires_in_seconds=100)
            known = fake.async_client(max_retries=0, timeout=1e9, admin_api_key=made.value).admin.organization
            await asyncio.sleep(90)
            assert (await known.admin_api_keys.retrieve(made.id)).name == "k"
            await asyncio.sleep(11)
            with pytest.raises(openai.AuthenticationError):
                await known.admin_api_keys.retrieve(made.id)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(scenario())


def test_the_value_is_in_no_file(tmp_path: Path) -> None:
    with FakeAI({"store.data_dir": str(tmp_path)}) as fake:
        made = fake.client(admin_api_key="a").admin.organization.admin_api_keys.create(name="wanted")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"wanted" in kept
    assert made.value.removeprefix("sk-admin-").encode() not in kept
