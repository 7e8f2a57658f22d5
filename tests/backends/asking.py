"""Requests made by hand, and what is posted of their answers."""

import threading
from typing import Any

from fakeai.core.catalog import ModelCard
from fakeai.core.generation import Delta, Finish, GenerateRequest, Message, Sampling, Text

CARD = ModelCard("tiny", own_tokens=True, context_window=512)


def ask(
    text: str = "Tell me about the sea.", *, sampling: dict[str, Any] | None = None, **more: Any
) -> GenerateRequest:
    """A request of one message; greedy and of 8 tokens unless `sampling` says otherwise."""
    wanted = Sampling(**{"max_tokens": 8, "temperature": 0.0, **(sampling or {})})
    return GenerateRequest(
        **{
            "model": CARD,
            "messages": (Message("user", text),),
            "prompt_tokens": 0,
            "room": 512,
            "digest": b"",
            "sampling": wanted,
        }
        | more
    )


class Posted:
    """Takes what is posted, from whatever thread; `wait` for its end."""

    def __init__(self) -> None:
        self.deltas: list[Delta] = []
        self.bursts = 0
        self.error: Exception | None = None
        self._over = threading.Event()

    def __call__(self, burst: Any, error: Exception | None) -> None:
        assert not self._over.is_set(), "something was posted after the end"
        self.bursts += 1
        self.deltas += burst
        if error is not None or self.finished:
            self.error = error
            self._over.set()

    @property
    def finished(self) -> bool:
        return bool(self.deltas) and isinstance(self.deltas[-1], Finish)

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def wait(self) -> "Posted":
        assert self._over.wait(60), "no end came"
        return self

    def text(self, choice: int = 0) -> str:
        own = [delta for delta in self.deltas if isinstance(delta, Text) and delta.choice == choice]
        return "".join(piece for delta in own for piece in delta.pieces)

    @property
    def usage(self) -> Any:
        assert isinstance(self.deltas[-1], Finish)
        return self.deltas[-1].usage
