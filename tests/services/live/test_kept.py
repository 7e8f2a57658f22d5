"""Stored sessions can be listened to and gone on with; others cannot."""

import io
import wave
from typing import Any

import numpy as np
import pytest

from fakeai.content.transcript import heard
from fakeai.testing.sockets import Refused

from .talk import MODEL, OFFER, Desk, Talker, held

ULAW = {"type": "audio/pcmu", "rate": 8000}


async def stored(desk: Desk, **session: Any) -> str:
    """A session in which the user greets, and is answered; returns its id."""
    async with desk.socket() as socket:
        talker = Talker(socket)
        name = (await talker.start(**MODEL, store=True, **session))["id"]
        await talker.say("Hello there, my name is Ada.")
        await talker.until("session.usage.updated")
        assert (await desk.http.get(f"/live/sessions/{name}/content")).status_code == 409
        await talker.send("session.close")
        await talker.until("session.closed")
    return str(name)


def test_a_recording_has_both_sides() -> None:
    async def work(desk: Desk) -> None:
        name = await stored(desk)
        reply = await desk.http.get(f"/live/sessions/{name}/content")
        assert reply.headers["content-type"] == "audio/wav"
        with wave.open(io.BytesIO(reply.content)) as file:
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        assert heard(sound[:, 0].tobytes()) == "Hello there, my name is Ada."
        assert sound[:, 1].any()
        part = await desk.http.get(f"/live/sessions/{name}/content", headers={"range": "bytes=0-3"})
        assert (part.status_code, part.content) == (206, b"RIFF")

    held(work)


def test_a_fork_goes_on_where_a_session_ended() -> None:
    async def work(desk: Desk) -> None:
        name = await stored(desk, instructions="Be kind.", audio={"output": {"voice": "sage"}})
        async with desk.socket(f"/live/sessions/{name}/fork") as socket:
            talker = Talker(socket)
            session = await talker.start(audio={"format": ULAW})
            assert session["id"] != name and session["store"]
            assert (session["instructions"], session["audio"]) == (
                "Be kind.",
                {"format": ULAW, "output": {"voice": "sage"}},
            )
        over = await desk.post(f"/live/sessions/{name}/fork", {"transport": OFFER, "session": {"store": False}})
        assert over.json()["session"]["id"] != name

    held(work)


def test_what_was_not_stored_is_not_there() -> None:
    async def work(desk: Desk) -> None:
        async with desk.socket() as socket:
            name = (await Talker(socket).start())["id"]
            with pytest.raises(Refused):
                async with desk.socket(f"/live/sessions/{name}/fork"):
                    pass
        assert (await desk.http.get(f"/live/sessions/{name}/content")).status_code == 404
        assert (await desk.post(f"/live/sessions/{name}/fork", {"transport": OFFER})).status_code == 404

    held(work)


def test_sessions_are_made_up_where_that_is_wanted() -> None:
    async def work(desk: Desk) -> None:
        unknown = {"x-fakeai-unknown-ids": "synthesize"}
        reply = await desk.http.get("/live/sessions/live_x/content", headers=unknown)
        assert reply.content.startswith(b"RIFF")
        async with desk.socket("/live/sessions/live_x/fork", unknown) as socket:
            assert (await Talker(socket).start(store=False))["delegation"]["type"] == "responses"
        async with desk.socket("/live/sessions/live_y/attach", unknown) as socket:
            side = Talker(socket)
            await side.send("session.close")
            assert (await side.until("session.closed"))["session"]["id"] == "live_y"

    held(work)
