"""Calls: offers in each form they come in, and calls that are over."""

import json
from typing import Any

import httpx
import pytest

from fakeai.testing import FakeAI, run_virtual
from fakeai.wire.realtime.calls import OFFER

SDP = {"content-type": "application/sdp"}
SESSION = {"type": "realtime", "model": "gpt-realtime-mini"}


def run(main: Any, **settings: Any) -> None:
    async def inside() -> None:
        async with FakeAI(seed=1, **settings) as fake:
            transport = fake.async_transport()
            async with httpx.AsyncClient(transport=transport, base_url="http://fakeai/v1") as http:
                await main(fake, http)

    run_virtual(inside())


@pytest.mark.parametrize(
    "sent",
    [
        {"content": OFFER, "headers": SDP},
        {"json": {"sdp": OFFER, "session": SESSION}},
        {"files": {"sdp": (None, OFFER), "session": (None, json.dumps(SESSION))}},
        {
            "files": {
                "sdp": (None, OFFER),
                "session[type]": (None, "realtime"),
                "session[model]": (None, "gpt-realtime-mini"),
            }
        },
    ],
)
def test_an_offer_is_answered_in_whatever_form_it_comes(sent) -> None:
    async def main(fake: FakeAI, http: httpx.AsyncClient) -> None:
        answer = await http.post("/realtime/calls", **sent)
        assert answer.status_code == 201 and answer.headers["content-type"] == "application/sdp"
        name = answer.headers["location"].rpartition("/")[2]
        async with fake.socket(f"/realtime?call_id={name}") as socket:
            model = (await socket.event())["session"]["model"]
            assert model == ("gpt-realtime" if "content" in sent else "gpt-realtime-mini")

    run(main)


@pytest.mark.parametrize(
    "sent",
    [
        {"content": "hello", "headers": SDP},
        {"json": {"sdp": OFFER, "session": "{"}},
        {"json": {"sdp": OFFER, "session": '{"type": "transcription"}'}},
        {"json": {}},
        {"content": OFFER, "headers": {"content-type": "text/plain"}},
    ],
)
def test_what_is_no_offer_is_refused(sent) -> None:
    async def main(fake: FakeAI, http: httpx.AsyncClient) -> None:
        assert (await http.post("/realtime/calls", **sent)).status_code in (400, 415)

    run(main)


def test_a_browsers_key_makes_its_call() -> None:
    async def main(fake: FakeAI, http: httpx.AsyncClient) -> None:
        made = (await http.post("/realtime/client_secrets", json={"session": SESSION})).json()
        key = {"authorization": f"Bearer {made['value']}"}
        answer = await http.post("/realtime/calls", content=OFFER, headers={**SDP, **key})
        name = answer.headers["location"].rpartition("/")[2]
        async with fake.socket(f"/realtime?call_id={name}", key) as socket:
            assert (await socket.event())["session"]["model"] == "gpt-realtime-mini"

    run(main)


@pytest.mark.parametrize(
    ("verb", "body"), [("hangup", None), ("reject", {"status_code": 486}), ("refer", {"target_uri": "sip:a@b"})]
)
def test_a_call_ends_once(verb, body) -> None:
    async def main(fake: FakeAI, http: httpx.AsyncClient) -> None:
        answer = await http.post("/realtime/calls", content=OFFER, headers=SDP)
        where = answer.headers["location"].removeprefix("/v1")
        assert (await http.post(f"{where}/accept", json={"type": "realtime"})).content == b""
        assert (await http.post(f"{where}/{verb}", json=body)).status_code == 200
        assert (await http.post(f"{where}/{verb}", json=body)).status_code == 404

    run(main)


def test_bad_ends_are_refused() -> None:
    async def main(fake: FakeAI, http: httpx.AsyncClient) -> None:
        answer = await http.post("/realtime/calls", content=OFFER, headers=SDP)
        where = answer.headers["location"].removeprefix("/v1")
        assert (await http.post(f"{where}/refer", json={"target_uri": "https://a"})).status_code == 400
        assert (await http.post(f"{where}/reject", json={"status_code": 7})).status_code == 400
        assert (await http.post(f"{where}/hangup")).status_code == 200

    run(main)


def test_calls_nobody_has_made_are_made_up_where_that_is_wanted() -> None:
    async def main(fake: FakeAI, http: httpx.AsyncClient) -> None:
        assert (await http.post("/realtime/calls/rtc_x/hangup")).status_code == 200
        async with fake.socket("/realtime?call_id=rtc_x") as socket:
            assert (await socket.event())["type"] == "session.created"

    run(main, conformance=True)
