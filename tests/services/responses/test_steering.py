"""What is said to a response that is under way, or that waits for something."""

from typing import Any

import orjson

from .test_socket import SLOW, ask, events, talk

TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}


async def until(socket: Any, kind: str) -> Any:
    while True:
        event = orjson.loads(await socket.receive())
        if event["type"] == kind:
            return event


def test_a_response_that_is_steered_ends_and_another_goes_on() -> None:
    async def main(socket: Any) -> None:
        await socket.send(ask("Tell me about the sea."))
        begun = (await until(socket, "response.created"))["response"]
        await until(socket, "response.output_text.delta")
        await socket.send({"type": "response.steer", "previous_response_id": begun["id"], "input": "Shorter, please."})
        accepted = await until(socket, "response.steer.accepted")
        assert accepted["steer"]["previous_response_id"] == begun["id"]
        cut = (await until(socket, "response.incomplete"))["response"]
        assert cut["incomplete_details"] == {"reason": "steered"}
        assert cut["output"][0]["content"][0]["text"]
        successor = (await until(socket, "response.created"))["response"]
        assert successor["previous_response_id"] == begun["id"]
        assert (await until(socket, "response.completed"))["response"]["id"] == successor["id"]

    talk(main, SLOW)


def test_one_that_waits_for_a_result_takes_what_is_said_with_it() -> None:
    async def main(socket: Any) -> None:
        await socket.send(ask("Call f.", tools=[TOOL]))
        done = (await events(socket))[-1]["response"]
        call = done["output"][0]
        await socket.send({"type": "response.steer", "previous_response_id": done["id"], "input": "In French."})
        pending = await until(socket, "response.steer.pending")
        assert pending["required_input"] == [{"type": "function_call_output", "call_id": call["call_id"], "name": "f"}]
        result = {"type": "function_call_output", "call_id": call["call_id"], "output": "42"}
        await socket.send(ask([result], previous_response_id=done["id"]))
        bare_tokens = (await events(socket))[-1]["response"]["usage"]["input_tokens"]
        await socket.send(ask([result], previous_response_id=done["id"]))
        assert (await events(socket))[-1]["response"]["usage"]["input_tokens"] < bare_tokens

    talk(main)


def test_what_cannot_be_steered_says_why() -> None:
    async def main(socket: Any) -> None:
        await socket.send(ask("What is the capital of France?"))
        done = (await events(socket))[-1]["response"]
        for previous, said, code in (
            (done["id"], "a", "response_already_completed"),
            ("resp_none", "a", "response_not_found"),
            (done["id"], "", "invalid_input"),
            (done["id"], 5, "invalid_input"),
        ):
            await socket.send({"type": "response.steer", "previous_response_id": previous, "input": said})
            failed = await until(socket, "response.steer.failed")
            assert failed["error"]["code"] == code
            assert failed["steer"]["input"] == said

    talk(main)


def test_what_is_injected_counts_for_what_goes_on_from_it() -> None:
    async def main(socket: Any) -> None:
        said = [{"type": "message", "role": "user", "content": "word " * 50}]
        await socket.send(ask("Tell me about the sea."))
        begun = (await until(socket, "response.created"))["response"]
        await socket.send({"type": "response.inject", "response_id": begun["id"], "input": said})
        assert (await until(socket, "response.inject.created"))["response_id"] == begun["id"]
        done = (await until(socket, "response.completed"))["response"]
        await socket.send(ask("Go on.", previous_response_id=done["id"]))
        then = (await events(socket))[-1]["response"]
        assert then["usage"]["input_tokens"] > done["usage"]["total_tokens"] + 50

    talk(main, SLOW)


def test_nothing_is_injected_into_what_is_over_or_not_there() -> None:
    async def main(socket: Any) -> None:
        said = [{"type": "message", "role": "user", "content": "a"}]
        await socket.send(ask("What is the capital of France?"))
        done = (await events(socket))[-1]["response"]
        for name, code in ((done["id"], "response_already_completed"), ("resp_none", "response_not_found")):
            await socket.send({"type": "response.inject", "response_id": name, "input": said})
            failed = await until(socket, "response.inject.failed")
            assert (failed["error"]["code"], failed["input"]) == (code, said)
        await socket.send({"type": "response.inject", "input": said})
        assert (await events(socket))[-1]["error"]["param"] == "response_id"

    talk(main)
