"""Where a running server is: for verbs that ask one something. Imports no server."""

from typing import TYPE_CHECKING

from fakeai.cli.options import BAD_SETTINGS, fail, read_settings

if TYPE_CHECKING:
    from http.client import HTTPConnection


def connection(url: str | None, timeout_s: float) -> "HTTPConnection":
    """A connection to the server at `url`, or to the one of the settings in force; not opened yet.

    Ends with status 2 for an address that is none.
    """
    from http.client import HTTPConnection
    from urllib.parse import urlsplit

    target = url or _configured()
    parts = urlsplit(target if "//" in target else f"//{target}", scheme="http")
    try:
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        host, port = None, 0
    if host is None or parts.scheme != "http":
        raise fail(f"--url takes http://host:port, not {target!r}", BAD_SETTINGS)
    return HTTPConnection(host, port, timeout=timeout_s)


def _configured() -> str:
    """The address that a server with the settings in force has, seen from this machine."""
    server = read_settings(None).server
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.host, server.host)
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"
