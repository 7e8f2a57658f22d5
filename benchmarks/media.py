"""How late the event loop is while pictures and films are made: `python -m benchmarks.media`.

A server in this process, and a timer on its loop that ought to fire every two milliseconds. First with nothing to do, then
with chats only, then while 20 pictures and 5 films are made: the lateness of the timer is the wait that a request met.
"""

import argparse
import asyncio
import time

import httpx

from fakeai.app import build
from fakeai.settings import Settings

_TICK_S = 0.002
_PROMPTS = (
    "A red house by the sea at sunset",
    "A city skyline at night",
    "A cat in snowy mountains",
    "A forest in the rain",
)


class Lag:
    """Milliseconds by which a timer was late, while it runs."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Lag":
        self._task = asyncio.ensure_future(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()

    async def _run(self) -> None:
        while True:
            due = time.perf_counter() + _TICK_S
            await asyncio.sleep(_TICK_S)
            self.late.append((time.perf_counter() - due) * 1000)

    def row(self, name: str, seconds: float) -> str:
        late = sorted(self.late)
        shown = (late[int(len(late) * part)] for part in (0.5, 0.9, 0.99))
        return f"{name:28}{seconds:8.1f}" + "".join(f"{ms:9.1f}" for ms in (*shown, late[-1]))


async def chats(http: httpx.AsyncClient, until: float) -> None:
    while time.perf_counter() < until:
        asked = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Tell me about the sea."}]}
        (await http.post("/chat/completions", json=asked)).raise_for_status()
        await asyncio.sleep(0.01)


async def picture(http: httpx.AsyncClient, n: int) -> None:
    asked = {"model": "gpt-image-2", "prompt": f"{_PROMPTS[n % 4]}, {n}", "size": "1024x1024"}
    (await http.post("/images/generations", json=asked)).raise_for_status()


async def film(http: httpx.AsyncClient, n: int) -> None:
    asked = {"prompt": f"{_PROMPTS[n % 4]}, {n}", "seconds": "8", "size": "1280x720"}
    made = (await http.post("/videos", json=asked)).raise_for_status().json()
    while made["status"] in ("queued", "in_progress"):
        await asyncio.sleep(0.05)
        made = (await http.get(f"/videos/{made['id']}")).json()
    assert made["status"] == "completed", made


async def measure(pictures: int, films: int, limit_ms: float) -> bool:
    """Print the table; whether the loop was never too late for 99 of 100 requests."""
    app = build(Settings())
    app.warm_up()
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://fakeai/v1", timeout=600)
    print(f"{'':28}{'seconds':>8}" + "".join(f"{name:>9}" for name in ("p50 ms", "p90 ms", "p99 ms", "most ms")))
    async with Lag() as idle:
        await asyncio.sleep(3)
    print(idle.row("nothing", 3))
    async with Lag() as chatting:
        await chats(http, time.perf_counter() + 3)
    print(chatting.row("chats", 3))
    await picture(http, 99)  # what is loaded once is no work of a picture
    begun = time.perf_counter()
    async with Lag() as making:
        work = [*(picture(http, n) for n in range(pictures)), *(film(http, n) for n in range(films))]
        await asyncio.gather(*work)
    took = time.perf_counter() - begun
    print(making.row(f"{pictures} pictures, {films} films", took))
    await http.aclose()
    await app.wind_down()
    late = sorted(making.late)
    return late[int(len(late) * 0.99)] <= limit_ms


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=20)
    parser.add_argument("--films", type=int, default=5)
    parser.add_argument("--limit-ms", type=float, default=50.0, help="p99 that is too late")
    asked = parser.parse_args()
    return 0 if asyncio.run(measure(asked.pictures, asked.films, asked.limit_ms)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
