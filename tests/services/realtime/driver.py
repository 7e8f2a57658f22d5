"""A session driven by hand: what the client says, what the model says, and what comes of it, each event checked."""

import json
from base64 import b64encode
from typing import Any, get_args

import openai.types.beta.realtime as old_types
import openai.types.realtime as types
from contract.document import DOCUMENT, faults

from fakeai.core import catalog
from fakeai.core.chance import Chance, Ids
from fakeai.core.generation import Audio, Finish, Stop, Text, ToolInput, ToolStart, Usage
from fakeai.services.realtime import config
from fakeai.services.realtime.commands import Generate, Hear, Step
from fakeai.services.realtime.session import Session
from fakeai.wire.realtime.beta import event_to_beta
from fakeai.wire.realtime.reading import BadEvent, read

CARD = catalog.load().get("gpt-realtime")


def _by_type(union: Any) -> dict[str, Any]:
    """The SDK's classes of events by the names of these."""
    members = get_args(get_args(union)[0])
    return {get_args(member.model_fields["type"].annotation)[0]: member for member in members}


TODAY = _by_type(types.RealtimeServerEvent)
BETA = _by_type(old_types.RealtimeServerEvent)
USAGE = Usage(20, 10, 4, 8, 0, 6)


def spoken(text: str) -> bytes:
    """Samples that say it."""
    from fakeai.content.speech import speak

    return speak(text, "marin", "pcm16", Chance(1))


def silence(seconds: float) -> bytes:
    return bytes(2 * int(24_000 * seconds))


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def check(event: dict[str, Any]) -> None:
    """The event is what the document says, and the SDK's type of that name."""
    json.dumps(event)
    TODAY[event["type"]].model_validate(event)
    if DOCUMENT.is_file():
        name = _NAMES.get(event["type"]) or _camel(event["type"])
        wrong = faults(f"#/components/schemas/RealtimeServerEvent{name}", event)
        assert wrong == [], (event["type"], wrong)


def check_beta(event: dict[str, Any]) -> None:
    """The same for an event of the beta, as far as the document and the SDK are of one mind with the beta's own pages."""
    kind = event["type"]
    unknown = "mcp" in kind or kind.startswith("transcription_session") or "input_image" in json.dumps(event)
    if not unknown:  # to the SDK, which knows too little of these
        BETA[kind].model_validate(event)
    renamed = kind.startswith(("response.text", "response.audio", "transcription_session", "output_audio_buffer"))
    # Of items the document knows only those of today.
    if DOCUMENT.is_file() and not renamed and not {"item", "response"} & event.keys():
        wrong = faults(f"#/components/schemas/RealtimeBetaServerEvent{_camel(kind)}", event)
        assert wrong == [], (kind, wrong)


_NAMES = {
    "response.output_text.delta": "ResponseTextDelta",
    "response.output_text.done": "ResponseTextDone",
    "response.output_audio.delta": "ResponseAudioDelta",
    "response.output_audio.done": "ResponseAudioDone",
    "response.output_audio_transcript.delta": "ResponseAudioTranscriptDelta",
    "response.output_audio_transcript.done": "ResponseAudioTranscriptDone",
}


def _camel(name: str) -> str:
    words = name.replace(".", "_").split("_")
    return "".join("MCP" if word == "mcp" else word.capitalize() for word in words)


class Driver:
    """`events` are all so far; `asks` what is wanted of the model."""

    def __init__(
        self, kind: str = "realtime", *, call: bool = False, model: str = "gpt-realtime", **settings: Any
    ) -> None:
        self.now = 1000.0
        view = config.fresh(kind, "sess_1", model, 2_000_000_000)
        self.session = Session(view, CARD, Ids(b"test"), self.now, call=call)
        self.events: list[dict[str, Any]] = []
        self.asks: list[Generate] = []
        self.hears: list[Hear] = []
        self.halted: list[str] = []
        self.closed = False
        self.take(self.session.open())
        if settings:
            self.update(**settings)

    def take(self, step: Step) -> list[dict[str, Any]]:
        for event in step.events:
            check(event)
        found = json.loads(json.dumps(step.events))
        for event in step.events:
            old = event_to_beta(event)
            if old is not None:
                check_beta(old)
        self.events += found
        for command in step.commands:
            match type(command).__name__:
                case "Generate":
                    self.asks.append(command)
                case "Hear":
                    self.hears.append(command)
                case "Halt":
                    self.halted.append(command.response_id)
                case "Close":
                    self.closed = True
        return found

    def say(self, event: Any) -> list[dict[str, Any]]:
        """What comes of a client's event, or of a text that is none."""
        try:
            known = read(event if isinstance(event, str) else json.dumps(event))
        except BadEvent as bad:
            return self.take(self.session.refuse(bad.error, bad.event_id))
        return self.take(self.session.feed(known, self.now))

    def update(self, **settings: Any) -> list[dict[str, Any]]:
        return self.say({"type": "session.update", "session": {"type": self.session.view["type"], **settings}})

    def turns(self, detection: Any) -> list[dict[str, Any]]:
        """Have turns detected so."""
        return self.update(audio={"input": {"turn_detection": detection}})

    def append(self, pcm: bytes) -> list[dict[str, Any]]:
        return self.say({"type": "input_audio_buffer.append", "audio": base64(pcm)})

    def user(self, text: str, **more: Any) -> list[dict[str, Any]]:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content, **more}
        return self.say({"type": "conversation.item.create", "item": item})

    def ask(self, **response: Any) -> list[dict[str, Any]]:
        return self.say({"type": "response.create", "response": response} if response else {"type": "response.create"})

    def model(self, *bursts: Any, response: str | None = None) -> list[dict[str, Any]]:
        """The model says so much."""
        name = response or self.asks[-1].response_id
        return [event for burst in bursts for event in self.take(self.session.progress(name, burst, self.now))]

    def answer(self, text: str = "Hello there.", reason: Any = "stop") -> list[dict[str, Any]]:
        """The model says a text, or speaks it if it is to."""
        pieces = tuple(text.split(" "))
        if self.asks[-1].audio is None:
            said: Any = Text(0, pieces)
        else:
            said = Audio(0, "audio_1", pieces, spoken(text))
        return self.model((said,), (Stop(0, reason), Finish(USAGE)))

    def use(self, name: str, arguments: str = '{"a": 1}') -> list[dict[str, Any]]:
        """The model calls a tool."""
        start, pieces = ToolStart(0, 0, "call_x", name, "function"), ToolInput(0, 0, (arguments[:3], arguments[3:]))
        return self.model((start,), (pieces,), (Stop(0, "tool_calls"), Finish(USAGE)))

    def hear(self, words: str) -> list[dict[str, Any]]:
        """Somebody has understood the oldest sound."""
        return self.take(self.session.heard(self.hears.pop(0), words))

    def wait(self, seconds: float) -> list[dict[str, Any]]:
        self.now += seconds
        return self.take(self.session.tick(self.now))


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def only(events: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """The one event of that kind."""
    (found,) = [event for event in events if event["type"] == kind]
    return found
