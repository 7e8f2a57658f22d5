"""The lines of one batch, worked on: many at once through the one door, and kept some at a time.

Knows calls and answers; does not know what becomes of a batch afterwards.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any, TypeAlias

import orjson

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock, stopwatch
from fakeai.core.errors import ApiError, BadRequest, ServerError, envelope
from fakeai.core.generation import Usage
from fakeai.services.batch_checks import Line

CHUNK = 200
"""Lines that may be under way or not yet kept: what a crash has done again at most."""

_FLUSH_S = 1.0
_HOLD_S = 0.003
"""Real seconds of each go of the loop that may be spent on beginning lines, and then one line more."""
_NO_TOKENS = Usage(0, 0)

Dispatch: TypeAlias = Callable[[Call], Awaitable[Reply]]
Answer: TypeAlias = tuple[int, bool, int, int, int, int, str]
"""As `store.batch_lines.Answered`."""
Keep: TypeAlias = Callable[[Sequence[Answer]], Awaitable[bool]]
"""Keeps answers; False when the batch is not to be worked on any further."""


class Caller:
    """Makes a line's call, and a line of a file of its reply.

    All ids and times of an answer follow from the batch and the line: one that is worked on again is the same.
    """

    def __init__(
        self, dispatch: Dispatch, endpoint: Endpoint, principal: Principal, batch: str, created: int, clock: Clock
    ) -> None:
        self._dispatch = dispatch
        self._endpoint = endpoint
        self._principal = principal
        self._batch = batch
        self._created = created
        self._clock = clock

    async def answer(self, line: Line) -> Answer:
        """The line's answer, be it a refusal."""
        ids = _ids(self._batch, line.number)
        name, request_id = ids.hex("batch_req_"), ids.hex("req_")
        call = Call(
            request_id,
            self._endpoint,
            f"/v1{self._endpoint.path}",
            {},
            orjson.dumps(line.body),
            origin="batch",
            arrived=self._clock.now(),
            principal=self._principal,
            ids=ids,
            created=self._created,
        )
        status, body, used = await self._reply(call)
        told = {"status_code": status, "request_id": request_id, "body": body}
        text = orjson.dumps({"id": name, "custom_id": line.custom_id, "response": told, "error": None}).decode()
        return line.number, status >= 400, used.prompt, used.cached, used.completion, used.reasoning, text

    async def _reply(self, call: Call) -> tuple[int, Any, Usage]:
        try:
            reply = await self._dispatch(call)
            if reply.events is not None:
                reply.events.cancel()
                raise BadRequest("Batches cannot be streamed.", param="stream")
        except ApiError as error:
            return error.status, envelope(error), _NO_TOKENS
        except Exception:  # noqa: BLE001  # one line's defect is that line's answer
            return 500, envelope(ServerError("The server had an error while processing this request.")), _NO_TOKENS
        body = orjson.Fragment(reply.body) if isinstance(reply.body, bytes) else reply.body
        return reply.status, body, reply.usage or _NO_TOKENS


def unanswered(batch: str, line: Line, code: str, message: str) -> Answer:
    """The answer of a line that was never worked on."""
    told = {"code": code, "message": message}
    name = _ids(batch, line.number).hex("batch_req_")
    text = orjson.dumps({"id": name, "custom_id": line.custom_id, "response": None, "error": told}).decode()
    return line.number, True, 0, 0, 0, 0, text


class Run:
    """Works on lines with `at_once` of them under way. `stop` ends it early; answers under way are then lost."""

    def __init__(self, caller: Caller, keep: Keep, clock: Clock, at_once: int, look_s: float | None) -> None:
        self._caller = caller
        self._keep = keep
        self._clock = clock
        self._at_once = at_once
        self._look_s = look_s
        self._answers: list[Answer] = []
        self._news = asyncio.Event()
        self._stopped = False
        self._free = asyncio.Semaphore(CHUNK)
        self._since: float | None = None
        """When lines have begun to be begun in this go of the loop."""

    def stop(self) -> None:
        """Work on no further line."""
        self._stopped = True
        self._news.set()

    async def all(self, lines: Iterator[Line], until: float) -> None:
        """Work on `lines`, until epoch second `until` at the latest."""
        workers = [asyncio.ensure_future(self._work(lines)) for _ in range(self._at_once)]
        for worker in workers:
            worker.add_done_callback(lambda _: self._news.set())
        flushed = self._clock.now()
        try:
            while not self._stopped and self._clock.unix() < until:
                over = all(worker.done() for worker in workers)
                late = self._clock.now() - flushed >= (self._look_s or _FLUSH_S)
                if (self._answers and (over or late or len(self._answers) >= CHUNK // 2)) or (late and self._look_s):
                    flushed = self._clock.now()
                    if not await self._flush():
                        return
                elif over:
                    break
                else:
                    await self._wait(until, flushed)
            await self._flush()
            for worker in workers:
                if worker.done():
                    worker.result()  # a defect there must not pass for the end of the lines
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _wait(self, until: float, flushed: float) -> None:
        self._news.clear()
        pause = until - self._clock.unix()
        if self._look_s is not None or self._answers:
            pause = min(pause, flushed + (self._look_s or _FLUSH_S) - self._clock.now())
        waiting = asyncio.ensure_future(self._clock.sleep(max(pause, 0.0)))
        news = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait((waiting, news), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (waiting, news):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _work(self, lines: Iterator[Line]) -> None:
        for line in lines:
            await self._free.acquire()
            await self._turn()
            if self._stopped:
                return
            answer = await self._caller.answer(line)
            self._answers.append(answer)
            if len(self._answers) >= CHUNK // 2:
                self._news.set()
            await self._clock.sleep(0)  # an answer without latency comes without a pause: others want the loop too

    async def _turn(self) -> None:
        """Wait until lines have not had the loop for long: all that are begun in one go of it hold up everybody else."""
        while self._clock.tick() and self._since is not None and stopwatch() - self._since > _HOLD_S:
            await self._clock.sleep(0)
        if self._since is None:
            self._since = stopwatch()
            asyncio.get_running_loop().call_soon(self._let_go)

    def _let_go(self) -> None:
        self._since = None

    async def _flush(self) -> bool:
        answers, self._answers = self._answers, []
        on = await self._keep(answers)
        for _ in answers:
            self._free.release()
        return on


def _ids(batch: str, line: int) -> Ids:
    return Ids(blake2b(f"{batch}\n{line}".encode()).digest())
