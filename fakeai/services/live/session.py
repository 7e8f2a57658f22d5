"""A Live session as a state machine: commands and results go in, events and wants come out. No I/O, no tasks, no clock.

Time is the session's own: how much of the user's sound has arrived, and how much the model has said. Who holds it takes
what is in `out` after each call, tells it to those who are attached, and sees to what is wanted.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from fakeai.core.chance import Chance, Ids
from fakeai.core.errors import ApiError, BadRequest
from fakeai.core.generation import Message
from fakeai.services.live import setup as setups
from fakeai.services.live.backends import Deciding, Responding, in_words, small
from fakeai.services.live.hearing import Ear
from fakeai.services.live.reading import fault
from fakeai.services.live.setup import Setup
from fakeai.services.live.tasks import ACKNOWLEDGEMENTS, brief, check, is_task
from fakeai.services.live.voice import Voice
from fakeai.services.live.wants import (
    Cause,
    Judge,
    Listen,
    Out,
    Over,
    Play,
    Reflected,
    Remind,
    Reply,
    Respond,
    Say,
    Tell,
    Word,
)
from fakeai.services.realtime.sound import RATE
from fakeai.wire.decisions import Decision
from fakeai.wire.live import commands
from fakeai.wire.live.config import LiveSession
from fakeai.wire.live.events import Reason, Seconds

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

LONGEST_FIXTURE_S = 30
USAGE_EVERY_S = 15

_MOST_REMEMBERED = 200
"""Messages of the conversation."""


class Session:
    """One session. `id` and `expires_at` are told; `history` is what was said before it began."""

    def __init__(
        self,
        id: str,
        setup: Setup,
        history: Sequence[Message],
        expires_at: int,
        ids: Ids,
        chance: Chance,
        count: Callable[[str], int],
        window: int = 128_000,
    ) -> None:
        self.id = id
        self.setup = setup
        self.history = list(history)
        self.expires_at = expires_at
        self.out: deque[Out] = deque()
        self.closed: Reason | None = None
        self._ids = ids
        self._chance = chance
        self._count = count
        self._window = window  # tokens
        self._ear = Ear()
        self._muted = False
        self._fixture = 0  # its number while one is played
        self._fixtures = 0
        self._fixture_event: str | None = None
        self._voice = Voice()
        self._delegations: dict[str, setups.Target] = {}
        self._untold: dict[str, int] = {}  # offsets of delegations whose response has no id yet
        self._unanswered: set[str] = set()  # delegations that nobody has acknowledged
        self._responding = Responding()
        self._deciding = Deciding()
        self._unended: dict[str, bool] = {}  # whether the last words of a transcript end without a blank
        self._told_usage = 0
        for message in self.history:
            self._responding.note(message.role, message.text)

    # -- what is known

    @property
    def now_ms(self) -> int:
        """How far the session has come."""
        return max(self._ear.ms, self._voice.spoken_ms)

    def resource(self) -> LiveSession:
        """The session as it is told."""
        told: Any = {"id": self.id, "expires_at": self.expires_at, "status": "active", **setups.shown(self.setup)}
        return cast(LiveSession, told)  # JSON of the wire's own type

    def usage(self) -> Seconds:
        """What is billed."""
        return {"seconds": float(self.now_ms // 1_000)}

    # -- what happens to it

    def start(self, client_event: str | None = None) -> None:
        """Begin."""
        self._tell("session.started", client_event, session=self.resource())
        if "client" in self.setup:
            self._tell(
                "info", None, code="data_channel_permissions", message="The frontend's permissions were applied."
            )

    def close(self, reason: Reason, client_event: str | None = None) -> None:
        """End. Harmless when it is over."""
        if self.closed is None:
            self.closed = reason
            self._hush()
            self._tell("session.closed", client_event, reason=reason, session=self.resource(), usage=self.usage())
            self.out.append(Over())

    def fail(self, error: ApiError, client_event: str | None = None) -> None:
        """A command could not be carried out."""
        self._tell("error", client_event, error=fault(error, client_event))

    def command(self, command: commands.Command) -> None:
        """Carry out what a client sent, but for sound. Raises BadRequest."""
        assert self.closed is None, "a session that is over takes no commands"
        match command:
            case commands.Update():
                self.setup = setups.updated(self.setup, command.session)
                self._tell("session.updated", command.event_id, session=self.resource())
            case commands.Mute() | commands.Unmute():
                self._muted = isinstance(command, commands.Mute)
                done = "muted" if self._muted else "unmuted"
                self._tell(f"session.input_audio.{done}", command.event_id)
            case commands.Append():
                self._append(command)
            case commands.Start() | commands.StartFork():
                raise BadRequest("The session has started already.", param="type", code="invalid_value")
            case commands.Close():
                self.close("close_requested", command.event_id)
            case commands.CreateResponseItem() | commands.CreateResponse():
                self._respond_to(command)
            case _:
                self._decide(command)

    def hear(self, samples: "NDArray[int16]") -> None:
        """Sound of the user, at 24 kHz."""
        self.out.append(Reflected(samples))
        heard = self._ear.take(samples * 0 if self._muted or self._fixture else samples)
        if heard.began:
            self._hush()
        self.out.extend([Listen(*said) for said in heard.ended])
        self._tell_usage()

    def pause(self) -> None:
        """No sound has come for a while: what was being said is over."""
        said = self._ear.end()
        if said is not None:
            self.out.append(Listen(*said))

    def play(self, samples: "NDArray[int16]", client_event: str | None = None) -> None:
        """Play a fixture of 24 kHz. Raises BadRequest while another is played."""
        self._not_playing()
        if not 0 < len(samples) <= LONGEST_FIXTURE_S * RATE:
            message = f"Invalid 'audio': a fixture lasts at most {LONGEST_FIXTURE_S} seconds, and is not empty."
            raise BadRequest(message, param="audio", code="invalid_value")
        self._hush()
        self._fixtures += 1
        self._fixture, self._fixture_event = self._fixtures, client_event
        self._tell("session.output_audio.fixture.playing", client_event)
        self._sound(samples)
        self.out.append(Play(self._fixture, len(samples) / RATE))

    def press(self, command: commands.SendDtmf) -> None:
        """Press a key of the telephone."""
        self._tell("transport.dtmf.sent", command.event_id, "sideband", event=command.event)

    # -- what came of its wants

    def heard(self, words: Sequence[Word]) -> None:
        """What was said, once it is understood."""
        if self.closed is not None or not words:
            return
        text = ""
        for word in words:
            text += word.text
            self._said("session.input_transcript.delta", word, Message("user", text))
        text = text.strip()
        self._remember("user", text)
        if is_task(text, self.setup):
            self._delegate()
        else:
            self._speak(Reply(self._voice.turn))

    def wanted(self, turn: int) -> bool:
        """Whether what is said for this turn is still wanted."""
        return self.closed is None and turn == self._voice.turn and not self._fixture

    def said(self, turn: int, text: str, samples: "NDArray[int16]") -> bool:
        """A piece of what is being said; whether the rest is wanted."""
        if not self.wanted(turn):
            return False
        start = self.now_ms
        word = Word(text, start, start + len(samples) * 1_000 // RATE)
        self._voice.saying += text
        self._said("session.output_transcript.delta", word, Message("assistant", self._voice.saying))
        self._sound(samples)
        return True

    def finished(self, turn: int) -> None:
        """All of it was said."""
        if self.wanted(turn):
            self._remember("assistant", self._voice.finish())
            self._tell_usage(always=True)
            self._next()

    def responded(self, delegation: str | None, event: dict[str, Any]) -> None:
        """An event of a Responses stream. Any: JSON."""
        if self.closed is None:
            self._responding.look(event)
            if delegation in self._untold:
                name = (event.get("response") or {}).get("id")
                self._tell_of(delegation, self._untold.pop(delegation), {"response_id": name} if name else {})
            self._tell("response.event", None, event=small(event), delegation_id=delegation)

    def response_over(self, delegation: str | None, error: ApiError | None = None) -> None:
        """The stream has ended."""
        if self.closed is not None:
            return
        if delegation in self._untold:
            self._tell_of(delegation, self._untold.pop(delegation), {})
        if error is not None:
            self.fail(error)
        text, again = self._responding.over(delegation)
        if text:
            self._unanswered.discard(delegation or "")
            self._speak(Say(self._voice.turn, brief(text)))
        if again:
            self._respond(again[0])

    def decided(self, cause: Cause, decision: Decision) -> None:
        """The answers are there."""
        if self.closed is not None:
            return
        completed = {"type": "decision.completed", "decision": decision}
        self._tell("decision.event", None, event=completed, **cause._asdict())
        if cause.delegation_id in self._unanswered:
            self._unanswered.discard(cause.delegation_id)
            self._speak(Say(self._voice.turn, in_words(decision)))

    def reminded(self, delegation: str) -> None:
        """It takes a while: say so, unless somebody has said something since."""
        if self.closed is None and delegation in self._unanswered:
            self._speak(Say(self._voice.turn, self._chance.pick(ACKNOWLEDGEMENTS)))

    def played(self, fixture: int) -> None:
        """A fixture has been heard to its end."""
        if self.closed is None and fixture == self._fixture:
            self._fixture = 0
            self._tell("session.output_audio.fixture.played", self._fixture_event)
            self._next()

    # -- within

    def _append(self, command: commands.Append) -> None:
        self._not_playing()
        check(command, self._delegations.get(command.delegation_id or ""), self._count)
        kind, now = command.type.split(".")[1], self.now_ms
        self._tell(f"session.{kind}.appended", command.event_id, start_ms=now, end_ms=now)
        if kind != "instructions":
            self._unanswered.clear()
        if kind == "commentary":
            self._speak(Say(self._voice.turn, command.content))
        else:
            self._remember("developer", command.content)

    def _respond_to(self, command: commands.CreateResponseItem | commands.CreateResponse) -> None:
        self._needs(command, "responses", "Responses")
        if isinstance(command, commands.CreateResponseItem):
            self._responding.add(command.item)
        else:
            self._respond(self._responding.resumed())

    def _decide(self, command: commands.Command) -> None:
        match command:
            case commands.CreateDecisionItem():
                item = self._deciding.add(command.item, self.setup, self._ids)
                self._tell("decision.item.created", command.event_id, item=item)
            case commands.DeleteDecisionItem():
                self._deciding.delete(command.item_id)
                self._tell("decision.item.deleted", command.event_id, item_id=command.item_id)
            case commands.CreateDecision():
                self._needs(command, "decisions", "Decisions")
                self._deciding.first_time(command.event_id)
                self._delegate(command.event_id, silent=True)
            case _:
                raise BadRequest(f"'{command.type}' is not supported here.", param="type", code="invalid_value")

    def _needs(self, command: commands.Command, target: setups.Target, name: str) -> None:
        if setups.target(self.setup) != target:
            raise BadRequest(f"{command.type} requires {name} delegation.", param="type", code="invalid_value")

    def _delegate(self, client_event: str | None = None, *, silent: bool = False) -> None:
        name, target = self._ids.make("del_"), setups.target(self.setup)
        self._delegations[name] = target
        if target == "responses":
            self._untold[name] = self.now_ms
        else:
            self._tell_of(name, self.now_ms, {}, client_event)
        if not silent:
            self._unanswered.add(name)
            delay = self.setup["delegation"]["acknowledgement_delay_ms"]
            if delay:
                self.out.append(Remind(name, delay / 1_000))
            else:
                self.reminded(name)
        if target == "responses":
            self._respond(name)
        elif target == "decisions":
            model, questions = setups.questions(self.setup)
            self._judge(Cause(delegation_id=name), model, questions)

    def _tell_of(self, name: str, offset_ms: int, more: dict[str, Any], client_event: str | None = None) -> None:
        told = {"id": name, "type": "delegation", "target": self._delegations[name], **more}
        self._tell("session.delegation.created", client_event, delegation=told, offset_ms=offset_ms)

    def _judge(self, cause: Cause, model: str, questions: Sequence[Any], *now: Message) -> None:
        self.out.append(Judge(cause, model, questions, self._deciding.input([*self.history, *now])))

    def _respond(self, delegation: str | None) -> None:
        items = self._responding.begin(delegation)
        if items is not None:
            self.out.append(Respond(delegation, self.setup["delegation"]["responses"], items))

    def _not_playing(self) -> None:
        if self._fixture:
            raise BadRequest("An audio fixture is being played.", code="fixture_active")

    def _said(self, type: Any, word: Word, so_far: Message) -> None:
        """Tell of words, and ask what is to be asked about such. Any: one of two."""
        blank = " " if self._unended.get(type) and not word.text[:1].isspace() else ""
        self._unended[type] = not word.text[-1:].isspace()
        source = self._tell(type, None, delta=blank + word.text, start_ms=word.start_ms, end_ms=word.end_ms)
        questions = setups.trigger(self.setup, type)
        if questions is not None:
            model, _ = setups.questions(self.setup)
            cause = Cause(trigger_id=self._ids.make("trig_"), source_event_id=source, source_event_type=type)
            self._judge(cause, model, questions, so_far)

    def _sound(self, samples: "NDArray[int16]") -> None:
        self.out.extend(self._voice.sound(samples, self.now_ms))

    def _speak(self, what: Reply | Say) -> None:
        self._voice.add(what)
        self._next()

    def _next(self) -> None:
        what = None if self._fixture else self._voice.next()
        if what is not None:
            self.out.append(what)

    def _hush(self) -> None:
        self._remember("assistant", self._voice.hush())

    def _remember(self, role: Any, text: str) -> None:
        """Any: a role of three."""
        if text:
            self.history.append(Message(role, text))
            del self.history[:-_MOST_REMEMBERED]
            self._responding.note(role, text)

    def _tell_usage(self, *, always: bool = False) -> None:
        seconds = self.now_ms // 1_000
        if seconds >= self._told_usage + USAGE_EVERY_S or (always and seconds > self._told_usage):
            self._told_usage = seconds
            tokens = (
                sum([len(message.text) for message in self.history]) / 4
            )  # an estimate, as the real one lags behind
            window = {"usage_ratio": round(min(1.0, tokens / self._window), 6)}
            self._tell("session.usage.updated", None, usage=self.usage(), context_window=window)

    def _tell(self, type: str, client_event: str | None, to: Any = "all", **fields: Any) -> str:
        """Any: fields of an event of this type; and to whom."""
        name = self._ids.make("event_")
        event: Any = {"type": type, "event_id": name, **fields}
        if client_event is not None:
            event["client_event_id"] = client_event
        self.out.append(Tell(event, to))
        return name
