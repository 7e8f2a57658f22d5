"""Setups of sessions: defaults, updates, forks, and what is nobody's to see."""

import json
from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.services.live import setup as setups
from fakeai.services.live.waves import PCM, Wave
from fakeai.wire.base import parse
from fakeai.wire.live.config import MediaFork, MediaSession, SessionUpdate, SocketFork, SocketSession

RESPONSES = {"type": "responses", "responses": {"model": "gpt-5.4", "tools": [{"type": "web_search"}]}}
ULAW = {"type": "audio/pcmu", "rate": 8000}


def started(**config: Any) -> setups.Setup:
    return setups.started(parse(SocketSession, json.dumps({"model": "gpt-live-1", **config}).encode()), socket=True)


def update(**config: Any) -> SessionUpdate:
    return parse(SessionUpdate, json.dumps(config).encode())


def test_voices_and_formats_have_defaults() -> None:
    setup = started()
    assert (setups.voice(setup), setups.wave(setup), setups.target(setup)) == ("marin", PCM, "client")
    chosen = started(audio={"format": ULAW, "output": {"voice": {"id": "voice_1"}}})
    assert (setups.voice(chosen), setups.wave(chosen)) == ("voice_1", Wave("audio/pcmu", 8_000))


def test_transports_that_settle_the_format_have_none() -> None:
    setup = setups.started(parse(MediaSession, b'{"model": "gpt-live-1"}'), socket=False)
    assert setup["audio"] == {"output": {"voice": "marin"}}
    assert setups.wave(setup) == PCM


def test_unknown_voices_are_refused() -> None:
    with pytest.raises(BadRequest, match="Supported values are: 'alloy'") as told:
        started(audio={"output": {"voice": "darth"}})
    assert told.value.param == "session.audio.output.voice"


def test_decisions_are_waited_for_longer() -> None:
    asked = [{"type": "predicate", "instructions": "x"}]
    setup = started(delegation={"type": "decisions", "decisions": {"model": "m", "questions": asked}})
    assert setup["delegation"]["acknowledgement_delay_ms"] == 400
    assert setups.questions(setup) == ("m", asked)
    assert setups.questions(started()) == ("gpt-6-luna", [])


def test_updates_leave_what_they_do_not_name() -> None:
    setup = started(delegation=RESPONSES)
    changed = setups.updated(setup, update(delegation={"type": "responses", "acknowledgement_delay_ms": 5}))
    assert changed["delegation"] == {**RESPONSES, "acknowledgement_delay_ms": 5}
    assert setups.updated(setup, update(delegation=None)) == setup


def test_triggers_are_replaced_and_one_of_each_kind() -> None:
    one = {
        "type": "decisions",
        "event_type": "session.input_transcript.delta",
        "decisions": {"questions": [{"type": "predicate", "instructions": "x"}]},
    }
    setup = setups.updated(started(), update(triggers=[one]))
    assert setups.trigger(setup, one["event_type"]) == one["decisions"]["questions"]  # type: ignore[arg-type, index]  # JSON
    assert setups.trigger(setup, "session.output_transcript.delta") is None
    assert setups.trigger(setups.updated(setup, update(triggers=[])), one["event_type"]) is None  # type: ignore[arg-type]  # JSON
    with pytest.raises(BadRequest, match="only one trigger"):
        started(triggers=[one, one])


def test_forks_take_over_what_they_do_not_say_otherwise() -> None:
    setup = started(delegation=RESPONSES, store=True, instructions="Be brief.", audio={"output": {"voice": "sage"}})
    same = setups.forked(setup, parse(SocketFork, b"{}"), socket=True)
    assert same == setup
    other = setups.forked(
        setup,
        parse(SocketFork, json.dumps({"audio": {"format": ULAW}, "store": False}).encode()),
        socket=True,
    )
    assert (other["audio"], other["store"]) == ({"format": ULAW, "output": {"voice": "sage"}}, False)
    media = setups.forked(setup, parse(MediaFork, b'{"client": {"data_channel": {}}}'), socket=False)
    assert media["audio"] == {"output": {"voice": "sage"}} and media["client"] == {"data_channel": {}}
    assert setups.forked(media, None, socket=True)["audio"]["format"]["rate"] == 24_000


def test_forks_cannot_change_whose_tasks_are() -> None:
    change = parse(SocketFork, b'{"delegation": {"type": "responses"}}')
    with pytest.raises(BadRequest, match="cannot change"):
        setups.forked(started(), change, socket=True)
    client = parse(SocketFork, b'{"client": {"data_channel": {}}}')
    with pytest.raises(BadRequest, match="only supported for WebRTC forks"):
        setups.forked(started(), client, socket=True)


def test_secrets_and_private_keys_are_not_shown() -> None:
    tool = {"type": "mcp", "server_label": "x", "authorization": "secret"}
    setup = started(delegation={"type": "responses", "responses": {"model": "m", "tools": [tool]}})
    shown = setups.shown(setup)
    assert "secret" not in json.dumps(shown) and not any(name.startswith("_") for name in shown)
    assert setup["delegation"]["responses"]["tools"] == [tool]
