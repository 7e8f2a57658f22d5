"""Bodies about conversations."""

import pytest
from openai.types.conversations import Conversation as SdkConversation

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.conversations import Conversation, ConversationCreate, ConversationUpdate, ItemsCreate


def test_a_conversation_may_begin_with_nothing():
    assert parse(ConversationCreate, b"{}").items is None


def test_at_most_twenty_items_are_taken_at_once():
    item = b'{"role":"user","content":"a"}'
    with pytest.raises(BadRequest) as caught:
        parse(ItemsCreate, b'{"items":[' + b",".join([item] * 21) + b"]}")
    assert caught.value.param == "items"


def test_a_change_says_what_is_changed():
    with pytest.raises(BadRequest) as caught:
        parse(ConversationUpdate, b"{}")
    assert caught.value.param == "metadata"


def test_what_the_sdk_demands_is_there():
    assert set(SdkConversation.model_fields) <= Conversation.__required_keys__
