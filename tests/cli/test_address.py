"""The address of a server is the one given, or that of the settings in force."""

import pytest
import typer

from fakeai.cli.address import connection


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://127.0.0.1:9000", "127.0.0.1", 9000),
        ("localhost:9000/v1", "localhost", 9000),
        ("http://[::1]:9000", "::1", 9000),
        ("fakeai.test", "fakeai.test", 80),
    ],
)
def test_an_address_may_be_written_in_any_way(url: str, host: str, port: int) -> None:
    found = connection(url, 1.0)
    assert (found.host, found.port) == (host, port)


@pytest.mark.parametrize("url", ["https://x:1", "http://:1", "http://x:port"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(typer.Exit) as refused:
        connection(url, 1.0)
    assert refused.value.exit_code == 2


def test_without_one_it_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKEAI_SERVER__HOST", "0.0.0.0")
    monkeypatch.setenv("FAKEAI_SERVER__PORT", "9123")
    found = connection(None, 1.0)
    assert (found.host, found.port) == ("127.0.0.1", 9123)
