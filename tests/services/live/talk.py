"""A client of Live sessions in this process and in virtual time."""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from fakeai.content.speech import speak
from fakeai.core.chance import Chance
from fakeai.testing import FakeAI, run_virtual

MODEL = {"model": "gpt-live-1"}
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
OFFER = {"type": "webrtc", "sdp": SDP}


class Talker:
    """One socket."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.told: list[Any] = []

    async def send(self, type: str, **fields: Any) -> None:
        await self.socket.send({"type": type, **fields})

    async def start(self, **session: Any) -> Any:
        await self.send("session.start", session=session or MODEL)
        return (await self.until("session.started"))["session"]

    async def until(self, type: str, *, faults: bool = False) -> Any:
        """The next event of this type; those before it are in `told`, and no faults unless such are expected."""
        while True:
            event = await self.socket.event()
            self.told.append(event)
            if event["type"] == type:
                return event
            assert faults or event["type"] != "error", event

    async def say(self, text: str, pause_s: float = 1.0) -> None:
        """Speak, in pieces of 50 ms."""
        sound = speak(text, "alloy", "pcm16", Chance("1")) + bytes(int(24_000 * pause_s) * 2)
        for at in range(0, len(sound), 2_400):
            await self.send("session.input_audio.append", audio=b64encode(sound[at : at + 2_400]).decode())

    def spoken(self, who: str = "output") -> str:
        wanted = f"session.{who}_transcript.delta"
        return "".join([each["delta"] for each in self.told if each["type"] == wanted]).strip()

    def types(self) -> set[str]:
        return {each["type"] for each in self.told}


class Desk:
    """An App, by HTTP and by socket."""

    def __init__(self, fake: FakeAI, http: httpx.AsyncClient) -> None:
        self.fake = fake
        self.http = http

    def socket(self, path: str = "/live/sessions", headers: Mapping[str, str] | None = None) -> Any:
        return self.fake.socket(path, headers=headers or {})

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.http.post(path, json=body, headers=headers)


def held(work: Callable[[Desk], Awaitable[None]], **settings: Any) -> None:
    """Do `work` with an App in virtual time."""

    async def main() -> None:
        async with (
            FakeAI(seed=1, **settings) as fake,
            httpx.AsyncClient(transport=fake.async_transport(), base_url="http://fakeai/v1", timeout=1e9) as http,
        ):
            await work(Desk(fake, http))

    run_virtual(main())
