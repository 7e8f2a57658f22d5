"""`fakeai serve` as a process: what it prints, that the curl it prints works, and how it ends."""

import inspect
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager

import pytest

from fakeai.cli.program import run
from fakeai.cli.serve import announce, serve
from fakeai.settings.names import find


@contextmanager
def serving(*options):
    """A server process on a free port; yields the process and all it printed before its first empty line but one."""
    command = [sys.executable, "-m", "fakeai", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        lines = []
        while sum(not line.strip() for line in lines) < 3 and (line := process.stdout.readline()):
            lines.append(line)
        yield process, "".join(lines)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_it_prints_works_and_a_signal_ends_it_cleanly(number):
    with serving("--seed", "1") as (process, printed):
        url = re.search(r"export OPENAI_BASE_URL=(\S+)/v1\n", printed)[1]
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d+", url)
        assert "export OPENAI_API_KEY=sk-fakeai\n" in printed
        assert run(["health", "--url", url]) == 0
        _, address, _, header, _, body = shlex.split(printed[printed.index("curl ") :].replace("\\\n", ""))
        request = urllib.request.Request(address, body.encode(), dict([header.split(": ")]))
        with urllib.request.urlopen(request, timeout=10) as reply:
            assert json.load(reply)["choices"][0]["message"]["content"]
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
        assert process.returncode == 0
        assert errors == ""


def test_a_database_is_whole_once_a_server_has_ended(tmp_path):
    with serving("--data-dir", str(tmp_path)) as (process, printed):
        url = re.search(r"export OPENAI_BASE_URL=(\S+)\n", printed)[1]
        body = json.dumps({"name": "one"}).encode()
        request = urllib.request.Request(f"{url}/vector_stores", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as reply:
            assert json.load(reply)["name"] == "one"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        assert process.returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"fakeai.db", "fakeai.db-mark", "pepper"}


def test_a_port_in_use_is_one_line_and_status_1(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert run(["serve", "--port", str(taken.getsockname()[1])]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "is in use" in error


def test_an_address_of_another_machine_is_one_line_and_status_1(capsys):
    assert run(["serve", "--host", "192.0.2.1", "--port", "0"]) == 1
    assert capsys.readouterr().err == "fakeai: '192.0.2.1' is not an address of this machine\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--validation", "lax"], "input should be 'strict' or 'schema'"),
        (["--ttft", "soon"], "'soon'"),
        (["--port", "70000"], "server.port"),
        (["--set", "server.prot=1"], "did you mean 'server.port'?"),
        (["--config", os.devnull], "ends in .yaml"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_status_2(capsys, options, said):
    assert run(["serve", *options]) == 2
    assert said in capsys.readouterr().err


def test_each_flag_is_a_setting():
    shorter = {
        "gpu": "cluster.gpu",
        "workers": "cluster.workers",
        "router": "cluster.router",
        "journal": "journal.path",
        "gateway": "gateway.enabled",
        "models": "models_file",
    }
    flags = set(inspect.signature(serve).parameters) - {"config", "assignments"}
    assert {
        flag for flag in flags if find(shorter.get(flag, flag), "__" if flag not in shorter else ".") is None
    } == set()


def test_announce_says_url_and_exports(capsys):
    announce("http://127.0.0.1:9")
    out = capsys.readouterr().out
    assert "  export OPENAI_BASE_URL=http://127.0.0.1:9/v1\n" in out
    assert json.loads(shlex.split(out[out.index("curl ") :])[-1])["model"] == "gpt-4o-mini"


@pytest.fixture(autouse=True)
def _signals_as_they_were():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
