"""The way in: `python -m fakeai`, and the version without any import."""

import subprocess
import sys

import pytest

import fakeai
from fakeai.__main__ import main


def test_version_is_printed_by_the_module():
    out = subprocess.run([sys.executable, "-m", "fakeai", "--version"], capture_output=True, text=True, check=True)
    assert out.stdout == f"fakeai {fakeai.__version__}\n"
    assert out.stderr == ""


def test_version_imports_neither_server_nor_command_line():
    script = "import sys; sys.argv[1:] = ['--version']; from fakeai.__main__ import main; main(); print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    loaded = set(out.split())
    assert not loaded & {"fastapi", "starlette", "uvicorn", "pydantic", "typer", "asyncio", "fakeai.cli"}


def test_the_status_is_that_of_the_verb(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["fakeai", "config", "show", "--set", "x"])
    assert main() == 2
    monkeypatch.setattr(sys, "argv", ["fakeai", "config", "show"])
    assert main() == 0
