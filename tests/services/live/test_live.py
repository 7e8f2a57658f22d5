"""The doors to Live sessions: who gets in, what is refused, and how sessions end."""

from contextlib import AsyncExitStack
from typing import Any

import pytest

from fakeai.core.socket import POLICY
from fakeai.store.sql import SqlDatabase
from fakeai.testing.sockets import Refused

from .talk import MODEL, OFFER, Desk, Talker, held

UNKNOWN = {"x-fakeai-unknown-ids": "synthesize"}
OTHER = {"openai-project": "proj_other"}
RESPONSES = {"type": "responses", "responses": {"model": "gpt-5.4"}}


def test_a_session_over_webrtc_is_answered_and_can_be_joined_and_ended() -> None:
    async def work(desk: Desk) -> None:
        made = await desk.post("/live/sessions", {"session": MODEL, "transport": OFFER})
        assert made.status_code == 200
        name = made.json()["session"]["id"]
        assert name.startswith("live_") and made.json()["transport"]["sdp"].startswith("v=0")
        async with desk.socket(f"/live/sessions/{name}/attach") as socket:
            side = Talker(socket)
            await side.send("session.commentary.append", content="Hello.", delegation_id=None)
            await side.until("session.output_audio.delta")
            assert side.spoken() == "Hello."
            assert (await desk.post(f"/live/sessions/{name}/hangup")).content == b""
            assert (await side.until("session.closed"))["reason"] == "close_requested"
            assert await socket.receive() is None
        assert (await desk.post(f"/live/sessions/{name}/hangup")).status_code == 404

    held(work)


def test_whoever_asked_to_be_told_is_told_of_a_session_over_webrtc() -> None:
    async def work(desk: Desk) -> None:
        hook = {"name": "mine", "url": "http://127.0.0.1:9/x", "event_types": ["live.transport.connected"]}
        assert (await desk.post("/webhook_endpoints", hook)).status_code == 200
        name = (await desk.post("/live/sessions", {"session": MODEL, "transport": OFFER})).json()["session"]["id"]
        app = desk.fake._app()
        db = SqlDatabase(app._kept.sql, app.clock)
        rows = await db.read(lambda tx: [str(row) for row in tx.exec_driver_sql("SELECT * FROM jobs")])  # type: ignore[attr-defined]
        assert any("live.transport.connected" in row and name in row for row in rows)

    held(work, **{"webhooks.allow_private": True})


def test_a_session_has_room_for_so_many() -> None:
    async def work(desk: Desk) -> None:
        async with AsyncExitStack() as stack:
            name = (await Talker(await stack.enter_async_context(desk.socket())).start())["id"]
            for _ in range(31):
                await stack.enter_async_context(desk.socket(f"/live/sessions/{name}/attach"))
            with pytest.raises(Refused) as told:
                await stack.enter_async_context(desk.socket(f"/live/sessions/{name}/attach"))
            assert told.value.status == 429

    held(work)


def test_a_session_on_a_socket_begins_with_its_start() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            await talker.send("session.close", event_id="c")
            told = (await talker.until("error"))["error"]
            assert told["message"] == "The first message must be session.start." and told["client_event_id"] == "c"
            assert await socket.receive() is None and socket.code == POLICY

    held(work)


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"model": "gpt-4o"}, "session.model"),
        ({**MODEL, "audio": {"output": {"voice": "darth"}}}, "session.audio.output.voice"),
        ({**MODEL, "instructions": "word " * 20_000}, "session.instructions"),
        ({**MODEL, "instructions": "x" * 700_000}, "session.instructions"),
        ({**MODEL, "input": [{"role": "user", "content": [{"text": "word " * 9_000}]}]}, "session.input"),
        ({**MODEL, "voice": "marin"}, "session.voice"),
    ],
)
def test_sessions_that_cannot_be_are_told_why(session: Any, param: str) -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            await talker.send("session.start", session=session)
            assert (await talker.until("error"))["error"]["param"] == param
            assert await socket.receive() is None

    held(work)


def test_whoever_joined_may_not_start_nor_send_sound() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            session = await Talker(socket).start()
            async with desk.socket(f"/live/sessions/{session['id']}/attach") as beside:
                side = Talker(beside)
                for kind, fields in (
                    ("session.start", {"session": MODEL}),
                    ("session.input_audio.append", {"audio": ""}),
                ):
                    await side.send(kind, **fields)
                    assert f"Invalid value: '{kind}'" in (await side.until("error"))["error"]["message"]
                await side.send("transport.dtmf.send", event="1")
                assert "SIP" in (await side.until("error"))["error"]["message"]

    held(work)


