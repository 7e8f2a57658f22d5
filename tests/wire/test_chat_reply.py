"""Replies of chat endpoints: what our shapes allow, the official SDK reads."""

from typing import Any, get_type_hints

import pytest
from openai.types.chat import (
    ChatCompletion as SdkCompletion,
)
from openai.types.chat import (
    ChatCompletionChunk as SdkChunk,
)
from openai.types.chat import (
    ChatCompletionStoreMessage as SdkStoredMessage,
)
from pydantic import BaseModel, TypeAdapter

from fakeai.wire import chat_reply
from fakeai.wire.chat_reply import ChatCompletion, ChatCompletionChunk, StoredCompletion, StoredMessage

LOGPROB = {"token": "a", "logprob": -0.5, "bytes": [97]}
LOGPROBS = {"content": [{**LOGPROB, "top_logprobs": [LOGPROB]}], "refusal": None}
USAGE = {
    "prompt_tokens": 1,
    "completion_tokens": 2,
    "total_tokens": 3,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": 0,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
WHOLE: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o",
    "service_tier": "default",
    "system_fingerprint": "fp_1",
    "usage": USAGE,
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "a",
                "refusal": None,
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {"start_index": 0, "end_index": 1, "title": "t", "url": "u"},
                    }
                ],
                "audio": {"id": "audio_1", "data": "", "expires_at": 2, "transcript": "a"},
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                    {"id": "call_2", "type": "custom", "custom": {"name": "g", "input": "x"}},
                ],
            },
            "logprobs": LOGPROBS,
            "finish_reason": "tool_calls",
        }
    ],
}
CHUNK: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "gpt-4o",
    "service_tier": "default",
    "system_fingerprint": None,
    "usage": None,
    "obfuscation": "xyz",
    "choices": [
        {
            "index": 0,
            "delta": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}},
                    {"index": 0, "function": {"arguments": "{"}},
                ],
            },
            "logprobs": LOGPROBS,
            "finish_reason": None,
        }
    ],
}
STORED = {**WHOLE, "metadata": {"a": "b"}, "request_id": "req_1", "temperature": 1.0, "tools": None, "seed": 5}
STORED_MESSAGE = {"id": "chatcmpl-1-0", "role": "assistant", "content": "a", "content_parts": None}


@pytest.mark.parametrize(
    ("ours", "theirs", "value"),
    [
        (ChatCompletion, SdkCompletion, WHOLE),
        (ChatCompletionChunk, SdkChunk, CHUNK),
        (StoredCompletion, SdkCompletion, STORED),
        (StoredMessage, SdkStoredMessage, STORED_MESSAGE),
    ],
)
def test_our_reply_is_the_sdks(ours: Any, theirs: type[BaseModel], value: dict[str, Any]) -> None:
    TypeAdapter(ours).validate_python(value, strict=True)
    theirs.model_validate(value, strict=True)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(ChatCompletion, SdkCompletion), (ChatCompletionChunk, SdkChunk), (StoredCompletion, SdkCompletion)],
)
def test_every_field_the_sdk_requires_is_one_of_ours(ours: Any, theirs: type[BaseModel]) -> None:
    required = {name for name, info in theirs.model_fields.items() if info.is_required()}
    assert required <= set(ours.__required_keys__)
    assert set(theirs.model_fields) <= set(get_type_hints(ours)) | {"metadata"}


def test_finish_reasons_are_the_sdks() -> None:
    choice = get_type_hints(chat_reply.Choice)
    assert (
        choice["finish_reason"]
        == SdkCompletion.model_fields["choices"].annotation.__args__[0].model_fields["finish_reason"].annotation
    )  # type: ignore[union-attr]
