"""Invitations wait for a week."""

import asyncio

from fakeai.core.clock import VirtualLoop
from fakeai.testing import FakeAI


def test_an_invitation_that_nobody_accepts_expires() -> None:
    async def scenario() -> None:
        async with FakeAI(seed=1) as fake:
            invites = fake.async_client(timeout=1e9, admin_api_key="a").admin.organization.invites
            made = await invites.create(email="a@example.com", role="reader")
            await asyncio.sleep(7 * 86_400 - 10)
            assert (await invites.retrieve(made.id)).status == "pending"
            await asyncio.sleep(10)
            assert (await invites.retrieve(made.id)).status == "expired"
            assert [invite.status async for invite in invites.list()] == ["expired"]

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(scenario())
