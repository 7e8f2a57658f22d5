"""Where settings come from: flag > environment > file > default. The only module that reads the environment.

Knows layers and complaints; the tree knows what is valid. All mistakes are reported together.
"""

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fakeai.settings import models_file
from fakeai.settings.names import NESTED, PREFIX, find, hint, mappings, split
from fakeai.settings.tree import Settings, leaves

CONFIG_VARIABLE = "FAKEAI_CONFIG"


class SettingsError(ValueError):
    """Settings that stop the start. The message has one line for each mistake."""


def load(
    config: Path | None = None,
    flags: Mapping[str, object] = MappingProxyType({}),
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from flags (dotted name → value; None is not given), environment and one file. Raises SettingsError.

    `config` is a .yaml, .yml, .toml or .json file; without it, the one that FAKEAI_CONFIG names, if any. `environ` is
    the process's own unless given. All mistakes are reported together.
    """
    variables = os.environ if environ is None else environ
    path = config or (Path(variables[CONFIG_VARIABLE]) if variables.get(CONFIG_VARIABLE) else None)
    origins: dict[str, str] = {}
    mistakes: list[str] = []
    tree = _read(path) if path else {}
    for name in _flatten(tree):
        origins[name] = str(path)
    for name, value, origin in (*_from_environment(variables, mistakes), *_from_flags(flags, mistakes)):
        origins[name] = origin
        try:
            _put(tree, split(name), json.loads(value) if name in dict(mappings()) else value)
        except ValueError as error:
            mistakes.append(f"{name} from {origin}: not JSON: {error}")
    if tree.get("models_file"):
        try:
            _list_models(tree, origins)
        except ValueError as error:
            mistakes.append(str(error))
    try:
        settings = Settings(**tree)
    except ValidationError as error:
        mistakes.extend(_explain(detail, origins) for detail in error.errors(include_url=False))
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return settings.came_from(origins)


def _list_models(tree: dict[str, Any], origins: dict[str, str]) -> None:
    """Put what the file of models says below what is said elsewhere. Raises ValueError. Any: it is validated afterwards."""
    path = Path(str(tree["models_file"]))
    listed = models_file.read(path)
    given = tree.get("models")
    models = dict(given) if isinstance(given, dict) else {}
    for name, values in listed.models.items():
        if values:
            models[name] = {**values, **models.get(name, {})}
            origins.setdefault(f"models.{name}", f"{path}:{listed.lines[name]}")
    default = tree.setdefault("default_model", listed.default)
    order = [default, *(name for name in listed.models if name != default)]
    tree |= {"models": models, "only_models": " ".join(order)}


def _put(tree: dict[str, Any], path: Sequence[str], value: object) -> None:
    """Set one value in the tree; a mapping joins what is there, anything else replaces it."""
    *groups, last = path
    for group in groups:
        below = tree.get(group)
        tree[group] = tree = dict(below) if isinstance(below, dict) else {}
    if isinstance(value, dict):
        for key, item in value.items():
            _put(tree, [last, key], item)
    else:
        tree[last] = value


def _from_environment(variables: Mapping[str, str], mistakes: list[str]) -> Iterator[tuple[str, str, str]]:
    # Longer names last, so that FAKEAI_SERVER__PORT beats FAKEAI_PORT whatever the order of the environment.
    for variable in sorted(variables, key=lambda key: (len(key), key)):
        if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE:
            continue
        name = find(variable.removeprefix(PREFIX), NESTED)
        if name is None:
            mistakes.append(f"unknown setting {variable!r} in the environment{hint(variable, variable=True)}")
        elif variables[variable]:
            yield name, variables[variable], variable


def _from_flags(flags: Mapping[str, object], mistakes: list[str]) -> Iterator[tuple[str, str, str]]:
    for flag, value in flags.items():
        name = find(flag, ".")
        if name is None:
            mistakes.append(f"unknown setting {flag!r} on the command line{hint(flag)}")
        elif value is not None:
            yield name, value if isinstance(value, str) else json.dumps(value), "command line"


def _read(path: Path) -> dict[str, Any]:
    """The mapping in a settings file (Any: it is validated afterwards). Raises SettingsError with place and reason."""
    try:
        data = _parse(path.suffix.lower(), path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # the TOML, JSON and Unicode errors are ValueErrors
        raise SettingsError(f"{path}: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise SettingsError(f"{path}: expected settings by name, found {type(data).__name__}")
    return {str(key): {} if value is None and key in _groups() else value for key, value in data.items()}


def _parse(suffix: str, text: str) -> object:
    match suffix:
        case ".toml":
            return tomllib.loads(text)
        case ".json":
            return json.loads(text)
        case ".yaml" | ".yml":
            import yaml

            try:
                return yaml.safe_load(text)
            except yaml.YAMLError as error:
                place = f"line {error.problem_mark.line + 1}: " if getattr(error, "problem_mark", None) else ""
                raise ValueError(f"{place}{getattr(error, 'problem', error)}") from error
    raise ValueError("a settings file ends in .yaml, .yml, .toml or .json")


def _groups() -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name, _ in leaves(Settings) if "." in name)


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _flatten(value, f"{prefix}{key}.")
        yield f"{prefix}{key}"


def _explain(detail: ErrorDetails, origins: Mapping[str, str]) -> str:
    """One line for one of pydantic's complaints: name, place, what is accepted, what was given."""
    name = ".".join(str(part) for part in detail["loc"])
    parts = name.split(".")
    places = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    inner = (origins[key] for key in origins if key.startswith(name + "."))
    place = next((origins[place] for place in places if place in origins), next(inner, "the settings"))
    if detail["type"] == "extra_forbidden":
        return f"unknown setting {name!r} in {place}{hint(name)}"
    if (
        detail["type"] == "value_error"
    ):  # a rule of ours: it says all there is to say, and what was given may hold a key
        return f"{name} from {place}: {detail['msg'].removeprefix('Value error, ')}"
    return f"{name} from {place}: {detail['msg'][0].lower()}{detail['msg'][1:]}, not {_short(detail['input'])}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
