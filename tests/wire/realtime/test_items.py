"""Items are what the SDK says they may be."""

import openai.types.realtime as types
import pytest

from fakeai.wire.realtime import items as wire

SHARED = {"id", "object", "status"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (wire.Message, types.RealtimeConversationItemUserMessage),
        (wire.FunctionCall, types.RealtimeConversationItemFunctionCall),
        (wire.FunctionCallOutput, types.RealtimeConversationItemFunctionCallOutput),
        (wire.McpApprovalResponse, types.RealtimeMcpApprovalResponse),
        (wire.McpApprovalRequest, types.RealtimeMcpApprovalRequest),
        (wire.McpListTools, types.RealtimeMcpListTools),
        (wire.McpCall, types.RealtimeMcpToolCall),
        (wire.ItemReference, types.ResponseItemReference),
    ],
)
def test_every_field_of_the_sdk_is_known(ours, theirs) -> None:
    assert set(theirs.model_fields) <= set(ours.model_fields) <= set(theirs.model_fields) | SHARED
