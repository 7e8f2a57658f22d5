"""What the verbs share: reading settings from the command line, and ending with a reason."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from fakeai.settings import Settings

BAD_SETTINGS = 2

Config: TypeAlias = Annotated[
    Path | None, typer.Option(help="Settings file: .yaml, .toml or .json.", metavar="FILE", show_default=False)
]
Assignments: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="Any setting by its name, e.g. server.max_body_bytes=1MiB; repeatable.", metavar="NAME=VALUE"
    ),
]


def fail(message: str, status: int) -> typer.Exit:
    """Say on standard error why it does not go on; raise what this returns."""
    for line in message.splitlines():
        print(f"fakeai: {line}", file=sys.stderr)
    return typer.Exit(status)


def read_settings(
    config: Path | None, assignments: list[str] | None = None, flags: Mapping[str, object] | None = None
) -> "Settings":
    """The settings in force for these options; ends with status 2 when they are wrong. A flag beats `--set`."""
    from fakeai.settings import SettingsError, load

    given: dict[str, object] = {}
    for assignment in assignments or ():
        name, equals, value = assignment.partition("=")
        if not equals:
            raise fail(f"--set takes NAME=VALUE, not {assignment!r}", BAD_SETTINGS)
        given[name.strip()] = value
    given.update({name: value for name, value in (flags or {}).items() if value is not None})
    try:
        return load(config, given)
    except SettingsError as error:
        raise fail(str(error), BAD_SETTINGS) from None
