"""Agents that are kept."""

from tests.services.agents.conftest import Ask

MADE = {"model": "gpt-4o-mini", "name": "writer", "instructions": "Be brief.", "metadata": {"team": "a"}}


def test_an_agent_has_all_that_was_left_out(ask: Ask) -> None:
    agent = ask("POST", "/agents", {"model": "gpt-4o-mini"})
    assert agent["id"].startswith("agent_")
    assert (agent["name"], agent["instructions"], agent["tools"], agent["metadata"]) == (None, None, [], {})
    assert agent["multi_agent"] == {"enabled": False, "max_concurrent_subagents": None}
    assert agent["text"] == {"format": {"type": "text"}, "verbosity": "medium"}
    assert ask("GET", f"/agents/{agent['id']}") == agent


def test_what_an_update_leaves_out_stays(ask: Ask) -> None:
    agent = ask("POST", "/agents", MADE)
    changed = ask("POST", f"/agents/{agent['id']}", {"instructions": None, "reasoning": {"effort": "high"}})
    assert (changed["name"], changed["metadata"], changed["model"]) == ("writer", {"team": "a"}, "gpt-4o-mini")
    assert (changed["instructions"], changed["reasoning"]["effort"]) == (None, "high")
    cleared = ask("POST", f"/agents/{agent['id']}", {"name": None, "metadata": None})
    assert (cleared["name"], cleared["metadata"], cleared["reasoning"]["effort"]) == (None, {}, "high")


def test_an_agent_that_is_deleted_is_gone(ask: Ask) -> None:
    agent = ask("POST", "/agents", MADE)
    assert ask("DELETE", f"/agents/{agent['id']}") == {"id": agent["id"], "object": "agent.deleted", "deleted": True}
    for method in ("GET", "POST", "DELETE"):
        error = ask(method, f"/agents/{agent['id']}", {}, status=404)["error"]
        assert error["message"] == f"Agent with id '{agent['id']}' not found."


def test_agents_are_listed_by_page(ask: Ask) -> None:
    made = [ask("POST", "/agents", {**MADE, "name": f"n{n}"})["id"] for n in range(3)]
    first = ask("GET", "/agents?limit=2")
    assert ([agent["id"] for agent in first["data"]], first["has_more"]) == (made[:0:-1], True)
    rest = ask("GET", f"/agents?limit=2&after={first['last_id']}")
    assert ([agent["id"] for agent in rest["data"]], rest["has_more"]) == (made[:1], False)
    ask("GET", "/agents?after=agent_nowhere", status=400)


def test_an_agent_without_a_model_is_refused(ask: Ask) -> None:
    assert ask("POST", "/agents", {"name": "x"}, status=400)["error"]["param"] == "model"
