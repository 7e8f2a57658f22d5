"""The table of verbs, and how a run ends. Knows typer; does not know what the verbs do."""

from typing import Annotated

import typer

from fakeai import __version__
from fakeai.cli import cache, calibrate, config, health, keys, models, serve, simulate, state, usage
from fakeai.cli.simulate_options import command


def program() -> typer.Typer:
    """The command line, built afresh."""
    cli = typer.Typer(
        help="A local stand-in for a whole LLM platform: OpenAI's API without account, network or model.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    cli.callback()(_root)
    cli.command("serve")(serve.serve)
    cli.command("health")(health.health)
    cli.command("models")(models.models)
    settings = typer.Typer(help="Look at the settings without starting anything.", no_args_is_help=True)
    settings.command("show")(config.show)
    settings.command("check")(config.check)
    cli.add_typer(settings, name="config")
    kept = typer.Typer(help="Save, load or forget everything a running server keeps.", no_args_is_help=True)
    kept.command("save")(state.save)
    kept.command("load")(state.load)
    kept.command("reset")(state.reset)
    cli.add_typer(kept, name="state")
    front = typer.Typer(help="Make keys of the front door, and look after them.", no_args_is_help=True)
    for verb in (keys.create, keys.list_, keys.show, keys.change, keys.enable, keys.disable, keys.rotate, keys.delete):
        front.command(verb.__name__.rstrip("_"))(verb)
    cli.add_typer(front, name="keys")
    answers = typer.Typer(help="Look at the completion cache, or clear it.", no_args_is_help=True)
    answers.command("stats")(cache.stats)
    answers.command("clear")(cache.clear)
    cli.add_typer(answers, name="cache")
    cli.command("usage")(usage.usage)
    simulator = typer.Typer(invoke_without_command=True)
    simulator.callback()(command(simulate.simulate, simulate.RunOptions))
    simulator.command("sweep")(command(simulate.sweep, simulate.SweepOptions))
    cli.add_typer(simulator, name="simulate")
    cli.command("calibrate")(calibrate.calibrate)
    return cli


def run(arguments: list[str]) -> int:
    """Run the verb that `arguments` name; the exit status."""
    try:
        program()(arguments, prog_name="fakeai")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _version(asked: bool) -> None:
    if asked:
        print(f"fakeai {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options before the verb."""
