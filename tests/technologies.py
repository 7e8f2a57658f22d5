"""Servers of the technologies that what is kept may be kept in: started for this run of the tests, or named by a variable.

FAKEAI_TEST_POSTGRES, FAKEAI_TEST_REDIS and FAKEAI_TEST_S3 are URLs of servers to use instead. Tests of a technology that
is neither named nor installed are skipped; with FAKEAI_TEST_SERVICES=required they fail.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest

ROOT = Path(__file__).parents[1]
_UNPACKED = ROOT / ".venv" / "services"
"""Where `.ci/run` unpacks Debian packages that it may not install."""
_START_S = 30.0


@pytest.fixture(scope="session")
def postgresql(given: dict[str, str]) -> Iterator[str]:
    """The URL of a PostgreSQL database that is ours alone."""
    if "FAKEAI_TEST_POSTGRES" in given:
        yield given["FAKEAI_TEST_POSTGRES"]
        return
    with running_postgresql(given) as server:
        yield server.url


@pytest.fixture(scope="session")
def redis_server(given: dict[str, str]) -> Iterator[str]:
    """The URL of a Redis database that is ours alone."""
    if "FAKEAI_TEST_REDIS" in given:
        yield given["FAKEAI_TEST_REDIS"]
        return
    with running_redis(given) as (url, _):
        yield url


@pytest.fixture(scope="session")
def s3(given: dict[str, str]) -> Iterator[str]:
    """The URL of a server that speaks S3."""
    if "FAKEAI_TEST_S3" in given:
        yield given["FAKEAI_TEST_S3"]
        return
    program = _program("moto_server", _UNPACKED.parent / "moto" / "bin") or _absent("moto_server", given)
    port = free_port()
    command = [program, "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session", autouse=True)
def given() -> dict[str, str]:
    """The variables about these servers, read before any test's environment is cleared."""
    return {name: value for name, value in os.environ.items() if name.startswith("FAKEAI_TEST_")}


class Postgresql(NamedTuple):
    """A server of our own: where it is, and how to treat it badly."""

    url: str
    data: Path
    control: Callable[..., None]

    def crash(self) -> None:
        """End it as a power cut would."""
        self.control("pg_ctl", "-m", "immediate", "stop")

    def start(self) -> None:
        """Start it again."""
        self.control("pg_ctl", "-w", "-t", str(int(_START_S)), "start")

    def signal(self, number: int) -> None:
        """Send a signal to all its processes."""
        first = (self.data / "postmaster.pid").read_text().split("\n")[0]
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for pid in (first, *children):
            with suppress(ProcessLookupError):
                os.kill(int(pid), number)


@contextmanager
def running_postgresql(given: dict[str, str]) -> Iterator[Postgresql]:
    """A PostgreSQL server with an empty database, on a free port of the loopback."""
    programs = _postgresql() or _absent("initdb and pg_ctl of PostgreSQL", given)
    place = Path(tempfile.mkdtemp(prefix="fakeai-pg-"))
    as_user: list[str] = []
    if os.getuid() == 0:  # it refuses to run as root
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(place, "postgres", "postgres")
    data, port = place / "data", free_port()

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(programs / program), "-D", str(data), *arguments]
        with (place / "log").open("ab") as log:
            subprocess.run(
                command, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=place, env=_environment()
            )

    try:
        run("initdb", "-U", "fakeai", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(f"port={port}\nlisten_addresses='127.0.0.1'\nunix_socket_directories='{place}'\n")
            settings.write("fsync=off\nmax_connections=60\n")
        server = Postgresql(f"postgresql+psycopg://fakeai@127.0.0.1:{port}/postgres", data, run)
        server.start()
        try:
            yield server
        finally:
            server.signal(signal.SIGCONT)  # a test may have stopped it
            server.crash()
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def running_redis(given: dict[str, str]) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis server that writes nothing to the disk, on a free port of the loopback."""
    program = _program("redis-server", _UNPACKED / "usr" / "bin") or _absent("redis-server", given)
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=_environment())
    try:
        _wait(port, process)
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.send_signal(signal.SIGCONT)  # a test may have stopped it
        process.kill()
        process.wait()


def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty bucket at an S3 server, which the environment from here on leads to."""
    name = f"b{os.urandom(6).hex()}"
    urllib.request.urlopen(urllib.request.Request(f"{server}/{name}", method="PUT")).close()
    for variable, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "us",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(variable, value)
    return f"s3://{name}/kept/here"


def emptied(url: str) -> str:
    """The database at `url`, without tables."""
    from sqlalchemy import create_engine

    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    return url


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    def answers() -> bool:
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", port)) == 0

    until(answers, lambda: process.poll() is None)


def until(done: Callable[[], bool], alive: Callable[[], bool] = lambda: True) -> None:
    """Look until `done`, as long as `alive`."""
    end = time.monotonic() + _START_S
    while not done():
        assert alive(), "it has ended"
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


async def until_async(done: Callable[[], Awaitable[bool]]) -> None:
    """The same, with a look that is awaited."""
    async with asyncio.timeout(_START_S):
        while not await done():
            await asyncio.sleep(0.01)


def _postgresql() -> Path | None:
    places = [Path("/usr/lib/postgresql"), _UNPACKED / "usr/lib/postgresql"]
    found = [path.parent for place in places for path in place.glob("*/bin/initdb")]
    return max(found, default=None, key=lambda path: int(path.parts[-2]))


def _environment() -> dict[str, str]:
    """With the libraries of unpacked packages."""
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(map(str, _UNPACKED.glob("usr/lib/*-linux-gnu")))}


def _program(name: str, place: Path) -> str | None:
    return shutil.which(name) or shutil.which(name, path=str(place))


def _absent(what: str, given: dict[str, str]) -> NoReturn:
    words = f"{what} is not installed"
    if given.get("FAKEAI_TEST_SERVICES") == "required":
        pytest.fail(words)
    pytest.skip(words)
