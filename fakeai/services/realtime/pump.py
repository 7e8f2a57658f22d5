"""Between a socket and a session: one loop reads what the client says, one task a response reads what the model says.

What comes of either is sent in the order in which the session said it. Waits, and decides nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import orjson

from fakeai.core.call import Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import Clock, off_loop
from fakeai.core.errors import ApiError, ContextLengthExceeded, ServerError
from fakeai.core.generation import GenerateRequest, Sampling, Usage
from fakeai.core.socket import ClientLeft, Socket
from fakeai.services.realtime.bursts import Bursts
from fakeai.services.realtime.commands import Close, Command, Generate, Halt, Hear, Step
from fakeai.services.realtime.conversation import Entry, messages
from fakeai.services.realtime.scribe import words_of
from fakeai.services.realtime.session import Session
from fakeai.services.realtime.translation import Translation
from fakeai.services.realtime.truncation import shorter, within
from fakeai.services.turns import Asked, Asker, Turns, prompt_tokens
from fakeai.wire.realtime.beta import event_to_beta
from fakeai.wire.realtime.client_events import Append
from fakeai.wire.realtime.reading import BadEvent, read, read_translation
from fakeai.wire.realtime.translation_events import TranslationAppend

_log = logging.getLogger("fakeai.realtime")

_PART = 262_144
"""Characters of base64 that are worked on at a time."""


class Pump:
    """One socket's. `reply` is told what the model was used for, once it is known."""

    def __init__(
        self,
        session: Session | Translation,
        turns: Turns,
        who: Asker,
        card: ModelCard,
        clock: Clock,
        seed: bytes,
        *,
        old: bool = False,
        program: str | None = None,
    ) -> None:
        """`program` speaks, if it is not to be the plain voice."""
        self._session = session
        self._turns = turns
        self._who = who
        self._card = card
        self._clock = clock
        self._seed = seed
        self._old = old
        self._program = program
        self._reads: Callable[..., Any] = read_translation if isinstance(session, Translation) else read
        self._bursts: dict[str, Bursts] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._hearing: dict[str, asyncio.Task[None]] = {}
        self._order = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._armed: float | None = None
        self._warm = False
        self.reply = Reply(socket=self.talk)
        session.so_far = self._so_far

    async def talk(self, socket: Socket) -> None:
        """The conversation."""
        self._socket = socket
        try:
            await self._out(self._session.open(old=self._old))
            while (message := await socket.receive()) is not None:
                await self._take(message)
        finally:
            self.reply.usage = self._session.usage
            if self._timer is not None:
                self._timer.cancel()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._session.so_far = _unknown  # what is over holds nobody
            self.reply.socket = None

    # -- the client

    async def _take(self, message: str | bytes) -> None:
        try:
            event = self._reads(message, old=self._old)
        except BadEvent as bad:
            await self._out(self._session.refuse(bad.error, bad.event_id))
            return
        if isinstance(event, (Append, TranslationAppend)):
            await self._listen(event)
        else:
            await self._out(self._session.feed(event, self._clock.now()))

    async def _listen(self, event: Append | TranslationAppend) -> None:
        """Sound, a part at a time: others wait."""
        if not self._warm:
            await off_loop(_load)
            self._warm = True
        for at in range(0, len(event.audio) or 1, _PART):
            part = event.model_copy(update={"audio": event.audio[at : at + _PART]})
            step = self._session.feed(part, self._clock.now())
            await self._out(step)
            if any(told["type"] == "error" for told in step.events):
                return
            if len(event.audio) > _PART:
                await self._clock.sleep(0)

    # -- the session

    async def _out(self, step: Step) -> None:
        """Do what a step wants, and tell its events after those of the steps before it."""
        documents = [document for event in step.events if (document := self._written(event)) is not None]
        closes = False
        for command in step.commands:
            closes = self._do(command) or closes
        self._arm()
        if not documents and not closes:
            return
        async with self._order:
            for document in documents:
                await self._socket.send(document)
            if closes:
                await self._socket.close()

    def _written(self, event: dict[str, Any]) -> str | None:
        """Any: an event's fields."""
        told = event_to_beta(event) if self._old else event
        return None if told is None else orjson.dumps(told).decode()

    def _do(self, command: Command) -> bool:
        """Begin what is wanted; whether it is to end."""
        if isinstance(command, Generate):
            self._spawn(self._answer(command))
        elif isinstance(command, Halt):
            bursts = self._bursts.get(command.response_id)
            if bursts is not None:
                bursts.stop()
        elif isinstance(command, Hear):
            self._hearing[command.entry.id] = self._spawn(self._hear(command))
        return isinstance(command, Close)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(_unless_left(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _arm(self) -> None:
        due = self._session.due()
        if due != self._armed:
            self._armed = due
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None if due is None else self._clock.call_at(due, self._ring)

    def _ring(self) -> None:
        self._armed = None
        self._spawn(self._out(self._session.tick(self._clock.now())))

    # -- the model

    def _so_far(self, response_id: str) -> Usage | None:
        bursts = self._bursts.get(response_id)
        return None if bursts is None else bursts.so_far()

    async def _answer(self, ask: Generate) -> None:
        name, session = ask.response_id, self._session
        try:
            feed = self._turns.generate(await self._request(ask))
            if not session.wants(name):
                return
            bursts = self._bursts[name] = Bursts(feed)
            while (burst := await bursts.next()) is not None:
                await self._out(session.progress(name, burst, self._clock.now()))
        except ApiError as error:
            await self._out(session.failed(name, error, self._clock.now()))
        except (ClientLeft, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001  # whatever a backend raises
            _log.error("a response failed", exc_info=error)
            told = ServerError("The server had an error while processing your request. Sorry about that!")
            await self._out(session.failed(name, told, self._clock.now()))
        finally:
            if (begun := self._bursts.pop(name, None)) is not None:
                begun.stop()

    async def _request(self, ask: Generate) -> GenerateRequest:
        """The turn's request. A conversation that is too long loses what is oldest, unless that is not wanted."""
        await asyncio.gather(*{self._hearing[one.id] for one in ask.entries if one.id in self._hearing})
        entries = await within(ask.entries, ask.truncation, self._tokens)
        while True:
            try:
                return await self._turns.request(
                    self._card, _asked(ask, entries, self._program), self._who, "conversation"
                )
            except ContextLengthExceeded:
                fewer = shorter(entries, ask.truncation)
                if fewer is None:
                    raise
                entries = fewer

    async def _tokens(self, entries: tuple[Entry, ...]) -> int:
        return (await prompt_tokens(messages(entries, ""), (), self._card, None)).total

    async def _hear(self, hear: Hear) -> None:
        settings = hear.transcription or {}
        language, about = settings.get("language") or "", settings.get("prompt") or ""
        pcm = bytes(hear.entry.sound.get(hear.part, b""))
        try:
            words = await off_loop(words_of, pcm, language, about, self._seed)
        except Exception as error:  # noqa: BLE001  # whatever a transcriber raises
            _log.error("a transcription failed", exc_info=error)
            step = self._session.unheard(hear)
        else:
            step = self._session.heard(hear, words)
        self._hearing.pop(hear.entry.id, None)
        await self._out(step)


def _asked(ask: Generate, entries: tuple[Entry, ...], program: str | None) -> Asked:
    temperature = 1.0 if ask.temperature is None else ask.temperature
    return Asked(
        messages(entries, ask.instructions),
        Sampling(max_tokens=ask.max_tokens, temperature=temperature),
        ask.tools,
        ask.tool_choice,
        ask.parallel,
        reasoning_effort=ask.effort,
        audio=None if ask.audio is None else ask.audio._replace(program=program),
    )


async def _unless_left(work: Coroutine[Any, Any, None]) -> None:
    with suppress(ClientLeft):
        await work


def _unknown(response_id: str) -> None:
    """Nobody can tell any more."""


def _load() -> None:
    """What sound needs takes 0.1 s to load."""
    import numpy  # noqa: F401
