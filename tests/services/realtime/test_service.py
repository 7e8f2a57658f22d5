"""Who may open a session, and what it is then."""

from typing import Any

import httpx
import pytest

from fakeai.testing import FakeAI, run_virtual
from fakeai.testing.sockets import Refused


def run(main: Any) -> None:
    async def inside() -> None:
        async with FakeAI(seed=1) as fake:
            transport = fake.async_transport()
            async with httpx.AsyncClient(transport=transport, base_url="http://fakeai/v1") as http:
                await main(fake, http)

    run_virtual(inside())


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/realtime", "missing_required_parameter"),
        ("/realtime?model=text-embedding-3-small", "invalid_model"),
        ("/realtime?call_id=rtc_nobody", "call_id_not_found"),
        ("/realtime/translations", "missing_required_parameter"),
    ],
)
def test_what_cannot_be_opened_is_refused_before_the_upgrade(path, code) -> None:
    async def main(fake: FakeAI, http: httpx.AsyncClient) -> None:
        with pytest.raises(Refused) as refused:
            async with fake.socket(path):
                pass
        assert refused.value.body["error"]["code"] == code

    run(main)


def test_an_upgrade_is_wanted() -> None:
    async def main(fake: FakeAI, http: httpx.AsyncClient) -> None:
        answer = await http.get("/realtime?model=gpt-realtime")
        assert answer.status_code == 426 and answer.json()["error"]["code"] == "websocket_required"

    run(main)


@pytest.mark.parametrize(
    ("path", "headers", "kind"),
    [
        ("/realtime?model=gpt-realtime", {}, "session.created"),
        ("/realtime?model=gpt-audio", {}, "session.created"),
        ("/realtime?model=somebodys-own", {}, "session.created"),
        ("/realtime?intent=transcription", {}, "session.created"),
        ("/realtime?intent=transcription", {"openai-beta": "realtime=v1"}, "transcription_session.created"),
        ("/realtime/translations?model=gpt-realtime-translate", {}, "session.created"),
    ],
)
def test_a_session_begins(path, headers, kind) -> None:
    async def main(fake: FakeAI, http: httpx.AsyncClient) -> None:
        async with fake.socket(path, headers) as socket:
            assert (await socket.event())["type"] == kind
        assert fake.requests[-1].status == 101

    run(main)


def test_a_key_opens_the_kind_of_session_it_was_made_for() -> None:
    async def main(fake: FakeAI, http: httpx.AsyncClient) -> None:
        made = (await http.post("/realtime/translations/client_secrets", json={"session": {"model": "m"}})).json()
        key = {"authorization": f"Bearer {made['value']}"}
        with pytest.raises(Refused) as refused:
            async with fake.socket("/realtime", key):
                pass
        assert refused.value.body["error"]["code"] == "invalid_session_type"
        async with fake.socket("/realtime/translations", key) as socket:
            assert (await socket.event())["session"]["model"] == "m"
        made = (await http.post("/realtime/client_secrets", json={})).json()
        with pytest.raises(Refused) as refused:
            async with fake.socket("/realtime/translations", {"authorization": f"Bearer {made['value']}"}):
                pass
        assert refused.value.body["error"]["code"] == "invalid_session_type"

    run(main)


def test_nobody_talks_in_a_strangers_call() -> None:
    async def main(fake: FakeAI, http: httpx.AsyncClient) -> None:
        from fakeai.wire.realtime.calls import OFFER

        made = await http.post(
            "/realtime/calls", content=OFFER, headers={"content-type": "application/sdp", "openai-project": "proj_a"}
        )
        name = made.headers["location"].rpartition("/")[2]
        with pytest.raises(Refused) as refused:
            async with fake.socket(f"/realtime?call_id={name}", {"openai-project": "proj_b"}):
                pass
        assert refused.value.status == 404
        async with fake.socket(f"/realtime?call_id={name}", {"openai-project": "proj_a"}) as socket:
            assert (await socket.event())["type"] == "session.created"

    run(main)


def test_a_session_is_one_request_whose_tokens_count() -> None:
    async def main(fake: FakeAI, http: httpx.AsyncClient) -> None:
        async with fake.socket("/realtime?model=gpt-realtime") as socket:
            start = (await socket.event())["session"]["expires_at"] - 7_200
            await socket.send({"type": "response.create", "response": {"output_modalities": ["text"]}})
            while (event := await socket.event())["type"] != "response.done":
                pass
        used = event["response"]["usage"]["total_tokens"]
        reply = await http.get(f"/organization/usage/completions?start_time={start}&bucket_width=1h")
        found = [one for bucket in reply.json()["data"] for one in bucket["results"]]
        assert sum(one["input_tokens"] + one["output_tokens"] for one in found) == used
        assert sum(one["num_model_requests"] for one in found) == 1

    run(main)
