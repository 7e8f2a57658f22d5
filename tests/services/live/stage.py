"""A Live session without sockets, backends and time: what it wants done is done at once, with words for sound."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fakeai.core.chance import Chance, Ids
from fakeai.core.errors import ApiError
from fakeai.core.generation import Message
from fakeai.services.live import setup as setups
from fakeai.services.live import wants
from fakeai.services.live.session import Session
from fakeai.wire.base import parse
from fakeai.wire.live.commands import PRIMARY, SIDEBAND
from fakeai.wire.live.config import SocketSession

RATE = 24_000
LOUD = (np.random.default_rng(1).normal(size=RATE) * 3_000).astype(np.int16)
QUIET = np.zeros(RATE, np.int16)
MODEL = "gpt-live-1"
ASKED = {"type": "predicate", "instructions": "It is about money."}
DECISIONS = {"type": "decisions", "decisions": {"model": "gpt-6-luna", "questions": [ASKED]}}
RESPONSES = {"type": "responses", "responses": {"model": "gpt-5.4", "instructions": "Be exact."}}
DECISION: Any = {
    "model": "gpt-6-luna",
    "answers": [{"type": "predicate", "name": None, "probability": 0.9}],
    "usage": {
        "input_tokens": 1,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 2,
    },
}


def message(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


class Stage:
    """`told` are the events so far; `script` is what the user says next; `answers` are the items of each response."""

    def __init__(self, history: Sequence[Message] = (), **config: Any) -> None:
        given = parse(SocketSession, json.dumps({"model": MODEL, **config}).encode())
        setup = setups.started(given, socket=True)
        self.session = Session("live_1", setup, history, 9_999, Ids(b"1"), Chance("1"), lambda text: len(text.split()))
        self.told: list[Any] = []
        self.heard: list[wants.Sound] = []
        self.script: list[str] = []
        self.answers: list[list[dict[str, Any]]] = []
        self.kept: list[wants.Want] = []
        """What is not done before `let` is called."""
        self.holds: tuple[type, ...] = ()
        self.session.start("start")
        self.run()

    def send(self, type: str, **fields: Any) -> Any:
        """A command; what was told since, or the refusal."""
        kind = {**PRIMARY, **SIDEBAND}[type]
        command = parse(kind, json.dumps({"type": type, **fields}).encode())
        return self.do(lambda: self.session.command(command))

    def do(self, act: Callable[[], object]) -> list[Any]:
        before = len(self.told)
        act()
        self.run()
        return self.told[before:]

    def say(self, *texts: str) -> list[Any]:
        """The user says something, and pauses after each."""
        self.script += texts
        return self.do(lambda: [self.session.hear(sound) for _ in texts for sound in (LOUD, QUIET)])

    def let(self, holds: tuple[type, ...] = ()) -> list[Any]:
        """Do what was kept."""
        self.holds = holds
        kept, self.kept = self.kept, []
        self.session.out.extend(kept)
        return self.do(lambda: None)

    def run(self) -> None:
        while self.session.out:
            out = self.session.out.popleft()
            if isinstance(out, self.holds):
                self.kept.append(out)  # type: ignore[arg-type]  # wants only
            else:
                self._do(out)

    def _do(self, out: wants.Out) -> None:
        session = self.session
        match out:
            case wants.Tell(event):
                self.told.append(event)
            case wants.Sound():
                self.heard.append(out)
            case wants.Remind(delegation):
                session.reminded(delegation)
            case wants.Play(fixture):
                session.played(fixture)
            case _:
                self._work(out)

    def _work(self, out: wants.Out) -> None:
        session = self.session
        match out:
            case wants.Listen(_, start, end):
                text = self.script.pop(0) if self.script else "hello"
                session.heard([wants.Word(f"{word} ", start, end) for word in text.split()])
            case wants.Reply(turn):
                self._say(turn, f"Echo: {session.history[-1].text}")
            case wants.Say(turn, text):
                self._say(turn, text)
            case wants.Respond(delegation):
                for item in self.answers.pop(0) if self.answers else [message("It is done.")]:
                    session.responded(delegation, {"type": "response.output_item.done", "item": item})
                session.response_over(delegation)
            case wants.Judge(cause):
                session.decided(cause, DECISION)

    def _say(self, turn: int, text: str) -> None:
        for word in text.split():
            if not self.session.said(turn, f"{word} ", LOUD[:2_400]):
                return
        self.session.finished(turn)


def types(events: Sequence[Any]) -> list[str]:
    return [event["type"] for event in events]


def spoken(events: Sequence[Any], who: str = "output") -> str:
    return "".join([each["delta"] for each in events if each["type"] == f"session.{who}_transcript.delta"]).strip()


def refusal(act: Callable[[], object]) -> ApiError:
    try:
        act()
    except ApiError as error:
        return error
    raise AssertionError("it was not refused")
