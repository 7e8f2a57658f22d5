"""What a Live session wants done: hearing, thinking, speaking, and asking Responses and Decisions.

Knows no sockets. Backends are asked through the gateway, as clients ask them, so that rules and usage are the same.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from fakeai.backends.base import Speaks, SpeechRequest, TranscribeRequest, Transcribes
from fakeai.content.voices import named
from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.errors import NotFound
from fakeai.core.generation import Message, Sampling, Text
from fakeai.services.directory import ModelDirectory
from fakeai.services.live import setup as setups
from fakeai.services.live import wants
from fakeai.services.live.phrases import Phrases
from fakeai.services.live.session import Session
from fakeai.services.turns import Asked, Asker, Turns
from fakeai.wire.decisions import Decision

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

Dispatch = Callable[[Call], Awaitable[Reply]]
FindRow = Callable[[str, str], Endpoint | None]

_LONGEST_REPLY = 160
"""Tokens of a spoken answer."""


class Caller(NamedTuple):
    """Whose session it is, and how it wants to be answered."""

    principal: Principal
    headers: Mapping[str, str]
    asker: Asker


class Worker:
    """Works for all sessions of an App."""

    def __init__(
        self,
        turns: Turns,
        directory: ModelDirectory,
        speaker: Speaks,
        transcriber: Transcribes,
        dispatch: Dispatch,
        find_row: FindRow,
        clock: Clock,
        ids: Ids,
        seed: bytes,
    ) -> None:
        self._turns = turns
        self._directory = directory
        self._speaker = speaker
        self._transcriber = transcriber
        self._dispatch = dispatch
        self._find_row = find_row
        self._clock = clock
        self._ids = ids
        self._seed = seed

    async def listen(self, want: wants.Listen, session: Session, caller: Caller) -> list[wants.Word]:
        """The words that were said; none for noise. Raises ApiError."""
        card = self._directory.card(session.setup["model"])
        data = want.samples.astype("<i2").tobytes()
        heard = await self._transcriber.transcribe(
            TranscribeRequest(
                card, data, "said.pcm", "audio/pcm", easy=True, seed=self._seed, timing=caller.asker.timing
            )
        )
        return [
            wants.Word(word.text, want.start_ms + round(word.start * 1_000), want.start_ms + round(word.end * 1_000))
            for word in heard.words
        ]

    async def think(self, session: Session, caller: Caller) -> AsyncGenerator[str, None]:
        """An answer to what was said so far, in phrases. Raises ApiError."""
        card = self._directory.card(session.setup["model"])
        instructions = session.setup.get("instructions") or setups.INSTRUCTIONS
        messages = (Message("system", instructions), *session.history)
        asked = Asked(messages, Sampling(max_tokens=_LONGEST_REPLY), verbosity="low")
        request = await self._turns.request(card, asked, caller.asker)
        cutter = Phrases()
        async with aclosing(aiter(self._turns.generate(request))) as bursts:
            async for burst in bursts:
                said = "".join([piece for delta in burst if isinstance(delta, Text) for piece in delta.pieces])
                for phrase in cutter.add(said):
                    yield phrase
        for phrase in cutter.end():
            yield phrase

    async def speak(self, phrase: str, session: Session) -> "NDArray[int16]":
        """The sound of a phrase. Raises ApiError."""
        import numpy as np

        voice = setups.voice(session.setup)
        card = self._directory.card(session.setup["model"])
        digest = blake2b(f"{voice}\0{phrase}".encode("utf-8", "replace"), key=self._seed[:64]).digest()
        parts: list[bytes] = []
        feed = self._speaker.speak(SpeechRequest(card, phrase, named(voice), "pcm", 1.0, digest))
        await feed.drain(lambda part: parts.append(part.data))
        return np.frombuffer(b"".join(parts), "<i2").astype(np.int16, copy=False)

    async def respond(self, want: wants.Respond, caller: Caller) -> AsyncIterator[dict[str, Any]]:
        """The events of a Responses stream. Raises ApiError. Any: JSON."""
        settings = {name: value for name, value in want.backend.items() if value is not None}
        reply = await self._ask(
            "/responses", {**settings, "input": list(want.items), "stream": True, "store": False}, caller
        )
        assert reply.events is not None, "a stream was asked for"
        async for burst in reply.events:
            for document in burst:
                event = _event(document, framed=reply.framed)
                if event is not None:
                    yield event

    async def judge(self, want: wants.Judge, caller: Caller) -> Decision:
        """The answers. Raises ApiError."""
        body = {"model": want.model, "input": list(want.items), "questions": list(want.questions)}
        decision: Decision = (await self._ask("/decisions", body, caller)).body
        return decision

    async def _ask(self, path: str, body: dict[str, Any], caller: Caller) -> Reply:
        """Any: JSON."""
        row = self._find_row("POST", path)
        if row is None:
            raise NotFound(f"There is no {path} here.")
        call = Call(
            self._ids.hex("req_"),
            row,
            f"/v1{path}",
            caller.headers,
            orjson.dumps(body),
            origin="experiment",  # nobody sends it, and yet it is held to the project's policy and quota
            arrived=self._clock.now(),
            principal=caller.principal,
        )
        return await self._dispatch(call)


def _event(document: bytes, *, framed: bool) -> dict[str, Any] | None:
    """The event in a document; None for the end of a stream. Any: JSON."""
    if framed:
        _, _, document = document.partition(b"data: ")
    if not document.startswith(b"{"):
        return None
    event: dict[str, Any] = orjson.loads(document)
    return event
