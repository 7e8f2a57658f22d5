"""A stream that is pushed by its source straight into its taker.

Tokens leave on a timer, and waking a task for each of them is what makes a busy server late. So a `Feed` is
driven by calls, not by awaits: the source pushes an item, every `map` and `tap` on the way runs at once, and the
taker (a socket's transport, a fold) has it before `push` returns. `async for` works too, for whoever prefers to pull.

    source --push--> [map, tap …] --take--> taker
    source <--cancel / pause / resume-- taker
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
U = TypeVar("U")
T_contra = TypeVar("T_contra", contravariant=True)


class Taker(Protocol[T_contra]):
    """Where a feed's items go."""

    def take(self, item: T_contra, /) -> object:
        """One item, in order. Must not raise."""

    def take_all(self, items: Sequence[T_contra], /) -> object:
        """Several items that are due at the same instant. Must not raise."""

    def close(self, error: Exception | None, /) -> None:
        """The feed is over; called exactly once unless the taker cancelled, with the error that ended it, if any."""


class Source(Protocol):
    """What makes a feed's items; told by the feed when to begin and what the taker wants."""

    def begin(self, feed: "Feed[Any]", /) -> None:
        """Start pushing; may push everything, and finish, before it returns."""

    def cancel(self) -> None:
        """Nobody listens any more: free the work now. Not called after the feed finished."""

    def pause(self) -> None:
        """The taker's buffer is full: push nothing until `resume`."""

    def resume(self) -> None:
        """The taker has room again."""


