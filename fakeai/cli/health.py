"""`fakeai health`: ask a running server whether it is well. For containers; imports no server."""

from typing import Annotated

import typer

from fakeai.cli.options import BAD_SETTINGS, fail, read_settings


def health(
    url: Annotated[
        str | None, typer.Option(help="Address of the server.  [default: the host and port of the settings]")
    ] = None,
    timeout_s: Annotated[float, typer.Option("--timeout", help="Seconds to wait for the answer.", min=0.001)] = 3.0,
) -> None:
    """Exit 0 when the server answers that it is well, else 1."""
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit

    target = url or _configured()
    parts = urlsplit(target if "//" in target else f"//{target}", scheme="http")
    try:
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        host, port = None, 0
    if host is None or parts.scheme != "http":
        raise fail(f"--url takes http://host:port, not {target!r}", BAD_SETTINGS)
    connection = HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise fail(f"{host}:{port} does not answer: {error}", 1) from None
    finally:
        connection.close()
    if status != 200:
        raise fail(f"{host}:{port} answers {status}", 1)
    print("ok")


def _configured() -> str:
    """The address that a server with the settings in force has, seen from this machine."""
    server = read_settings(None).server
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(server.host, server.host)
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"
