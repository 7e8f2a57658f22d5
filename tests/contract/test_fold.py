"""The whole is the fold of its chunks: what the SDK puts together from a stream is what it gets in one piece."""

import itertools
from typing import Any

import pytest
from openai.lib.streaming._deltas import accumulate_delta
from openai.lib.streaming.chat import ChatCompletionStreamState

from contract.varied import SEA, VARIED
from fakeai.testing import FakeAI


def folded(chunks: list[Any]) -> dict[str, Any]:
    """What the SDK's accumulator makes of the chunks. Its state knows no custom tools: their deltas go through the part
    of it that does."""
    if any(
        call.type == "custom" for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or ()
    ):
        whole = chunks[-1].to_dict()
        found: dict[int, Any] = {}
        for choice in (choice for chunk in chunks for choice in chunk.to_dict()["choices"]):
            kept = found.setdefault(choice["index"], {"index": choice["index"], "message": {}, "logprobs": None})
            kept["message"] = accumulate_delta(kept["message"], choice["delta"])
            kept["finish_reason"] = choice["finish_reason"]
        return {**whole, "object": "chat.completion", "choices": list(found.values())}
    state: ChatCompletionStreamState[Any] = ChatCompletionStreamState()
    for chunk in chunks:
        state.handle_chunk(chunk)
    return state.current_completion_snapshot.to_dict()


def comparable(completion: dict[str, Any]) -> dict[str, Any]:
    """Without ids and times, which differ; and with the defaults that the SDK's types fill in left out of both."""
    kept = {name: value for name, value in completion.items() if name not in ("id", "created", "obfuscation")}
    for choice in kept["choices"]:
        message = {name: value for name, value in choice["message"].items() if value not in (None, [])}
        for call in message.get("tool_calls", ()):
            call.pop("index", None)
            call.get("function", {}).pop("parsed_arguments", None)
            assert call.pop("id").startswith("call_")
        if "audio" in message:
            assert message["audio"].pop("id").count("audio_") == 1
            assert message["audio"].pop("expires_at") > completion["created"]
        choice["message"] = message
    return kept


@pytest.mark.parametrize("name", VARIED)
def test_the_whole_is_the_fold_of_its_chunks(one_client, name):
    asked = {"model": "gpt-4o-mini", "messages": SEA, "seed": 7, **VARIED[name]}
    stream = {"stream_options": {"include_usage": True}, **asked}
    whole = one_client.chat.completions.create(
        **{key: value for key, value in asked.items() if key != "stream_options"}
    )
    chunks = list(one_client.chat.completions.create(stream=True, **stream))
    assert comparable(folded(chunks)) == comparable(whole.to_dict())


def test_pacing_changes_nothing_of_what_is_said(one_client):
    """An answer with latency is cut token by token, one without goes out at once."""
    names = ("n", "tools twice", "o-series n", "deepseek n", "spoken twice", "top logprobs", "custom and function")
    with FakeAI(seed=1, ttft="0.1", itl="0.01") as slow, slow.client(max_retries=0) as paced:
        for name, client in itertools.product(names, (one_client, paced)):
            asked = {
                "model": "gpt-4o-mini",
                "messages": SEA,
                "seed": 7,
                "stream_options": {"include_usage": True},
                **VARIED[name],
            }
            answer = comparable(folded(list(client.chat.completions.create(stream=True, **asked))))
            if client is one_client:
                expected = answer
            assert answer == expected, name
