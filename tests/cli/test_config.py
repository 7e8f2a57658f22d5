"""`fakeai config show` and `check`."""

import json

import pytest

from fakeai.cli.program import run
from fakeai.settings import fields


def test_show_prints_each_setting_with_its_source(capsys, monkeypatch, tmp_path):
    file = tmp_path / "fakeai.toml"
    file.write_text("seed = 4")
    monkeypatch.setenv("FAKEAI_PORT", "9001")
    assert run(["config", "show", "--config", str(file), "--set", "log.level=debug"]) == 0
    lines = {line.split(" = ")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert set(lines) == {row.name for row in fields()}
    assert lines["seed"].split() == ["seed", "=", "4", "#", str(file)]
    assert lines["server.port"].split() == ["server.port", "=", "9001", "#", "FAKEAI_PORT"]
    assert lines["log.level"].endswith("# command line")
    assert lines["server.host"].endswith("# default")


def test_show_prints_json(capsys, monkeypatch):
    monkeypatch.setenv("FAKEAI_SEED", "3")
    assert run(["config", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["seed"] == {"value": 3, "source": "FAKEAI_SEED"}
    assert shown["server.port"] == {"value": 8000, "source": "default"}


def test_show_stops_at_a_wrong_setting(capsys, monkeypatch):
    monkeypatch.setenv("FAKEAI_PROT", "3")
    assert run(["config", "show"]) == 2
    assert "did you mean 'FAKEAI_PORT'?" in capsys.readouterr().err


def test_check_passes_a_right_file(capsys, tmp_path):
    file = tmp_path / "fakeai.yaml"
    file.write_text("latency: {ttft: '200:10%', models: {gpt-4o: {itl: 'uniform(1,2)'}}}")
    assert run(["config", "check", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: ok\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [("server: {prot: 1}", "did you mean 'server.port'?"), ("latency: {ttft: soon}", "'soon'"), ("a: [", "line 1")],
)
def test_check_names_file_and_mistake(capsys, tmp_path, text, said):
    file = tmp_path / "fakeai.yaml"
    file.write_text(text)
    assert run(["config", "check", str(file)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("fakeai: ")
    assert str(file) in error
    assert said in error
