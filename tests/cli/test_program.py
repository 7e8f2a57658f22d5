"""The command as a user runs it: verbs, exit statuses, and what each verb must not import."""

import subprocess
import sys

import pytest

import fakeai
from fakeai.cli.program import run


def imported_by(*arguments):
    """The modules a fresh interpreter has loaded after running the command."""
    script = (
        "import sys, contextlib, io\n"
        "from fakeai.__main__ import main\n"
        f"sys.argv = ['fakeai', *{list(arguments)!r}]\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):\n"
        "    main()\n"
        "print(*sys.modules)"
    )
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


def test_version_among_other_arguments_is_the_same(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"fakeai {fakeai.__version__}\n"


@pytest.mark.parametrize(
    "verb",
    [["health", "--url", "http://127.0.0.1:1"], ["models"], ["config", "show"], ["--help"], ["simulate", "--help"]],
)
def test_no_verb_but_serve_imports_the_server(verb):
    loaded = imported_by(*verb)
    assert "typer" in loaded
    assert not loaded & {"fastapi", "starlette", "uvicorn", "uvloop", "numpy", "tiktoken", "fakeai.app", "rich"}


def test_a_simulation_imports_neither_the_server_nor_what_draws():
    loaded = imported_by("simulate", "--arrivals", "burst", "--requests", "1")
    assert "fakeai.sim.cluster" in loaded
    assert not loaded & {"fastapi", "starlette", "uvicorn", "uvloop", "tiktoken", "fakeai.app", "rich", "matplotlib"}


def test_help_lists_the_verbs(capsys):
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {verb} " in out for verb in ("serve", "health", "models", "config", "simulate"))


def test_no_verb_at_all_shows_the_help_and_is_an_error(capsys):
    assert run([]) == 2
    assert "Usage: fakeai" in "".join(capsys.readouterr())


def test_an_unknown_verb_or_flag_is_an_error_that_names_it(capsys):
    assert run(["sreve"]) == 2
    assert "sreve" in capsys.readouterr().err
    assert run(["serve", "--prot", "1"]) == 2
    assert "--port" in capsys.readouterr().err
