"""`fakeai keys` works on what is kept, whether or not a server runs on it."""

import json
from pathlib import Path
from typing import Any

import pytest

from fakeai.cli.program import run
from fakeai.testing import FakeAI


class Desk:
    def __init__(self, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.place = str(place)
        self._capsys = capsys

    def ask(self, *words: str, status: int = 0) -> str:
        assert run(["keys", *words, "--data-dir", self.place]) == status
        told = self._capsys.readouterr()
        return told.out if status == 0 else told.err

    def json(self, *words: str) -> Any:
        return json.loads(self.ask(*words, "--json"))


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_a_key_is_printed_once_with_what_it_may(desk: Desk) -> None:  # gateway 92
    made = desk.json(
        "create",
        "--label",
        "me",
        "--role",
        "free",
        "--rpm",
        "5",
        "--quota",
        "9",
        "--models",
        "gpt-4o,o1",
        "--expires",
        "30d",
    )
    assert made["key"].startswith("sk-fakeai-")
    shown = desk.json("show", made["id"])
    assert shown == {name: value for name, value in made.items() if name != "key"}
    assert (shown["role"], shown["rpm"], shown["quota"], shown["models"]) == ("free", 5, 9, ["gpt-4o", "o1"])
    assert shown["expires_at"] == pytest.approx(shown["created_at"] + 30 * 86_400, abs=5)


def test_a_server_lets_the_key_in_and_nobody_else(desk: Desk) -> None:
    value = desk.ask("create", "--label", "me").split()[0]
    with FakeAI({"store.data_dir": desk.place}) as fake:
        assert fake.client(api_key=value).models.list().data
        with pytest.raises(Exception, match="Incorrect API key"):
            fake.client(api_key="sk-another-one", max_retries=0).models.list()


def test_keys_are_listed_changed_turned_and_deleted(desk: Desk) -> None:
    first, second = (desk.json("create", "--label", label) for label in ("one", "two"))
    assert [key["id"] for key in desk.json("list")["data"]] == [second["id"], first["id"]]
    assert desk.json("change", first["id"], "--role", "free", "--quota", "3")["quota"] == 3
    assert desk.json("change", first["id"], "--unset", "quota")["quota"] is None
    assert not desk.json("disable", first["id"])["active"]
    assert "disabled" in desk.ask("list")
    assert desk.json("enable", first["id"])["active"]
    assert desk.json("rotate", first["id"])["key"] != first["key"]
    desk.ask("delete", first["id"])
    assert f"'{first['id']}'" in desk.ask("show", first["id"], status=1)


def test_the_last_admin_goes_by_force_only(desk: Desk) -> None:  # gateway 98
    admin = desk.json("create", "--label", "root", "--role", "admin")
    assert "last admin key" in desk.ask("delete", admin["id"], status=1)
    desk.ask("delete", admin["id"], "--force")


def test_a_value_is_given_out_once(desk: Desk) -> None:  # gateway 95
    made = [desk.json("create", "--label", "seed", "--key", "sk-one-for-the-tests") for _ in range(2)]
    assert made[0]["id"] == made[1]["id"] and "key" not in made[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--role", "king"), "'standard'"),
        (("--expires", "soon"), "'soon' is no time"),
        (("--quota-unit", "words"), "quota_unit"),
        (("--key", "short"), "'key'"),
    ],
)
def test_what_cannot_be_is_told(desk: Desk, words: tuple[str, ...], told: str) -> None:
    status = 1 if "--role" in words else 2
    assert told in desk.ask("create", "--label", "me", *words, status=status)


@pytest.mark.parametrize(
    ("text", "expires"),
    [("2030-01-31", 1_896_048_000), ("2030-01-31T01:00+01:00", 1_896_048_000), ("1896048000", 1_896_048_000)],
)
def test_ends_are_told_in_several_ways(desk: Desk, text: str, expires: int) -> None:
    assert desk.json("create", "--label", "me", "--expires", text)["expires_at"] == expires
