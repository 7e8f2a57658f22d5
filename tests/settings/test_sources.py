"""Layers and complaints: what beats what, and what the start stops for."""

import json

import pytest

from fakeai.settings import SettingsError, load

FILES = {
    "yaml": "server:\n  port: 7001\nseed: 5\nlatency:\n  models:\n    gpt-4.1: {ttft: 300}\n",
    "toml": 'seed = 5\n[server]\nport = 7001\n[latency.models."gpt-4.1"]\nttft = 300\n',
    "json": json.dumps({"server": {"port": 7001}, "seed": 5, "latency": {"models": {"gpt-4.1": {"ttft": 300}}}}),
}


def write(folder, text, suffix="yaml"):
    path = folder / f"fakeai.{suffix}"
    path.write_text(text, "utf-8")
    return path


def complaint(**where):
    with pytest.raises(SettingsError) as caught:
        load(**{"environ": {}, **where})
    return str(caught.value)


@pytest.mark.parametrize("suffix", FILES)
def test_the_three_file_formats_say_the_same(tmp_path, suffix):
    path = write(tmp_path, FILES[suffix], suffix)
    settings = load(path, environ={})
    assert (settings.server.port, settings.seed) == (7001, 5)
    assert settings.latency.models["gpt-4.1"].ttft == "300"
    assert settings.latency.models["gpt-4.1"].itl is None
    assert settings.sources()["server.port"] == settings.sources()["latency.models"] == str(path)
    assert settings.sources()["server.host"] == "default"


def test_flag_beats_environment_beats_file_beats_default(tmp_path):
    path = write(tmp_path, "server: {port: 1, host: file, drain_s: 1}")
    environ = {"FAKEAI_PORT": "2", "FAKEAI_HOST": "environment"}
    settings = load(path, {"server.port": 3}, environ)
    assert (settings.server.port, settings.server.host, settings.server.drain_s) == (3, "environment", 1.0)
    assert settings.server.idle_timeout_s == 75.0
    sources = settings.sources()
    assert [sources[f"server.{name}"] for name in ("port", "host", "drain_s", "idle_timeout_s")] == [
        "command line",
        "FAKEAI_HOST",
        str(path),
        "default",
    ]


def test_layers_meet_inside_a_mapping(tmp_path):
    path = write(tmp_path, "latency: {models: {gpt-4.1: {ttft: 1, itl: 1}, o3: {ttft: 1}}}")
    environ = {
        "FAKEAI_LATENCY__MODELS": '{"gpt-4.1": {"itl": "2"}}',
        "FAKEAI_LATENCY__MODELS__o3__ITL": "uniform(1,2)",
    }
    models = load(path, {"latency.models.gpt-4.1.ttft": "3:10%"}, environ).latency.models
    assert (models["gpt-4.1"].ttft, models["gpt-4.1"].itl) == ("3:10%", "2")
    assert (models["o3"].ttft, models["o3"].itl) == ("1", "uniform(1,2)")


def test_the_nested_variable_beats_the_short_one():
    assert load(environ={"FAKEAI_SERVER__PORT": "2", "FAKEAI_PORT": "1"}).server.port == 2


def test_a_file_may_be_named_by_the_environment(tmp_path):
    path = write(tmp_path, "seed: 4")
    assert load(environ={"FAKEAI_CONFIG": str(path)}).seed == 4
    other = tmp_path / "other.toml"
    other.write_text("seed = 6")
    assert load(other, environ={"FAKEAI_CONFIG": str(path)}).seed == 6


def test_the_process_environment_is_the_default_one(monkeypatch):
    monkeypatch.setenv("FAKEAI_SEED", "77")
    assert load().seed == 77


def test_an_empty_variable_and_a_flag_not_given_set_nothing():
    settings = load(environ={"FAKEAI_SEED": "", "FAKEAI_CONFIG": ""}, flags={"seed": None})
    assert settings.seed is None
    assert settings.sources()["seed"] == "default"


def test_text_is_read_by_the_type_of_the_setting():
    environ = {"FAKEAI_STRICT_MODELS": "true", "FAKEAI_MAX_BODY_BYTES": "1KiB", "FAKEAI_ORGANIZATION": "123"}
    settings = load(environ=environ, flags={"server.access_log": True, "latency.speed": 2.5})
    assert settings.strict_models is True
    assert settings.server.max_body_bytes == 1024
    assert settings.organization == "123"
    assert settings.server.access_log is True
    assert settings.latency.speed == 2.5


def test_an_empty_file_and_an_empty_group_set_nothing(tmp_path):
    assert load(write(tmp_path, ""), environ={}).flat() == load(environ={}).flat()
    assert load(write(tmp_path, "server:\nseed: 3\n"), environ={}).seed == 3


def test_an_unknown_name_in_a_file_gets_file_and_suggestion(tmp_path):
    path = write(tmp_path, "server:\n  prot: 1\n")
    assert complaint(config=path) == f"unknown setting 'server.prot' in {path}; did you mean 'server.port'?"


def test_an_unknown_variable_and_flag_get_place_and_suggestion():
    said = complaint(environ={"FAKEAI_PROT": "1"}, flags={"server.hots": "x"})
    assert said.splitlines() == [
        "unknown setting 'FAKEAI_PROT' in the environment; did you mean 'FAKEAI_PORT'?",
        "unknown setting 'server.hots' on the command line; did you mean 'server.host'?",
    ]


def test_a_wrong_value_gets_name_place_and_accepted_values(tmp_path):
    path = write(tmp_path, "validation: lax\nserver: {port: 99999}\n")
    said = complaint(config=path, environ={"FAKEAI_SEED": "x"}).splitlines()
    assert f"validation from {path}: input should be 'strict' or 'schema', not 'lax'" in said
    assert f"server.port from {path}: input should be less than or equal to 65535, not 99999" in said
    assert any(line.startswith("seed from FAKEAI_SEED: input should be a valid integer") for line in said)
    assert len(said) == 3


def test_a_very_long_value_is_cut_in_the_complaint():
    assert len(complaint(environ={"FAKEAI_VALIDATION": "x" * 10_000})) < 200


def test_a_mapping_that_is_not_json_is_named():
    said = complaint(environ={"FAKEAI_LATENCY__MODELS": "{x"})
    assert said.startswith("latency.models from FAKEAI_LATENCY__MODELS: not JSON: ")


@pytest.mark.parametrize(
    ("suffix", "text", "said"),
    [
        ("yaml", "a: 1\nb: [\n", "line 3: "),
        ("toml", "x==", "line 1"),
        ("json", "{", "line 1"),
        ("json", "[]", "expected settings by name, found list"),
        ("yaml", "just text", "expected settings by name, found str"),
        ("ini", "", "ends in .yaml, .yml, .toml or .json"),
        ("yaml", "server: 5", "server from"),
        ("yaml", "1: 2", "unknown setting '1'"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path, suffix, text, said):
    path = write(tmp_path, text, suffix)
    found = complaint(config=path)
    assert str(path) in found
    assert said in found


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path):
    missing = tmp_path / "none.yaml"
    assert complaint(config=missing) == f"cannot read {missing}: No such file or directory"
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\xff")
    assert str(binary) in complaint(config=binary)
