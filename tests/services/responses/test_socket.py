"""Responses over a WebSocket: turn after turn, lane beside lane, and errors that end nothing."""

from typing import Any

import orjson
import pytest

from fakeai.testing import FakeAI, run_virtual

SLOW = {"x-fakeai-ttft-ms": "100", "x-fakeai-itl-ms": "100"}


async def events(socket: Any, *, until: int = 1) -> list[Any]:
    """Events up to the `until`-th that ends a response or is an error."""
    told: list[Any] = []
    while until:
        event = orjson.loads(await socket.receive())
        told.append(event)
        until -= event["type"] in ("response.completed", "response.incomplete", "error")
    return told


def ask(text: Any, **more: Any) -> dict[str, Any]:
    return {"type": "response.create", "model": "gpt-4o-mini", "input": text, **more}


def talk(main: Any, headers: Any = None) -> None:
    async def run() -> None:
        async with FakeAI(seed=1) as fake, fake.socket("/responses", headers or {}) as socket:
            await main(socket)

    run_virtual(run())


def test_turns_follow_one_another() -> None:
    async def main(socket: Any) -> None:
        await socket.send(ask("What is the capital of France?"))
        first = await events(socket)
        assert [event["sequence_number"] for event in first] == list(range(len(first)))
        name = first[-1]["response"]["id"]
        await socket.send(ask("Again", previous_response_id=name))
        assert (await events(socket))[-1]["response"]["previous_response_id"] == name

    talk(main)


def test_what_is_not_kept_can_be_gone_on_from_over_the_same_socket() -> None:
    async def main(socket: Any) -> None:
        await socket.send(ask("What is the capital of France?", store=False))
        first = (await events(socket))[-1]["response"]
        await socket.send(ask("Say that again.", store=False, previous_response_id=first["id"]))
        then = (await events(socket))[-1]["response"]
        assert then["usage"]["input_tokens"] > first["usage"]["total_tokens"]
        await socket.send(ask("And?", previous_response_id="resp_none"))
        assert (await events(socket))[-1]["error"]["code"] == "previous_response_not_found"

    talk(main)


def test_lanes_are_answered_beside_each_other() -> None:
    async def main(socket: Any) -> None:
        for lane in ("a", "b"):
            await socket.send(ask("What is the capital of France?", stream_id=lane))
        told = await events(socket, until=2)
        lanes = [event["stream_id"] for event in told]
        assert set(lanes) == {"a", "b"}
        assert lanes != sorted(lanes)

    talk(main, SLOW)


def test_a_prompt_may_be_prepared_alone() -> None:
    async def main(socket: Any) -> None:
        await socket.send(ask("What is the capital of France?", generate=False))
        response = (await events(socket))[-1]["response"]
        assert (response["output"], response["usage"]["output_tokens"]) == ([], 0)
        await socket.send(ask("Answer.", previous_response_id=response["id"]))
        assert (await events(socket))[-1]["response"]["status"] == "completed"

    talk(main)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("nonsense", "invalid_json"),
        ("[]", "invalid_json"),
        ({"type": "response.delete"}, "invalid_value"),
        (ask("a", stream_id=5), None),
        (ask(5), "invalid_type"),
        ({"type": "response.create", "input": "a"}, "missing_required_parameter"),
        ({"type": "response.steer", "input": "a"}, "missing_required_parameter"),
        (b"\xff\x00", "invalid_json"),
    ],
)
def test_what_cannot_be_read_is_told_and_ends_nothing(message: Any, code: str | None) -> None:
    async def main(socket: Any) -> None:
        await socket.send(message)
        (told,) = await events(socket)
        assert (told["status"], told["error"]["code"]) == (400, code)
        await socket.send(ask("What is the capital of France?"))
        assert (await events(socket))[-1]["type"] == "response.completed"

    talk(main)


def test_a_flood_is_refused_beyond_what_may_wait() -> None:
    async def main(socket: Any) -> None:
        for _ in range(40):
            await socket.send(ask("a"))
        told = await events(socket, until=40)
        refused = [event for event in told if event["type"] == "error"]
        assert refused
        assert all("may wait" in event["error"]["message"] for event in refused)

    talk(main, SLOW)


def test_a_socket_lives_for_an_hour() -> None:
    async def main(socket: Any) -> None:
        (told,) = await events(socket)
        assert told["error"]["code"] == "websocket_connection_limit_reached"
        assert await socket.receive() is None
        assert socket.code == 1000

    talk(main)
