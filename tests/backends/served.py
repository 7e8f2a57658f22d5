"""A served cluster in virtual time, asked through the official SDK, with all that it tells."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeVar

from fakeai.backends.cluster_driver import ClusterDriver
from fakeai.core.events import (
    KvRemoved,
    KvStored,
    Preempted,
    PromptCached,
    RequestEnded,
    RequestShed,
    Routed,
    SequenceEnded,
    StepRan,
    TokensPaced,
    WorkerChanged,
)
from fakeai.testing import FakeAI, run_virtual

T = TypeVar("T")

MODEL = "gpt-4o"
SMALL = {"cluster.gpu": "h100", "cluster.model": "llama-3.1-8b"}
TOLD = (
    Routed, RequestShed, StepRan, Preempted, PromptCached, SequenceEnded, KvStored, KvRemoved, WorkerChanged,
    TokensPaced, RequestEnded,
)  # fmt: skip


class Arrival(NamedTuple):
    """A chunk of a stream, and when it came."""

    at: float
    chunk: Any


class Served:
    """One App on the running loop."""

    def __init__(self, fake: FakeAI, client: Any) -> None:
        self.fake = fake
        self.client = client
        self.app: Any = fake._app()
        self.room = self.app._room
        self.events: list[Any] = []
        for kind in TOLD:
            self.app.bus.listen(kind, self.events.append)

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def driver(self, model: str = MODEL) -> ClusterDriver:
        return self.room._driver(model)

    def told(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if type(event) is kind]

    async def chat(self, text: Any = "Tell me about the sea.", **asked: Any) -> Any:
        """The answer, or the stream of it."""
        messages = text if isinstance(text, list) else [{"role": "user", "content": text}]
        return await self.client.chat.completions.create(**{"model": MODEL, "messages": messages, **asked})

    async def stream(self, text: Any = "Tell me about the sea.", **asked: Any) -> list[Arrival]:
        """Every chunk of a streamed answer, usage included."""
        made = await self.chat(text, stream=True, stream_options={"include_usage": True}, **asked)
        return [Arrival(self.now, chunk) async for chunk in made]


@asynccontextmanager
async def serving(seed: int = 1, **settings: Any) -> AsyncIterator[Served]:
    """Serve a cluster; names of settings with `__` for the dots, those of `cluster` without it."""
    named = {name.replace("__", ".") if "__" in name else f"cluster.{name}": value for name, value in settings.items()}
    async with (
        FakeAI({**SMALL, **named}, seed=seed) as fake,
        fake.async_client(max_retries=0, timeout=100_000) as client,
    ):
        await client.models.list()
        yield Served(fake, client)


def served(scenario: Callable[[Served], Awaitable[T]], seed: int = 1, **settings: Any) -> T:
    """What `scenario` returns of a cluster of its own, in virtual time."""

    async def main() -> T:
        async with serving(seed, **settings) as made:
            return await scenario(made)

    return run_virtual(main())


def text(arrivals: list[Arrival], choice: int = 0) -> str:
    """What a choice says."""
    return "".join(
        one.delta.content or "" for arrival in arrivals for one in arrival.chunk.choices if one.index == choice
    )


def moments(arrivals: list[Arrival]) -> list[float]:
    """When pieces of text came."""
    return [arrival.at for arrival in arrivals if any(one.delta.content for one in arrival.chunk.choices)]


def usage(arrivals: list[Arrival]) -> Any:
    """The stream's usage."""
    return arrivals[-1].chunk.usage
