"""What an agent does by itself, as words and tools suggest."""

from typing import Any

import pytest

from fakeai.services.agents.configuration import plain
from fakeai.services.agents.plan import path_of, plan, risky

SEARCH = {"type": "web_search", "mode": "live"}
SERVER = {"type": "mcp", "server_label": "crm", "allowed_tools": ["find_people", "delete_person"]}
BROWSER = {"type": "computer_use", "include_screenshots": True}


def planned(text: str, *tools: Any, where: str = "openai_hosted", root: bool = True, several: bool = False) -> Any:
    agent = {**plain("m"), "tools": list(tools)}
    agent["multi_agent"] = {"enabled": several, "max_concurrent_subagents": 2 if several else None}
    return plan(agent, where, text, root=root)


def test_plain_words_have_nothing_done() -> None:
    assert planned("Tell me about whales.", SEARCH, SERVER, BROWSER, several=True) == []


def test_nothing_is_done_without_what_it_takes() -> None:
    assert planned("Search the web, run `ls`, delegate it and remind me.", where="none") == []
    assert planned("Search for whales", {**SEARCH, "mode": "disabled"}) == []


def test_a_search_is_for_what_was_said() -> None:
    assert planned("Search  for\nwhales", SEARCH) == [{"kind": "search", "query": "Search for whales"}]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Please find people in Paris", "find_people"),
        ("delete-person Bob", "delete_person"),
        ("Ask the crm", "find_people"),
    ],
)
def test_a_servers_tool_is_called_that_was_named(text: str, name: str) -> None:
    assert [(deed["server"], deed["name"]) for deed in planned(text, SERVER)] == [("crm", name)]


def test_commands_are_those_in_ticks_or_behind_run() -> None:
    assert [deed["command"] for deed in planned("Do `ls -l` and then `pwd`")] == ["ls -l", "pwd"]
    assert [deed["command"] for deed in planned("Please run pytest -q tests, then stop")] == ["pytest -q tests"]


def test_files_that_shall_be_made_are_outputs() -> None:
    deeds = planned("Write report.csv and notes/summary.md, please")
    assert [deed["path"] for deed in deeds] == [path_of("report.csv"), path_of("notes/summary.md")]
    assert planned("What is in report.csv?") == []


def test_pages_are_asked_about_by_origin() -> None:
    (deed,) = planned("Log in at https://Shop.example/cart?x=1", BROWSER)
    assert (deed["origin"], deed["sign_in"], deed["shot"], deed["asks"]) == ("https://shop.example", True, True, True)
    (deed,) = planned("Take a screenshot", BROWSER)
    assert (deed["asks"], deed["sign_in"]) == (False, False)


def test_tasks_of_subagents_are_the_list_and_no_more_than_may_be_at_once() -> None:
    (deed,) = planned("Delegate:\n1. count whales\n2. name seas\n3. rest", several=True)
    assert deed == {"kind": "helpers", "tasks": ["count whales", "name seas"]}
    assert planned("Delegate it", several=True)[0]["tasks"] == ["Delegate it"]
    assert planned("Delegate it", several=True, root=False) == []


@pytest.mark.parametrize(("text", "expression"), [("Remind me", "0 9 * * *"), ("every hour, look", "0 * * * *")])
def test_reminders_have_times(text: str, expression: str) -> None:
    (deed,) = planned(text, {"type": "automations"})
    assert (deed["kind"], deed["expression"]) == ("reminder", expression)


def test_tools_that_change_things_are_risky() -> None:
    assert risky("delete_person")
    assert risky("send-mail")
    assert not risky("find_people")
    assert not risky("settings")
