"""Carries out a hosted call that a model has written."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from fakeai.core.generation import ToolStart
from fakeai.services.responses.calls import Event, HostedCall
from fakeai.services.responses.offers import Offer

CarryOut = Callable[[Offer, str], Awaitable[tuple[HostedCall, list[str]]]]


@pytest.fixture
def carry_out() -> CarryOut:
    """The call, and the types of the events that were told of it."""

    async def carry_out(offer: Offer, text: str) -> tuple[HostedCall, list[str]]:
        call = cast(HostedCall, offer.opens(ToolStart(0, 0, "call_1", offer.tool.name, offer.tool.kind)))
        told: list[Event] = [*call.opened(), *call.closed(text, complete=True)]
        async for events in call.work():
            told += events
        return call, [str(event["type"]).removeprefix("response.") for event in told]

    return carry_out


def made(id: str) -> Callable[..., Any]:
    return lambda *_: id
