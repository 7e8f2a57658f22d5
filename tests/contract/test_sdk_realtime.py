"""Realtime sessions by the official SDK, over a real socket: text, sound, turns, functions, what is taken back, and browsers."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import websockets.sync.client as raw
from openai import OpenAI
from websockets.exceptions import ConnectionClosed, InvalidStatus

from fakeai.content import transcript
from fakeai.content.speech import speak
from fakeai.core.chance import Chance
from fakeai.testing import FakeAI

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
FRANCE = "What is the capital of France?"


# The SDK uses its WebSocket library as that was meant to be used earlier.
pytestmark = pytest.mark.filterwarnings("ignore:connect.. must be used as a context manager:DeprecationWarning")


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture
def client(fake: FakeAI) -> Iterator[OpenAI]:
    with OpenAI(base_url=fake.base_url, websocket_base_url=fake.socket_url, api_key="any", max_retries=0) as made:
        yield made


def until(connection: Any, kind: str) -> list[Any]:
    """All events up to the next of that kind, included. Any: the SDK's unions."""
    found = []
    while True:
        found.append(connection.recv())
        assert found[-1].type != "error" or kind == "error", found[-1]
        if found[-1].type == kind:
            return found


def said(text: str) -> str:
    """A turn of somebody who says it, in base64."""
    return b64encode(speak(text, "cedar", "pcm16", Chance(2)) + bytes(2 * 24_000)).decode()


def user(text: str) -> Any:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def test_a_text_turn(client: OpenAI) -> None:
    with client.realtime.connect(model="gpt-realtime") as connection:
        assert connection.recv().type == "session.created"
        connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        connection.conversation.item.create(item=user(FRANCE))
        connection.response.create()
        events = until(connection, "response.done")
        words = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        done = events[-1].response
        assert "Paris" in words and done.output[0].content[0].text == words
        assert done.status == "completed" and done.usage.total_tokens > 0
        limits = connection.recv()
        assert limits.type == "rate_limits.updated"
        assert {limit.name for limit in limits.rate_limits} == {"requests", "tokens"}


