"""For every test: no network but this machine's own, and an environment without settings of ours or of the SDK's."""

import ipaddress
import logging
import os
import sys
from collections.abc import Iterator

import pytest
from technologies import given, postgresql, redis_server, s3

__all__ = ["given", "postgresql", "redis_server", "s3"]

_WATCHED = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"})
_CLEARED = ("FAKEAI_", "OPENAI_")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def _is_local(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def _refuse_network(event: str, arguments: tuple) -> None:
    if event not in _WATCHED:
        return
    if event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        address = arguments[1]
        if not isinstance(address, tuple):  # a Unix socket's path, or no address at all
            return
        host = address[0]
    if not _is_local(host) and str(host) != "0.0.0.0":
        raise PermissionError(f"a test reached for the network: {event} {host!r}")


def pytest_configure() -> None:
    # An audit hook sees every socket of this process, whatever library opens it (but uvloop, which only servers use).
    sys.addaudithook(_refuse_network)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(_CLEARED) or name.lower() in _PROXIES:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    loggers = [logging.getLogger(), logging.getLogger("uvicorn")]
    before = [(logger, logger.handlers[:], logger.level) for logger in loggers]
    yield
    for logger, handlers, level in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)
