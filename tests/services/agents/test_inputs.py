"""What is put into sessions."""

import asyncio
from typing import Any

from tests.services.agents.conftest import (
    MODEL,
    NOWHERE,
    WEATHER,
    Door,
    given,
    items_of,
    opened,
    rested,
    said,
    virtually,
)

CRM: Any = {
    "type": "mcp",
    "server_label": "crm",
    "transport": {"type": "http", "server_url": "https://m.example"},
    "allowed_tools": ["delete_person"],
}
BROWSER = {"type": "computer_use", "include_screenshots": True}


def result(call: Any, **more: Any) -> Any:
    said = {"turn_id": call["turn_id"], "call_id": call["call_id"], "success": True, "output": "sunny"}
    return {"type": "agent.session.input.tool_result", **said, **more}


def test_a_turn_waits_for_the_result_of_a_function_and_goes_on_with_it() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "What is the weather in Paris?", WEATHER)
        session = await ask("GET", at)
        (call,) = session["required_actions"]
        assert (session["status"], call["type"], call["arguments"]) == (
            "requires_action",
            "function_call",
            {"city": "Paris"},
        )
        assert (await ask("GET", f"{at}/turns"))["data"][0]["status"] == "waiting"
        await given(ask, at, result(call))
        session = await rested(ask, at)
        assert (session["status"], session["required_actions"]) == ("idle", [])
        kinds = [item["type"] for item in await items_of(ask, at)]
        assert kinds == ["message", "function_call", "function_call_output", "message"]
        assert "sunny" in (await items_of(ask, at))[-1]["content"][0]["text"]

    virtually(main)


def test_a_function_that_has_failed_is_told_so() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "What is the weather in Paris?", WEATHER)
        (call,) = (await ask("GET", at))["required_actions"]
        await given(ask, at, result(call, success=False, error="no network", output=None))
        await rested(ask, at)
        _, call, output, _ = await items_of(ask, at)
        assert (call["status"], output["status"], output["error"], output["output"]) == (
            "failed",
            "failed",
            "no network",
            None,
        )

    virtually(main)


def test_results_nobody_waits_for_are_refused_word_by_word() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "What is the weather in Paris?", WEATHER)
        (call,) = (await ask("GET", at))["required_actions"]
        for other in ({"call_id": "call_x"}, {"turn_id": "aturn_x"}):
            refused = (await given(ask, at, result(call, **other), status=400))["error"]
            assert refused["message"] == f"Unknown pending tool call: {other.get('call_id', call['call_id'])}"
            assert refused["code"] == "invalid_request_error"
        await given(ask, at, result(call), result(call), status=400)
        assert (await ask("GET", at))["status"] == "requires_action"
        await given(ask, at, result(call))
        await rested(ask, at)
        await given(ask, at, result(call), status=400)

    virtually(main)


def test_a_turn_waits_until_all_calls_have_results() -> None:
    async def main(ask: Door) -> None:
        time = {**WEATHER, "name": "get_time", "description": "The time in a city."}
        at = await opened(ask, "Use get_weather for Paris and get_time for Rome.", WEATHER, time)
        calls = (await ask("GET", at))["required_actions"]
        assert [call["name"] for call in calls] == ["get_weather", "get_time"]
        await given(ask, at, result(calls[1]))
        session = await ask("GET", at)
        assert (session["status"], session["required_actions"]) == ("requires_action", [calls[0]])
        await given(ask, at, result(calls[0]))
        assert (await rested(ask, at))["status"] == "idle"

    virtually(main)


def test_what_is_cancelled_ends_as_far_as_it_came() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "What is the weather in Paris?", WEATHER)
        await given(ask, at, {"type": "agent.session.input.cancel"})
        session = await ask("GET", at)
        assert (session["status"], session["required_actions"]) == ("idle", [])
        assert (await ask("GET", f"{at}/turns"))["data"][0]["status"] == "cancelled"
        assert (await items_of(ask, at))[-1]["status"] == "incomplete"
        refused = await given(ask, at, {"type": "agent.session.input.cancel"}, status=400)
        assert refused["error"]["param"] == "events[0]"
        await said(ask, at, "Thanks!")
        assert (await rested(ask, at))["status"] == "idle"

    virtually(main)


def test_what_is_said_meanwhile_goes_into_the_turn() -> None:
    async def main(ask: Door) -> None:
        made = await ask(
            "POST", "/agents/sessions", {"agent": MODEL, "environment": {"type": "openai_hosted"}, "input": "One"}
        )
        at = f"/agents/sessions/{made['id']}"
        await said(ask, at, "Two")
        await rested(ask, at)
        (turn,) = (await ask("GET", f"{at}/turns"))["data"]
        assert [item["turn_id"] for item in await items_of(ask, at)] == [turn["id"]] * 3

    virtually(main)


