"""Vaults, and what goes with them."""

from tests.services.agents.conftest import Ask

AUTH = {"type": "static_bearer", "token": "t", "mcp_server_url": "https://m.example"}


def test_names_are_trimmed_and_may_be_left_out(ask: Ask) -> None:
    assert ask("POST", "/vaults", {"name": "  a  "})["name"] == "a"
    assert ask("POST", "/vaults", {})["name"] is None
    for name in ("", "  ", "é" * 129):
        assert ask("POST", "/vaults", {"name": name}, status=400)["error"]["param"] == "name"


def test_an_update_changes_what_it_says(ask: Ask) -> None:
    vault = ask("POST", "/vaults", {"name": "a", "metadata": {"k": "v"}})
    assert ask("POST", f"/vaults/{vault['id']}", {"name": None}) == {**vault, "name": None}
    assert ask("POST", f"/vaults/{vault['id']}", {"metadata": {}})["metadata"] == {}


def test_lists_are_filtered_by_metadata_and_state(ask: Ask) -> None:
    first = ask("POST", "/vaults", {"metadata": {"team": "a"}})
    second = ask("POST", "/vaults", {"metadata": {"team": "b"}})
    listed = ask("GET", "/vaults?metadata[team]=a&status=active")["data"]
    assert listed == [first]
    assert ask("GET", "/vaults?status[]=active&status[]=archived")["data"] == [second, first]
    assert ask("GET", "/vaults?status=archived")["data"] == []
    ask("GET", "/vaults?status=lost", status=400)


def test_with_a_vault_go_its_credentials(ask: Ask) -> None:
    vault = ask("POST", "/vaults", {})["id"]
    credential = ask("POST", f"/vaults/{vault}/credentials", {"name": "c", "auth": AUTH})["id"]
    assert ask("DELETE", f"/vaults/{vault}")["object"] == "vault.deleted"
    ask("GET", f"/vaults/{vault}/credentials", status=404)
    ask("GET", f"/vaults/{vault}/credentials/{credential}", status=404)
