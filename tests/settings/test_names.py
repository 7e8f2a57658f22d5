"""The ways to write a setting's name."""

import pytest

from fakeai.settings import fields
from fakeai.settings.names import PREFIX, find, hint, split


@pytest.mark.parametrize(
    ("written", "separator", "name"),
    [
        ("server.port", ".", "server.port"),
        ("port", ".", "server.port"),
        ("PORT", "__", "server.port"),
        ("SERVER__PORT", "__", "server.port"),
        ("SERVER_PORT", "__", "server.port"),
        ("TTFT", "__", "latency.ttft"),
        ("TTFT_MS", "__", "latency.ttft"),
        ("ITL_MS", "__", "latency.itl"),
        ("LOG_LEVEL", "__", "log.level"),
        ("STRICT_MODELS", "__", "strict_models"),
        ("latency.models.gpt-4.1.ttft", ".", "latency.models.gpt-4.1.ttft"),
        ("LATENCY__MODELS__Qwen/QwQ-32B__ITL", "__", "latency.models.Qwen/QwQ-32B.itl"),
        ("models", ".", "models"),
        ("models.gpt-4.1.base_url", ".", "models.gpt-4.1.base_url"),
        ("MODELS__Qwen/QwQ-32B__MAX_BATCH", "__", "models.Qwen/QwQ-32B.max_batch"),
    ],
)
def test_one_setting_has_several_spellings(written, separator, name):
    assert find(written, separator) == name


@pytest.mark.parametrize(
    "written", ["prot", "level", "modules", "format", "server", "", "latency.models.x", "latency.models.x.tft"]
)
def test_other_words_name_nothing(written):
    assert find(written, ".") is None


def test_a_model_id_keeps_its_dots():
    assert split("latency.models.gpt-4.1.ttft") == ["latency", "models", "gpt-4.1", "ttft"]
    assert split("server.port") == ["server", "port"]


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("server.prot", "server.port"),
        ("prot", "server.port"),
        ("sead", "seed"),
        ("latency.models.gpt-4.1.tft", "latency.models.gpt-4.1.ttft"),
    ],
)
def test_a_misspelt_name_gets_the_one_that_was_meant(misspelt, meant):
    assert hint(misspelt) == f"; did you mean {meant!r}?"


def test_a_misspelt_variable_gets_a_variable():
    assert hint("FAKEAI_PROT", variable=True) == "; did you mean 'FAKEAI_PORT'?"
    assert hint("FAKEAI_SERVER__PROT", variable=True) == "; did you mean 'FAKEAI_SERVER__PORT'?"


def test_a_name_like_no_other_gets_the_way_to_the_list():
    assert "config show" in hint("zzzz")


def test_each_setting_is_found_by_its_variable():
    rows = fields()
    assert len({row.variable for row in rows}) == len(rows)
    for row in rows:
        assert find(row.variable.removeprefix(PREFIX), "__") == row.name


def test_rows_say_what_a_setting_accepts():
    accepts = {row.name: row.accepts for row in fields()}
    assert accepts["server.port"] == "integer"
    assert accepts["seed"] == "integer"
    assert accepts["latency.speed"] == "number"
    assert accepts["validation"] == "strict | schema"
    assert accepts["strict_models"] == "true | false"
    assert accepts["server.max_body_bytes"] == "bytes"
    assert accepts["latency.models"] == "mapping"
    assert {row.name: row.default for row in fields()}["server.host"] == '"127.0.0.1"'
