"""`fakeai config`: the settings in force and where each came from; whether a file is right."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fakeai.cli.options import BAD_SETTINGS, Assignments, Config, fail, read_settings


def show(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: name → value and source.")] = False,
    config: Config = None,
    assignments: Assignments = None,
) -> None:
    """Print every setting, its value and where the value came from."""
    settings = read_settings(config, assignments)
    values, sources = settings.flat(), settings.sources()
    if as_json:
        print(json.dumps({name: {"value": values[name], "source": sources[name]} for name in values}, indent=2))
        return
    lines = {name: f"{name} = {json.dumps(value)}" for name, value in values.items()}
    width = max(map(len, lines.values()))
    for name, line in lines.items():
        print(f"{line:<{width}}  # {sources[name]}")


def check(file: Annotated[Path, typer.Argument(help="Settings file: .yaml, .toml or .json.")]) -> None:
    """Check a settings file as `serve` would, with the environment in force; status 2 when it is wrong."""
    settings = read_settings(file)
    from fakeai.app import build
    from fakeai.settings.store import Store

    try:
        build(settings.model_copy(update={"store": Store()}))  # a look at a file begins nothing where things are kept
    except ValueError as error:
        raise fail(f"{file}: {error}", BAD_SETTINGS) from None
    print(f"{file}: ok")
