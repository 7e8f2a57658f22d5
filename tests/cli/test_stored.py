"""Verbs that work on what is kept say where it is looked for."""

from pathlib import Path

import pytest

from fakeai.cli.program import run


def test_without_a_place_there_is_nothing_to_work_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "list"]) == 2
    assert "--data-dir or --database-url" in capsys.readouterr().err


def test_the_settings_name_the_place_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKEAI_STORE__DATA_DIR", str(tmp_path))
    assert run(["keys", "list"]) == 0
    assert capsys.readouterr().out == "0 of 0\n"


def test_a_database_has_its_own_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    assert run(["keys", "create", "--label", "me", "--database-url", url]) == 0
    capsys.readouterr()
    assert run(["keys", "list", "--database-url", url]) == 0
    assert capsys.readouterr().out.endswith("1 of 1\n")


def test_a_place_that_cannot_be_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "list", "--data-dir", "/proc/none"]) == 2
    assert "cannot be a directory" in capsys.readouterr().err