def test_a_spoken_turn_is_heard_answered_and_written_down(client: OpenAI) -> None:
    with client.realtime.connect(model="gpt-realtime") as connection:
        connection.recv()
        connection.session.update(
            session={"type": "realtime", "audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}
        )
        sound = said(FRANCE)
        for at in range(0, len(sound), 20_000):
            connection.input_audio_buffer.append(audio=sound[at : at + 20_000])
        events = until(connection, "response.done")
        kinds = [event.type for event in events]
        assert kinds.index("input_audio_buffer.speech_started") < kinds.index("input_audio_buffer.speech_stopped")
        assert kinds.index("input_audio_buffer.committed") < kinds.index("response.created")
        wanted = "conversation.item.input_audio_transcription.completed"
        written = next((event for event in events if event.type == wanted), None) or until(connection, wanted)[-1]
        assert written.transcript == FRANCE
        answer = b"".join(b64decode(event.delta) for event in events if event.type == "response.output_audio.delta")
        words = "".join(event.delta for event in events if event.type == "response.output_audio_transcript.delta")
        assert "Paris" in words and transcript.heard(answer) == words.strip()
        usage = events[-1].response.usage
        assert usage.input_token_details.audio_tokens > 0 and usage.output_token_details.audio_tokens > 0


def test_functions_in_a_loop(client: OpenAI) -> None:
    with client.realtime.connect(model="gpt-realtime") as connection:
        connection.recv()
        connection.session.update(
            session={"type": "realtime", "output_modalities": ["text"], "tools": [WEATHER], "tool_choice": "auto"}
        )
        connection.conversation.item.create(item=user("How is the weather in Rome?"))
        connection.response.create()
        call = until(connection, "response.done")[-1].response.output[0]
        assert (call.type, call.name) == ("function_call", "get_weather")
        assert json.loads(call.arguments)["city"] == "Rome"
        output = {"type": "function_call_output", "call_id": call.call_id, "output": '{"celsius": 31}'}
        connection.conversation.item.create(item=output)
        connection.response.create()
        answer = until(connection, "response.done")[-1].response.output[0]
        assert answer.type == "message" and "31" in answer.content[0].text


def test_a_response_that_is_cancelled_and_one_that_is_cut(client: OpenAI) -> None:
    slow = {"x-fakeai-itl-ms": "50"}
    with client.realtime.connect(model="gpt-realtime", extra_headers=slow) as connection:
        connection.recv()
        connection.conversation.item.create(item=user("Tell me a long story about the sea."))
        connection.response.create()
        begun = until(connection, "response.output_audio.delta")[-1]
        connection.response.cancel()
        done = until(connection, "response.done")[-1].response
        assert (done.status, done.status_details.reason) == ("cancelled", "client_cancelled")
        assert done.output[0].status == "incomplete" and done.usage.output_tokens > 0
        connection.conversation.item.truncate(item_id=begun.item_id, content_index=0, audio_end_ms=40)
        assert until(connection, "conversation.item.truncated")[-1].audio_end_ms == 40
        connection.conversation.item.delete(item_id=begun.item_id)
        assert until(connection, "conversation.item.deleted")[-1].item_id == begun.item_id


def test_a_transcription_session(client: OpenAI) -> None:
    with client.realtime.connect(model="gpt-4o-transcribe", extra_query={"intent": "transcription"}) as connection:
        session = connection.recv().session
        assert session.type == "transcription"
        connection.input_audio_buffer.append(audio=said("Nobody answers this."))
        done = until(connection, "conversation.item.input_audio_transcription.completed")[-1]
        assert done.transcript == "Nobody answers this." and done.usage.type == "tokens"
        connection.response.create()
        assert until(connection, "error")[-1].error.code == "invalid_event"


def test_the_beta_has_its_own_names(client: OpenAI) -> None:
    with client.beta.realtime.connect(model="gpt-4o-realtime-preview") as connection:
        created = connection.recv()
        assert created.session.modalities == ["text", "audio"] and created.session.input_audio_format == "pcm16"
        connection.session.update(session={"modalities": ["text"], "temperature": 0.7})
        assert until(connection, "session.updated")[-1].session.temperature == 0.7
        connection.conversation.item.create(item=user(FRANCE))
        connection.response.create()
        events = until(connection, "response.done")
        kinds = {event.type for event in events}
        assert {"conversation.item.created", "response.text.delta", "response.text.done"} <= kinds
        assert "Paris" in events[-1].response.output[0].content[0].text


def test_bad_events_are_told_and_harm_nothing(client: OpenAI) -> None:
    with client.realtime.connect(model="gpt-realtime") as connection:
        connection.recv()
        for event in (
            "{",
            "[]",
            '{"type": "nothing", "event_id": "mine"}',
            '{"type": "response.create", "response": 1}',
        ):
            connection.send_raw(event)
            assert connection.recv().type == "error"
        connection.response.create(response={"output_modalities": ["text"]})
        assert until(connection, "response.done")[-1].response.status == "completed"


def test_a_session_without_a_model_or_with_one_that_cannot_talk_is_refused(fake: FakeAI) -> None:
    for query, code in (("", "missing_required_parameter"), ("?model=text-embedding-3-small", "invalid_model")):
        with pytest.raises(InvalidStatus) as refused, raw.connect(f"{fake.socket_url}/realtime{query}"):
            pass
        assert refused.value.response.status_code == 400
        assert json.loads(refused.value.response.body)["error"]["code"] == code


# -- keys for browsers


def test_a_browsers_key_opens_its_session_and_nothing_else(fake: FakeAI, client: OpenAI) -> None:
    made = client.realtime.client_secrets.create(
        session={"type": "realtime", "model": "gpt-realtime-mini", "instructions": "Be brief."}
    )
    assert made.value.startswith("ek_")
    offer = ["realtime", f"openai-insecure-api-key.{made.value}"]
    with raw.connect(f"{fake.socket_url}/realtime", subprotocols=offer) as socket:
        assert socket.subprotocol == "realtime"
        session = json.loads(socket.recv())["session"]
        assert (session["model"], session["instructions"]) == ("gpt-realtime-mini", "Be brief.")
    browser = client.with_options(api_key=made.value)
    for ask in (browser.files.list, browser.realtime.client_secrets.create):
        with pytest.raises(openai.PermissionDeniedError):
            ask()


def test_a_browsers_key_counts_for_a_moment() -> None:
    from fakeai.testing import run_virtual
    from fakeai.testing.sockets import Refused

    async def main() -> None:
        async with FakeAI(seed=1) as own, own.async_client() as client:
            made = await client.realtime.client_secrets.create(expires_after={"anchor": "created_at", "seconds": 30})
            key = {"authorization": f"Bearer {made.value}"}
            async with own.socket("/realtime", key) as socket:
                assert (await socket.event())["type"] == "session.created"
            await asyncio.sleep(31)
            with pytest.raises(Refused) as refused:
                async with own.socket("/realtime", key):
                    pass
            assert refused.value.status == 401

    run_virtual(main())


# -- calls


OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\na=rtpmap:0 PCMU/8000\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sctp-port:5000\r\n"
)


