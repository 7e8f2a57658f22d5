"""What each type of request needs; the rest is in the contract with the SDK."""

from typing import get_args

from fakeai.services.chatkit.conversation import _NEEDED, ChatKitConversation
from fakeai.wire.chatkit.requests import Asked, Params


def test_all_that_can_be_asked_for_is_answered_and_needs_what_there_is() -> None:
    assert set(_NEEDED) == set(get_args(Asked))
    assert {name for names in _NEEDED.values() for name in names} <= set(Params.model_fields)
    (row,) = ChatKitConversation.ENDPOINTS
    assert (row.path, row.reply, row.usage) == ("/chatkit/conversation", "events", "completions")
