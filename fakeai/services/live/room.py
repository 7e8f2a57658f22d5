"""One Live session with those who are attached to it, and the work it wants done: its state machine, pumped.

Whatever happens is told to the machine; what it says then goes to the seats, and what it wants becomes a task. Things of one
kind are done one after the other, in the order in which they were wanted.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError, BadRequest, ServerError
from fakeai.services.live import wants
from fakeai.services.live.phrases import phrases
from fakeai.services.live.reading import Said, sound
from fakeai.services.live.recording import Recorder
from fakeai.services.live.seats import Seat
from fakeai.services.live.session import LONGEST_FIXTURE_S, Session
from fakeai.services.live.waves import PCM, Inlet
from fakeai.services.live.worker import Caller, Worker
from fakeai.wire.live import commands
from fakeai.wire.live.events import Reason

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

_log = logging.getLogger("fakeai.live")

PAUSE_S = 0.8
"""Without sound, after which what was being said is over."""
MOST_SEATS = 32
"""Clients of a session."""
_MOST_TASKS = 64
"""Under way: clients are not listened to while there are more."""


class Room:
    """`over` is called once, when the session has ended. `call` is whether it is a telephone's."""

    def __init__(
        self,
        session: Session,
        caller: Caller,
        worker: Worker,
        clock: Clock,
        over: Callable[["Room"], None],
        *,
        call: bool = False,
    ) -> None:
        self.session = session
        self.caller = caller
        self.is_call = call
        self.recorder = Recorder() if session.setup["store"] else None
        self._worker = worker
        self._clock = clock
        self._over = over
        self._seats: list[Seat] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._lanes: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._idle = asyncio.Event()
        self._idle.set()
        self._pause: asyncio.TimerHandle | None = None
        self._expiry: asyncio.TimerHandle | None = None

    @property
    def full(self) -> bool:
        """Whether nobody else may join."""
        return len(self._seats) >= MOST_SEATS

    def open(self, seconds: float, client_event: str | None = None) -> None:
        """Start the session; it ends by itself after that many Clock seconds."""
        self._expiry = self._clock.call_at(self._clock.now() + seconds, self.close, "expired")
        self.session.start(client_event)
        self.pump()

    def join(self, seat: Seat) -> None:
        """From here on this client is told, too."""
        self._seats.append(seat)

    def leave(self, seat: Seat) -> None:
        """A client has gone; the session goes with its primary one."""
        seat.leave()
        if seat in self._seats:
            self._seats.remove(seat)
        if seat.primary:
            self.close("remote_hangup")

    def close(self, reason: Reason) -> None:
        """End the session."""
        self.session.close(reason)
        self.pump()

    async def obey(self, seat: Seat, said: Said) -> None:
        """A client's message. What is wrong with it the client is told."""
        await self._idle.wait()
        if self.session.closed is not None:
            return
        try:
            if isinstance(said.command, BadRequest):
                raise said.command
            self._carry_out(seat, said.command)
        except BadRequest as error:
            self.session.fail(error, said.event_id)
        self.pump()

    def _carry_out(self, seat: Seat, command: commands.Command) -> None:
        match command:
            case commands.AppendAudio():
                self._hear(seat.inlet.read(sound(command.audio, seat.wave)))
            case commands.PlayFixture():
                self.session.play(Inlet(PCM).read(sound(command.audio, PCM, LONGEST_FIXTURE_S)), command.event_id)
            case commands.SendDtmf():
                if not self.is_call:
                    raise BadRequest("transport.dtmf.send requires a SIP call.", param="type", code="invalid_value")
                self.session.press(command)
            case _:
                self.session.command(command)

    def _hear(self, samples: "NDArray[int16]") -> None:
        self.session.hear(samples)
        if self._pause is not None:
            self._pause.cancel()
        self._pause = self._clock.call_at(self._clock.now() + PAUSE_S, self._paused)

    def _paused(self) -> None:
        self.session.pause()
        self.pump()

    # -- what comes out

    def pump(self) -> None:
        """Pass on what the session says, and begin what it wants."""
        out = self.session.out
        while out:
            match out.popleft():
                case wants.Tell() | wants.Sound() | wants.Reflected() as said:
                    self._record(said)
                    for seat in self._seats:
                        seat.take(said)
                case wants.Over():
                    self._end()
                case want:
                    self._begin(want)

    def _record(self, said: wants.Tell | wants.Sound | wants.Reflected) -> None:
        if self.recorder is not None:
            if isinstance(said, wants.Sound):
                self.recorder.say(said.samples, said.start_ms)
            elif isinstance(said, wants.Reflected):
                self.recorder.hear(said.samples)

    def _end(self) -> None:
        for handle in (self._pause, self._expiry):
            if handle is not None:
                handle.cancel()
        for task in self._tasks:
            task.cancel()
        for seat in self._seats:
            seat.end()
        self._over(self)

    # -- what is wanted

    def _begin(self, want: wants.Want) -> None:
        match want:
            case wants.Listen():
                self._do("ears", partial(self._listen, want))
            case wants.Reply() | wants.Say():
                self._do("mouth", partial(self._speak, want))
            case wants.Respond():
                self._do("backend", partial(self._respond, want))
            case wants.Judge():
                self._do("judge", partial(self._judge, want))
            case wants.Remind(delegation, seconds):
                self._do(delegation, partial(self._later, seconds, partial(self.session.reminded, delegation)))
            case wants.Play(fixture, seconds):
                self._do("fixture", partial(self._later, seconds, partial(self.session.played, fixture)))

    def _do(self, lane: str, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.ensure_future(self._in_lane(lane, work))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        if len(self._tasks) > _MOST_TASKS:
            self._idle.clear()

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if len(self._tasks) <= _MOST_TASKS:
            self._idle.set()

    async def _in_lane(self, lane: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            async with self._lanes[lane]:
                await work()
        except ApiError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001  # one thing's defect does not end the session
            _log.error("a live session could not do something", exc_info=error)
            self._fail(ServerError("The server had an error."))

    def _fail(self, error: ApiError) -> None:
        if self.session.closed is None:
            self.session.fail(error)
            self.pump()

    async def _listen(self, want: wants.Listen) -> None:
        words = await self._worker.listen(want, self.session, self.caller)
        self.session.heard(words)
        self.pump()

    async def _speak(self, want: wants.Reply | wants.Say) -> None:
        try:
            if isinstance(want, wants.Say):
                for phrase in phrases(want.text):
                    if not await self._say(want.turn, phrase):
                        return
            else:
                async with aclosing(self._worker.think(self.session, self.caller)) as thoughts:
                    async for phrase in thoughts:
                        if not await self._say(want.turn, phrase):
                            return
        finally:
            self.session.finished(want.turn)
            self.pump()

    async def _say(self, turn: int, phrase: str) -> bool:
        if not self.session.wanted(turn):
            return False
        samples = await self._worker.speak(phrase, self.session)
        wanted = self.session.said(turn, phrase, samples)
        self.pump()
        for seat in self._seats:
            if seat.primary:
                await seat.room()
        return wanted

    async def _respond(self, want: wants.Respond) -> None:
        failed: ApiError | None = None
        try:
            async for event in self._worker.respond(want, self.caller):
                self.session.responded(want.delegation, event)
                self.pump()
        except ApiError as error:
            failed = error
        self.session.response_over(want.delegation, failed)
        self.pump()

    async def _judge(self, want: wants.Judge) -> None:
        decision = await self._worker.judge(want, self.caller)
        self.session.decided(want.cause, decision)
        self.pump()

    async def _later(self, seconds: float, act: Callable[[], None]) -> None:
        await self._clock.sleep(seconds)
        act()
        self.pump()
