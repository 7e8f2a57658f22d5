"""A server that keeps its things in a directory, to be killed, stopped and started again.

Knows processes; does not know what is kept.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

ROOT = Path(__file__).resolve().parents[1]
_READY_S = 30.0


class KeptServer:
    """`fakeai serve` on `directory`. `port` stays the same over its lives, and another server may have the directory too."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._options = options
        self._log = directory.parent / f"{directory.name}-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> float:
        """Start it and wait until it is ready; seconds that took."""
        began = time.monotonic()
        where = ("--data-dir", str(self.directory), "--port", str(self.port), "--no-access-log")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                (sys.executable, "-m", "fakeai", "serve", *where, *self._options),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        told = ""
        while time.monotonic() < began + _READY_S:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server did not start:\n{self._log.read_text(errors='replace')[-2000:]}")
            try:
                reply = httpx.get(f"{self.url}/readyz", timeout=5.0)
                if reply.status_code == 200:
                    return time.monotonic() - began
                told = reply.text
            except httpx.TransportError as error:
                told = repr(error)
            time.sleep(0.01)
        log = self._log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"the server is not ready after {_READY_S:.0f} s: {told}\n{log}")

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None, "it runs"
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """End it without a word of warning."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def terminate(self, patience_s: float = 15.0) -> int:
        """Ask it to end; its status."""
        assert self._process is not None, "it runs"
        self._process.terminate()
        status = self._process.wait(patience_s)
        self._process = None
        return status


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
