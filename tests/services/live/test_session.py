"""The state machine of a Live session: what follows what, whatever comes in which order."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai._models import construct_type
from openai.types.live import ServerEvent
from pydantic import TypeAdapter

from fakeai.core.errors import BadRequest
from fakeai.services.live import wants

from .stage import ASKED, DECISIONS, LOUD, QUIET, RESPONSES, Stage, message, refusal, spoken, types

CLIENT = {"type": "client"}
INPUT, OUTPUT = "session.input_transcript.delta", "session.output_transcript.delta"


def trigger(event_type: str) -> dict[str, Any]:
    return {"type": "decisions", "event_type": event_type, "decisions": {"questions": [ASKED]}}


def test_a_session_tells_its_whole_setup_when_it_starts() -> None:
    stage = Stage(instructions="Be brief.")
    (started,) = stage.told
    assert started["type"] == "session.started" and started["client_event_id"] == "start"
    assert started["session"] == {
        "id": "live_1",
        "expires_at": 9_999,
        "status": "active",
        "model": "gpt-live-1",
        "instructions": "Be brief.",
        "audio": {"format": {"type": "audio/pcm", "rate": 24_000}, "output": {"voice": "marin"}},
        "delegation": {"type": "client", "acknowledgement_delay_ms": 0},
        "store": False,
    }


def test_permissions_of_a_frontend_are_told() -> None:
    stage = Stage(client={"data_channel": {"allowed_client_events": []}})
    assert types(stage.told) == ["session.started", "info"]
    assert stage.told[1]["code"] == "data_channel_permissions"


def test_what_is_said_is_told_and_answered() -> None:
    stage = Stage()
    told = stage.say("hello there")
    assert spoken(told, "input") == "hello there"
    assert spoken(told) == "Echo: hello there"
    assert [(each.role, each.text) for each in stage.session.history] == [
        ("user", "hello there"),
        ("assistant", "Echo: hello there"),
    ]
    assert "session.delegation.created" not in types(told)


def test_places_in_the_session_never_go_back() -> None:
    stage = Stage()
    stage.say("hello there", "thank you")
    places = [(each["start_ms"], each["end_ms"]) for each in stage.told if each["type"] == OUTPUT]
    assert places == sorted(places) and all(start < end for start, end in places)
    assert [(sound.start_ms, sound.end_ms) for sound in stage.heard] == places


def test_silence_is_no_reason_to_speak_and_is_billed() -> None:
    stage = Stage()
    told = stage.do(lambda: [stage.session.hear(QUIET) for _ in range(31)])
    assert types(told) == ["session.usage.updated"] * 2
    assert [each["usage"]["seconds"] for each in told] == [15, 30]
    assert told[0]["context_window"] == {"usage_ratio": 0}


def test_a_conversation_fills_the_window_of_the_model() -> None:
    stage = Stage()
    stage.say("hello there")
    usage = next(each for each in stage.told if each["type"] == "session.usage.updated")
    assert 0 < usage["context_window"]["usage_ratio"] < 0.01


def test_nothing_is_heard_while_muted() -> None:
    stage = Stage()
    assert types(stage.send("session.input_audio.mute", event_id="m")) == ["session.input_audio.muted"]
    assert stage.say("hello") == []
    assert stage.send("session.input_audio.unmute")[0]["type"] == "session.input_audio.unmuted"
    stage.script.clear()
    assert spoken(stage.say("hello"), "input") == "hello"


def test_speech_without_an_end_is_understood_after_a_pause() -> None:
    stage = Stage()
    stage.script = ["hello"]
    assert stage.do(lambda: stage.session.hear(LOUD)) == []
    assert spoken(stage.do(stage.session.pause), "input") == "hello"
    assert stage.do(stage.session.pause) == []


def test_who_interrupts_is_answered_instead() -> None:
    stage = Stage()
    stage.holds = (wants.Reply,)
    stage.say("hello one")
    (first,) = stage.kept
    stage.kept = []
    stage.say("hello two")
    assert not stage.session.said(first.turn, "old", LOUD)  # type: ignore[union-attr]  # a Reply
    assert spoken(stage.let()) == "Echo: hello two"


def test_tasks_go_to_the_application() -> None:
    stage = Stage(delegation=CLIENT)
    told = stage.say("what is the weather in Paris")
    created = next(each for each in told if each["type"] == "session.delegation.created")
    assert created["delegation"] == {"id": created["delegation"]["id"], "type": "delegation", "target": "client"}
    assert created["offset_ms"] > 0
    assert spoken(told), "an acknowledgement at once"
    name = created["delegation"]["id"]
    thought = stage.send("session.thinking.append", content="Looking.", delegation_id=name, event_id="t")
    assert types(thought) == ["session.thinking.appended"] and thought[0]["client_event_id"] == "t"
    result = stage.send("session.commentary.append", content="It rains.", delegation_id=name)
    assert result[0]["type"] == "session.commentary.appended"
    assert spoken(result) == "It rains."
    assert [each.role for each in stage.session.history] == ["user", "assistant", "developer", "assistant"]


def test_whoever_has_not_said_whose_tasks_are_gets_deeds_only() -> None:
    stage = Stage()
    assert "session.delegation.created" not in types(stage.say("what is the weather in Paris"))
    assert "session.delegation.created" in types(stage.say("please book a table in Paris"))


def test_words_of_the_application_spare_an_acknowledgement() -> None:
    stage = Stage(delegation={**CLIENT, "acknowledgement_delay_ms": 500})
    stage.holds = (wants.Remind,)
    told = stage.say("please book a table")
    assert spoken(told) == "" and [want.seconds for want in stage.kept] == [0.5]  # type: ignore[union-attr]  # Reminds
    stage.send("session.thinking.append", content="Booking.", delegation_id=None)
    assert spoken(stage.let()) == ""


def test_tasks_go_to_responses_and_what_comes_is_said() -> None:
    stage = Stage(delegation=RESPONSES)
    told = stage.say("what is the weather in Paris")
    event = next(each for each in told if each["type"] == "response.event")
    created = next(each for each in told if each["type"] == "session.delegation.created")
    assert event["delegation_id"] == created["delegation"]["id"]
    assert spoken(told).endswith("It is done.")


def test_a_response_waits_for_what_the_client_has_to_do() -> None:
    stage = Stage(delegation=RESPONSES)
    call = {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{}"}
    stage.answers = [[call]]
    told = stage.say("what is the weather in Paris")
    name = next(each for each in told if each["type"] == "session.delegation.created")["delegation"]["id"]
    output = {"type": "function_call_output", "call_id": "c", "output": "rain"}
    assert stage.send("response.item.create", item=output) == []
    stage.holds = (wants.Respond,)
    stage.send("response.create")
    (want,) = stage.kept
    assert isinstance(want, wants.Respond) and want.delegation == name
    assert list(want.items)[-2:] == [call, output] or [call, output] == [
        item for item in want.items if item["type"] != "message"
    ]
    stage.answers = [[message("It rains.")]]
    assert spoken(stage.let()) == "It rains."
    stage.holds = (wants.Respond,)
    stage.send("response.create")
    assert stage.kept[0].delegation is None  # type: ignore[union-attr]  # nothing waits any more


def test_responses_come_one_after_the_other() -> None:
    stage = Stage(delegation=RESPONSES)
    stage.holds = (wants.Respond,)
    stage.send("response.create")
    stage.send("response.create")
    assert len(stage.kept) == 1
    assert types(stage.let()).count("response.event") == 2


def test_snapshots_of_responses_are_small() -> None:
    stage = Stage(delegation=RESPONSES)
    snapshot = {"id": "r", "input": ["x"], "instructions": "long", "tools": ["t"], "output": ["o"]}
    (event,) = stage.do(lambda: stage.session.responded(None, {"type": "response.created", "response": snapshot}))
    assert event["event"]["response"] == {"id": "r", "instructions": None, "tools": [], "output": []}


def test_tasks_go_to_decisions() -> None:
    stage = Stage(delegation=DECISIONS)
    stage.holds = (wants.Remind,)
    told = stage.say("is the invoice about money")
    decided = next(each for each in told if each["type"] == "decision.event")
    assert decided["delegation_id"] is not None and decided["trigger_id"] is None
    assert spoken(told) == "I would say yes."
    assert spoken(stage.let()) == "", "nobody waits any more"


def test_decisions_are_made_of_the_conversation_and_of_items() -> None:
    stage = Stage(delegation=DECISIONS)
    (created,) = stage.send("decision.item.create", item={"role": "user", "content": "An invoice."}, event_id="i")
    assert created["item"]["id"] and created["client_event_id"] == "i"
    stage.holds = (wants.Judge,)
    (delegated,) = stage.send("decision.create", event_id="d")
    assert delegated["client_event_id"] == "d"
    (want,) = stage.kept
    assert isinstance(want, wants.Judge) and want.items == [created["item"]]
    assert spoken(stage.let()) == "", "nobody has asked the voice"
    assert refusal(lambda: stage.send("decision.create", event_id="d")).code == "duplicate_event_id"
    assert stage.send("decision.item.delete", item_id=created["item"]["id"])[0]["type"] == "decision.item.deleted"
    assert refusal(lambda: stage.send("decision.item.delete", item_id="x")).code == "invalid_value"
    output = {"type": "function_call_output", "call_id": "c", "output": "x"}
    assert "No tool call found" in str(refusal(lambda: stage.send("decision.item.create", item=output)))


def test_triggers_ask_about_what_is_said() -> None:
    stage = Stage(triggers=[trigger(INPUT), trigger(OUTPUT)])
    told = stage.say("hello money")
    decided = [each for each in told if each["type"] == "decision.event"]
    sources = {each["event_id"]: each["type"] for each in told if each["type"] in (INPUT, OUTPUT)}
    assert [sources[each["source_event_id"]] for each in decided] == [each["source_event_type"] for each in decided]
    assert len(decided) == len(sources) == len({each["trigger_id"] for each in decided})
    stage.send("session.update", session={"triggers": []})
    assert "decision.event" not in types(stage.say("hello again"))


def test_updates_change_what_they_name() -> None:
    stage = Stage(delegation=RESPONSES)
    change = {"type": "responses", "responses": {"tool_choice": "required"}}
    (updated,) = stage.send("session.update", session={"delegation": change}, event_id="u")
    assert updated["type"] == "session.updated" and updated["client_event_id"] == "u"
    assert updated["session"]["delegation"]["responses"] == {**RESPONSES["responses"], "tool_choice": "required"}
    assert (
        refusal(lambda: stage.send("session.update", session={"delegation": CLIENT})).code == "immutable_field_update"
    )


def test_fixtures_are_played_alone() -> None:
    stage = Stage(delegation=CLIENT)
    stage.holds = (wants.Play,)
    (playing,) = stage.do(lambda: stage.session.play(LOUD, "f"))
    assert (playing["type"], playing["client_event_id"]) == ("session.output_audio.fixture.playing", "f")
    assert sum(len(sound.samples) for sound in stage.heard) == len(LOUD)
    assert stage.say("hello") == [], "what comes meanwhile is dropped"
    stage.script.clear()
    for act in (
        lambda: stage.session.play(LOUD),
        lambda: stage.send("session.commentary.append", content="x", delegation_id=None),
        lambda: stage.send("session.thinking.append", content="x", delegation_id=None),
        lambda: stage.send("session.instructions.append", content="x", delegation_id=None),
    ):
        assert refusal(act).code == "fixture_active"
    (played,) = stage.let()
    assert (played["type"], played["client_event_id"]) == ("session.output_audio.fixture.played", "f")
    assert spoken(stage.say("hello"), "input") == "hello"
    for samples in (LOUD[:0], np.tile(LOUD, 31)):
        with pytest.raises(BadRequest, match="at most 30 seconds"):
            stage.session.play(samples)


def test_a_session_that_is_closed_says_so_once_and_nothing_after() -> None:
    stage = Stage()
    stage.holds = (wants.Reply,)
    stage.say("hello")
    told = stage.send("session.close", event_id="c")
    assert types(told) == ["session.closed"]
    assert (told[0]["reason"], told[0]["client_event_id"], told[0]["usage"]) == (
        "close_requested",
        "c",
        {"seconds": 2.0},
    )
    assert stage.do(lambda: stage.session.close("expired")) == []
    assert stage.let() == []


@pytest.mark.parametrize(
    ("config", "type", "fields", "message"),
    [
        ({}, "response.create", {}, "response.create requires Responses delegation."),
        ({}, "response.item.create", {"item": {}}, "response.item.create requires Responses delegation."),
        ({}, "decision.create", {"event_id": "d"}, "decision.create requires Decisions delegation."),
        ({}, "decision.item.create", {"item": {"role": "user", "content": "x"}}, "Decisions delegation or triggers"),
        ({}, "session.start", {"session": {"model": "m"}}, "started already"),
        ({}, "session.commentary.append", {"content": "x", "delegation_id": "del_x"}, "no client delegation"),
        ({}, "session.thinking.append", {"content": "x " * 501, "delegation_id": None}, "at most 500 tokens"),
        ({}, "session.thinking.append", {"content": "x" * 20_001, "delegation_id": None}, "at most 500 tokens"),
        ({"delegation": RESPONSES}, "response.item.create", {"item": {"type": 5}}, "expected a string"),
        ({}, "session.update", {"session": {"triggers": [trigger(INPUT)] * 2}}, "only one trigger"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_session_goes_on(
    config: Any, type: str, fields: Any, message: str
) -> None:
    stage = Stage(**config)
    assert message in str(refusal(lambda: stage.send(type, **fields)))
    assert spoken(stage.say("hello"), "input") == "hello"


def test_faults_are_told_with_the_command_that_made_them() -> None:
    stage = Stage()
    (told,) = stage.do(lambda: stage.session.fail(BadRequest("No.", param="x", code="y"), "e"))
    assert told["error"] == {
        "type": "invalid_request_error",
        "code": "y",
        "message": "No.",
        "param": "x",
        "client_event_id": "e",
    }


def test_history_that_came_along_is_remembered() -> None:
    from fakeai.core.generation import Message

    stage = Stage(history=[Message("user", "My name is Ada.")], delegation=RESPONSES)
    stage.holds = (wants.Respond,)
    stage.send("response.create")
    assert stage.kept[0].items[0]["content"] == "My name is Ada."  # type: ignore[union-attr]  # a Respond


ACTS = st.one_of(
    st.sampled_from(["loud", "quiet", "pause", "play", "let", "expire"]),
    st.tuples(
        st.sampled_from(
            [
                ("session.input_audio.mute", {}),
                ("session.input_audio.unmute", {}),
                ("session.instructions.append", {"content": "x", "delegation_id": None}),
                ("session.thinking.append", {"content": "x", "delegation_id": None}),
                ("session.commentary.append", {"content": "x y", "delegation_id": None}),
                ("decision.create", {"event_id": "d"}),
                ("decision.item.create", {"item": {"role": "user", "content": "x"}}),
                ("response.create", {}),
                ("response.item.create", {"item": {"type": "message", "role": "user", "content": "x"}}),
                ("session.update", {"session": {"triggers": [trigger(INPUT)]}}),
                ("session.close", {}),
            ]
        ),
    ),
)
HELD = st.lists(
    st.sampled_from([wants.Reply, wants.Say, wants.Respond, wants.Judge, wants.Listen, wants.Remind, wants.Play])
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTS, max_size=25), HELD, st.sampled_from([None, CLIENT, RESPONSES, DECISIONS]))
def test_whatever_comes_in_which_order_the_session_stays_itself(acts: list[Any], held: list[type], target: Any) -> None:
    stage = Stage(delegation=target)
    stage.holds = tuple(held)
    for act in acts:
        _act(stage, act)
    stage.let()
    stage.do(lambda: stage.session.close("expired"))
    told = stage.told
    assert types(told)[0] == "session.started"
    assert types(told)[-1] == "session.closed" and types(told).count("session.closed") == 1
    names = [each["event_id"] for each in told]
    assert len(set(names)) == len(names)
    playing, played = (types(told).count(f"session.output_audio.fixture.{word}") for word in ("playing", "played"))
    assert played <= playing <= played + 1
    outputs = [(each["start_ms"], each["end_ms"]) for each in told if each["type"] == OUTPUT]
    assert outputs == sorted(outputs)
    seconds = [each["usage"]["seconds"] for each in told if "usage" in each]
    assert seconds == sorted(seconds)
    assert len(stage.session.history) <= 200


def _act(stage: Stage, act: Any) -> None:
    session = stage.session
    if session.closed is not None:
        return
    if isinstance(act, tuple):
        ((kind, fields),) = act
        try:
            stage.send(kind, **fields)
        except BadRequest:
            return
    elif act == "play":
        try:
            stage.do(lambda: session.play(LOUD[:2_400]))
        except BadRequest:
            return
    elif act == "let":
        stage.let(stage.holds)
    elif act == "expire":
        stage.do(lambda: session.close("expired"))
    else:
        steps = {"loud": lambda: session.hear(LOUD), "quiet": lambda: session.hear(QUIET), "pause": session.pause}
        stage.do(steps[act])


def test_every_event_is_one_of_the_sdks() -> None:
    stage = Stage(delegation=DECISIONS, triggers=[trigger(INPUT)])
    stage.say("is it about money")
    stage.send("decision.item.create", item={"role": "user", "content": "x"}, event_id="i")
    stage.send("session.input_audio.mute")
    stage.do(lambda: stage.session.fail(BadRequest("No.")))
    stage.do(lambda: stage.session.play(LOUD))
    stage.send("session.close")
    known: Any = TypeAdapter(ServerEvent)
    for event in stage.told:
        known.validate_python(event, strict=True)
        assert construct_type(value=event, type_=ServerEvent).to_dict() == event
