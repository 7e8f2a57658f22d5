"""Servers as processes: started on a free port, looked at through /proc, always ended.

Knows processes and sockets; does not know what is measured on them.
"""

import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.client import Refused, ask
from benchmarks.requests import get

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(__file__).resolve().parent / ".build"
_READY_S = 30.0
_END_S = 5.0


class Server:
    """A server process. As a context manager it is waited for at the door and ended at the way out."""

    def __init__(self, name: str, command: Sequence[str], port: int, ready: str) -> None:
        self.name = name
        self.port = port
        self._command = command
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.spawn()
        try:
            self.wait(self._ready)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def spawn(self) -> None:
        """Start the process; return at once."""
        BUILD.mkdir(exist_ok=True)
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def wait(self, path: str, poll_s: float = 0.002) -> None:
        """Return when `path` answers 200; raise RuntimeError when the process ends or takes too long."""
        give_up = time.monotonic() + _READY_S
        while time.monotonic() < give_up:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"{self.name} did not start:\n{self._log.read_text(errors='replace')[-2000:]}")
            try:
                ask(self.port, get(path))
                return
            except (OSError, Refused):
                pass
            time.sleep(poll_s)
        raise RuntimeError(f"{self.name} is not ready after {_READY_S:.0f} s")

    def end(self) -> None:
        """Ask the process to end, then make it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None, "the server runs"
        return self._process.pid

    def cpu_s(self) -> float:
        """CPU seconds of the process so far, all threads, user and system: the kernel's own clock of it."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def rss_bytes(self) -> int:
        """Memory of the process that is resident."""
        return memory(self.pid, "VmRSS")

    @property
    def _log(self) -> Path:
        return BUILD / f"{self.name}.log"


def fakeai(*flags: str) -> Server:
    """Our server, ready with its vocabulary; `flags` as for `fakeai serve`."""
    port = free_port()
    command = [sys.executable, "-m", "fakeai", "serve", "--port", str(port), "--log-level", "warning", *flags]
    return Server("fakeai", command, port, "/readyz")


def bare(size: int = 700, ttft_ms: float = 0.0, itl_ms: float = 0.0) -> Server:
    """The baseline."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare", str(port), str(size), str(ttft_ms), str(itl_ms)]
    return Server("bare", command, port, "/")


def floor(ttft_ms: float, itl_ms: float) -> Server:
    """The least that paces."""
    port = free_port()
    return Server("floor", [sys.executable, "-m", "benchmarks.floor", str(port), str(ttft_ms), str(itl_ms)], port, "/")


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory(pid: int, field: str) -> int:
    """A line of /proc/PID/status, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/{pid}/status has no {field}")


class Crowd:
    """Who else has been using the processors since this was made: a figure in milliseconds is worth no more than them."""

    def __init__(self, *watched: Server) -> None:
        self._watched = watched
        self._started = time.monotonic()
        self._before = self._others_s()

    def others(self) -> float:
        """Processors in use by anybody but this process, what it has waited for, and the watched servers; stolen included."""
        return max(0.0, (self._others_s() - self._before) / (time.monotonic() - self._started))

    def _others_s(self) -> float:
        user, nice, system, _idle, _wait, irq, softirq, stolen = map(
            int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        )
        busy = (user + nice + system + irq + softirq + stolen) / os.sysconf("SC_CLK_TCK")
        spent = os.times()
        mine = spent.user + spent.system + spent.children_user + spent.children_system
        return busy - mine - sum(server.cpu_s() for server in self._watched)


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0))


def machine() -> str:
    """What it was measured on."""
    name = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    load = os.getloadavg()[0]
    return f"{cores()} cores of {name}, Python {platform.python_version()}, load average {load:.1f}"
