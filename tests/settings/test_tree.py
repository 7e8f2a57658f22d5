"""The tree itself: bounds, freezing, the conformance preset, and what a value's source is called."""

import pytest
from pydantic import ValidationError

from fakeai.settings import Latency, ServedModel, Server, Settings, SettingsError, load
from fakeai.settings.tree import KvEvents, leaves

UNITS = (
    "second",
    "byte",
    "port",
    "number",
    "worker",
    "ways",
    "stage",
    "fraction",
    "tokens",
    "gib",
    "steps",
    "adapter",
    "cost",
)


def test_every_setting_has_a_text_and_a_unit_in_name_or_text():
    for name, info in leaves(Settings):
        assert info.description, name
        if info.annotation in (int, float):
            words = (name + " " + info.description).lower()
            assert any(unit in words for unit in UNITS), name


def test_the_constructor_reads_nothing_from_outside(monkeypatch):
    monkeypatch.setenv("FAKEAI_PORT", "9")
    monkeypatch.setenv("SEED", "9")
    assert Settings().server.port == 8000
    assert Settings().seed is None


def test_a_value_cannot_be_changed_afterwards():
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.seed = 3
    with pytest.raises(ValidationError, match="frozen"):
        settings.server.port = 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"server": {"port": -1}},
        {"server": {"port": 65_536}},
        {"server": {"max_body_bytes": 0}},
        {"server": {"body_timeout_s": 0}},
        {"server": {"body_timeout_s": float("inf")}},
        {"server": {"drain_s": -1}},
        {"latency": {"speed": 0}},
        {"latency": {"speed": float("nan")}},
        {"stored_completions": -1},
        {"validation": "lax"},
        {"unknown_ids": "ignore"},
        {"log": {"level": "loud"}},
        {"organization": ""},
        {"sead": 3},
        {"server": {"prot": 3}},
    ],
)
def test_values_out_of_bounds_and_unknown_names_are_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(**wrong)


@pytest.mark.parametrize("address", ["tcp://*:5557", "tcp://[::]:0", "tcp://kv.example.com:5557", "ipc:///run/kv"])
def test_kv_events_take_the_addresses_that_zeromq_knows(address):
    assert KvEvents(endpoint=address, replay_endpoint=address).replay_endpoint == address


@pytest.mark.parametrize("address", ["", "5557", "*:5557", "tcp://*", "tcp://*:port", "udp://*:5557", "tcp://*:5557/x"])
def test_kv_events_take_no_others(address):
    for name in ("endpoint", "replay_endpoint"):
        with pytest.raises(ValidationError, match=name):
            Settings(kv_events={name: address})


def test_sizes_take_units():
    assert Server(max_body_bytes="64MiB").max_body_bytes == 67_108_864 == Server().max_body_bytes


def test_latencies_may_be_numbers():
    assert Latency(ttft=200, itl=2.5) == Latency(ttft="200", itl="2.5")


def test_conformance_sets_both_options_whatever_they_were():
    settings = Settings(conformance=True, validation="strict")
    assert (settings.validation, settings.unknown_ids) == ("schema", "synthesize")
    assert settings.sources()["validation"] == settings.sources()["unknown_ids"] == "conformance"


def test_without_conformance_both_options_are_openais_own():
    assert (Settings().validation, Settings().unknown_ids) == ("strict", "error")


def test_sources_tell_code_from_default():
    sources = Settings(server=Server(port=1)).sources()
    assert sources["server.port"] == "code"
    assert sources["server.host"] == "default"


def test_the_source_of_a_mapping_is_that_of_what_is_in_it():
    settings = load(environ={}, flags={"latency.models.gpt-4.1.ttft": "5"})
    assert settings.sources()["latency.models"] == "command line"


def test_flat_names_every_setting_with_a_json_value():
    flat = Settings(server=Server(port=1)).flat()
    assert list(flat) == [name for name, _ in leaves(Settings)]
    assert flat["server.port"] == 1
    assert flat["seed"] is None


HERE = {"backend": "transformers", "path": "/models/tiny"}
THERE = {"backend": "openai", "base_url": "http://localhost:8001/v1"}


def test_a_model_is_simulated_unless_it_names_another_backend():
    assert ServedModel().backend == "simulated"
    assert Settings(models={"a": {}}).models == {"a": ServedModel()}


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        ({"backend": "tensorflow"}, "models.a.backend from command line: input should be 'simulated', 'transformers'"),
        ({"backend": "transformers"}, "models.a from command line: backend 'transformers' needs 'path'"),
        ({"backend": "vllm"}, "backend 'vllm' needs 'path'"),
        ({"backend": "openai"}, "backend 'openai' needs 'base_url'"),
        ({"path": "/models/tiny"}, "models.a from command line: backend 'simulated' has no use for 'path'"),
        (HERE | {"base_url": "http://x/v1"}, "backend 'transformers' has no use for 'base_url'"),
        (THERE | {"path": "x", "dtype": "float16"}, "backend 'openai' has no use for 'dtype', 'path'"),
        (HERE | {"backend": "vllm", "family": "embedding"}, "backend 'vllm' has no use for 'family'"),
        (HERE | {"device": "tpu"}, "models.a.device from command line: should be 'auto', 'cpu', 'cuda' or"),
        (HERE | {"dtype": "int8"}, "models.a.dtype from command line: input should be 'auto', 'float32'"),
        (HERE | {"max_batch": "0"}, "greater than or equal to 1"),
        (HERE | {"context_window": "1"}, "greater than or equal to 8"),
        (THERE | {"base_url": "localhost:8001"}, "models.a.base_url from command line: should be an http or https URL"),
        (THERE | {"base_url": "http://me:secret@host/v1"}, "without user and query"),
        (HERE | {"divice": "cpu"}, "did you mean 'models.a.device'?"),
    ],
)
def test_a_model_that_cannot_be_served_so_is_refused_by_name(model, complaint):
    with pytest.raises(SettingsError) as caught:
        load(environ={}, flags={f"models.a.{name}": value for name, value in model.items()})
    assert complaint in str(caught.value)


def test_an_upstreams_key_is_never_shown():
    settings = Settings(models={"a": THERE | {"api_key": "sk-secret"}})
    assert settings.models["a"].api_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in str(settings.flat())
    assert "sk-secret" not in repr(settings)
    with pytest.raises(SettingsError) as caught:
        load(environ={}, flags={"models.a.api_key": "sk-secret"})
    assert "sk-secret" not in str(caught.value)


def test_a_model_can_be_put_together_from_several_places(tmp_path):
    config = tmp_path / "fakeai.yaml"
    config.write_text("models:\n  gpt-4.1: {backend: openai, base_url: 'http://localhost:8001/v1'}\n")
    model = load(config, environ={"FAKEAI_MODELS__gpt-4.1__API_KEY": "sk-1"}).models["gpt-4.1"]
    assert (model.backend, model.base_url) == ("openai", "http://localhost:8001/v1")
    assert model.api_key.get_secret_value() == "sk-1"
