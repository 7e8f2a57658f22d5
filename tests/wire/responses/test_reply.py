"""What replies hold is what the SDK's classes demand."""

from openai.types.responses import CompactedResponse, InputTokenCountResponse, ResponseUsage
from openai.types.responses import Response as SdkResponse

from fakeai.wire import responses
from fakeai.wire.responses import reply


def required(model):
    return {name for name, field in model.model_fields.items() if field.is_required()}


def test_all_that_the_sdk_demands_is_always_there():
    assert responses.__doc__
    assert required(SdkResponse) <= reply.Response.__required_keys__
    assert required(CompactedResponse) <= reply.Compacted.__required_keys__
    assert required(InputTokenCountResponse) <= reply.InputTokens.__required_keys__
    assert required(ResponseUsage) <= reply.ResponseUsage.__required_keys__
