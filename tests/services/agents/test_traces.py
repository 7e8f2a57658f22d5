"""Traces as OTLP JSON."""

from typing import Any

from fakeai.services.agents.traces import spanned, trace

SESSION: Any = {"id": "asess_1", "agent": {"id": "agent_1", "model": "m"}}


def turn() -> Any:
    used = {"input": 3, "output": 4}
    return {"id": "aturn_1", "status": "completed", "created_at": 5, "_began": 5.0, "_ended": 7.5, "_used": used}


def test_a_trace_is_one_of_its_turn_with_a_span_for_each_deed() -> None:
    made = turn()
    spanned(made, "chat", 5.5, 6.0, **{"gen_ai.usage.input_tokens": 3})
    told = trace(made, SESSION)
    assert (told["id"], told["session_id"], told["object"]) == ("aturn_1", "asess_1", "agent.session.trace")
    root, chat = told["otlp"]["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert (len(root["traceId"]), len(root["spanId"]), root["parentSpanId"]) == (32, 16, "")
    assert (chat["traceId"], chat["parentSpanId"], chat["name"]) == (root["traceId"], root["spanId"], "chat")
    assert (root["startTimeUnixNano"], root["endTimeUnixNano"]) == ("5000000000", "7500000000")
    assert {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "3"}} in chat["attributes"]
    assert trace(made, SESSION) == told


def test_a_turn_of_very_many_deeds_has_a_trace_of_some() -> None:
    made = turn()
    for number in range(600):
        spanned(made, "chat", number, number + 1)
    assert len(trace(made, SESSION)["otlp"]["resourceSpans"][0]["scopeSpans"][0]["spans"]) == 501
