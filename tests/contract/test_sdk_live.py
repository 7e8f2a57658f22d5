"""Live sessions as the official SDK sees them: its own sockets against a real server, sidebands, forks and calls."""

import io
import wave
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from pydantic import TypeAdapter

from contract.live_steps import OFFER, SESSION
from fakeai.content.speech import speak
from fakeai.core.chance import Chance
from fakeai.testing import FakeAI

pytestmark = pytest.mark.filterwarnings(r"ignore:connect\(\) must be used:DeprecationWarning")  # the SDK's own use

MODEL = {"model": "gpt-live-1"}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLIENT = {"type": "client"}
QUESTION = {"type": "predicate", "name": "money", "instructions": "It is about an invoice."}
DECISIONS = {"type": "decisions", "decisions": {"model": "gpt-6-luna", "questions": [QUESTION]}}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with FakeAI(seed=1) as fake, fake.serve() as where:
        yield where


@pytest.fixture
def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1" if not url.endswith("/v1") else url, api_key="sk-x", max_retries=0)


def until(connection: Any, type: str, seen: list[Any] | None = None) -> Any:
    """The next event of this type, each event being what the SDK's types say."""
    from openai.types.live import ConnectServerEvent

    known: Any = TypeAdapter(ConnectServerEvent)
    for event in connection:
        if seen is not None:
            seen.append(event)
        known.validate_python(event.to_dict(), strict=True)
        if event.type == type:
            return event
        assert event.type != "error", event
    raise AssertionError(f"no {type} came")


def say(connection: Any, text: str) -> None:
    sound = speak(text, "alloy", "pcm16", Chance("1")) + bytes(48_000)
    for at in range(0, len(sound), 4_800):
        connection.session.input_audio.append(audio=b64encode(sound[at : at + 4_800]).decode())


def spoken(seen: list[Any], who: str = "output") -> str:
    return "".join([each.delta for each in seen if each.type == f"session.{who}_transcript.delta"]).strip()


def test_an_application_does_the_tasks_of_a_session(client: openai.OpenAI) -> None:
    seen: list[Any] = []
    with client.live.connect() as connection:
        connection.session.start(session={**MODEL, "delegation": CLIENT, "instructions": "Be brief."})
        started = until(connection, "session.started")
        assert started.session.id.startswith("live_") and started.session.instructions == "Be brief."
        say(connection, "Please check the weather in Paris.")
        task = until(connection, "session.delegation.created", seen)
        assert spoken(seen, "input") == "Please check the weather in Paris."
        connection.session.thinking.append(content="Looking it up.", delegation_id=task.delegation.id)
        until(connection, "session.thinking.appended", seen)
        connection.session.commentary.append(content="It rains in Paris.", delegation_id=task.delegation.id)
        until(connection, "session.commentary.appended", seen)
        seen.clear()
        while "It rains in Paris." not in spoken(seen):
            until(connection, "session.output_transcript.delta", seen)
        connection.session.close()
        closed = until(connection, "session.closed", seen)
        assert closed.reason == "close_requested" and closed.usage.seconds >= 3
        assert any(each.type == "session.output_audio.delta" for each in seen)


def test_responses_does_the_tasks_with_a_tool_of_the_client(client: openai.OpenAI) -> None:
    backend = {"model": "gpt-5.4", "tools": [WEATHER], "tool_choice": "required"}
    with client.live.connect() as connection:
        connection.session.start(session={**MODEL, "delegation": {"type": "responses", "responses": backend}})
        say(connection, "What is the weather in Paris?")
        task = until(connection, "session.delegation.created")
        calls = []
        while True:
            event = until(connection, "response.event")
            assert event.delegation_id == task.delegation.id
            if event.event["type"] == "response.output_item.done":
                calls.append(event.event["item"])
            if event.event["type"] == "response.completed":
                break
        (call,) = [item for item in calls if item["type"] == "function_call"]
        connection.session.update(session={"delegation": {"type": "responses", "responses": {"tool_choice": "auto"}}})
        until(connection, "session.updated")
        connection.response.item.create(
            item={"type": "function_call_output", "call_id": call["call_id"], "output": "12 degrees and rain."}
        )
        connection.response.create()
        kinds = set()
        while "response.completed" not in kinds:
            kinds.add(until(connection, "response.event").event["type"])
        assert {"response.created", "response.output_text.delta", "response.output_text.done"} <= kinds
        until(connection, "session.output_transcript.delta")
        connection.session.close()
        until(connection, "session.closed")


def test_decisions_are_made_in_a_session(client: openai.OpenAI) -> None:
    with client.live.connect() as connection:
        connection.session.start(session={**MODEL, "delegation": DECISIONS})
        until(connection, "session.started")
        connection.decision.item.create(item={"role": "user", "content": "An invoice came."})
        item = until(connection, "decision.item.created").item
        connection.decision.create(event_id="d1")
        decided = until(connection, "decision.event")
        assert decided.event.decision.answers[0].probability > 0.8
        connection.decision.item.delete(item_id=item.id)
        assert until(connection, "decision.item.deleted").item_id == item.id


