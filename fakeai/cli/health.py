"""`fakeai health`: ask a running server whether it is well. For containers; imports no server."""

from typing import Annotated

import typer

from fakeai.cli.address import connection
from fakeai.cli.options import fail


def health(
    url: Annotated[
        str | None, typer.Option(help="Address of the server.  [default: the host and port of the settings]")
    ] = None,
    timeout_s: Annotated[float, typer.Option("--timeout", help="Seconds to wait for the answer.", min=0.001)] = 3.0,
) -> None:
    """Exit 0 when the server answers that it is well, else 1."""
    from http.client import HTTPException

    server = connection(url, timeout_s)
    try:
        server.request("GET", "/healthz")
        status = server.getresponse().status
    except (OSError, HTTPException) as error:
        raise fail(f"{server.host}:{server.port} does not answer: {error}", 1) from None
    finally:
        server.close()
    if status != 200:
        raise fail(f"{server.host}:{server.port} answers {status}", 1)
    print("ok")