class Feed(Generic[T]):
    """A stream of items with one source and one taker. Lazy: nothing happens before `start`."""

    __slots__ = ("_done", "_first", "_on_end", "_source", "_stages", "_taker", "deliver", "used")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._stages: list[Callable[[Sequence[Any]], Sequence[Any]]] = []  # each makes as many items as it is given
        self._on_end: list[Callable[[Exception | None, bool], None]] = []
        self._taker: Taker[Any] | None = None
        self._done = False
        self._first: Any = None
        self.deliver: Callable[[Any], object] = _nowhere
        """For the source: hand over an item that `shape` has made. The taker's `take`, or what it would rather have called."""
        self.used: Any = None
        """Once cancelled: what the source says it had come to, if it can tell (Any: in its own words)."""

    # -- for whoever shapes the stream

    def map(self, change: Callable[[T], U]) -> "Feed[U]":
        """The same feed with `change` applied to each item. Only before `start`."""
        return self.map_all(lambda items: [change(item) for item in items])

    def map_all(self, change: Callable[[Sequence[T]], Sequence[U]]) -> "Feed[U]":
        """As `map`, with a `change` that takes items in a row and gives one for each: cheaper where a source looks ahead."""
        self._stages.append(change)
        return self  # type: ignore[return-value]  # one object serves all stages; only its item type differs

    def tap(self, look: Callable[[T], object]) -> None:
        """Call `look` with each item on its way; the item goes on unchanged."""

        def stage(items: Sequence[T]) -> Sequence[T]:
            for item in items:
                look(item)
            return items

        self._stages.append(stage)

    def lead(self, item: T) -> None:
        """Have `item` come first, as soon as the feed is started, whatever its source does. Only before `start`."""
        self._first = item

    def on_end(self, call: Callable[[Exception | None, bool], None]) -> None:
        """Call `call(error, cancelled)` once, when the feed has ended for whatever reason."""
        self._on_end.append(call)

    # -- for the taker

    def start(self, taker: Taker[T]) -> None:
        """Begin: `taker.take` is called for every item, then `taker.close`. May all happen before this returns."""
        if not self._done:
            self._taker = taker
            self.deliver = taker.take
            if self._first is not None:
                self.push(self._first)
            self._source.begin(self)

    def cancel(self) -> None:
        """Stop and free the source's work. Harmless when the feed is over."""
        if not self._done:
            self._done = True
            if self._taker is not None:
                self.used = self.so_far()
                self._source.cancel()
            self._finish(None, cancelled=True)

    def stop(self) -> None:
        """End it here as if its source had: the taker is told, and the source's work is freed."""
        if not self._done:
            self._done = True
            self._source.cancel()
            self._finish(None, cancelled=False)

    def so_far(self) -> Any:
        """What the source says it has come to, if it can tell. Any: in its own words."""
        tell = getattr(self._source, "used_so_far", None)
        return None if tell is None else tell()

    def pause(self) -> None:
        """Ask the source to hold back."""
        if not self._done:
            self._source.pause()

    def resume(self) -> None:
        """Let the source go on."""
        if not self._done:
            self._source.resume()

    async def drain(self, take: Callable[[T], object]) -> None:
        """Give every item to `take` and return at the end; raises what ended the feed. Cancels the source if cancelled."""
        waiter = _Drain(take)
        self.start(waiter)
        if not waiter.done:
            waiter.future = asyncio.get_running_loop().create_future()
            try:
                await waiter.future
            finally:
                self.cancel()
        if waiter.error is not None:
            raise waiter.error

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        queue: deque[T] = deque()
        wake = asyncio.Event()

        def arrived(item: T) -> None:
            queue.append(item)
            wake.set()

        waiter = _Drain(arrived, wake.set)
        try:
            self.start(waiter)
            while True:
                while queue:
                    yield queue.popleft()
                if waiter.done:
                    break
                wake.clear()
                await wake.wait()
        finally:
            self.cancel()
        if waiter.error is not None:
            raise waiter.error

    # -- for the source

    def push(self, item: Any) -> None:
        """One item from the source. An error in a stage ends the feed with it and cancels the source."""
        for shaped in self.shape((item,)):
            self.deliver(shaped)

    def shape(self, items: Sequence[Any]) -> Sequence[Any]:
        """What the taker will get of `items`: for a source that knows what it will push, ahead of time and in order.

        An error in a stage ends the feed with it, cancels the source and gives nothing.
        """
        if self._done:
            return ()
        shaped = items
        try:
            for stage in self._stages:
                shaped = stage(shaped)
        except Exception as error:  # noqa: BLE001  # whatever a stage raises must reach the taker, not the timer
            self._done = True
            self._source.cancel()
            self._finish(error, cancelled=False)
            return ()
        return shaped

    def deliver_all(self, shaped: Sequence[Any]) -> None:
        """Hand over several, all due now."""
        if self._taker is not None:
            self._taker.take_all(shaped)

    def finish(self, error: Exception | None = None) -> None:
        """The source is done; with `error` if it failed."""
        if not self._done:
            self._done = True
            self._finish(error, cancelled=False)

    def _finish(self, error: Exception | None, *, cancelled: bool) -> None:
        ended, taker = self._on_end, self._taker
        # What is over holds nobody: source, taker and feed would else be a ring that only the collector can free.
        self._on_end, self._stages, self._taker, self._source, self.deliver = [], [], None, _OVER, _nowhere
        for call in ended:
            call(error, cancelled)
        if not cancelled and taker is not None:
            taker.close(error)


def _nowhere(item: object) -> None:
    """Where items of a feed go that nobody takes."""


class _Over:
    """The source of a feed that is over."""

    def begin(self, feed: Feed[Any], /) -> None:
        """There is nothing left."""

    def cancel(self) -> None:
        """There is nothing left to free."""

    def pause(self) -> None:
        """There is nothing left to hold back."""

    def resume(self) -> None:
        """There is nothing left to go on with."""


_OVER = _Over()


class _Drain(Generic[T]):
    """A taker that hands items to a function and remembers how the feed ended."""

    __slots__ = ("done", "error", "future", "take", "wake")

    def __init__(self, take: Callable[[T], object], wake: Callable[[], object] | None = None) -> None:
        self.take = take
        self.wake = wake
        self.future: asyncio.Future[None] | None = None
        self.done = False
        self.error: Exception | None = None

    def take_all(self, items: Sequence[T], /) -> None:
        for item in items:
            self.take(item)

    def close(self, error: Exception | None, /) -> None:
        self.done = True
        self.error = error
        if self.wake is not None:
            self.wake()
        if self.future is not None and not self.future.done():
            self.future.set_result(None)
