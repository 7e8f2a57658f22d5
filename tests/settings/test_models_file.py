"""A file of models says which there are; one that is not so is told with its line."""

from pathlib import Path

import pytest

from fakeai.settings import SettingsError, load
from fakeai.settings.models_file import read

LIST = """\
default_model: small
models:
  - gpt-4o
  - id: ours
    backend: openai
    base_url: http://localhost:1/v1
  - gpt-4o
"""


def put(place: Path, text: str) -> Path:
    file = place / "models.yaml"
    file.write_text(text)
    return file


def test_ids_and_mappings_are_models_and_the_default_comes_first(tmp_path: Path) -> None:  # gateway 81
    listed = read(put(tmp_path, LIST))
    assert listed.default == "small"
    assert list(listed.models) == ["small", "gpt-4o", "ours"]
    assert listed.models["ours"] == {"backend": "openai", "base_url": "http://localhost:1/v1"}
    assert listed.lines == {"gpt-4o": 3, "ours": 4}


def test_a_bare_list_has_its_first_for_default(tmp_path: Path) -> None:
    assert list(read(put(tmp_path, "[b, a, b]")).models) == ["b", "a"]
    assert read(put(tmp_path, "[b, a, b]")).default == "b"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("models: {a: 1}", 1, "expected a list of models"),
        ("", 1, "expected a list of models"),
        ("models: []", 1, "expected a list of models"),
        ("models:\n  - a\n  - 5", 3, "a model's id must be a text"),
        ("models:\n  - a\n  - [b]", 3, "a model is an id, or a mapping with an id"),
        ("models:\n  - backend: openai", 2, "a model needs an 'id'"),
        ("models:\n  - 'a b'", 2, "has no spaces"),
        ("models: [a]\ndefault: a", 2, "unknown key 'default'"),
        ("models: [a]\ndefault_model: 1", 2, "default_model must be a text"),
        ("models:\n  - a\n b", 3, ""),
        ("models:\n  - id: a\n    ? [x]\n    : 1", 2, ""),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, line: int, reason: str) -> None:  # gateway 82
    file = put(tmp_path, text)
    with pytest.raises(SettingsError) as refused:
        load(None, {"models_file": str(file)}, {})
    assert f"{file}:{line}: " in str(refused.value) and reason in str(refused.value)


def test_settings_of_a_model_are_checked_where_they_are(tmp_path: Path) -> None:  # gateway 82
    file = put(tmp_path, "models:\n  - gpt-4o\n  - id: ours\n    backend: openai\n  - id: b\n    colour: red\n")
    with pytest.raises(SettingsError) as refused:
        load(None, {"models_file": str(file)}, {})
    assert f"models.ours from {file}:3: backend 'openai' needs 'base_url'" in str(refused.value)
    assert f"unknown setting 'models.b.colour' in {file}:5" in str(refused.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load(None, {"models_file": str(tmp_path / "none.yaml")}, {})


def test_what_is_said_elsewhere_comes_first(tmp_path: Path) -> None:
    flags = {
        "models_file": str(put(tmp_path, LIST)),
        "default_model": "gpt-4o",
        "models.ours.base_url": "http://other:2",
    }
    settings = load(None, flags, {})
    assert (settings.default_model, settings.only_models) == ("gpt-4o", "gpt-4o small ours")
    assert (settings.models["ours"].backend, settings.models["ours"].base_url) == ("openai", "http://other:2")
