"""The baseline: the least a Python server does. `python -m benchmarks.bare PORT SIZE TTFT_MS ITL_MS`

uvicorn with httptools and uvloop around a raw ASGI app that reads the body and answers one fixed JSON of SIZE bytes; a
streamed request gets TOKENS chunks, each in a send of its own, each slept for until its absolute deadline when paced.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

Message = MutableMapping[str, Any]  # Any: ASGI's own messages
App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

TOKENS = 100
_JSON = [(b"content-type", b"application/json")]
_EVENTS = [(b"content-type", b"text/event-stream; charset=utf-8")]
CHUNK = (
    b'data: {"id":"chatcmpl-1234567890123456789012345","object":"chat.completion.chunk","created":1700000000,'
    b'"model":"gpt-4o","service_tier":"default","system_fingerprint":"fp_1234567890","choices":[{"index":0,'
    b'"delta":{"content":"%b"},"logprobs":null,"finish_reason":null}]}\n\n'
)


def reply(size: int) -> bytes:
    """A completion of exactly `size` bytes (or of the least it can have)."""
    message = {"role": "assistant", "content": ""}
    completion = {
        "id": "chatcmpl-1234567890123456789012345",
        "object": "chat.completion",
        "model": "gpt-4o",
        "choices": [{"index": 0, "message": message, "finish_reason": "length"}],
    }
    message["content"] = "x" * max(0, size - len(json.dumps(completion)))
    return json.dumps(completion).encode()


def app(size: int, ttft_s: float, itl_s: float) -> App:
    """The raw ASGI app."""
    fixed = reply(size)
    headers = [*_JSON, (b"content-length", str(len(fixed)).encode())]

    async def answer(scope: Message, receive: Any, send: Any) -> None:  # Any: ASGI's callables, as in App
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if b'"stream":true' not in body:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": fixed})
            return
        await send({"type": "http.response.start", "status": 200, "headers": _EVENTS})
        loop = asyncio.get_running_loop()
        due = loop.time() + ttft_s
        for _ in range(TOKENS):
            if ttft_s or itl_s:
                await asyncio.sleep(due - loop.time())
                due += itl_s
            await send({"type": "http.response.body", "body": CHUNK % b" word", "more_body": True})
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})

    return answer


def main() -> None:
    """Serve until a signal."""
    port, size, ttft_ms, itl_ms = sys.argv[1:]
    uvicorn.run(
        app(int(size), float(ttft_ms) / 1e3, float(itl_ms) / 1e3),
        port=int(port),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_level="error",
        access_log=False,
        backlog=4096,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
