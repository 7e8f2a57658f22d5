"""A message goes to the address that was looked at and nowhere else, and costs no more than it may."""

import asyncio
import socket
import time
from collections.abc import Coroutine
from typing import Any

import pytest
from receivers import Receiver, floods, garbles, hangs, redirects

from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.services.webhooks.sending import Outcome, Sender

NAMES = {
    "public.example": ["93.184.216.34"],
    "both.example": ["93.184.216.34", "127.0.0.1"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "here.example": ["127.0.0.1"],
    "meta.example": ["169.254.169.254"],
    "six.example": ["::1"],
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A resolver of our own: the names it was asked for."""
    names: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> Any:
        names.append(host)
        if host not in NAMES:
            raise socket.gaierror("no such name")
        return [(0, 0, 0, "", (address, port)) for address in NAMES[host]]

    monkeypatch.setattr("fakeai.services.webhooks.sending.socket.getaddrinfo", getaddrinfo)
    return names


def sender(*, allow_private: bool = True, timeout_s: float = 5.0) -> Sender:
    return Sender(WallClock(), allow_private=allow_private, timeout_s=timeout_s)


async def send(url: str, **more: Any) -> Outcome:
    return await sender(**more).send(url, {"webhook-id": "wh_1"}, b'{"a":1}')


def run(main: Coroutine[Any, Any, Outcome], *, virtual: bool = False) -> Outcome:
    with asyncio.Runner(loop_factory=VirtualLoop if virtual else None) as runner:
        return runner.run(main)


def test_it_arrives_as_json_with_its_headers() -> None:
    with Receiver() as receiver:
        outcome = run(send(receiver.url))
        assert outcome == Outcome(200) and outcome.arrived
        (got,) = receiver.received
    assert (got.path, got.body) == ("/hook?key=1", b'{"a":1}')
    assert got.headers["content-type"] == "application/json" and got.headers["webhook-id"] == "wh_1"
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}" and got.headers["content-length"] == "7"
    assert got.headers["user-agent"].startswith("OpenAI/")


@pytest.mark.parametrize("host", ["both.example", "mapped.example", "here.example", "meta.example", "six.example"])
def test_a_name_is_refused_if_any_of_what_it_leads_to_is_private(host: str, asked: list[str]) -> None:
    outcome = run(send(f"https://{host}/x", allow_private=False))
    assert outcome.status is None and outcome.fault == "its host is not on the public internet"
    assert not outcome.arrived and asked == [host], "it is asked for once"


def test_what_was_looked_at_is_dialled_with_the_name_in_the_host_header(asked: list[str]) -> None:
    with Receiver(204) as receiver:
        outcome = run(send(f"http://here.example:{receiver.port}/x"))
        assert outcome.status == 204 and asked == ["here.example"]
        assert receiver.received[0].headers["host"] == f"here.example:{receiver.port}"


def test_a_second_address_is_tried_where_nobody_is_at_the_first(asked: list[str]) -> None:
    with Receiver() as receiver:
        NAMES["two.example"] = ["127.0.0.2", "127.0.0.1"]
        assert run(send(f"http://two.example:{receiver.port}/")).status == 200


def test_redirects_are_an_answer_and_not_followed() -> None:
    with Receiver() as inner, Receiver(redirects(inner.url), redirects(inner.url, 307)) as receiver:
        assert [run(send(receiver.url)).status for _ in range(2)] == [302, 307]
        assert inner.received == []


@pytest.mark.parametrize("virtual", [False, True])
def test_one_that_hangs_is_let_go_after_the_timeout_even_where_time_stands_still(virtual: bool) -> None:
    with Receiver(hangs(lambda: receiver)) as receiver:
        began = time.monotonic()
        outcome = run(send(receiver.url, timeout_s=0.2), virtual=virtual)
        assert outcome == Outcome(None, "it did not answer within 0.2 seconds")
        assert time.monotonic() - began < 10


def test_little_is_read_of_a_long_answer() -> None:
    with Receiver(floods(2**30)) as receiver:
        assert run(send(receiver.url)).status == 200


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:1/", "could not be connected to"),
        ("http://nowhere.example/", "could not be found"),
        ("http://" + "a" * 70 + ".example/", "could not be found"),
        ("ftp://127.0.0.1/", "not a URL"),
        ("https://127.0.0.1:{port}/", "could not be connected to"),
    ],
)
def test_what_goes_wrong_is_told_without_addresses(url: str, told: str) -> None:
    with Receiver() as receiver:
        outcome = run(send(url.replace("{port}", str(receiver.port))))
    assert outcome.status is None and told in outcome.fault and "127.0" not in outcome.fault


def test_what_is_no_http_is_told() -> None:
    with Receiver(garbles) as receiver:
        assert "as HTTP has it" in run(send(receiver.url)).fault


def test_settings_of_the_environment_lead_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as receiver, Receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert run(send(receiver.url)).arrived and proxy.received == []