def test_a_servers_tool_is_called_once_it_is_approved() -> None:
    async def main(ask: Door) -> None:
        for decision, status in (("approve", "completed"), ("deny", "failed")):
            at = await opened(ask, "Delete person Bob", CRM)
            (action,) = (await ask("GET", at))["required_actions"]
            assert (action["type"], action["request"]["name"]) == ("mcp_approval_request", "delete_person")
            answer = {
                "type": "agent.session.input.mcp_approval_request_result",
                "request_id": action["request_id"],
                "response": {"type": "mcp_tool_call", "decision": decision},
            }
            await given(ask, at, {**answer, "request_id": "apr_x"}, status=400)
            await given(ask, at, answer)
            await rested(ask, at)
            call = (await items_of(ask, at))[1]
            assert (call["type"], call["status"], call["error"] is None) == ("mcp_call", status, decision == "approve")

    virtually(main)


def test_automatic_review_asks_nobody() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Delete person Bob", CRM, review="auto_review")
        assert (await ask("GET", at))["status"] == "idle"

    virtually(main)


def test_the_browser_asks_for_origins_and_sign_ins_and_keeps_no_secret() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Sign in at https://shop.example/cart", BROWSER, environment={"type": "openai_hosted"})
        origin, form = (await ask("GET", at))["required_actions"]
        assert origin["request"]["origin"] == "https://shop.example"
        kind = "agent.session.input.computer_use_approval_request_result"
        allowed = {"type": "browser_origin_access", "decision": "approve"}
        await given(ask, at, {"type": kind, "request_id": form["request_id"], "response": allowed}, status=400)
        await given(ask, at, {"type": kind, "request_id": origin["request_id"], "response": allowed})
        fields = [{"field_id": "username", "value": "ada"}, {"field_id": "password", "value": "hunter2"}]
        sent = {"type": "browser_authentication", "action": "submit", "fields": fields}
        for wrong in (fields[:1], [*fields, {"field_id": "x", "value": "y"}]):
            bad = {"type": kind, "request_id": form["request_id"], "response": {**sent, "fields": wrong}}
            assert (await given(ask, at, bad, status=400))["error"]["param"] == "events[0].response.fields"
        await given(ask, at, {"type": kind, "request_id": form["request_id"], "response": sent})
        assert (await rested(ask, at))["status"] == "idle"
        items = await items_of(ask, at)
        kinds = [item["type"] for item in items]
        assert "computer_use_approval_request" in kinds
        assert items[kinds.index("computer_use_approval_request_result")]["response"]["action"] == "submit"
        used = items[kinds.index("computer_use_call")]
        assert (used["status"], used["output"]["image_url"][:23]) == ("completed", "data:image/jpeg;base64,")
        assert "hunter2" not in str(items)

    virtually(main)


def test_input_that_is_none_is_refused() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Hi")
        assert (await ask("POST", f"{at}/events", {"events": []}, status=400))["error"]["param"] == "events"
        image = {"type": "input_image", "image_url": "ftp://x"}
        message = {"type": "agent.session.input.message", "input": [{"role": "user", "content": [image]}]}
        refused = (await given(ask, at, message, status=400))["error"]
        assert refused["param"] == "events[0].input[0].content[0].image_url"
        await given(
            ask, at, {"type": "agent.session.input.message", "input": [{"role": "system", "content": []}]}, status=400
        )
        assert (await ask("GET", at))["environment"] == NOWHERE

    virtually(main)


def test_input_under_one_key_is_taken_once() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Hi")
        message = {"role": "user", "content": [{"type": "input_text", "text": "Once"}]}
        event = {"type": "agent.session.input.message", "input": [message]}
        for _ in range(2):
            await ask("POST", f"{at}/events", {"events": [event]}, status=202, headers={"Idempotency-Key": "k"})
        await rested(ask, at)
        assert [item["role"] for item in await items_of(ask, at)] == ["user", "assistant", "user", "assistant"]

    virtually(main)


def test_an_agent_goes_on_without_the_result_of_a_function_that_it_need_not_wait_for() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "What is the weather in Paris?", {**WEATHER, "async": True})
        session = await ask("GET", at)
        (call,) = session["required_actions"]
        assert session["status"] == "requires_action"
        assert [item["type"] for item in await items_of(ask, at)] == ["message", "function_call", "message"]
        await given(ask, at, result(call))
        assert (await rested(ask, at))["status"] == "idle"
        items = await items_of(ask, at)
        assert [item["type"] for item in items][3:] == ["function_call_output", "message"]
        assert "sunny" in items[-1]["content"][0]["text"]

    virtually(main)


def test_a_result_that_comes_while_the_agent_speaks_is_heard_then() -> None:
    async def main(ask: Door) -> None:
        agent = {**MODEL, "tools": [{**WEATHER, "async": True}]}
        body = {"agent": agent, "environment": NOWHERE, "input": "What is the weather in Paris?"}
        at = f"/agents/sessions/{(await ask('POST', '/agents/sessions', body))['id']}"
        while not (actions := (await ask("GET", at))["required_actions"]):
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        await given(ask, at, result(actions[0]))
        assert (await rested(ask, at))["status"] == "idle"
        kinds = [item["type"] for item in await items_of(ask, at)]
        assert sorted(kinds) == ["function_call", "function_call_output", "message", "message", "message"]
        assert "sunny" in (await items_of(ask, at))[-1]["content"][0]["text"]

    virtually(main, ttft="100", itl="50")