def test_a_sideband_sees_and_steers_a_session(client: openai.OpenAI) -> None:
    with client.live.connect() as connection:
        connection.session.start(session=MODEL)
        name = until(connection, "session.started").session.id
        with client.live.sideband.connect(session_id=name, graceful_close=True) as side:
            side.session.input_audio.mute(event_id="m")
            assert until(connection, "session.input_audio.muted").client_event_id == "m"
            side.session.input_audio.unmute()
            until(side, "session.input_audio.unmuted")
            say(connection, "Hello there!")
            seen: list[Any] = []
            until(side, "session.output_audio.delta", seen)
            assert spoken(seen, "input") == "Hello there!"
            assert any(each.type == "session.input_audio.append" for each in seen)
            assert seen[-1].start_ms is not None and seen[-1].end_ms > seen[-1].start_ms
            audio = b64encode(bytes(4_800)).decode()
            until(side, "session.usage.updated")
            side.session.output_audio.fixture.play(audio=audio, event_id="f")
            assert until(side, "session.output_audio.fixture.played").client_event_id == "f"
            side.session.close()
            assert until(side, "session.closed").reason == "close_requested"
        until(connection, "session.closed")


def test_a_stored_session_is_forked_and_its_recording_listened_to(client: openai.OpenAI) -> None:
    with client.live.connect() as connection:
        connection.session.start(session={**MODEL, "store": True, "instructions": "Be kind."})
        name = until(connection, "session.started").session.id
        say(connection, "Hello there!")
        until(connection, "session.usage.updated")
        connection.session.close()
        until(connection, "session.closed")
    recording = client.live.sessions.download_recording(name).read()
    with wave.open(io.BytesIO(recording)) as file:
        assert file.getnchannels() == 2 and file.getnframes() > 24_000
    with client.live.forks.connect(session_id=name) as fork:
        fork.session.start(session={})
        started = until(fork, "session.started").session
        assert started.id != name and started.instructions == "Be kind." and started.store
        fork.session.close()
        until(fork, "session.closed")
    again = client.live.sessions.fork(name, transport=OFFER)
    assert again.session.id not in (name, started.id) and again.transport.type == "webrtc"


def test_a_session_over_webrtc_is_made_joined_and_hung_up(client: openai.OpenAI) -> None:
    made = client.live.create(session=SESSION, transport=OFFER)
    assert made.transport.sdp.startswith("v=0")
    with client.live.sideband.connect(session_id=made.session.id) as side:
        side.session.instructions.append(content="Speak French.", delegation_id=None)
        until(side, "session.instructions.appended")
        client.live.sessions.hangup(made.session.id)
        assert until(side, "session.closed").session.id == made.session.id
    with pytest.raises(openai.NotFoundError, match="No Live session found"):
        client.live.sessions.hangup(made.session.id)
    with pytest.raises(openai.BadRequestError):
        client.live.create(session=MODEL, transport={"type": "webrtc", "sdp": "x"})


def test_calls_are_accepted_passed_on_and_declined(client: openai.OpenAI) -> None:
    made_up = {"x-fakeai-unknown-ids": "synthesize"}
    config: Any = {**MODEL, "type": "live"}
    with pytest.raises(openai.NotFoundError):
        client.live.sessions.accept("live_1", session=config)
    client.live.sessions.reject("live_1", status_code=486, extra_headers=made_up)
    client.live.sessions.accept("live_1", session=config, extra_headers=made_up)
    with client.live.sideband.connect(session_id="live_1") as side:
        side.transport.dtmf.send(event="5")
        assert until(side, "transport.dtmf.sent").event == "5"
        with pytest.raises(openai.ConflictError):
            client.live.sessions.reject("live_1", status_code=486)
        client.live.sessions.refer("live_1", target_uri="sip:agent@example.com")
        assert until(side, "session.closed").reason == "remote_hangup"


def test_what_is_wrong_is_told_and_what_is_unknown_refused(client: openai.OpenAI) -> None:
    with client.live.connect() as connection:
        connection.session.start(session={**MODEL, "audio": {"output": {"voice": "darth"}}})
        fault = connection.recv()
        assert fault.type == "error" and fault.error.param == "session.audio.output.voice"
    with client.live.connect() as connection:
        connection.session.start(session=MODEL)
        until(connection, "session.started")
        connection.response.create(event_id="r")
        fault = connection.recv()
        assert fault.type == "error" and fault.error.client_event_id == "r"
        connection.session.close()
        until(connection, "session.closed")
    with pytest.raises(Exception, match="404"), client.live.sideband.connect(session_id="live_x", max_retries=0):
        pass


async def test_the_asynchronous_sdk_talks_too(url: str) -> None:
    base = f"{url}/v1" if not url.endswith("/v1") else url
    async with openai.AsyncOpenAI(base_url=base, api_key="sk-x") as client, client.live.connect() as connection:
        await connection.session.start(session=MODEL)
        async for event in connection:
            if event.type == "session.started":
                await connection.session.commentary.append(content="Hello.", delegation_id=None)
            if event.type == "session.output_audio.delta":
                await connection.session.close()
            if event.type == "session.closed":
                break
        assert event.type == "session.closed"