def test_sessions_of_others_are_not_there() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            name = (await Talker(socket).start(**MODEL, store=True))["id"]
            for path in ("attach", "fork"):
                with pytest.raises(Refused) as told:
                    async with desk.socket(f"/live/sessions/{name}/{path}", OTHER):
                        pass
                assert told.value.status == 404
            for path, body in (
                ("hangup", None),
                ("reject", {"status_code": 486}),
                ("refer", {"target_uri": "tel:1"}),
                ("fork", {"transport": OFFER}),
                ("accept", {"session": {**MODEL, "type": "live"}}),
            ):
                assert (await desk.post(f"/live/sessions/{name}/{path}", body, **OTHER)).status_code == 404, path
            assert (await desk.http.get(f"/live/sessions/{name}/content", headers=OTHER)).status_code == 404

    held(work)


def test_calls_are_made_up_accepted_and_passed_on() -> None:
    async def work(desk: Desk) -> None:
        accepted = {"session": {**MODEL, "type": "live"}}
        assert (await desk.post("/live/sessions/live_call/accept", accepted)).status_code == 404
        assert (await desk.post("/live/sessions/live_call/accept", accepted, **UNKNOWN)).content == b""
        async with desk.socket("/live/sessions/live_call/attach") as socket:
            side = Talker(socket)
            await side.send("transport.dtmf.send", event="5", event_id="d")
            sent = await side.until("transport.dtmf.sent")
            assert (sent["event"], sent["client_event_id"]) == ("5", "d")
            again = await desk.post("/live/sessions/live_call/accept", accepted)
            assert again.status_code == 409
            assert (await desk.post("/live/sessions/live_call/reject", {"status_code": 486})).status_code == 409
            blank = await desk.post("/live/sessions/live_call/refer", {"target_uri": " "})
            assert blank.json()["error"]["param"] == "target_uri"
            assert (await desk.post("/live/sessions/live_call/refer", {"target_uri": "tel:+1"})).status_code == 200
            assert (await side.until("session.closed"))["reason"] == "remote_hangup"

    held(work)


def test_the_call_of_a_tried_webhook_can_be_answered_or_declined() -> None:
    async def work(desk: Desk) -> None:
        assert (await desk.post("/live/sessions/live_test/reject", {"status_code": 486})).status_code == 200
        accepted = {"session": {**MODEL, "type": "live"}}
        for _ in range(2):
            assert (await desk.post("/live/sessions/live_test/accept", accepted)).status_code == 200
            assert (await desk.post("/live/sessions/live_test/accept", accepted)).status_code == 409
            assert (await desk.post("/live/sessions/live_test/hangup")).status_code == 200

    held(work)


def test_only_calls_are_passed_on_and_only_offers_are_answered() -> None:
    async def work(desk: Desk) -> None:
        name = (await desk.post("/live/sessions", {"session": MODEL, "transport": OFFER})).json()["session"]["id"]
        refused = await desk.post(f"/live/sessions/{name}/refer", {"target_uri": "tel:+1"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_value")
        bad = await desk.post("/live/sessions", {"session": MODEL, "transport": {"type": "webrtc", "sdp": "x"}})
        assert bad.json()["error"]["param"] == "transport.sdp"

    held(work)


def test_a_session_ends_with_its_socket_and_those_beside_are_told() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            name = (await Talker(socket).start())["id"]
            beside = desk.socket(f"/live/sessions/{name}/attach")
            side = Talker(await beside.__aenter__())
        assert (await side.until("session.closed"))["reason"] == "remote_hangup"
        await beside.__aexit__(None, None, None)

    held(work)


def test_a_session_ends_by_itself_after_an_hour() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            talker = Talker(socket)
            await talker.start()
            assert (await talker.until("session.closed"))["reason"] == "expired"

    held(work)


def test_projects_have_the_models_that_they_may_have() -> None:
    async def work(desk: Desk) -> None:
        project = (await desk.post("/organization/projects", {"name": "p"})).json()["id"]
        told = await desk.post(
            f"/organization/projects/{project}/model_permissions",
            {"mode": "deny_list", "model_ids": ["gpt-live-1", "gpt-5.4"]},
        )
        assert told.status_code == 200, told.text
        there = {"openai-project": project}
        made = await desk.post("/live/sessions", {"session": MODEL, "transport": OFFER}, **there)
        assert made.status_code == 403 and made.json()["error"]["code"] == "model_not_found"
        async with desk.socket(headers=there) as socket:
            talker = Talker(socket)
            await talker.start(model="gpt-live-1.1", delegation=RESPONSES)
            await talker.send("response.create")
            assert "does not have access to model `gpt-5.4`" in (await talker.until("error"))["error"]["message"]

    held(work)


def test_models_that_only_strict_rules_refuse_are_taken_otherwise() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket(headers={"x-fakeai-validation": "schema"}) as socket:
            assert (await Talker(socket).start(model="gpt-4o", colour="red"))["model"] == "gpt-4o"

    held(work)
