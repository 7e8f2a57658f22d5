"""`fakeai usage` tells what keys have used, of what is kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from fakeai.cli.program import run
from fakeai.testing import FakeAI


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(list(words)) == 0
    return capsys.readouterr().out


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Where two keys are, one of which was used twice."""
    at = str(tmp_path)
    value = told(capsys, "keys", "create", "--label", "used", "--quota", "9", "--data-dir", at).split()[0]
    told(capsys, "keys", "create", "--label", "idle", "--data-dir", at)
    with FakeAI({"store.data_dir": at}) as fake:
        client = fake.client(api_key=value)
        for _ in range(2):
            client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Say hello"}])
    return at


def test_a_table_has_a_line_for_each_key(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    head, idle, used, count = told(capsys, "usage", "--data-dir", place).splitlines()
    assert head.split() == ["id", "label", "role", "quota", "requests", "prompt", "completion", "usd"]
    assert idle.split()[1:6] == ["idle", "standard", "0", "requests", "0"]
    assert used.split()[1:8] == ["used", "standard", "2", "of", "9", "requests", "2"]
    assert float(used.split()[-1]) > 0 and count == "2 of 2"


def test_json_has_all_of_it_in_pages(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    page: Any = json.loads(told(capsys, "usage", "--json", "--limit", "1", "--offset", "1", "--data-dir", place))
    (used,) = page["data"]
    assert (page["total"], used["label"], used["quota_used"], used["requests"]) == (2, "used", 2, 2)


def test_another_database_can_be_named(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{place}/fakeai.db"
    assert told(capsys, "usage", "--database-url", url).endswith("2 of 2\n")


def test_nowhere_to_look_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["usage"]) == 2
    assert "--data-dir" in capsys.readouterr().err
