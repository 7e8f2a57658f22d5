"""`fakeai state`: save what a running server keeps in a file, load it again, or have it forget everything."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from fakeai.cli.address import connection
from fakeai.cli.options import fail

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from typing import BinaryIO

_PATH = "/v1/fakeai/state"

Url: TypeAlias = Annotated[
    str | None, typer.Option(help="Address of the server.  [default: the host and port of the settings]")
]
Key: TypeAlias = Annotated[str | None, typer.Option(help="Key to call with, if the server asks for one.")]
Timeout: TypeAlias = Annotated[
    float, typer.Option("--timeout", help="Seconds in which the server must go on answering.", min=0.001)
]


def save(
    file: Annotated[Path, typer.Argument(help="Archive to write.")],
    url: Url = None,
    key: Key = None,
    timeout_s: Timeout = 60.0,
) -> None:
    """Save everything the server keeps: all organizations' objects, files, jobs and usage."""
    half = file.with_name(file.name + ".part")
    with _asked("GET", url, key, timeout_s) as answer:
        try:
            with half.open("wb") as to:
                shutil.copyfileobj(answer, to)
            _check(half)
            half.replace(file)
        except OSError as error:
            half.unlink(missing_ok=True)
            raise fail(f"{file}: {error.strerror or error}", 1) from None
    print(f"{file}: {file.stat().st_size:,} bytes")


def load(
    file: Annotated[Path, typer.Argument(help="Archive that `save` has written.")],
    url: Url = None,
    key: Key = None,
    timeout_s: Timeout = 60.0,
) -> None:
    """Put what is in an archive in the place of everything the server keeps; or nothing, if it cannot be read."""
    import json

    try:
        with file.open("rb") as data, _asked("PUT", url, key, timeout_s, data) as answer:
            told = json.load(answer)
    except OSError as error:
        raise fail(f"{file}: {error.strerror or error}", 1) from None
    print(f"{file}: {sum(told['rows'].values()):,} rows and {told['blobs']:,} blobs loaded")


def reset(url: Url = None, key: Key = None, timeout_s: Timeout = 60.0) -> None:
    """Have the server forget everything it keeps."""
    with _asked("DELETE", url, key, timeout_s) as answer:
        answer.read()
    print("everything is forgotten")


@contextmanager
def _asked(
    method: str, url: str | None, key: str | None, timeout_s: float, body: "BinaryIO | None" = None
) -> "Iterator[HTTPResponse]":
    """The server's answer; ends with status 1 when there is none, or a refusal."""
    from http.client import HTTPException

    server = connection(url, timeout_s)
    headers = {"content-type": "application/x-tar"}
    if key is not None:
        headers["authorization"] = f"Bearer {key}"
    if body is not None:
        headers["content-length"] = str(Path(body.name).stat().st_size)
    try:
        server.request(method, _PATH, body=body, headers=headers)
        answer = server.getresponse()
        if answer.status != 200:
            raise fail(f"{server.host}:{server.port}: {_reason(answer.read())}", 1)
        yield answer
    except (ConnectionError, TimeoutError, HTTPException) as error:
        raise fail(f"{server.host}:{server.port} does not answer: {error}", 1) from None
    finally:
        server.close()


def _check(archive: Path) -> None:
    """Look whether all of it came. Raises OSError."""
    import tarfile

    try:
        with tarfile.open(archive, "r:") as tar:
            names = tar.getnames()
    except tarfile.TarError as error:
        raise OSError(f"the archive did not come whole: {error}") from error
    if "sha256.json" not in names:
        raise OSError("the archive did not come whole")


def _reason(body: bytes) -> str:
    import json

    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return "it is no fakeai server"
