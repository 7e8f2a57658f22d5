"""Threads and items have what the official SDK's types need."""

from typing import Any

import pytest
from openai.types.beta.chatkit import ChatKitThread, ChatKitThreadAssistantMessageItem, ChatKitThreadUserMessageItem
from openai.types.beta.chatkit.chatkit_thread_item_list import DataChatKitClientToolCall

from fakeai.wire.chatkit.threads import AssistantMessage, ClientToolCall, Thread, UserMessage
from fakeai.wire.example import example


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Thread, ChatKitThread),
        (UserMessage, ChatKitThreadUserMessageItem),
        (AssistantMessage, ChatKitThreadAssistantMessageItem),
        (ClientToolCall, DataChatKitClientToolCall),
    ],
)
def test_an_example_is_the_sdk_s(ours: Any, theirs: Any) -> None:
    parsed = theirs.model_validate(example(ours, "x"), strict=True)
    assert not parsed.model_extra
