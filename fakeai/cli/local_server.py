"""A fakeai server in a process of its own, for a verb that needs one to talk to. Knows how to start it and to end it."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_END_S = 15.0


class NotStarted(Exception):
    """The server did not come up; it has said why on standard error."""


@contextmanager
def _unwinding() -> Iterator[None]:
    """SIGTERM unwinds as Ctrl-C does, so that the server does not outlive whoever started it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def local_server(settings: Mapping[str, object]) -> Iterator[str]:
    """The URL (without `/v1`) of a server with these settings, on a free port of the loopback; ended at the way out.

    It serves as soon as its socket is there; a model's weights may take longer (`/readyz`). Raises NotStarted.
    """
    command = [sys.executable, "-m", "fakeai", "serve", "--host", "127.0.0.1", "--port", "0", "--log-level", "warning"]
    for name, value in settings.items():
        command += ["--set", f"{name}={value}"]
    with _unwinding():
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None, "the output is a pipe"
            urls = [word for word in process.stdout.readline().split() if word.startswith("http://")]
            if not urls:
                raise NotStarted("the server did not start")
            yield urls[0]
        finally:
            _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.communicate(timeout=_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
