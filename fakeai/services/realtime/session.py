"""A session as a state machine without I/O: events and deltas go in, events and commands come out.

`now` is a Clock second, wherever it is wanted. Whatever a client says is answered, if by an error; nothing raises.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, BadRequest
from fakeai.core.generation import Burst, JsonObject, Usage
from fakeai.services.realtime import config, mcp
from fakeai.services.realtime.commands import Close, Command, Halt, Hear, Step
from fakeai.services.realtime.conversation import (
    Conversation,
    Entry,
    entry_of,
    from_base64,
    truncated,
    with_sound,
)
from fakeai.services.realtime.ear import Ear, SpeechStarted
from fakeai.services.realtime.hours import Hours
from fakeai.services.realtime.plans import planned
from fakeai.services.realtime.response import Response, added
from fakeai.services.realtime.scribe import transcription
from fakeai.services.realtime.sound import Reader
from fakeai.wire.realtime import client_events as wire

_MOST_FOLLOWED = 8
"""Responses in a row that are made because a server's tool was used."""
_MOST_ASIDE = 16
"""Responses under way that are no part of the conversation."""


class Session:
    """One client's session. `view` are its settings, as they are shown."""

    def __init__(self, view: JsonObject, card: ModelCard, ids: Ids, now: float, *, call: bool = False) -> None:
        """`call`: its sound is played by a telephone or a browser, not by the client of the socket."""
        self.view = view
        self.usage = Usage(0, 0)
        """Of all responses so far."""
        self._ids = ids
        self._conversation = Conversation(ids.make("conv_"))
        self._ear = Ear(view["audio"]["input"])
        self._hours = Hours(now, view["audio"]["input"]["turn_detection"], card, played=call)
        self._call = call
        self._responses: dict[str, Response] = {}
        self._active: Response | None = None
        self._turn_id = ""
        self._spoken = False
        self._followed = 0
        self.so_far: Callable[[str], Usage | None] = lambda _: None
        """What a response has used by now, if somebody can tell."""
        self._events: list[JsonObject] = []
        self._commands: list[Command] = []

    # -- what comes in

    def open(self, *, old: bool = False) -> Step:
        """The first words; the beta says more of them."""
        self._tell("session.created", session=config.shown(self.view))
        if old:
            self._tell(
                "conversation.created", conversation={"id": self._conversation.id, "object": "realtime.conversation"}
            )
        self._list_tools([])
        return self._step()

    def feed(self, event: Any, now: float) -> Step:
        """What a client says. Any: one of the wire's union of events."""
        try:
            _HANDLERS[event.type](self, event, now)
        except ApiError as error:
            self._refuse(error, event.event_id)
        return self._step()

    def refuse(self, error: ApiError, event_id: str | None) -> Step:
        """The client has said something that is no event."""
        self._refuse(error, event_id)
        return self._step()

    def wants(self, response_id: str) -> bool:
        """Whether a response is still under way."""
        return response_id in self._responses

    def progress(self, response_id: str, burst: Burst, now: float) -> Step:
        """Deltas of a response."""
        response = self._responses.get(response_id)
        if response is not None:
            before = response.spoken
            for event in response.progress(burst):
                if response.spoken > before:
                    self._spoken = True
                    self._events += self._hours.plays(response, response.spoken - before, now)
                    before = response.spoken
                self._events.append(event)
            if response.done:
                self._over(response, now)
        return self._step()

    def failed(self, response_id: str, error: ApiError, now: float) -> Step:
        """A response cannot be had."""
        response = self._responses.get(response_id)
        if response is not None:
            self._events += response.fail(error.type, error.code, error.message)
            self._over(response, now)
        return self._step()

    def heard(self, hear: Hear, words: str) -> Step:
        """The words of a part of an item."""
        hear.entry.words[hear.part] = words
        if hear.transcription is not None:
            parts = hear.entry.item["content"]
            parts[hear.part]["transcript"] = words
            self._events += transcription(hear, words, self.view["include"] or ())
        return self._step()

    def unheard(self, hear: Hear) -> Step:
        """They cannot be found."""
        if hear.transcription is not None:
            error = {
                "type": "server_error",
                "code": "transcription_failed",
                "message": "The audio was not transcribed.",
            }
            self._tell(
                "conversation.item.input_audio_transcription.failed",
                item_id=hear.entry.id,
                content_index=hear.part,
                error=error,
            )
        return self._step()

    def due(self) -> float | None:
        """When `tick` is next wanted."""
        return self._hours.due()

    def tick(self, now: float) -> Step:
        """It is late."""
        self._events += self._hours.played(now)
        if self._hours.idle(now):
            self._nobody_speaks(now)
        if self._hours.expired(now):
            minutes = "Your session hit the maximum duration of 60 minutes."
            self._refuse(BadRequest(minutes, code="session_expired"), None)
            self._commands.append(Close())
        return self._step()

    # -- what goes out

    def _step(self) -> Step:
        for event in self._events:
            event["event_id"] = self._ids.make("event_")
        step = Step(self._events, self._commands)
        self._events, self._commands = [], []
        return step

    def _tell(self, kind: str, **fields: Any) -> None:
        """Any: fields of an event."""
        self._events.append({"type": kind, **fields})

    def _refuse(self, error: ApiError, event_id: str | None) -> None:
        told = {
            "type": error.type,
            "code": error.code,
            "message": error.message,
            "param": error.param,
            "event_id": event_id,
        }
        self._tell("error", error=told)

    # -- the session

    def _update(self, event: wire.SessionUpdate, now: float) -> None:
        before = self.view
        after = config.changed(before, event.session)
        if before["type"] == "realtime" and self._spoken:
            voices = [view["audio"]["output"]["voice"] for view in (before, after)]
            if voices[0] != voices[1]:
                raise BadRequest(
                    "Cannot update a conversation's voice if assistant audio is present.",
                    param="session.audio.output.voice",
                    code="cannot_update_voice",
                )
        self.view = after
        self._ear.change(after["audio"]["input"])
        self._hours.change(after["audio"]["input"]["turn_detection"])
        self._tell("session.updated", session=config.shown(after))
        self._list_tools(before.get("tools") or [])

    def _list_tools(self, before: list[JsonObject]) -> None:
        """Servers that are new tell their tools."""
        for server in self.view.get("tools") or ():
            if server.get("type") == "mcp" and server not in before:
                self._events += mcp.listed(server, self._ids.make("mcpl_"), self._conversation.add)

    # -- sound

    def _append(self, event: wire.Append, now: float) -> None:
        data = from_base64(event.audio, "audio")
        for heard in self._ear.hear(data):
            turns = self.view["audio"]["input"]["turn_detection"]
            if isinstance(heard, SpeechStarted):
                self._turn_id = self._ids.make("item_")
                self._hours.speaks()
                self._tell("input_audio_buffer.speech_started", audio_start_ms=heard.at_ms, item_id=self._turn_id)
                if turns["interrupt_response"] and self._active is not None:
                    self._stop(self._active, "turn_detected", now)
            else:
                self._tell("input_audio_buffer.speech_stopped", audio_end_ms=heard.at_ms, item_id=self._turn_id)
                self._committed(heard.pcm, self._turn_id)
                self._answer_turn(turns, now)

    def _answer_turn(self, turns: JsonObject, now: float) -> None:
        if turns["create_response"] and self.view["type"] == "realtime" and self._active is None:
            self._respond({}, None, now)

    def _commit(self, event: wire.Commit, now: float) -> None:
        item_id = self._turn_id if self._ear.speaking else self._ids.make("item_")
        self._committed(self._ear.take(), item_id)

    def _committed(self, pcm: bytes, id: str) -> None:
        part = {"type": "input_audio"}
        item = {"id": id, "object": "realtime.item", "type": "message", "status": "completed", "role": "user"}
        entry = Entry({**item, "content": [part]}, {0: pcm})
        previous = self._conversation.last()
        self._tell("input_audio_buffer.committed", previous_item_id=previous, item_id=id)
        self._put(entry, None)
        self._commands.append(Hear(entry, 0, self.view["audio"]["input"]["transcription"]))

    def _clear(self, event: wire.Clear, now: float) -> None:
        self._ear.clear()
        self._tell("input_audio_buffer.cleared")

    def _clear_output(self, event: wire.ClearOutput, now: float) -> None:
        if not self._call:
            raise BadRequest(
                "There is no output audio buffer: your client plays the audio itself.", code="no_output_buffer"
            )
        if self._active is not None:
            self._stop(self._active, "client_cancelled", now)
        self._events += self._hours.silenced(now)

    def _nobody_speaks(self, now: float) -> None:
        """The user has not answered for as long as the session waits."""
        at, item_id = self._ear.now_ms, self._ids.make("item_")
        self._tell("input_audio_buffer.timeout_triggered", audio_start_ms=at, audio_end_ms=at, item_id=item_id)
        self._committed(b"", item_id)
        self._answer_turn(self.view["audio"]["input"]["turn_detection"], now)

    # -- items

    def _put(self, entry: Entry, after: str | None) -> None:
        previous = self._conversation.add(entry, after)
        shown = dict(entry.item)
        self._tell("conversation.item.added", previous_item_id=previous, item=shown)
        self._tell("conversation.item.done", previous_item_id=previous, item=shown)

    def _create_item(self, event: wire.ItemCreate, now: float) -> None:
        entry = self._entry(event.item)
        self._conversation.check_room(entry, event.previous_item_id)
        self._put(entry, event.previous_item_id)
        if entry.item.get("role") == "user":
            self._commands += [Hear(entry, at, None) for at in entry.sound]
        if entry.item["type"] == "mcp_approval_response" and entry.item["approve"]:
            request = self._conversation.find(entry.item["approval_request_id"])
            assert request is not None, "it was looked for"
            servers = {tool["server_label"] for tool in self.view.get("tools") or () if tool.get("type") == "mcp"}
            self._events += mcp.approved(request, self._ids.make("mcp_"), self._conversation.add, servers)

    def _entry(self, item: Any) -> Entry:
        """Any: one of the wire's union of items."""
        entry = entry_of(item, self._ids.make("item_"), self._ids.make("call_"))
        encoding = self.view["audio"]["input"]["format"]["type"]
        if encoding != "audio/pcm":
            for at, data in entry.sound.items():
                entry.sound[at] = Reader(encoding).read(bytes(data)).tobytes()
        return entry

    def _named(self, id: str, what: str, code: str) -> Entry:
        entry = self._conversation.find(id)
        if entry is None:
            raise BadRequest(f"Error {what} item: the item with id '{id}' does not exist.", param="item_id", code=code)
        return entry

    def _retrieve(self, event: wire.ItemRetrieve, now: float) -> None:
        entry = self._named(event.item_id, "retrieving", "item_retrieve_invalid_item_id")
        self._tell("conversation.item.retrieved", item=with_sound(entry))

    def _truncate(self, event: wire.ItemTruncate, now: float) -> None:
        entry = self._named(event.item_id, "truncating", "item_truncate_invalid_item_id")
        truncated(entry, event.content_index, event.audio_end_ms)
        self._tell(
            "conversation.item.truncated",
            item_id=entry.id,
            content_index=event.content_index,
            audio_end_ms=event.audio_end_ms,
        )

    def _delete(self, event: wire.ItemDelete, now: float) -> None:
        entry = self._named(event.item_id, "deleting", "item_delete_invalid_item_id")
        self._conversation.remove(entry.id)
        self._tell("conversation.item.deleted", item_id=entry.id)

    # -- responses

    def _create_response(self, event: wire.ResponseCreate, now: float) -> None:
        if self.view["type"] != "realtime":
            raise BadRequest("A transcription session creates no responses.", param="type", code="invalid_event")
        self._followed = 0
        request = event.response or wire.ResponseRequest()
        wanted = request.model_dump(exclude_unset=True, exclude={"input"})
        entries = None if request.input is None else [self._referred(item) for item in request.input]
        self._respond(wanted, entries, now)

    def _referred(self, item: Any) -> Entry:
        """Any: one of the wire's union of items."""
        if item.type == "item_reference":
            return self._named(item.id, "referring to", "response_create_invalid_item_reference")
        return self._entry(item)

    def _respond(self, wanted: JsonObject, entries: list[Entry] | None, now: float) -> None:
        where = wanted.get("conversation") or "auto"
        if where not in ("auto", "none"):
            raise BadRequest(
                f"Invalid value: '{where[:100]}'. Supported values are: 'auto', 'none'.",
                param="response.conversation",
                code="invalid_value",
            )
        self._check_free(where)
        heard = list(self._conversation) if entries is None else entries
        name, conversation = self._ids.make("resp_"), self._conversation.id if where == "auto" else None
        plan, ask = planned(self.view, wanted, name, conversation, heard)
        response = Response(name, plan, self._ids, self._conversation.add)
        self._responses[name] = response
        if conversation is not None:
            self._active = response
        self._events.append(response.begin())
        self._commands.append(ask)

    def _check_free(self, where: str) -> None:
        if where == "auto" and self._active is not None:
            raise BadRequest(
                f"Conversation already has an active response in progress: {self._active.id}. Wait until the response is "
                "finished before creating a new one.",
                code="conversation_already_has_active_response",
            )
        if where == "none" and len(self._responses) > _MOST_ASIDE:
            raise BadRequest(f"At most {_MOST_ASIDE} responses may be under way.", code="too_many_responses")

    def _cancel(self, event: wire.ResponseCancel, now: float) -> None:
        response = self._active if event.response_id is None else self._responses.get(event.response_id)
        if response is None:
            raise BadRequest("Cancellation failed: no active response found", code="response_cancel_not_active")
        self._stop(response, "client_cancelled", now)

    def _stop(self, response: Response, reason: str, now: float) -> None:
        self._events += response.cancel(reason, self.so_far(response.id))
        self._commands.append(Halt(response.id))
        if reason == "turn_detected":
            self._events += self._hours.silenced(now)
        self._over(response, now)

    def _over(self, response: Response, now: float) -> None:
        """A response is done, however it came to that."""
        del self._responses[response.id]
        if self._active is response:
            self._active = None
        used = response.usage or Usage(0, 0)
        self.usage = added(self.usage, used)
        self._events += self._hours.over(response, used, now)
        if response.called and response.in_conversation and self._followed < _MOST_FOLLOWED:
            self._followed += 1
            self._respond({"tool_choice": "auto"}, None, now)  # what a server has given is to be told


_Handler = Callable[[Session, Any, float], None]  # Any: each takes the event of its name
_HANDLERS: Mapping[str, _Handler] = MappingProxyType(
    {
        "session.update": Session._update,
        "input_audio_buffer.append": Session._append,
        "input_audio_buffer.commit": Session._commit,
        "input_audio_buffer.clear": Session._clear,
        "output_audio_buffer.clear": Session._clear_output,
        "conversation.item.create": Session._create_item,
        "conversation.item.retrieve": Session._retrieve,
        "conversation.item.truncate": Session._truncate,
        "conversation.item.delete": Session._delete,
        "response.create": Session._create_response,
        "response.cancel": Session._cancel,
    }
)
