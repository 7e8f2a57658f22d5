"""What is waiting and what is running of one real model: whose turn it is at each step.

Requests are read in the order they came, a part of a prompt a turn; every running choice gets a token each turn. Knows
no threads; a thread calls `turn` as long as there is something to do. Any: tensors are torch's.
"""

import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from fakeai.backends.answering import Answer, Reader, Row, echo, rows
from fakeai.backends.batch import Batch, Forward
from fakeai.core.errors import ApiError, ServerError

_log = logging.getLogger("fakeai.transformers")

_PART = 512
"""Tokens of a prompt that are read in one turn: whoever is running waits no longer than that for its next token."""


class Turns:
    """What is waiting and what is running."""

    def __init__(self, forward: Forward, reader: Reader, max_batch: int) -> None:
        self._forward = forward
        self._reader = reader
        self._max_batch = max_batch
        self._waiting: deque[Answer] = deque()
        self._first: _Prompt | None = None
        """The prompt being read, or whose choices wait for room; it comes before those that wait."""
        self._running: list[Row] = []
        self._batch = Batch(forward)

    def busy(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._waiting or self._first or self._running)

    def take(self, answer: Answer) -> None:
        """One more request."""
        self._waiting.append(answer)

    def turn(self) -> None:
        """A part of a prompt, and a token for everyone. What goes wrong ends everything under way, and nothing else."""
        try:
            self._drop_cancelled()
            self._read_on()
            self._step()
        except Exception as error:  # noqa: BLE001  # of memory, of a device: whoever is under way cannot go on
            _log.exception("a step failed")
            failed = ServerError(f"The model failed: {type(error).__name__}.")
            for answer in self._under_way():
                answer.fail(failed)
            self._first, self._running, self._batch = None, [], Batch(self._forward)

    def fail_all(self, error: Exception) -> None:
        """End everything."""
        for answer in (*self._under_way(), *self._waiting):
            answer.fail(error)

    def _under_way(self) -> list[Answer]:
        found = [row.answer for row in self._running] + ([self._first.answer] if self._first is not None else [])
        return list(dict.fromkeys(found))

    def _drop_cancelled(self) -> None:
        if self._first is not None and self._first.answer.cancelled:
            self._first = None
        if any(row.answer.cancelled for row in self._running):
            self._keep([at for at, row in enumerate(self._running) if not row.answer.cancelled])

    def _read_on(self) -> None:
        if len(self._running) >= self._max_batch:
            return
        while self._waiting and self._first is None:
            self._first = self._opened(self._waiting.popleft())
        prompt = self._first
        if prompt is None or not prompt.read(self._forward):
            return
        while prompt.left and len(self._running) < self._max_batch:
            row = prompt.next_row(self._reader)
            if row is not None:
                self._batch.join(prompt.cache)
                self._running.append(row)
        if not prompt.left:
            self._first = None
        prompt.answer.flush()

    def _opened(self, answer: Answer) -> "_Prompt | None":
        """A request's prompt in tokens; None for one that is refused, or that nobody waits for."""
        if answer.cancelled:
            return None
        try:
            answer.ids = self._reader.prompter.ids(answer.request)
            return _Prompt(answer, rows(answer, self._reader), self._forward.cache())
        except ApiError as error:
            answer.fail(error)
        except Exception as error:  # noqa: BLE001  # a tokenizer's, or a grammar's, own
            _log.exception("a prompt could not be read")
            answer.fail(ServerError(f"The prompt could not be read: {type(error).__name__}."))
        return None

    def _step(self) -> None:
        running = self._running
        if not running:
            return
        logits = self._batch.step([row.last for row in running])
        self._keep([at for at, row in enumerate(running) if row.go_on(logits[at])])
        for answer in dict.fromkeys([row.answer for row in running]):
            answer.flush()

    def _keep(self, kept: list[int]) -> None:
        self._batch.keep(kept)
        self._running = [self._running[at] for at in kept]


class _Prompt:
    """A prompt that is being read into a cache, and the choices that will go on from it. Any: tensors."""

    def __init__(self, answer: Answer, row: Callable[[int], Row], cache: Any) -> None:
        self.answer = answer
        self.cache = cache
        self.left = answer.request.sampling.n
        """Choices that have not begun."""
        self._row = row
        self._at = 0
        self._logits: Any = None
        self._all: Any = None
        """Logits after each of its tokens, for an echo with log probabilities."""

    def read(self, forward: Forward) -> bool:
        """Read the next part; returns whether all is read."""
        ids, request = self.answer.ids, self.answer.request
        if self._at < len(ids):
            if request.echo and request.sampling.top_logprobs is not None:
                self._all = forward.read(ids, self.cache, all_logits=True)
                self._logits, self._at = self._all[-1], len(ids)
            else:
                part = ids[self._at : self._at + _PART]
                self._logits = forward.read(part, self.cache)
                self._at += len(part)
        return self._at >= len(ids)

    def next_row(self, reader: Reader) -> Row | None:
        """Begin the next choice with its first token; None for one that is complete with it."""
        choice = self.answer.request.sampling.n - self.left
        self.left -= 1
        if self.answer.request.echo:
            self.answer.say([echo(self.answer, reader, choice, self._all)])
        row = self._row(choice)
        return row if row.go_on(self._logits) else None