def test_a_call_is_answered_talked_in_and_ended(client: OpenAI) -> None:
    answer = client.realtime.calls.with_raw_response.create(
        sdp=OFFER, session={"type": "realtime", "model": "gpt-realtime", "output_modalities": ["audio"]}
    )
    assert answer.status_code == 201 and answer.text.startswith("v=0\r\n") and "m=audio 9" in answer.text
    call_id = answer.headers["location"].rpartition("/")[2]
    client.realtime.calls.accept(call_id, type="realtime", instructions="Sing.")
    with client.realtime.connect(call_id=call_id) as connection:
        assert connection.recv().session.instructions == "Sing."
        connection.response.create()
        assert "output_audio_buffer.started" in [event.type for event in until(connection, "response.done")]
        assert until(connection, "output_audio_buffer.stopped")
    client.realtime.calls.refer(call_id, target_uri="tel:+123456789")
    with pytest.raises(openai.NotFoundError):
        client.realtime.calls.hangup(call_id)
    with pytest.raises(openai.BadRequestError):
        client.realtime.calls.create(sdp="hello")


# -- what a client may not do


def test_what_is_too_much_ends_the_socket_and_nothing_else(fake: FakeAI) -> None:
    url = f"{fake.socket_url}/realtime?model=gpt-realtime"
    for message, code in (("x" * 20_000_000, 1009), (b"\xff" * 10, None)):
        with raw.connect(url, max_size=None) as socket:
            socket.recv()
            if code is None:
                socket.send(message)
                assert json.loads(socket.recv())["type"] == "error"
                continue
            with pytest.raises(ConnectionClosed) as closed:
                socket.send(message)
                while True:
                    socket.recv()
            assert closed.value.rcvd is None or closed.value.rcvd.code == code


def test_a_flood_of_events_is_answered_in_order(fake: FakeAI) -> None:
    url = f"{fake.socket_url}/realtime?model=gpt-realtime"
    with raw.connect(url) as socket:
        socket.recv()
        for at in range(2_000):
            socket.send(json.dumps({"type": "nonsense", "event_id": str(at)}))
        told = [json.loads(socket.recv())["error"]["event_id"] for _ in range(2_000)]
        assert told == [str(at) for at in range(2_000)]


def test_the_betas_sessions_are_made_beforehand(client: OpenAI) -> None:
    session = client.beta.realtime.sessions.create(
        model="gpt-4o-realtime-preview", modalities=["text"], client_secret={"expires_after": {"anchor": "created_at"}}
    )
    assert session.client_secret.value.startswith("ek_") and session.modalities == ["text"]
    writes = client.beta.realtime.transcription_sessions.create(input_audio_transcription={"model": "whisper-1"})
    assert writes.client_secret.value.startswith("ek_") and writes.input_audio_transcription.model == "whisper-1"
    browser = client.with_options(api_key=session.client_secret.value)
    with browser.beta.realtime.connect(model="gpt-4o-realtime-preview") as connection:
        assert connection.recv().session.modalities == ["text"]


def test_speech_is_translated_while_it_is_spoken(client: OpenAI) -> None:
    made = client.realtime.translations.client_secrets.create(session={"model": "gpt-realtime-translate"})
    assert made.session.type == "translation" and made.value.startswith("ek_")
    with client.realtime.translations.connect(model="gpt-realtime-translate") as connection:
        assert connection.recv().session.audio.output.language == "en"
        audio = {"input": {"transcription": {"model": "gpt-realtime-whisper"}}, "output": {"language": "fr"}}
        connection.session.update(session={"audio": audio})
        assert until(connection, "session.updated")[-1].session.audio.output.language == "fr"
        connection.session.input_audio_buffer.append(audio=said("The sea is calm today."))
        connection.session.close()
        events = until(connection, "session.closed")
        heard = "".join(event.delta for event in events if event.type == "session.input_transcript.delta")
        assert heard.strip() == "The sea is calm today."
        assert [event for event in events if event.type == "session.output_transcript.delta"]
        assert [event for event in events if event.type == "session.output_audio.delta"]
        with pytest.raises(ConnectionClosed):
            connection.recv()
