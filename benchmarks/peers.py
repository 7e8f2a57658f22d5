"""Peers that run beside us where they can be installed: aimock, from npm, in benchmarks/.build."""

import json
import shutil
import subprocess

from benchmarks.servers import BUILD, Server, free_port

_PACKAGE = "@copilotkit/aimock"
_HOME = BUILD / "aimock"
_WORDS = 100


class Missing(RuntimeError):
    """A peer that cannot be had here, and why."""


def aimock() -> Server:
    """aimock with two fixtures of its own kind: 32 words, and 100 words in as many chunks when streamed.

    Installed on first use. Raises Missing with the reason when there is no node, no npm, or no way to the registry.
    """
    node = shutil.which("node")
    if node is None:
        raise Missing("node is not installed")
    script = _HOME / "node_modules" / _PACKAGE / "dist" / "cli.js"
    if not script.is_file():
        _install()
    fixtures = _HOME / "words"
    fixtures.mkdir(exist_ok=True)
    (fixtures / "words.json").write_text(json.dumps({"fixtures": [_fixture("essay", _WORDS), _fixture(None, 32)]}))
    port = free_port()
    command = [node, str(script), "-p", str(port), "-f", str(fixtures), "--chunk-size", "5", "--log-level", "silent"]
    return Server("aimock", command, port, "/health")


def aimock_version() -> str:
    """The version that is installed."""
    return str(json.loads((_HOME / "node_modules" / _PACKAGE / "package.json").read_text())["version"])


def _fixture(word: str | None, words: int) -> dict[str, object]:
    match = {} if word is None else {"userMessage": word}
    return {"match": match, "response": {"content": "word " * words}}


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is not installed")
    _HOME.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(_HOME), _PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=90)
    except subprocess.TimeoutExpired:
        raise Missing("npm install took too long") from None
    if done.returncode != 0:
        raise Missing("npm could not install it")
