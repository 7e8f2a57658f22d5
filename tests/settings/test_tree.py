"""The tree itself: bounds, freezing, the conformance preset, and what a value's source is called."""

import pytest
from pydantic import ValidationError

from fakeai.settings import Latency, Server, Settings, load
from fakeai.settings.tree import leaves


def test_every_setting_has_a_text_and_a_unit_in_name_or_text():
    for name, info in leaves(Settings):
        assert info.description, name
        if info.annotation in (int, float):
            words = (name + " " + info.description).lower()
            assert any(unit in words for unit in ("second", "byte", "port", "number", "millisecond")), name


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
