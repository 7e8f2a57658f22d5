"""Deeds of an agent, as items tell of them."""

import base64
from io import BytesIO
from typing import Any

from PIL import Image

from fakeai.services.agents.deeds import screenshot
from tests.services.agents.conftest import HOSTED, Door, events_of, items_of, opened, virtually

SEARCH = {"type": "web_search"}
CRM: Any = {
    "type": "mcp",
    "server_label": "crm",
    "transport": {"type": "http", "server_url": "https://m.example"},
    "allowed_tools": ["find_people"],
}


def test_each_deed_is_an_item_before_the_answer() -> None:
    async def main(ask: Door) -> None:
        words = "Search for whales, find people, run `echo hi` and write data.json"
        at = await opened(ask, words, SEARCH, CRM, environment=HOSTED)
        _, search, call, echo, file, answer = await items_of(ask, at)
        assert search["action"] == {"type": "search", "query": words, "queries": None}
        assert (call["name"], call["status"], call["error"]) == ("find_people", "completed", None)
        assert (echo["command"], echo["output"], echo["exit_code"], echo["cwd"]) == ("echo hi", "hi\n", 0, "/workspace")
        assert file["command"].startswith("cat > /workspace/outputs/data.json")
        assert (answer["role"], answer["status"]) == ("assistant", "completed")
        told = await events_of(ask, at, f"evt_{'0' * 16}{0:010x}")
        indexes = [event["output_index"] for event in told if event["type"] == "agent.session.turn.item.done"]
        assert indexes == [0, 1, 2, 3, 4]
        deltas = [event["delta"] for event in told if event["type"] == "agent.output.command_execution_output.delta"]
        assert deltas == ["hi\n"]

    virtually(main)


def test_a_command_that_fails_is_told_so() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Run `exit 4`", environment=HOSTED)
        command = (await items_of(ask, at))[1]
        assert (command["status"], command["exit_code"]) == ("failed", 4)
        assert (await ask("GET", at))["status"] == "idle"

    virtually(main)


def test_files_that_commands_write_are_in_the_environment() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Run `echo one > notes.txt` then `cat notes.txt`", environment=HOSTED)
        place = (await ask("GET", at))["environment"]["id"]
        (file,) = (await ask("GET", f"/agents/environments/{place}/files"))["data"]
        assert (file["path"], file["size_bytes"]) == ("/workspace/notes.txt", 4)
        assert (await items_of(ask, at))[2]["output"] == "one\n"

    virtually(main)


def test_a_search_is_counted() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Search for whales", SEARCH)
        since = (await ask("GET", at))["created_at"] - 3_600
        counted = await ask("GET", f"/organization/usage/web_search_calls?start_time={since}")
        assert sum(one["num_requests"] for day in counted["data"] for one in day["results"]) == 1

    virtually(main)


def test_an_agent_has_itself_woken_again() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Remind me every day", {"type": "automations"})
        _, call, output, _ = await items_of(ask, at)
        assert (call["name"], call["status"], call["arguments"]["expression"]) == (
            "create_automation",
            "completed",
            "0 9 * * *",
        )
        made = await ask("GET", f"/agents/automations/{output['output']}")
        session_id = at.rpartition("/")[2]
        assert made["created_by"] == {"type": "agent", "session_id": session_id, "tool_call_id": call["call_id"]}
        assert made["target"]["session_id"] == session_id

    virtually(main)


def test_a_screenshot_is_a_picture() -> None:
    head, _, data = screenshot("https://a.example").partition(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(BytesIO(base64.b64decode(data))).size == (640, 400)
