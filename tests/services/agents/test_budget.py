"""What sessions spend, and what happens when they may spend no more."""

from fakeai.services.agents import budget
from fakeai.wire.agents.sessions import SpendWanted
from tests.services.agents.conftest import MODEL, NOWHERE, Door, events_of, opened, rested, said, virtually

SEARCH = {"type": "web_search"}
"""A search costs a cent, whatever the model."""


def test_spending_is_told_in_whole_cents_and_outlives_its_limit() -> None:
    session: dict[str, object] = {}
    budget.spend(session, 0.0299)
    assert session.get("spend_control") is None
    assert not budget.used_up(session)
    budget.allow(session, SpendWanted(limit=3))
    assert session["spend_control"] == {"limit": 3, "consumed": 2}
    assert not budget.used_up(session)
    budget.spend(session, 0.0001)
    assert session["spend_control"] == {"limit": 3, "consumed": 3}
    assert budget.used_up(session)
    budget.allow(session, SpendWanted(limit=None))
    assert not budget.used_up(session)


def test_a_turn_stops_where_the_session_may_spend_no_more() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Search for whales.", SEARCH, spend_control={"limit": 1})
        session = await ask("GET", at)
        assert (session["status"], session["error"]) == ("idle", None)
        assert session["spend_control"] == {"limit": 1, "consumed": 1}
        (turn,) = (await ask("GET", f"{at}/turns"))["data"]
        message = "The session has reached its spend limit."
        assert (turn["status"], turn["error"]) == (
            "failed",
            {"code": "session_budget_exceeded", "message": message},
        )
        kinds = [item["type"] for item in (await ask("GET", f"{at}/items?order=asc"))["data"]]
        assert kinds == ["message", "web_search_call"], "what had been done is kept, and nothing follows"
        told = await events_of(ask, at, f"evt_{0:016x}{0:010x}")
        assert [event["type"] for event in told][-3:] == ["error", "agent.session.turn.failed", "agent.session.idle"]
        assert told[-3]["error"]["type"] == "insufficient_quota"

    virtually(main)


def test_a_higher_limit_lets_the_next_turn_go_on() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Search for whales.", SEARCH, spend_control={"limit": 1})
        await said(ask, at, "And now?")
        await rested(ask, at)
        assert [turn["status"] for turn in (await ask("GET", f"{at}/turns"))["data"]] == ["failed", "failed"]
        assert (await ask("POST", at, {"spend_control": {"limit": 5}}))["spend_control"]["consumed"] == 1
        await said(ask, at, "And now?")
        await rested(ask, at)
        assert (await ask("GET", f"{at}/turns"))["data"][0]["status"] == "completed"

    virtually(main)


def test_tokens_are_spent_at_the_models_price_and_tier() -> None:
    async def main(ask: Door) -> None:
        schema = {
            "type": "object",
            "properties": {"n": {"type": "array", "minItems": 900, "items": {"type": "integer"}}},
        }
        agent = {"model": "gpt-5.4-pro", "text": {"format": {"type": "json_schema", "schema": schema}}}
        spent = []
        for tier in ("default", "priority"):
            body = {"agent": {**agent, "service_tier": tier}, "environment": NOWHERE, "input": "Count."}
            at = f"/agents/sessions/{(await ask('POST', '/agents/sessions', {**body, 'spend_control': {'limit': 10**6}}))['id']}"
            session = await rested(ask, at)
            spent.append(session["spend_control"]["consumed"])
        assert 0 < spent[0] < spent[1]

    virtually(main)


def test_subagents_spend_what_their_session_may() -> None:
    async def main(ask: Door) -> None:
        agent = {**MODEL, "multi_agent": {"enabled": True}}
        words = "Delegate:\n1. Search for whales.\n2. Search for seas."
        at = await opened(ask, words, SEARCH, agent=agent, spend_control={"limit": 2})
        (turn,) = (await ask("GET", f"{at}/turns"))["data"]
        assert turn["error"]["code"] == "session_budget_exceeded"
        ends = []
        for one in (await ask("GET", f"{at}/subagents"))["data"]:
            ends += [turn["status"] for turn in (await ask("GET", f"{at}/subagents/{one['id']}/turns"))["data"]]
        assert "failed" in ends

    virtually(main)
