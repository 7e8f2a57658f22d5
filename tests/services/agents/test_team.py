"""Subagents of a turn."""

from tests.services.agents.conftest import Door, events_of, items_of, opened, virtually

SEVERAL = {"multi_agent": {"enabled": True}}
ASKED = "Delegate this:\n1. Count the whales.\n2. Name the seas."


def test_each_task_has_a_subagent_with_a_turn_and_items_of_its_own() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, ASKED, agent=SEVERAL)
        subagents = (await ask("GET", f"{at}/subagents?order=asc"))["data"]
        assert [found["instructions"][0]["text"] for found in subagents] == ["Count the whales.", "Name the seas."]
        assert {(found["status"], found["closed_at"] is None) for found in subagents} == {("closed", False)}
        root = (await ask("GET", at))["agent"]["id"]
        for found in subagents:
            below = f"{at}/subagents/{found['id']}"
            assert await ask("GET", below) == found
            (turn,) = (await ask("GET", f"{below}/turns"))["data"]
            assert (turn["status"], turn["subagent_id"], turn["agent_id"]) == ("completed", found["id"], found["id"])
            task, report = await items_of(ask, below)
            assert task["content"][0]["text"] == found["instructions"][0]["text"]
            assert (await ask("GET", f"{below}/turns/{turn['id']}/items?order=asc"))["data"] == [task, report]
            assert found["parent_agent_id"] == root
            told = [item for item in await items_of(ask, at) if item.get("sender_agent_id") == found["id"]]
            assert told[0]["content"][0]["text"] == report["content"][0]["text"]
        kinds = [item["type"] for item in await items_of(ask, at)]
        assert kinds == [
            "message",
            "create_subagent_call",
            "create_subagent_call",
            "wait_for_subagents_call",
            "agent_message",
            "close_subagent_call",
            "agent_message",
            "close_subagent_call",
            "message",
        ]
        assert len((await ask("GET", f"{at}/turns"))["data"]) == 1

    virtually(main)


def test_events_tell_of_subagents_and_whose_turn_it_is() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, ASKED, agent=SEVERAL)
        told = await events_of(ask, at, f"evt_{'0' * 16}{0:010x}")
        kinds = [event["type"].rpartition(".")[2] for event in told if ".subagent." in event["type"]]
        assert kinds == ["created", "active", "created", "active", "closed", "closed"]
        ends = [event["turn"]["subagent_id"] for event in told if event["type"] == "agent.session.turn.completed"]
        assert (len(ends), ends[-1]) == (3, None)

    virtually(main)


def test_with_the_turn_its_subagents_end() -> None:
    async def main(ask: Door) -> None:
        body = {"agent": {"model": "gpt-4o-mini", **SEVERAL}, "environment": {"type": "none"}, "input": ASKED}
        at = f"/agents/sessions/{(await ask('POST', '/agents/sessions', body))['id']}"
        while not (subagents := (await ask("GET", f"{at}/subagents"))["data"]):
            continue
        await ask("POST", f"{at}/events", {"events": [{"type": "agent.session.input.cancel"}]}, status=202)
        for found in subagents:
            (turn,) = (await ask("GET", f"{at}/subagents/{found['id']}/turns"))["data"]
            assert turn["status"] == "cancelled"
            assert (await ask("GET", f"{at}/subagents/{found['id']}"))["status"] == "closed"
        assert (await ask("GET", at))["status"] == "idle"

    virtually(main, ttft="5000")
