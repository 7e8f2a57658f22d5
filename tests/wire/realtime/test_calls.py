"""Calls are asked for as the SDK asks."""

from openai.types import realtime as types

from fakeai.wire.realtime import calls as wire


def test_every_parameter_of_the_sdk_is_known() -> None:
    for ours, theirs in (
        (wire.CallCreate, types.CallCreateParams),
        (wire.CallAccept, types.CallAcceptParams),
        (wire.CallRefer, types.CallReferParams),
        (wire.CallReject, types.CallRejectParams),
    ):
        names = set(theirs.__annotations__)
        assert names <= set(ours.model_fields) <= names | {"temperature"}, ours
