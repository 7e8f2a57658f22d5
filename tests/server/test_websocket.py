"""How a client of a WebSocket introduces itself, and how a talk ends."""

import logging

import pytest

from fakeai.core.errors import BadRequest, UpgradeRequired
from fakeai.core.socket import ClientLeft
from fakeai.server.websocket import Gone, accepting, converse, introduction

OFFER = "realtime, openai-insecure-api-key.sk-a.b, openai-organization.org-1, openai-project.proj-1, openai-beta.realtime-v1"


def test_a_browser_says_its_headers_as_subprotocols() -> None:
    headers, subprotocol = introduction({"sec-websocket-protocol": OFFER, "host": "x"})
    assert subprotocol == "realtime"
    assert headers == {
        "authorization": "Bearer sk-a.b",
        "openai-organization": "org-1",
        "openai-project": "proj-1",
        "openai-beta": "realtime=v1",
        "sec-websocket-protocol": OFFER,
        "host": "x",
    }


def test_headers_count_more_than_subprotocols() -> None:
    headers, _ = introduction({"sec-websocket-protocol": OFFER, "authorization": "Bearer mine"})
    assert headers["authorization"] == "Bearer mine"


def test_who_offers_no_subprotocol_of_a_conversation_gets_none() -> None:
    assert introduction({}) == ({}, None)
    assert introduction({"sec-websocket-protocol": " , openai-insecure-api-key.k,"})[1] is None


def test_a_handshake_is_accepted_as_its_specification_says() -> None:
    headers = {"sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert accepting(headers, "realtime")[1] == {
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "sec-websocket-protocol": "realtime",
    }
    with pytest.raises(UpgradeRequired):
        accepting({**headers, "sec-websocket-version": "12"}, None)
    with pytest.raises(BadRequest):
        accepting({**headers, "sec-websocket-key": "ÿ"}, None)


async def test_a_talk_whose_client_has_left_is_over_without_a_word(caplog) -> None:
    async def talk(socket) -> None:
        assert await socket.receive() is None
        await socket.close()
        with pytest.raises(ClientLeft):
            await socket.send("a")
        await socket.send("a")

    with caplog.at_level(logging.ERROR):
        await converse(talk, Gone(), "req_1")
    assert not caplog.records
